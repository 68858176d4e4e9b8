//! What of an operation's own is known to be set. It is written down before it is set, so that whoever was cut short in between finds
//! it written down all the same: it counts as set only for whoever remembers having done so. After a crash it is set once more.

use super::ours::Own;
use klamm_model::BrokerId;
use klamm_planner::operations::{Act, Throttle, Unsure};
use std::collections::BTreeSet;

/// What was set.
#[derive(Clone, Debug, Default)]
pub(super) struct Sure {
    limit: Option<Throttle>,
    cordoned: BTreeSet<BrokerId>,
}

impl Sure {
    /// What is written down and not known to be set.
    pub(super) fn unsure(&self, own: &Own) -> Unsure {
        let wished = own.in_force().map(|limit| &limit.wished);
        Unsure { throttle: wished.is_some() && wished != self.limit.as_ref(), cordoned: &own.cordoned - &self.cordoned }
    }

    /// What may not be set any more once somebody tries to do that.
    pub(super) fn before(&mut self, act: &Act) {
        match act {
            // One of another rate is taken away first.
            Act::Throttle(_) | Act::Unthrottle(_) => self.limit = None,
            Act::Uncordon(brokers) => self.cordoned.retain(|broker| !brokers.contains(broker)),
            Act::Remove(broker) | Act::Unregister(broker) => drop(self.cordoned.remove(broker)),
            Act::Cordon(_)
            | Act::Move(_)
            | Act::CancelMoves(_)
            | Act::Configure(_)
            | Act::Replace(_)
            | Act::Create(_)
            | Act::Restore(_)
            | Act::Elect(_)
            | Act::AddVoter(_)
            | Act::RemoveVoter(_)
            | Act::SetFeatures(_) => {}
        }
    }

    /// What is set once that is done; `own` is what is written down. Only brokers that were `serving` could be told to take nothing.
    pub(super) fn after(&mut self, act: &Act, own: &Own, serving: &BTreeSet<BrokerId>) {
        match act {
            Act::Throttle(_) => self.limit = own.in_force().map(|limit| limit.wished.clone()),
            Act::Cordon(brokers) => self.cordoned.extend(brokers.intersection(serving)),
            Act::Unthrottle(_)
            | Act::Uncordon(_)
            | Act::Remove(_)
            | Act::Unregister(_)
            | Act::Move(_)
            | Act::CancelMoves(_)
            | Act::Configure(_)
            | Act::Replace(_)
            | Act::Create(_)
            | Act::Restore(_)
            | Act::Elect(_)
            | Act::AddVoter(_)
            | Act::RemoveVoter(_)
            | Act::SetFeatures(_) => {}
        }
    }
}
