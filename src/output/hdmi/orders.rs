//! What a port hears of the signage, and what it says: nothing, as long as there is no library.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::turn::{Turn, What};
use crate::config::Port;
use crate::program::{Item, Plan};
use crate::signage::{Order, Orders, Play, Report, Signage, now_ms};
use crate::watched::Latest;

/// A screen that says nothing for 60 s is not active.
const REPORT_PERIOD: Duration = Duration::from_secs(20);
/// An item that was joined so late was not shown from its begin.
const LATE_MS: i64 = 1500;

/// The signage as one port has it.
pub(super) struct Channel {
    port: Port,
    signage: watch::Receiver<Option<Signage>>,
    plan: Option<watch::Receiver<Arc<Plan>>>,
    orders: Option<Orders>,
    reported: Option<(Report, Instant)>,
}

impl Channel {
    pub(super) fn new(port: Port, signage: watch::Receiver<Option<Signage>>) -> Self {
        let mut channel = Self { port, signage, plan: None, orders: None, reported: None };
        channel.look();
        channel
    }

    fn signage(&self) -> Option<Signage> {
        self.signage.latest()
    }

    /// A port becomes a screen a moment after a TV was plugged in.
    pub(super) fn look(&mut self) {
        let Some(signage) = self.signage() else { return };
        let port = self.port;
        self.plan.get_or_insert_with(|| signage.watch_port(port));
        if self.orders.is_none() {
            self.orders = signage.port_orders(port);
        }
    }

    pub(super) fn plan(&self) -> Arc<Plan> {
        self.plan.as_ref().map_or_else(|| Arc::new(Plan::empty()), Latest::latest)
    }

    /// An order, or `None`: something else is played. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<Order> {
        let orders = async {
            match &mut self.orders {
                Some(orders) => orders.next().await,
                None => std::future::pending().await,
            }
        };
        let changed = async {
            match &mut self.plan {
                Some(plan) => plan.changed().await.is_ok(),
                None => self.signage.changed().await.is_ok(),
            }
        };
        let known = tokio::select! {
            order = orders => {
                if order.is_some() {
                    return order;
                }
                false
            }
            known = changed => known,
        };
        if !known {
            // Whoever would tell is gone: the program ends.
            std::future::pending::<()>().await;
        }
        self.look();
        None
    }

    /// Where an item's file is.
    pub(super) fn file(&self, item: &Item) -> Option<PathBuf> {
        self.signage()?.file(&item.file.as_ref()?.name)
    }

    /// Name and code, for people in front of the TV.
    pub(super) fn names(&self) -> Option<(String, String)> {
        self.signage()?.port_names(self.port)
    }

    /// Says what is on; often, and told seldom.
    pub(super) fn report(&mut self, report: Report) {
        let Some(signage) = self.signage() else { return };
        let known = self.reported.as_ref();
        if known.is_none_or(|(known, at)| *known != report || at.elapsed() >= REPORT_PERIOD) {
            signage.report_port(self.port, report.clone());
            self.reported = Some((report, Instant::now()));
        }
    }

    /// An item was seen from `from_ms` until now.
    pub(super) fn played(&self, turn: &Turn, from_ms: i64) {
        let (Some(signage), What::Item(item, playlist)) = (self.signage(), &turn.what) else { return };
        let until_ms = now_ms().clamp(from_ms, turn.until_ms.max(from_ms));
        let begun = from_ms <= turn.from_ms.saturating_add(LATE_MS);
        let ended =
            until_ms >= turn.from_ms.saturating_add_unsigned(item.duration_ms).saturating_sub(LATE_MS);
        let play = Play {
            // Given when it is written.
            number: 0,
            item: item.key.clone(),
            name: item.name.clone(),
            playlist: *playlist,
            asset: item.asset,
            source: item.source.clone(),
            from_ms,
            until_ms,
            whole: begun && ended,
        };
        signage.played(self.port, play);
    }

    /// A picture of what is on, as it was asked for.
    pub(super) fn take_shot(&self, id: u64, jpeg: bytes::Bytes) {
        let Some(signage) = self.signage() else { return };
        let Some(screen) = signage.port_screen(self.port) else { return };
        if let Err(error) = signage.take_shot(screen, id, jpeg) {
            log::warn!("{}: {error}", self.port.id());
        }
    }
}
