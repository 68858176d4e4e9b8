//! Whether the quorum of controllers can do without one.

use super::super::{Guard, Life, Made, Node, Scene, Voter};
use super::unseen;
use klamm_model::{BrokerId, Known};
use std::collections::{BTreeMap, BTreeSet};

/// What holds back taking down this node, for the sake of the quorum.
pub(in crate::operations) fn guards(scene: &Scene, candidate: BrokerId) -> Option<Guard> {
    let Known::Known(quorum) = &scene.quorum else { return Some(unseen(scene, "the quorum of controllers")) };
    if quorum.leader.is_none() {
        return Some(Guard::NoController);
    }
    if !quorum.voters.contains_key(&candidate) {
        return None;
    }
    let others = || quorum.voters.iter().filter(|(id, _)| **id != candidate);
    let caught_up = others().filter(|(_, voter)| **voter == Voter::CaughtUp).count();
    // The others alone have to be a majority that has everything. One of two cannot be, and one of one has no others.
    let needed = match quorum.voters.len() {
        0 | 1 => 0,
        2 => 1,
        voters => voters / 2 + 1,
    };
    (caught_up < needed).then(|| Guard::Quorum {
        controller: candidate,
        caught_up: u32::try_from(caught_up).unwrap_or(u32::MAX),
        needed: u32::try_from(needed).unwrap_or(u32::MAX),
        behind: others()
            .filter_map(|(id, voter)| match voter {
                Voter::CaughtUp => None,
                Voter::Behind(lag) => Some((*id, *lag)),
            })
            .collect(),
    })
}

/// Whether nothing can be seen, nor done, before this one is back: one or two controllers are no quorum without it.
pub(super) fn waits_for(scene: &Scene, candidate: BrokerId) -> bool {
    let controllers = || scene.nodes.iter().filter(|(_, node)| node.is_controller() && node.stays());
    controllers().count() <= 2 && controllers().any(|(id, _)| *id == candidate)
}

/// What holds back losing what a controller has that is down already.
pub(super) fn without_what_it_has(scene: &Scene, candidate: BrokerId) -> Option<Guard> {
    let is_controller = scene.nodes.get(&candidate).is_some_and(Node::is_controller);
    if is_controller { guards(scene, candidate) } else { None }
}

/// What is to come back to the quorum still, of these nodes.
pub(super) fn behind(scene: &Scene, nodes: &BTreeSet<BrokerId>) -> Option<Guard> {
    let Known::Known(quorum) = &scene.quorum else { return Some(unseen(scene, "the quorum of controllers")) };
    if quorum.leader.is_none() {
        return Some(Guard::NoController);
    }
    let behind = quorum.voters.iter().filter(|(id, _)| nodes.contains(id)).find_map(|(id, voter)| match voter {
        Voter::CaughtUp => None,
        Voter::Behind(lag) => Some((*id, *lag)),
    });
    behind.map(|(id, lag)| {
        let far = match lag {
            Known::Known(records) => format!(", {records} records behind"),
            Known::Unknown => String::new(),
        };
        Guard::NotShownYet(format!("Controller {id} is still catching up with the quorum{far}."))
    })
}

/// Whether enough controllers run, or come to run, for a quorum without the one that is to be made anew.
pub(super) fn can_come_together(scene: &Scene) -> bool {
    let controllers = || scene.nodes.values().filter(|node| node.is_controller() && node.made != Made::Missing);
    let running = controllers().filter(|node| match node.life {
        Life::Stuck(_) => false,
        // One that was just made anew is on its way.
        Life::Absent => node.made == Made::Current,
        Life::Ending | Life::Starting | Life::Recovering | Life::Ready => true,
    });
    running.count() > controllers().count() / 2
}

/// What a small quorum means for restarts.
pub(super) fn remark(scene: &Scene, left: &BTreeMap<BrokerId, String>) -> Option<String> {
    let voters = &scene.quorum.value()?.voters;
    let few = match voters.len() {
        1 => "one controller",
        2 => "two controllers",
        _ => return None,
    };
    voters.keys().any(|id| left.contains_key(id)).then(|| {
        format!(
            "The quorum has {few} only: while one restarts, nothing can be changed and no partition gets a new leader."
        )
    })
}
