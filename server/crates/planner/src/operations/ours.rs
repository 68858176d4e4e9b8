//! What an operation has set going and has to set right itself, whatever happens: kept in its status, written down
//! before it is done.

use super::{Aim, Doubt, Replicas, Throttle};
use klamm_model::BrokerId;
use std::{collections::BTreeSet, sync::Arc};

/// What is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// A limit on replication that is set, or about to be.
    pub throttle: Option<Throttle>,
    /// Partitions that were set on their way, with the replicas they had before.
    pub moving: Replicas,
    /// Partitions that were called back, or are about to be, with the replicas they had before they moved: they get that order again.
    pub returning: Replicas,
    /// Brokers that get no new replicas.
    pub cordoned: BTreeSet<BrokerId>,
    /// Nodes that it has made, or is about to: those that get their share.
    pub joined: BTreeSet<BrokerId>,
    /// Where replicas are to go ([`super::Plan::aim`]). The one thing here that is too large to be written down.
    pub aim: Option<Arc<Aim>>,
    /// What of this nobody knows to be set.
    pub unsure: Unsure,
    /// What may not be concluded from this look alone.
    pub doubts: BTreeSet<Doubt>,
}

/// What is written down, and nobody knows to be set: whoever was about to set it was cut short, or failed, or somebody else was who does
/// not run any more. It is set once more before anything rests on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsure {
    /// Whether the limit on replication is so.
    pub throttle: bool,
    /// Brokers that may still take new replicas.
    pub cordoned: BTreeSet<BrokerId>,
}

impl Ours {
    /// Whether nothing is left that would be in somebody's way. Nodes that were made stay; an order of replicas harms nobody.
    pub fn is_nothing(&self) -> bool {
        self.throttle.is_none() && self.moving.is_empty() && self.cordoned.is_empty()
    }
}
