//! What the targets of a cluster told last.

use super::{Vitals, merge};
use crate::{history::DETAIL_MILLIS, scrape::Told};
use klamm_model::{
    ClientVersions, Inventory, Measurement, ObjectName, OldRequests, QuotaRate, TargetAnswer, TargetState, UnixMillis,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What was told longer ago says nothing of now.
const FRESH_MILLIS: i64 = 3 * DETAIL_MILLIS;
/// What a target told that has not answered since says so for this long: nobody has asked it since, or it was slow once.
const FRESH_MILLIS_OF_SILENT: i64 = DETAIL_MILLIS * 3 / 2;

/// How each target answered last, and what it told.
#[derive(Debug, Default)]
pub(super) struct ToldByTargets(Mutex<BTreeMap<ObjectName, Standing>>);

#[derive(Debug)]
struct Standing {
    state: TargetState,
    told: Option<Arc<Told>>,
}

impl ToldByTargets {
    /// Takes how a target answered. What it told before stays until it is too old.
    pub(super) fn tell(&self, state: TargetState, told: Option<Told>) {
        let mut standing = self.locked();
        let before = standing.remove(&state.pod).and_then(|before| before.told);
        let told = told.map(Arc::new).or(before);
        standing.insert(state.pod.clone(), Standing { state, told });
    }

    /// Forgets the others.
    pub(super) fn keep(&self, stays: &dyn Fn(&ObjectName) -> bool) {
        self.locked().retain(|pod, _| stays(pod));
    }

    /// How all of them answered, by pod.
    pub(super) fn states(&self) -> Vec<TargetState> {
        self.locked().values().map(|standing| standing.state.clone()).collect()
    }

    /// What was told lately.
    pub(super) fn fresh(&self, now: UnixMillis) -> Vec<Arc<Told>> {
        let fresh = |standing: &Standing| {
            let longest = match standing.state.answer {
                TargetAnswer::Numbers => FRESH_MILLIS,
                TargetAnswer::NotYet | TargetAnswer::Trouble { .. } => FRESH_MILLIS_OF_SILENT,
            };
            standing.told.clone().filter(|told| now.0.saturating_sub(told.at.0) <= longest)
        };
        self.locked().values().filter_map(fresh).collect()
    }

    /// Entries are only ever replaced whole, so a panic elsewhere leaves them whole.
    fn locked(&self) -> MutexGuard<'_, BTreeMap<ObjectName, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vitals {
    /// Adds to what the inventory measures what targets told lately.
    pub(crate) fn with_targets(
        &self,
        measured: Vec<Measurement>,
        inventory: &Inventory,
        now: UnixMillis,
    ) -> Vec<Measurement> {
        merge::merged(measured, inventory, &self.told.fresh(now))
    }

    /// Takes how a target answered, and what it told, where it told something.
    pub(crate) fn tell(&self, state: TargetState, told: Option<Told>) {
        self.told.tell(state, told);
        self.set_targets(self.told.states());
    }

    /// Forgets targets that are none any more.
    pub(crate) fn keep_targets(&self, stays: &dyn Fn(&ObjectName) -> bool) {
        self.told.keep(stays);
        self.set_targets(self.told.states());
    }

    /// With which software clients are connected, as brokers told lately.
    pub fn clients(&self, now: UnixMillis) -> Vec<ClientVersions> {
        self.lately(now, |told| &told.clients)
    }

    /// Requests in versions that a later Kafka does not understand, as brokers told lately.
    pub fn old_requests(&self, now: UnixMillis) -> Vec<OldRequests> {
        self.lately(now, |told| &told.old_requests)
    }

    /// What users and clients use of what there are quotas for, as brokers told lately.
    pub fn quota_rates(&self, now: UnixMillis) -> Vec<QuotaRate> {
        self.lately(now, |told| &told.quotas)
    }

    fn lately<T: Clone>(&self, now: UnixMillis, part: impl Fn(&Told) -> &Vec<T>) -> Vec<T> {
        self.told.fresh(now).iter().flat_map(|told| part(told).iter().cloned()).collect()
    }
}
