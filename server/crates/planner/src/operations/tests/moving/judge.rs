//! Judges what is about to be done to a fleet by the fleet alone. It shares no code with the planner, and says no where the planner
//! has to.

use super::{
    super::{checker, world::Place, world::Pod, world::WorldNode},
    fleet::{Fleet, Whose, bytes},
};
use crate::operations::{Act, Ours, Replicas, Rules, Throttle};
use klamm_model::BrokerId;
use std::collections::BTreeSet;

/// Why this must not be done now.
pub(super) fn violation(fleet: &Fleet, act: &Act, ours: &Ours, rules: &Rules) -> Option<String> {
    let why = match act {
        Act::Create(ids) => stray(ids, &fleet.missing).map(|id| format!("node {id} is made, and nobody declares it")),
        Act::Cordon(ids) => {
            let may = &fleet.leaving() | &ours.cordoned;
            stray(ids, &may).map(|id| format!("broker {id} is cordoned, and stays"))
        }
        Act::Uncordon(ids) => {
            stray(ids, &ours.cordoned).map(|id| format!("broker {id} is uncordoned, and we did not cordon it"))
        }
        Act::Throttle(throttle) => other_rate(throttle, rules),
        Act::Unthrottle(throttle) => {
            (ours.throttle.as_ref() != Some(throttle)).then(|| format!("{throttle:?} is taken away, and is not ours"))
        }
        Act::Move(replicas) => moves(fleet, replicas, rules),
        Act::CancelMoves(places) => {
            let is_ours = |place: &Place| fleet.moves.get(place).is_none_or(|way| way.whose == Whose::Ours);
            let foreign = places.iter().find(|place| !is_ours(place));
            foreign.map(|place| format!("{} is called back, and somebody else has set it on its way", named(place)))
        }
        Act::Restore(replicas) => replicas.iter().find_map(|(place, to)| copies(fleet, place, to)),
        Act::Elect(_) => None,
        Act::AddVoter(id) => adding_voter(fleet, *id),
        Act::RemoveVoter(id) => removing_voter(fleet, *id),
        Act::Unregister(id) => unregistering(fleet, *id),
        Act::Remove(id) => removing(fleet, *id),
        Act::Replace(id) => replacing(fleet, *id).or_else(|| checker::violation(&fleet.world, act, rules)),
        Act::Configure(_) | Act::SetFeatures(_) => Some(format!("nothing that moves asks for {act:?}")),
    };
    why.map(|why| format!("second {}: {why}", fleet.world.now))
}

fn named((topic, partition): &Place) -> String {
    format!("{topic}-{partition}")
}

/// One of them that is none of those.
fn stray(ids: &BTreeSet<BrokerId>, may: &BTreeSet<BrokerId>) -> Option<BrokerId> {
    ids.difference(may).next().copied()
}

fn other_rate(throttle: &Throttle, rules: &Rules) -> Option<String> {
    let asked = rules.throttle.filter(|asked| *asked != throttle.rate)?;
    Some(format!("replication is limited to {}, and {asked} was asked for", throttle.rate))
}

fn moves(fleet: &Fleet, replicas: &Replicas, rules: &Rules) -> Option<String> {
    if let Some((place, _)) = fleet.moves.iter().find(|(_, way)| way.whose != Whose::Ours) {
        return Some(format!("replicas are set on their way while somebody else moves {}", named(place)));
    }
    if fleet.world.opens.is_some_and(|opens| opens > fleet.world.now) {
        return Some("replicas are set on their way, and the window is closed".to_owned());
    }
    let is_untold = |id: &BrokerId| fleet.serves(*id) && !fleet.silent.contains_key(id) && !fleet.cordoned.contains(id);
    if let Some(id) = fleet.leaving().into_iter().find(is_untold) {
        return Some(format!("replicas are set on their way, and broker {id}, which is emptied, may get new ones"));
    }
    let lacking = fleet.lacking();
    if lacking.len() as u64 > rules.max_under_replicated {
        let names: Vec<String> = lacking.iter().map(named).collect();
        return Some(format!("replicas are set on their way while {} lack some", names.join(", ")));
    }
    replicas.iter().find_map(|(place, to)| one_move(fleet, place, to, rules))
}

