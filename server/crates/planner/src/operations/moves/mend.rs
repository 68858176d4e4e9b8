//! Nodes that are down, and declared otherwise by now, are brought back before anything else is moved. What is on its way to them or
//! from them waits for them, and nobody else would bring them back: no other operation begins meanwhile.

use super::super::restart::mended;
use super::super::roll::Roll;
use super::super::{Act, Life, Next, Plan, Step, StepKind, StepState};
use super::away::is_away;
use super::course::Moving;
use super::step;
use klamm_model::BrokerId;
use std::collections::{BTreeMap, BTreeSet};

/// Has them made anew first, or says what holds that back beside what the plan waits for.
pub(super) fn first(plan: &mut Plan, moving: &Moving<'_>) {
    match plan.next {
        Next::Act(_) | Next::Wait(_) => {}
        Next::Done | Next::Refuse(_) => return,
    }
    let left = mended(moving.scene);
    let mut steps = coming_back(moving, &left);
    if !left.is_empty() {
        let Moving { scene, rules, ours, pace, .. } = *moving;
        let roll = Roll { scene, rules, ours, left, concerned: BTreeSet::new(), blind: Vec::new() }.plan(pace);
        // Those that come are waited for already.
        let joined: BTreeSet<String> =
            ours.joined.iter().filter_map(|id| Some(scene.nodes.get(id)?.called(*id))).collect();
        let restarts = roll.steps.into_iter().filter(|step| step.kind == StepKind::RestartBroker);
        steps.extend(restarts.filter(|step| !joined.contains(&step.target)));
        match roll.next {
            Next::Act(act) => begin(plan, act, moving),
            Next::Wait(guards) => {
                if let Next::Wait(told) = &mut plan.next {
                    let more: Vec<_> = guards.into_iter().filter(|guard| !told.contains(guard)).collect();
                    told.extend(more);
                }
            }
            Next::Done | Next::Refuse(_) => {}
        }
    }
    plan.steps.splice(0..0, steps);
}

/// Puts that act before everything else, but for calling back what would fill a disk.
fn begin(plan: &mut Plan, act: Act, moving: &Moving<'_>) {
    if matches!(plan.next, Next::Act(Act::CancelMoves(_))) {
        return;
    }
    plan.next = Next::Act(act);
    for step in plan.steps.iter_mut().filter(|step| step.state == StepState::Running) {
        step.state = StepState::Planned;
    }
    // What is not set on its way yet is planned once the node is back.
    if moving.ours.aim.is_none() {
        plan.aim = None;
    }
}

/// Nodes that were made anew, or went down by themselves, and are not back. Those that come new have a step of their own.
fn coming_back(moving: &Moving<'_>, left: &BTreeMap<BrokerId, String>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (id, node) in moving.scene.nodes.iter().filter(|(_, node)| node.stays() && is_away(node)) {
        // A controller alone is in no inventory, so that it seems to be absent to who plans from one.
        let is_untold = !node.is_broker() && node.life == Life::Absent;
        if !is_untold && !left.contains_key(id) && !moving.ours.joined.contains(id) {
            let comes = step(StepKind::WaitFor, &node.called(*id), "comes back and serves");
            steps.push(Step { state: StepState::Running, ..comes });
        }
    }
    steps
}
