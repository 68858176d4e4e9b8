//! What is measured of one cluster beside its inventory: numbers over time, where they are read from, and what is wrong.

mod from_inventory;

use crate::history::{DETAIL_MILLIS, History};
use klamm_model::{ClusterFinding, Inventory, TargetState, UnixMillis};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

/// What is measured of one cluster.
#[derive(Debug, Default)]
pub struct Vitals {
    history: History,
    targets: Mutex<Arc<[TargetState]>>,
    findings: Mutex<Arc<[ClusterFinding]>>,
    /// When numbers were last written down.
    recorded_at: AtomicI64,
}

impl Vitals {
    /// Numbers over time.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Where numbers are read from, and how well that goes.
    pub fn targets(&self) -> Arc<[TargetState]> {
        Arc::clone(&self.targets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is wrong, the worst first.
    pub fn findings(&self) -> Arc<[ClusterFinding]> {
        Arc::clone(&self.findings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says where numbers are read from; for whoever reads them, and for tests.
    pub fn set_targets(&self, targets: Vec<TargetState>) {
        *self.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets.into();
    }

    /// Says what is wrong; for whoever looks for it, and for tests.
    pub fn set_findings(&self, findings: Vec<ClusterFinding>) {
        *self.findings.lock().unwrap_or_else(PoisonError::into_inner) = findings.into();
    }

    /// Takes from an inventory what is measured by it, every [`DETAIL_MILLIS`].
    pub(crate) fn observe(&self, inventory: &Inventory, now: UnixMillis) {
        let before = self.recorded_at.load(Ordering::Relaxed);
        if now.0.saturating_sub(before) < DETAIL_MILLIS {
            return;
        }
        self.recorded_at.store(now.0, Ordering::Relaxed);
        self.history.record(now, &from_inventory::measurements(inventory));
    }
}