fn one_move(fleet: &Fleet, place: &Place, to: &[BrokerId], rules: &Rules) -> Option<String> {
    let name = named(place);
    let Some(partition) = fleet.partition(place) else { return Some(format!("{name} is to move, and is not there")) };
    if fleet.moves.contains_key(place) {
        return Some(format!("{name} is to move, and is on its way already"));
    }
    if to.is_empty() || to.iter().collect::<BTreeSet<_>>().len() < to.len() {
        return Some(format!("{name} is to have replicas on {to:?}"));
    }
    let comes: Vec<BrokerId> = to.iter().copied().filter(|id| !partition.replicas.contains(id)).collect();
    let leaving = fleet.leaving();
    if let Some(id) = comes.iter().find(|id| !fleet.serves(**id) || leaving.contains(*id)) {
        return Some(format!("{name} is to come to broker {id}, which leaves or does not serve"));
    }
    if let Some(id) = comes.iter().find(|id| bytes(place) > 0 && fleet.full.contains_key(*id)) {
        return Some(format!("{name} is to come to broker {id}, whose disk is full"));
    }
    let rate = rules.throttle.filter(|_| !comes.is_empty())?;
    let is_slow = |id: &BrokerId| fleet.foreign_limits.contains(id) || fleet.limits.get(id) == Some(&rate);
    let free = partition.replicas.iter().chain(to).find(|id| !is_slow(id));
    let is_limited = fleet.limited.get(&place.0).is_some_and(|limited| limited.contains(&place.1));
    match (free, is_limited) {
        (Some(id), _) => Some(format!("{name} is copied, and broker {id} is not limited to {rate}")),
        (None, false) => Some(format!("{name} is copied, and is none of those that are limited to {rate}")),
        (None, true) => None,
    }
}

/// The order of before is put back, and nothing else.
fn copies(fleet: &Fleet, place: &Place, to: &[BrokerId]) -> Option<String> {
    let name = named(place);
    let Some(partition) = fleet.partition(place) else {
        return Some(format!("{name} is put in order, and is not there"));
    };
    if fleet.moves.contains_key(place) {
        return Some(format!("{name} is put in order, and is on its way"));
    }
    let set = |of: &[BrokerId]| of.iter().copied().collect::<BTreeSet<_>>();
    let differs = set(&partition.replicas) != set(to);
    differs.then(|| format!("{name} lies on {:?}, and is put in the order {to:?}", partition.replicas))
}

/// Who votes.
fn voters(fleet: &Fleet) -> impl Iterator<Item = (BrokerId, &WorldNode)> {
    fleet.world.nodes.iter().filter(|(_, node)| node.controller).map(|(id, node)| (*id, node))
}

fn adding_voter(fleet: &Fleet, id: BrokerId) -> Option<String> {
    let Some(node) = fleet.world.nodes.get(&id) else { return Some(format!("node {id} is to vote, and is not there")) };
    if !fleet.controllers.contains(&id) || node.controller || fleet.surplus.contains(&id) {
        return Some(format!("node {id} is to vote, and votes already, leaves, or is no controller"));
    }
    if !node.is_up() || node.behind > 0 {
        return Some(format!("node {id} is to vote, and does not have everything"));
    }
    let (all, up) = (voters(fleet).count(), voters(fleet).filter(|(_, node)| node.is_up()).count());
    let loses_majority = up * 2 > all && (up + 1) * 2 <= all + 1;
    loses_majority.then(|| format!("with node {id} only {} of {} voters run", up + 1, all + 1))
}

fn removing_voter(fleet: &Fleet, id: BrokerId) -> Option<String> {
    if !voters(fleet).any(|(voter, _)| voter == id) || !fleet.surplus.contains(&id) {
        return Some(format!("node {id} is to vote no more, and has no vote, or stays"));
    }
    let others = || voters(fleet).filter(|(voter, _)| *voter != id);
    let well = others().filter(|(_, node)| node.is_up() && node.behind == 0).count();
    let all = others().count();
    (well * 2 <= all).then(|| format!("without node {id} only {well} of {all} voters have everything"))
}

/// Nothing is taken from anybody with a node that has neither a vote nor a replica.
fn removing(fleet: &Fleet, id: BrokerId) -> Option<String> {
    if !fleet.surplus.contains(&id) {
        return Some(format!("node {id} is taken away, and is declared"));
    }
    if voters(fleet).any(|(voter, _)| voter == id) {
        return Some(format!("node {id} is taken away, and votes"));
    }
    if let Some(place) = fleet.held(id).first() {
        return Some(format!("node {id} is taken away, and has {}", named(place)));
    }
    let on_disk = fleet.on_disk(id);
    (fleet.serves(id) && on_disk > 0)
        .then(|| format!("node {id} is taken away, and {on_disk} replicas lie on its disk"))
}

fn unregistering(fleet: &Fleet, id: BrokerId) -> Option<String> {
    if !fleet.removed.contains(&id) {
        return Some(format!("broker {id} is forgotten, and was not taken away"));
    }
    let runs = fleet.world.nodes.get(&id).is_some_and(|node| !matches!(node.pod, Pod::Absent { .. }));
    if runs { Some(format!("broker {id} is forgotten, and runs")) } else { removing(fleet, id) }
}

/// Whoever runs is restarted by rolls alone.
fn replacing(fleet: &Fleet, id: BrokerId) -> Option<String> {
    let node = fleet.world.nodes.get(&id)?;
    let is_made_of = match node.pod {
        Pod::Absent { .. } => Some(&node.template),
        Pod::Stuck { .. } => Some(&node.runs),
        Pod::Ending { .. } | Pod::Starting { .. } | Pod::Recovering { .. } | Pod::Ready => None,
    };
    is_made_of
        .is_none_or(|make| *make == fleet.world.declared)
        .then(|| format!("node {id} is made anew, and runs, or is as declared"))
}
