//! Features are brought to their levels, by themselves and on purpose: from some there is no way back.

use super::roll::{after, unseen};
use super::versions::{self, ELR, METADATA, named};
use super::{Act, Door, Guard, Life, Made, Next, Plan, Refusal, Rules, Scene, Step, StepKind, StepState, Window};
use klamm_model::{BrokerState, Known, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// All levels at once, when every node can do them and has run for long enough.
pub(super) fn plan(name: &str, levels: &BTreeMap<String, i16>, scene: &Scene, rules: &Rules) -> Plan {
    let Known::Known(in_force) = &scene.features else {
        return Plan::only(Next::Wait(vec![unseen(scene, "features in force")]));
    };
    let changes = changes(levels, in_force);
    if changes.is_empty() {
        return Plan::only(Next::Done);
    }
    let (refusals, mut guards) = able(&changes, scene);
    let refusals: Vec<Refusal> = refusals.into_iter().chain(impossible(name, levels, &changes)).collect();
    guards.extend(unwell(scene));
    let rises = changes.iter().any(|(_, (from, to))| to > from);
    let soaked = if rises { soaked(scene, rules, &mut guards) } else { None };
    guards.extend(soaked.map(Guard::FinaliseSoak));
    if let Window::ClosedUntil(opens) = scene.window {
        guards.push(Guard::WindowClosed(opens));
    }
    let next = if !refusals.is_empty() {
        Next::Refuse(refusals)
    } else if guards.is_empty() {
        Next::Act(Act::SetFeatures(changes.iter().map(|(feature, (_, to))| (feature.clone(), *to)).collect()))
    } else {
        Next::Wait(guards)
    };
    let state = if matches!(next, Next::Act(_)) { StepState::Running } else { StepState::Planned };
    let mut plan = Plan::only(next);
    plan.steps = steps(&changes, state);
    plan.remarks = remarks(name, &changes);
    // One call; only what it waits for takes time.
    plan.eta_seconds = Known::Known(soaked.map_or(0, |until| scene.now.seconds_until(until)));
    plan
}

/// What is in force and what is to be, where they differ.
type Changes = BTreeMap<String, (i16, i16)>;

/// On the way up no other feature is lowered, and on the way down none is raised: somebody set it so by hand.
fn changes(levels: &BTreeMap<String, i16>, in_force: &BTreeMap<String, i16>) -> Changes {
    let now = |feature: &str| in_force.get(feature).copied().unwrap_or(0);
    let sinks = levels.get(METADATA).is_some_and(|level| *level < now(METADATA));
    levels
        .iter()
        .map(|(feature, to)| (feature.clone(), (now(feature), *to)))
        .filter(|(_, (from, to))| if sinks { to < from } else { to > from })
        .collect()
}

/// Whether every node can do it: nodes that cannot refuse it, nodes of which it is not known hold it back.
fn able(changes: &Changes, scene: &Scene) -> (Vec<Refusal>, Vec<Guard>) {
    let mut refusals = Vec::new();
    let mut unknown = Vec::new();
    for (id, node) in scene.nodes.iter().filter(|(_, node)| node.made != Made::Missing) {
        let Known::Known(ranges) = &node.features else {
            unknown.push(format!("Which features {} can do is not known.", node.called(*id)));
            continue;
        };
        for (feature, (_, to)) in changes {
            let can = ranges.get(feature).map_or((0, 0), |range| (range.min, range.max));
            if *to < can.0 || *to > can.1 {
                refusals.push(Refusal::Feature(format!(
                    "{} can do {feature} from {} to {}, and not {}",
                    super::words::capital(&node.called(*id)),
                    named(feature, can.0),
                    named(feature, can.1),
                    named(feature, *to)
                )));
            }
        }
    }
    (refusals, if unknown.is_empty() { Vec::new() } else { vec![Guard::Unseen(unknown)] })
}

/// Ways that Kafka itself does not go.
fn impossible(name: &str, levels: &BTreeMap<String, i16>, changes: &Changes) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (feature, (from, to)) in changes.iter().filter(|(_, (from, to))| to < from) {
        // The way down is barred where the way up has no way back.
        if let Door::OneWay(why) = versions::door(feature, *to, *from) {
            refusals.push(Refusal::Feature(format!("{feature} cannot be brought down: {why}")));
        }
    }
    let metadata = levels.get(METADATA).copied();
    let needs_more =
        changes.get(ELR).is_some_and(|(from, to)| to > from) && metadata.is_some_and(|level| level < ELR_NEEDS);
    if needs_more {
        refusals.push(Refusal::Feature(format!(
            "{ELR} needs metadata version {} at least, and {name} is older",
            versions::level_name(ELR_NEEDS)
        )));
    }
    refusals
}

