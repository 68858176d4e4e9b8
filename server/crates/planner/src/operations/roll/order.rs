//! Which node comes first.

use super::super::host;
use super::Roll;
use klamm_model::BrokerId;
use std::collections::BTreeSet;

/// The nodes that are left, in their order: what is down or ill anyway, controllers that store nothing, then brokers,
/// rack by rack so that never two racks are half done, and last whoever is the active controller, so that the quorum
/// elects only once. A node that would come up nowhere waits behind all others: its Kubernetes node may be uncordoned meanwhile.
pub(super) fn order(roll: &Roll<'_>) -> Vec<BrokerId> {
    let leader = roll.scene.quorum.value().and_then(|quorum| quorum.leader);
    let begun: BTreeSet<Option<&str>> = roll
        .staying()
        .filter(|(id, node)| node.is_broker() && roll.concerned.contains(id) && !roll.left.contains_key(id))
        .map(|(_, node)| node.rack.as_deref())
        .collect();
    let mut order: Vec<_> = roll
        .left
        .keys()
        .filter_map(|id| {
            let node = roll.node(*id)?;
            let place = if roll.is_down(*id) {
                Place::Down
            } else if !node.is_well() {
                Place::Ill
            } else if leader == Some(*id) {
                Place::ActiveController
            } else if node.is_broker() {
                Place::Broker
            } else {
                Place::Controller
            };
            let rack = node.rack.as_deref();
            let is_untouched = !begun.contains(&rack);
            let is_barred = place != Place::Down && host::guard(roll.scene, *id).is_some();
            Some((is_barred, place, is_untouched, rack, *id))
        })
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, _, _, _, id)| id).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Down,
    Ill,
    Controller,
    Broker,
    ActiveController,
}
