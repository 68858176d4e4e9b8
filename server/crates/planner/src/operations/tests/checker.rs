//! Judges what is about to be done to the model world by the world alone. It shares no code with the planner, and says no
//! where the planner has to.

use super::world::{Pod, World, WorldNode};
use crate::operations::{Act, METADATA, Rules};
use klamm_model::BrokerId;
use std::collections::BTreeMap;

/// Why this must not be done now.
pub(super) fn violation(world: &World, act: &Act, rules: &Rules) -> Option<String> {
    match act {
        Act::Replace(id) => taking_down(world, *id, rules),
        Act::SetFeatures(levels) => raising(world, levels, rules),
        _ => None,
    }
}

fn raising(world: &World, levels: &BTreeMap<String, i16>, rules: &Rules) -> Option<String> {
    if let Some((id, _)) = world.nodes.iter().find(|(_, node)| node.pod != Pod::Ready) {
        return Some(format!("second {}: features must not be set while node {id} is away", world.now));
    }
    let wanted = *levels.get(METADATA)?;
    let (highest, oldest) = world.nodes.values().map(|node| (highest(&node.runs.version), &node.runs.version)).min()?;
    if wanted > highest {
        return Some(format!("second {}: {oldest} cannot do {wanted}", world.now));
    }
    let youngest = world.nodes.values().map(|node| node.born).max()?;
    let soak = i64::try_from(rules.finalise_soak_seconds).ok()?;
    let rises = wanted > world.features.get(METADATA).copied().unwrap_or(0);
    (rises && world.now < youngest + soak).then(|| format!("second {}: a pod is {youngest} old only", world.now))
}

/// The highest `metadata.version` of versions that occur in these tests.
fn highest(version: &str) -> i16 {
    match version {
        "4.1.2" => 27,
        "4.2.1" => 29,
        _ => 0,
    }
}

fn taking_down(world: &World, id: BrokerId, rules: &Rules) -> Option<String> {
    let node = world.nodes.get(&id)?;
    let no = |why: String| Some(format!("second {}: node {id} must not be taken down: {why}", world.now));
    let others = || world.nodes.iter().filter(|(other, _)| **other != id);
    let is_down_anyway = matches!(node.pod, Pod::Absent { .. } | Pod::Stuck { .. });
    if matches!(node.pod, Pod::Recovering { until } if until > world.now) {
        return no("it reads its logs".to_owned());
    }
    let controllers = world.nodes.values().filter(|node| node.controller).count();
    // Whatever is stuck, or gone, as nobody declares it any more is as good as not there.
    let counts = |node: &WorldNode| match node.pod {
        Pod::Stuck { .. } => node.runs == world.declared,
        Pod::Absent { .. } => node.template == world.declared,
        Pod::Ending { .. } | Pod::Starting { .. } | Pod::Recovering { .. } | Pod::Ready => true,
    };
    let coming =
        world.nodes.values().filter(|node| node.controller && !matches!(node.pod, Pod::Stuck { .. }) && counts(node));
    let may_form = coming.count() * 2 > controllers;
    if let Some((other, _)) = others().find(|(_, other)| other.taken && counts(other))
        && (!is_down_anyway || may_form)
    {
        return no(format!("node {other} was taken down before and is not back"));
    }
    for (name, topic) in &world.topics {
        let is_accepted = rules.accept_unavailable.contains(name);
        for (index, partition) in topic.partitions.iter().filter(|(_, one)| one.replicas.contains(&id)) {
            let factor = partition.replicas.len();
            let left = partition.in_sync.iter().filter(|one| **one != id).count();
            // Nobody can say what the only broker has while it is down, or any while there is no quorum without it.
            let is_alone = others().all(|(_, other)| !other.broker) || (node.controller && controllers <= 2);
            let is_blind = is_down_anyway && is_alone;
            if world.ephemeral && left == 0 && !matches!(node.pod, Pod::Absent { .. }) && !is_accepted && !is_blind {
                return no(format!("nobody else has {name}-{index}"));
            }
            if is_down_anyway {
                continue;
            }
            let minimum = topic.minimum as usize;
            if (factor == 1 || factor <= minimum) && !is_accepted {
                return no(format!("nobody accepted that {name} is unavailable"));
            }
            if factor > minimum && left < minimum {
                return no(format!("{name}-{index} falls to {left} of {minimum}"));
            }
            if factor > 1 && left == 0 {
                return no(format!("{name}-{index} loses its leader"));
            }
        }
    }
    if is_down_anyway {
        return None;
    }
    if let Some((other, _)) =
        others().find(|(_, other)| other.pod != Pod::Ready || other.fenced_until > world.now && other.broker)
    {
        return no(format!("node {other} is away"));
    }
    if !world.foreign.is_empty() {
        return no("somebody moves replicas".to_owned());
    }
    if world.opens.is_some_and(|opens| opens > world.now) {
        return no("the window is closed".to_owned());
    }
    if node.controller {
        let caught_up = others().filter(|(_, other)| other.controller && other.is_up() && other.behind == 0).count();
        let needed = if controllers <= 2 { controllers - 1 } else { controllers / 2 + 1 };
        if caught_up < needed || world.active.is_none() {
            return no("too few controllers have everything".to_owned());
        }
    }
    let soak = i64::try_from(rules.soak_seconds).ok()?;
    if let Some((other, _)) = others().find(|(_, other)| other.ready_since + soak > world.now) {
        return no(format!("node {other} came back a moment ago"));
    }
    None
}

/// Whether it is the active controller before its time: another one that runs well is left.
pub(super) fn out_of_turn(world: &World, act: &Act, left: impl Fn(BrokerId) -> bool) -> Option<String> {
    let Act::Replace(id) = act else { return None };
    let is_well = world.nodes.get(id).is_some_and(|node| node.is_up() && (!node.broker || node.serves(world.now)));
    if world.active != Some(*id) || !is_well {
        return None;
    }
    let other = world.nodes.keys().find(|other| *other != id && left(**other))?;
    Some(format!("second {}: the active controller {id} goes before node {other}", world.now))
}