/// The level of `metadata.version` without which brokers refuse [`ELR`].
const ELR_NEEDS: i16 = 23;

/// What keeps Kafka from taking it, or people from wanting it now.
fn unwell(scene: &Scene) -> Vec<Guard> {
    let mut guards = Vec::new();
    let there = || scene.nodes.iter().filter(|(_, node)| node.made != Made::Missing);
    guards.extend(there().filter_map(|(id, node)| match &node.life {
        Life::Stuck(why) => Some(Guard::NodeStuck(*id, why.clone())),
        Life::Absent | Life::Ending | Life::Starting | Life::Recovering | Life::Ready => None,
    }));
    let silent: Vec<String> = there()
        .filter(|(_, node)| node.is_broker() && node.life == Life::Ready && node.serving == BrokerState::Unknown)
        .map(|(id, node)| format!("Whether {} serves is not known.", node.called(*id)))
        .collect();
    let away: BTreeSet<_> = there()
        .filter(|(_, node)| match node.life {
            Life::Stuck(_) => false,
            Life::Absent | Life::Ending | Life::Starting | Life::Recovering => true,
            Life::Ready => !node.is_well() && node.serving != BrokerState::Unknown,
        })
        .map(|(id, _)| *id)
        .collect();
    if !silent.is_empty() {
        guards.push(Guard::Unseen(silent));
    }
    if !away.is_empty() {
        guards.push(Guard::NodesAway(away));
    }
    match &scene.quorum {
        Known::Unknown => guards.push(unseen(scene, "the quorum of controllers")),
        Known::Known(quorum) if quorum.leader.is_none() => guards.push(Guard::NoController),
        Known::Known(_) => {}
    }
    guards
}

/// Until when all nodes have to have run what they run. Since when they do is when the youngest pod was made.
fn soaked(scene: &Scene, rules: &Rules, guards: &mut Vec<Guard>) -> Option<UnixMillis> {
    let there = || scene.nodes.iter().filter(|(_, node)| node.made != Made::Missing && node.life != Life::Absent);
    let unknown: Vec<String> = there()
        .filter(|(_, node)| node.born == Known::Unknown)
        .map(|(id, node)| format!("When the pod of {} was made is not known.", node.called(*id)))
        .collect();
    if !unknown.is_empty() {
        guards.push(Guard::Unseen(unknown));
    }
    let youngest = there().filter_map(|(_, node)| node.born.value()).max()?;
    let until = after(*youngest, rules.finalise_soak_seconds);
    (until > scene.now).then_some(until)
}

fn steps(changes: &Changes, state: StepState) -> Vec<Step> {
    let step = |feature: &str, from: i16, to: i16| Step {
        kind: StepKind::SetFeature,
        target: format!("{feature} to {}", named(feature, to)),
        reason: format!("from {}", named(feature, from)),
        state,
        door: if to > from { versions::door(feature, from, to) } else { Door::Open },
    };
    let metadata = changes.get_key_value(METADATA);
    let others = changes.iter().filter(|(feature, _)| *feature != METADATA);
    metadata.into_iter().chain(others).map(|(feature, (from, to))| step(feature, *from, *to)).collect()
}

/// The plain statement whether there is a way back, and what else it does.
fn remarks(name: &str, changes: &Changes) -> Vec<String> {
    let doors = changes
        .iter()
        .filter(|(_, (from, to))| to > from)
        .map(|(feature, (from, to))| versions::door(feature, *from, *to));
    let one_way: Vec<String> = doors
        .filter_map(|door| match door {
            Door::Open => None,
            Door::OneWay(why) => Some(why),
        })
        .collect();
    let mut remarks = match one_way.as_slice() {
        [] => vec![format!("There is a way back from {name}: no level on the way changes how metadata is written.")],
        _ => one_way,
    };
    if changes.get(ELR).is_some_and(|(from, to)| to > from) {
        remarks.push(format!(
            "With {ELR} brokers forget min.insync.replicas of their own; what is set for the whole cluster or for topics stays."
        ));
    }
    remarks
}
