//! Steps as they are told over time. A plan knows only what is left; people want to see what was done too.

use super::{Plan, Step, StepKind, StepState};

/// More are not kept: the oldest that are over are left out first.
pub const STEPS_KEPT: usize = 250;

/// The steps that were told before, brought up to date by a plan. What is no longer left is done, or was not needed if it
/// never ran; what is left follows in its order. What was told as done stays so: when the same has to be done once more, it
/// is told as another step.
pub fn follow(said: &[Step], plan: &Plan) -> Vec<Step> {
    let mut goes_on = vec![false; said.len()];
    let mut left = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        match found(said, step) {
            Found::Open(at) => {
                let Some(before) = said.get(at) else { continue };
                if let Some(mark) = goes_on.get_mut(at) {
                    *mark = true;
                }
                // What is waited for after a restart belongs to it; why it was, and why then, is told as it was when it began.
                let is_restarted = before.kind == StepKind::RestartBroker && before.state == StepState::Running;
                let now = if before.kind != step.kind || is_restarted { before } else { step };
                let state = if before.state == StepState::Running { StepState::Running } else { step.state };
                left.push(Step { kind: before.kind, target: before.target.clone(), state, ..now.clone() });
            }
            Found::New(target) => left.push(Step { target, ..step.clone() }),
            Found::Over => {}
        }
    }
    let over = said.iter().zip(goes_on).filter(|(_, goes_on)| !goes_on).map(|(step, _)| {
        let state = match step.state {
            StepState::Planned | StepState::Skipped => StepState::Skipped,
            StepState::Running | StepState::Done => StepState::Done,
        };
        Step { state, ..step.clone() }
    });
    let mut steps: Vec<Step> = over.collect();
    let surplus = (steps.len() + left.len()).saturating_sub(STEPS_KEPT);
    steps.drain(..surplus.min(steps.len()));
    steps.extend(left);
    steps.truncate(STEPS_KEPT);
    steps
}

/// How a step that is left was told before.
enum Found {
    /// It goes on.
    Open(usize),
    /// It was not, or it has to be done once more; what it is called.
    New(String),
    /// It is over, and nothing new begins.
    Over,
}

fn found(said: &[Step], step: &Step) -> Found {
    let is_open = |state: StepState| match state {
        StepState::Planned | StepState::Running => true,
        StepState::Done | StepState::Skipped => false,
    };
    // After its restart a node is waited for, as the rest of that step.
    if step.kind == StepKind::WaitFor
        && let (_, Some((at, restart))) = latest(said, StepKind::RestartBroker, &step.target)
        && is_open(restart.state)
    {
        return Found::Open(at);
    }
    match latest(said, step.kind, &step.target) {
        (_, Some((at, before))) if is_open(before.state) => Found::Open(at),
        (times, Some(_)) if begins_anew(step) => Found::New(nth(&step.target, times + 1)),
        (_, Some(_)) => Found::Over,
        (_, None) => Found::New(step.target.clone()),
    }
}

/// Whether a step that was over would be another one. What is only waited for may come and go.
fn begins_anew(step: &Step) -> bool {
    match step.kind {
        StepKind::WaitFor | StepKind::Preflight => false,
        StepKind::Reconfigure
        | StepKind::RestartBroker
        | StepKind::AddBroker
        | StepKind::Cordon
        | StepKind::MovePartitions
        | StepKind::ElectLeaders
        | StepKind::AddVoter
        | StepKind::RemoveVoter
        | StepKind::Unregister
        | StepKind::SetFeature => match step.state {
            StepState::Planned | StepState::Running => true,
            StepState::Done | StepState::Skipped => false,
        },
    }
}

/// How often it was told, and the last one of them.
fn latest<'a>(said: &'a [Step], kind: StepKind, target: &str) -> (usize, Option<(usize, &'a Step)>) {
    let mut times = 0;
    let mut last = None;
    loop {
        let name = nth(target, times + 1);
        let Some(found) = said.iter().enumerate().rfind(|(_, step)| step.kind == kind && step.target == name) else {
            return (times, last);
        };
        times += 1;
        last = Some(found);
    }
}

fn nth(target: &str, times: usize) -> String {
    match times {
        0 | 1 => target.to_owned(),
        2 => format!("{target}, once more"),
        times => format!("{target}, once more ({times})"),
    }
}
