//! The box itself: its board, its data partition, and what is wrong with them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::board::Board;
use super::clock;
use super::data::Data;
use crate::task::Stop;
use crate::telemetry::health::Problem;

/// How often the board is asked. The Pi's voltage alarm is of its last two seconds.
const PERIOD: Duration = Duration::from_secs(2);
/// A dip of the voltage is told for this long: a person looks, and Prometheus asks, less often than it comes.
const UNDER_VOLTAGE: Duration = Duration::from_secs(60);
/// From here on a Pi's firmware slows the processor down (Raspberry Pi documentation, frequency management and thermal
/// control). Other machines are built for other heat.
const HOT_C: f64 = 80.0;
/// Once hot, a board counts as hot until it is this cool again.
const COOL_C: f64 = 76.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// `under_voltage` is kept up for a minute.
    pub board: Board,
    pub hot: bool,
    /// `None`: not a box with our data partition.
    pub data: Option<Data>,
    /// The box does not know what time it is.
    pub clock_unset: bool,
}

/// What has to be remembered between two looks.
#[derive(Clone, Debug, Default)]
struct Watcher {
    hot: bool,
    under_voltage: Option<Instant>,
}

/// Keeps `condition` up to date until told to stop.
pub async fn watch(root: PathBuf, condition: watch::Sender<Condition>, mut stop: Stop) {
    let (mut watcher, started) = (Watcher::default(), Instant::now());
    loop {
        let root = root.clone();
        // A sensor may take its time.
        let looked = spawn_blocking(move || {
            let (board, data) = (Board::read(&root), Data::read(&root));
            let unset = clock::is_unset(&root, data.is_some(), SystemTime::now(), started.elapsed());
            (board, data, unset)
        });
        match looked.await {
            Ok((board, data, clock_unset)) => {
                let now = Condition { clock_unset, ..watcher.judge(board, data, Instant::now()) };
                condition.send_if_modified(|known| {
                    let changed = *known != now;
                    told(known, &now);
                    *known = now;
                    changed
                });
            }
            Err(error) => log::error!("looking at the board failed: {error}"),
        }
        tokio::select! {
            () = stop.stopped() => break,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Troubles that have come or gone are logged.
fn told(before: &Condition, now: &Condition) {
    let (before, now) = (before.problems(), now.problems());
    let names = |list: &[Problem], part: &str| list.iter().any(|problem| problem.part == part);
    for problem in now.iter().filter(|problem| !names(&before, &problem.part)) {
        log::warn!("{}: {}", problem.part, problem.problem);
    }
    for problem in before.iter().filter(|problem| !names(&now, &problem.part)) {
        log::info!("{}: well again", problem.part);
    }
}

impl Condition {
    /// As it is at this moment.
    pub fn read(root: &Path) -> Self {
        Watcher::default().judge(Board::read(root), Data::read(root), Instant::now())
    }

    /// What a person has to know of. None of it keeps the program from working: that is for heartbeats to tell.
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |part: &str, problem: String| Problem { part: part.to_owned(), problem };
        let voltage = self.board.under_voltage.filter(|low| *low).map(|_| {
            let text = "gives too little voltage; use one of 5.1 V and 3 A with a short cable";
            problem("power supply", text.to_owned())
        });
        let heat = self.board.temperature_c.filter(|_| self.hot).map(|temperature_c| {
            let text = format!("{temperature_c:.0} °C, the processor is slowed down; let air to the box");
            problem("heat", text)
        });
        let data = self.data.as_ref().filter(|data| data.is_lost());
        let data = data.map(|data| problem("data partition", data.text.clone()));
        voltage.into_iter().chain(heat).chain(data).collect()
    }
}

impl Watcher {
    fn judge(&mut self, mut board: Board, data: Option<Data>, now: Instant) -> Condition {
        let limit = if self.hot { COOL_C } else { HOT_C };
        self.hot = board.is_pi() && board.temperature_c.is_some_and(|temperature_c| temperature_c >= limit);
        if board.under_voltage == Some(true) {
            self.under_voltage = Some(now);
        }
        let lately =
            self.under_voltage.is_some_and(|last| now.saturating_duration_since(last) < UNDER_VOLTAGE);
        board.under_voltage = board.under_voltage.map(|low| low || lately);
        Condition { board, hot: self.hot, data, clock_unset: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::data::DataState;
    use crate::watched::LatestSeen;

    fn board(temperature_c: f64, under_voltage: bool) -> Board {
        Board {
            model: Some("Raspberry Pi 4 Model B Rev 1.5".to_owned()),
            temperature_c: Some(temperature_c),
            under_voltage: Some(under_voltage),
            throttled: None,
        }
    }

    fn parts(condition: &Condition) -> Vec<String> {
        condition.problems().into_iter().map(|problem| problem.part).collect()
    }

    #[test]
    fn a_hot_pi_stays_hot_until_it_has_cooled_down() {
        let mut watcher = Watcher::default();
        let start = Instant::now();
        let mut check = |temperature_c, hot| {
            let condition = watcher.judge(board(temperature_c, false), None, start);
            assert_eq!((condition.hot, !parts(&condition).is_empty()), (hot, hot), "{temperature_c}");
        };
        check(79.9, false);
        check(80.0, true);
        check(77.0, true);
        check(75.9, false);
        check(79.0, false);
    }

    #[test]
    fn a_pc_may_be_as_hot_as_it_likes() {
        let pc = Board { model: Some("LENOVO 20XW".to_owned()), ..board(97.0, false) };
        assert_eq!(Watcher::default().judge(pc, None, Instant::now()).problems(), []);
    }

    #[test]
    fn a_dip_of_the_voltage_is_told_for_a_minute() {
        let mut watcher = Watcher::default();
        let start = Instant::now();
        let mut low = |seconds, now| {
            let condition = watcher.judge(board(50.0, now), None, start + Duration::from_secs(seconds));
            assert_eq!(
                parts(&condition).contains(&"power supply".to_owned()),
                condition.board.under_voltage == Some(true)
            );
            condition.board.under_voltage
        };
        assert_eq!([low(0, false), low(2, true), low(4, false)], [Some(false), Some(true), Some(true)]);
        assert_eq!([low(61, false), low(62, false)], [Some(true), Some(false)]);
        let silent = Board { under_voltage: None, ..board(50.0, false) };
        let condition = watcher.judge(silent, None, start + Duration::from_secs(3));
        assert_eq!(condition.board.under_voltage, None, "who can't tell tells nothing");
    }

    #[test]
    fn lost_data_is_a_problem_with_the_scripts_own_words() {
        let told = |state, text: &str| {
            let data = Some(Data { state, text: text.to_owned() });
            Condition { data, ..Condition::default() }.problems()
        };
        assert_eq!(told(DataState::Repaired, "Mended."), []);
        let problem = Problem { part: "data partition".to_owned(), problem: "Gone.".to_owned() };
        assert_eq!(told(DataState::Remade, "Gone."), [problem]);
    }

    #[tokio::test]
    async fn changes_are_told_and_nothing_else() {
        let root = tempfile::tempdir().expect("a folder");
        let state = root.path().join("run/marquee-system");
        std::fs::create_dir_all(&state).expect("made");
        std::fs::write(state.join("data"), "memory None.\n").expect("written");
        let (sender, mut receiver) = watch::channel(Condition::default());
        let (stopper, stop) = crate::task::Stopper::new();
        let task = tokio::spawn(watch(root.path().to_owned(), sender, stop));
        receiver.changed().await.expect("told");
        assert_eq!(receiver.with_seen(parts), ["data partition"]);
        stopper.stop();
        task.await.expect("ends");
        assert!(receiver.changed().await.is_err(), "nothing more was told");
    }
}
