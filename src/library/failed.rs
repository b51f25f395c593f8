//! Files that can't be played: what of the work after an upload failed for good.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Library;
use super::error::Error;

/// A file that can't be played everywhere, since a step that is needed for it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub asset: i64,
    pub name: String,
    pub at: SystemTime,
    /// For people.
    pub problem: String,
}

/// By the index of what failed: where nothing did, it costs nothing. One that is tried again has not failed.
const FAILED: &str = "
    SELECT a.id, a.name, max(j.changed), j.problem, count(*) OVER ()
    FROM jobs j INDEXED BY jobs_failed JOIN assets a ON a.id = j.asset
    WHERE j.state = 'failed' AND j.step IN ('probe', 'pages', 'convert') AND a.binned IS NULL
        AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.asset = a.id AND o.state IN ('waiting', 'running'))
    GROUP BY a.id ORDER BY 3 DESC, a.id DESC LIMIT ?";

impl Library {
    /// The newest of them, outside of the bin, and how many there are.
    pub async fn failed(&self, limit: usize) -> Result<(Vec<Failed>, u64), Error> {
        self.db()
            .read(move |connection| {
                let mut statement = connection.prepare_cached(FAILED)?;
                let rows = statement.query_map([limit], |row| {
                    let seconds = Duration::from_secs(row.get(2)?);
                    let at = UNIX_EPOCH.checked_add(seconds).unwrap_or(UNIX_EPOCH);
                    let failed = Failed { asset: row.get(0)?, name: row.get(1)?, at, problem: row.get(3)? };
                    Ok((failed, row.get(4)?))
                })?;
                let rows = rows.collect::<rusqlite::Result<Vec<(Failed, u64)>>>()?;
                let total = rows.first().map_or(0, |(_, total)| *total);
                Ok((rows.into_iter().map(|(failed, _)| failed).collect(), total))
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Kind, New, Step};

    async fn added(library: &Library, name: &str) -> i64 {
        let from = library.store().incoming().join(name);
        std::fs::write(&from, name).unwrap();
        let (file_name, ext) = (format!("{name}.svg"), "svg".to_owned());
        let new = New {
            kind: Kind::Slide,
            file_name,
            ext,
            tags: vec![],
            steps: vec![Step::Pages, Step::Thumbnail],
        };
        library.add(from, new).await.unwrap().id
    }

    async fn set(library: &Library, asset: i64, step: &'static str, state: &'static str, changed: i64) {
        let sql = "UPDATE jobs SET state = ?3, changed = ?4, problem = 'no' WHERE asset = ?1 AND step = ?2";
        library
            .db()
            .write(move |connection| Ok(connection.execute(sql, (asset, step, state, changed))?))
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn only_what_nothing_is_done_about_has_failed() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        assert_eq!(library.failed(10).await.unwrap(), (vec![], 0));
        let mut assets = Vec::new();
        for name in ["old", "new", "again", "thrown-away", "without-a-thumbnail"] {
            let asset = added(&library, name).await;
            set(&library, asset, "pages", "failed", 1000 + asset).await;
            set(&library, asset, "thumbnail", "failed", 1000).await;
            assets.push(asset);
        }
        set(&library, assets[2], "pages", "waiting", 3000).await;
        library.bin(vec![assets[3]]).await.unwrap();
        set(&library, assets[4], "pages", "done", 3000).await;
        let (failed, total) = library.failed(10).await.unwrap();
        let found: Vec<_> = failed.iter().map(|failed| (failed.asset, failed.problem.as_str())).collect();
        assert_eq!((found, total), (vec![(assets[1], "no"), (assets[0], "no")], 2));
        assert_eq!(failed[0].at, UNIX_EPOCH + Duration::from_secs(1000 + assets[1].cast_unsigned()));
        let (failed, total) = library.failed(1).await.unwrap();
        assert_eq!((failed.len(), failed[0].name.as_str(), total), (1, "new", 2));
    }
}
