//! What memory and the database tell each other: at the start what was kept, then every five minutes what was measured.

use super::{
    History,
    column::{ROLLED, TIERS},
};
use crate::Monitor;
use klamm_model::UnixMillis;
use klamm_store::{MeasuredFilter, ROLLED_MILLIS, Store, StoreError};
use std::{
    collections::BTreeSet,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether something is due: a step that is over waits no longer than that.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// What is older is forgotten.
const KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;
/// How often.
const FORGOTTEN_EVERY: Duration = Duration::from_hours(1);

/// Keeps the history of every cluster in the database, until `stop`. Without the database memory goes on; what it has is written once
/// the database is back.
pub(crate) async fn keep(monitor: Arc<Monitor>, store: Store, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut restored = BTreeSet::new();
    let mut forgotten: Option<Instant> = None;
    let mut ails = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let now = UnixMillis(jiff::Timestamp::now().as_millisecond());
        let mut outcome = Ok(());
        let all = monitor.all_vitals();
        restored.retain(|cluster| all.iter().any(|(name, _)| name == cluster));
        for (cluster, vitals) in all {
            let history = vitals.history();
            let done = async {
                if !restored.contains(&cluster) {
                    history.restore(now).await?;
                    restored.insert(cluster.clone());
                }
                history.write(now).await
            };
            outcome = outcome.and(done.await);
        }
        if outcome.is_ok() && forgotten.is_none_or(|at| at.elapsed() >= FORGOTTEN_EVERY) {
            outcome = store.forget_measured(UnixMillis(now.0 - KEPT_MILLIS)).await;
            forgotten = Some(Instant::now());
        }
        match &outcome {
            Err(error) if !ails => {
                tracing::warn!(%error, source = ?error.source(), "history is not kept for now; trying again");
            }
            Ok(()) if ails => tracing::info!("history is kept again"),
            Ok(()) | Err(_) => {}
        }
        ails = outcome.is_err();
    }
}

impl History {
    /// Takes back what the database has kept of the last day, so that nothing begins anew with the process.
    pub(super) async fn restore(&self, now: UnixMillis) -> Result<(), StoreError> {
        let Some((store, cluster)) = &self.older else { return Ok(()) };
        let from = UnixMillis(now.0 - TIERS[ROLLED].step * i64::try_from(TIERS[ROLLED].kept).unwrap_or(0));
        let (metric, by, only, before) = (None, None, None, UnixMillis(i64::MAX));
        let filter = MeasuredFilter { cluster, metric, by, only, from, before, step_millis: ROLLED_MILLIS };
        let rows = store.measured(&filter).await?;
        self.locked().restore(from, &rows);
        Ok(())
    }

    /// Writes down what is over and has not been written.
    pub(super) async fn write(&self, now: UnixMillis) -> Result<(), StoreError> {
        let Some((store, cluster)) = &self.older else { return Ok(()) };
        loop {
            let Some((last, rows)) = self.locked().unwritten(now) else { return Ok(()) };
            if !rows.is_empty() {
                store.note_measured(cluster, &rows).await?;
            }
            self.locked().written(last);
        }
    }
}
