//! What is counted of deliveries while Klamm runs, for the metrics; nobody's data, so nobody is asked for.

use crate::Portal;
use klamm_model::{DeliveryState, WebhookName};
use klamm_store::DeliveryChange;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttemptOutcome {
    /// It arrived.
    Delivered,
    /// It did not, and is tried again.
    Failed,
    /// It did not, and is not tried again.
    GaveUp,
}

impl AttemptOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::GaveUp];

    /// As a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::GaveUp => "gaveUp",
        }
    }

    pub(super) fn of(change: &DeliveryChange) -> Self {
        match change.state {
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Pending => Self::Failed,
            DeliveryState::GaveUp => Self::GaveUp,
        }
    }
}

/// What was counted of one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookCounts {
    /// Which.
    pub webhook: WebhookName,
    /// Attempts of this process, by what came of them.
    pub attempts: Vec<(AttemptOutcome, u64)>,
    /// Deliveries that are still to arrive; none before they were counted.
    pub pending: Option<u64>,
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    attempts: Mutex<BTreeMap<(WebhookName, AttemptOutcome), u64>>,
    pending: Mutex<Option<BTreeMap<WebhookName, u64>>>,
}

impl Tally {
    pub(super) fn count(&self, webhook: &WebhookName, outcome: AttemptOutcome) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        *attempts.entry((webhook.clone(), outcome)).or_default() += 1;
    }

    pub(super) fn pending(&self, counted: BTreeMap<WebhookName, u64>) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
    }
}

impl Portal {
    /// What was counted of every webhook that is configured, from the beginning.
    pub fn webhook_counts(&self) -> Vec<WebhookCounts> {
        let tally = &self.webhooks.tally;
        let attempts = tally.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = tally.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = |webhook: &super::Webhook| {
            let of = |outcome| {
                let count = attempts.get(&(webhook.name.clone(), outcome)).copied();
                (outcome, count.unwrap_or_default())
            };
            WebhookCounts {
                webhook: webhook.name.clone(),
                attempts: AttemptOutcome::ALL.map(of).to_vec(),
                pending: pending.as_ref().map(|pending| pending.get(&webhook.name).copied().unwrap_or_default()),
            }
        };
        self.webhooks.all().iter().map(counts).collect()
    }
}
