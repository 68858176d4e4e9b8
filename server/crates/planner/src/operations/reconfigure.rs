//! Everything becomes as it is declared: in running brokers what can change there, and by a roll the rest.

use super::restart::{differs, mended, waits_for_another_version};
use super::roll::Roll;
use super::{Act, Door, Guard, Made, Next, Ours, Pace, Plan, Rules, Scene, Scope, Step, StepKind, StepState, Window};
use std::collections::BTreeMap;

/// First what needs no restart, then the roll.
pub(super) fn plan(scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    let mut left = mended(scene);
    for (id, node) in scene.nodes.iter().filter(|(_, node)| !waits_for_another_version(node)) {
        match &node.made {
            Made::Other(fields) => drop(left.insert(*id, differs(fields))),
            Made::Current | Made::Missing | Made::Surplus => {}
        }
    }
    let concerned = scene.nodes.iter().filter(|(_, node)| node.stays()).map(|(id, _)| *id).collect();
    let roll = Roll { scene, rules, ours, left, concerned, blind: Vec::new() };
    let mut plan = roll.plan(pace);
    let mut edits: BTreeMap<Scope, BTreeMap<String, Option<String>>> = BTreeMap::new();
    for (scope, key, value) in &scene.edits {
        edits.entry(*scope).or_default().insert(key.clone(), value.clone());
    }
    let steps: Vec<Step> = edits
        .iter()
        .enumerate()
        .map(|(at, (scope, keys))| Step {
            kind: StepKind::Reconfigure,
            target: scope.called(),
            reason: keys.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            state: if at == 0 { StepState::Running } else { StepState::Planned },
            door: Door::Open,
        })
        .collect();
    let Some((scope, keys)) = edits.pop_first() else { return plan };
    plan.next = match (scene.window, scene.quorum.value()) {
        (Window::ClosedUntil(opens), _) => Next::Wait(vec![Guard::WindowClosed(opens)]),
        (Window::Always | Window::OpenUntil(_), Some(quorum)) if quorum.leader.is_none() => {
            Next::Wait(vec![Guard::NoController])
        }
        (Window::Always | Window::OpenUntil(_), _) => Next::Act(Act::Configure(BTreeMap::from([(scope, keys)]))),
    };
    plan.steps.splice(0..0, steps);
    plan
}
