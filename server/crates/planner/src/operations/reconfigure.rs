//! Everything becomes as it is declared: in running brokers what can change there, and by a roll the rest.

use super::minimum::{MIN_IN_SYNC, Verdict, judged};
use super::restart::{differs, mended, waits_for_another_version};
use super::roll::Roll;
use super::{
    Act, Door, Guard, Life, Made, Next, Ours, Pace, Plan, Rules, Scene, Scope, Step, StepKind, StepState, Window,
};
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
    if edits.is_empty() {
        return plan;
    }
    let targets: Vec<(Scope, String)> = edits
        .iter()
        .map(|(scope, keys)| (*scope, keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))
        .collect();
    let mut guards = Vec::new();
    let mut refusals = Vec::new();
    for (scope, keys) in &mut edits {
        let Some(value) = keys.get(MIN_IN_SYNC) else { continue };
        match judged(*scope, value.as_deref(), scene) {
            Verdict::May => {}
            Verdict::Never(refusal) => refusals.push(refusal),
            // Other settings need not wait for it.
            Verdict::Waits(guard) => {
                guards.push(guard);
                keys.remove(MIN_IN_SYNC);
            }
        }
    }
    if !refusals.is_empty() {
        return Plan::only(Next::Refuse(refusals));
    }
    edits.retain(|_, keys| !keys.is_empty());
    let now = edits.pop_first();
    let step = |(scope, keys): &(Scope, String)| Step {
        kind: StepKind::Reconfigure,
        target: scope.called(),
        reason: keys.clone(),
        state: if now.as_ref().is_some_and(|(now, _)| now == scope) { StepState::Running } else { StepState::Planned },
        door: Door::Open,
    };
    plan.steps.splice(0..0, targets.iter().map(step));
    plan.next = match (now, scene.window, scene.quorum.value()) {
        (Some(_), Window::ClosedUntil(opens), _) => Next::Wait(vec![Guard::WindowClosed(opens)]),
        (Some(_), Window::Always | Window::OpenUntil(_), Some(quorum)) if quorum.leader.is_none() => {
            Next::Wait(vec![Guard::NoController])
        }
        (Some((scope, keys)), Window::Always | Window::OpenUntil(_), _) => {
            Next::Act(Act::Configure(BTreeMap::from([(scope, keys)])))
        }
        // A node that is down may be just who is missing.
        (None, _, _) if mends(&plan.next, scene) => plan.next,
        (None, _, _) => Next::Wait(guards),
    };
    plan
}

/// Whether nothing is taken from anybody by it: it makes a node anew that is down.
fn mends(next: &Next, scene: &Scene) -> bool {
    let Next::Act(Act::Replace(id)) = next else { return false };
    scene.nodes.get(id).is_some_and(|node| match node.life {
        Life::Absent | Life::Stuck(_) => true,
        Life::Ending | Life::Starting | Life::Recovering | Life::Ready => false,
    })
}
