//! Operations that move replicas: nodes come and go, replicas are spread, brokers are emptied. Where replicas are to be,
//! the mover says ([`crate::mover`]); here is decided what of that is done now, beside what.

mod aim;
mod away;
mod choice;
mod course;
mod factor;
mod lanes;
mod leaders;
mod mend;
mod scale;
mod situation;
#[cfg(test)]
mod tests;

use super::{
    Act, Door, Guard, Made, MoveGoal, Next, Ours, Pace, Plan, Refusal, Rules, Scene, Step, StepKind, StepState, doubt,
    host, words,
};
use crate::mover;
pub use aim::Aim;
use course::Moving;
use klamm_model::{BrokerId, BrokerState, Known, NamedPartition, TopicName};
pub use lanes::Lanes;
use std::collections::BTreeSet;

/// What is left, and what of it may be done now.
pub(super) fn plan(goal: MoveGoal<'_>, scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    let kept_empty = host::kept_empty(scene);
    let leaving = match goal {
        MoveGoal::Scale | MoveGoal::Rebalance { .. } | MoveGoal::Place { .. } => kept_empty,
        MoveGoal::Factor { .. } => &kept_empty | &factor::told_to_stay_empty(scene),
        MoveGoal::Drain { brokers } => &kept_empty | brokers,
    };
    let moving = Moving { scene, rules, ours, pace, leaving: &leaving };
    let mut plan = match goal {
        MoveGoal::Scale => scale::plan(scene, rules, ours, pace),
        MoveGoal::Rebalance { topics } => {
            let scope = if topics.is_empty() { mover::Scope::Everything } else { mover::Scope::Topics(topics.clone()) };
            replicas(&moving, &[mover::Goal::Spread(scope)], "spread evenly over brokers and racks")
        }
        MoveGoal::Place { replicas: places } => {
            let named =
                |(topic, partition): &(TopicName, _)| NamedPartition { topic: topic.clone(), partition: *partition };
            let places = places.iter().map(|(at, brokers)| (named(at), brokers.clone())).collect();
            replicas(&moving, &[mover::Goal::Place(places)], "put where they were asked to be")
        }
        MoveGoal::Factor { factors } => factor::plan(factors, &moving),
        MoveGoal::Drain { brokers } => drain(brokers, &moving),
    };
    doubt::look_again(&mut plan.next, ours);
    moving.set_rate(&mut plan);
    mend::first(&mut plan, &moving);
    plan
}

/// Replicas get to where they are to be, and leaders with them.
fn replicas(moving: &Moving<'_>, goals: &[mover::Goal], why: &str) -> Plan {
    let course = moving.towards(goals);
    let steps = vec![course.step("replicas", why), leaders::step()];
    course.plan(steps, |remarks| leaders::settle(moving, remarks))
}

/// Brokers are emptied. They stay, and get replicas again once somebody says so.
fn drain(brokers: &BTreeSet<BrokerId>, moving: &Moving<'_>) -> Plan {
    // One that is to leave by now has to be empty all the same.
    let is_there =
        |id: &&BrokerId| moving.scene.nodes.get(id).is_some_and(|node| node.is_broker() && node.made != Made::Missing);
    let strangers: BTreeSet<BrokerId> = brokers.iter().filter(|id| !is_there(id)).copied().collect();
    if !strangers.is_empty() {
        return Plan::only(Next::Refuse(vec![Refusal::NoSuchNode(strangers)]));
    }
    let course = moving.towards(&[mover::Goal::Evacuate { leaving: brokers.clone() }]);
    let called = words::brokers(brokers);
    let cordon = step(StepKind::Cordon, &called, "get no new replicas meanwhile");
    let empty = step(StepKind::WaitFor, &called, "have nothing left in their own log dirs");
    let mut plan = course.plan(vec![cordon, course.step(&called, "emptied"), empty, leaders::step()], |remarks| {
        match not_empty(moving.scene, brokers) {
            Some(guard) => Plan { remarks, ..Plan::only(Next::Wait(vec![guard])) },
            None => leaders::settle(moving, remarks),
        }
    });
    cordon_first(&mut plan, brokers, moving.scene, moving.ours);
    plan
}

/// Nothing new gets there before anything is taken away; a plan that cannot be done changes nothing. Who was not told, or of whom nobody
/// knows that, is told before anything more is moved, and in the end.
fn cordon_first(plan: &mut Plan, leaving: &BTreeSet<BrokerId>, scene: &Scene, ours: &Ours) {
    // Only itself can be told.
    let serves = |id: &BrokerId| scene.nodes.get(id).is_some_and(|node| node.serving == BrokerState::Running);
    let is_written = leaving.is_subset(&ours.cordoned);
    let rests_on_it = matches!(plan.next, Next::Act(Act::Move(_)) | Next::Done);
    let is_told = !rests_on_it || !leaving.intersection(&ours.unsure.cordoned).any(serves);
    if is_written && is_told {
        plan.steps.retain(|step| step.kind != StepKind::Cordon);
        return;
    }
    match &plan.next {
        Next::Act(_) => plan.next = Next::Act(Act::Cordon(leaving | &ours.cordoned)),
        Next::Wait(_) | Next::Refuse(_) => {}
        Next::Done if is_written => plan.next = Next::Act(Act::Cordon(leaving | &ours.cordoned)),
        Next::Done => plan.steps.clear(),
    }
    if let Some(first) = plan.steps.iter_mut().find(|step| step.kind == StepKind::Cordon) {
        first.state = StepState::Running;
    }
}

/// A broker whose own log dirs hold something still, or of which that is not known.
fn not_empty(scene: &Scene, brokers: &BTreeSet<BrokerId>) -> Option<Guard> {
    brokers.iter().find_map(|id| match scene.nodes.get(id)?.replicas_on_disk {
        Known::Known(0) => None,
        Known::Known(left) => Some(Guard::NotEmpty(*id, left)),
        Known::Unknown => Some(Guard::Unseen(vec![format!("What lies in the log dirs of broker {id} is not known.")])),
    })
}

fn step(kind: StepKind, target: &str, reason: &str) -> Step {
    Step { kind, target: target.to_owned(), reason: reason.to_owned(), state: StepState::Planned, door: Door::Open }
}
