//! Operations in words. Pure.

use crate::{
    sheet::{Line, Stage, status},
    ui::Status,
};
use klamm_model::{
    Headroom, Known, OperationAsked, OperationPhase, OperationSafety, OperationStepState, OperationStepView,
    OperationView, OperationWindow, PersonName, UnixMillis, human_bytes, human_count, human_duration,
};

/// How far an operation is, with its mark.
pub(super) fn phase(phase: OperationPhase) -> Line {
    let mark = match phase {
        OperationPhase::Running | OperationPhase::Done => Status::Ok,
        OperationPhase::Waiting | OperationPhase::Paused => Status::Warn,
        OperationPhase::Failed => Status::Bad,
        OperationPhase::Planned | OperationPhase::Cancelled => Status::Unknown,
    };
    status(mark, phase.name())
}

/// What a step does: `Restart broker 1`.
pub(super) fn title(step: &OperationStepView) -> String {
    let target = step.target.as_str();
    let verb = match step.kind.as_str() {
        "preflight" => return "Preflight".to_owned(),
        "electLeaders" => return "Elect preferred leaders".to_owned(),
        "movePartitions" => return of("Move partitions", target),
        "reconfigure" => "Configure",
        "restartBroker" => "Restart",
        "addBroker" => "Add",
        "cordon" => "Cordon",
        "addVoter" => "Give a vote to",
        "removeVoter" => "Take the vote of",
        "unregister" => "Take away",
        "setFeature" => "Finalise",
        "waitFor" => "Wait for",
        other => other,
    };
    of(verb, target)
}

fn of(verb: &str, target: &str) -> String {
    if target.is_empty() { verb.to_owned() } else { format!("{verb} {target}") }
}

/// How far a step is, and the word for that.
pub(super) fn stage(step: &OperationStepView, is_held: IsHeld) -> (Stage, &'static str) {
    match (step.state, is_held) {
        (OperationStepState::Done, _) => (Stage::Done, "Done"),
        (OperationStepState::Skipped, _) => (Stage::Skipped, "Not needed"),
        (OperationStepState::Failed, _) => (Stage::Failed, "Failed"),
        (OperationStepState::Planned | OperationStepState::Running, IsHeld::Yes) => (Stage::Held, "Waiting"),
        (OperationStepState::Running, IsHeld::No) => (Stage::Now, "Now"),
        (OperationStepState::Planned, IsHeld::No) => (Stage::Later, "Later"),
    }
}

/// Whether a step is the one that may not be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsHeld {
    Yes,
    No,
}

/// `3 of 6 steps`.
pub(super) fn progress(operation: &OperationView) -> String {
    match operation.progress() {
        (_, 0) => "its steps are not known yet".to_owned(),
        (done, 1) => format!("{done} of 1 step"),
        (done, all) => format!("{done} of {all} steps"),
    }
}

/// `Asked by operator, approved by operator2 · 3 of 6 steps · 1.2 GiB to move · about 3 min left`.
pub(super) fn facts(operation: &OperationView, asked: Option<&OperationAsked>, now: UnixMillis) -> String {
    let mut facts: Vec<String> = asked.map(who).into_iter().chain([progress(operation)]).collect();
    if !operation.phase.is_over() {
        if let Known::Known(bytes) = operation.bytes_left
            && bytes > 0
        {
            facts.push(format!("{} to move", human_bytes(bytes)));
        }
        if let Known::Known(partitions) = operation.partitions_left
            && partitions > 0
        {
            facts.push(format!("{} partitions to move", human_count(partitions)));
        }
        facts.extend(operation.eta_seconds.map(|seconds| format!("about {} left", human_duration(seconds))));
    }
    facts.push(match (operation.started_at, operation.ended_at) {
        (_, Some(ended)) => format!("{} {}", operation.phase.name(), ended.ago(now)),
        (Some(started), None) => format!("begun {}", started.ago(now)),
        (None, None) => format!("made {}", operation.created_at.ago(now)),
    });
    facts.join(" · ")
}

fn who(asked: &OperationAsked) -> String {
    let agreed: Vec<&str> = asked.approved_by.iter().map(PersonName::as_str).collect();
    match agreed.as_slice() {
        [] => format!("Asked by {}", asked.by),
        [one] => format!("Asked by {}, approved by {one}", asked.by),
        [first @ .., last] => format!("Asked by {}, approved by {} and {last}", asked.by, first.join(", ")),
    }
}

/// How long it took, once it is over.
pub(super) fn took(operation: &OperationView) -> String {
    let span = operation.started_at.zip(operation.ended_at);
    span.map_or_else(String::new, |(from, to)| human_duration(from.seconds_until(to)))
}

/// What guards look at, as facts: names and sentences.
pub(super) fn safety(safety: &OperationSafety, now: UnixMillis) -> Vec<(&'static str, String)> {
    let unknown = || "unknown".to_owned();
    let partitions = |count: u64| match count {
        0 => "none".to_owned(),
        1 => "1 partition".to_owned(),
        more => format!("{} partitions", human_count(more)),
    };
    let quorum = safety.quorum_caught_up.value().zip(safety.quorum_voters.value());
    let soak = |seconds: u64| match seconds {
        0 => "none".to_owned(),
        seconds => format!("{} after each node", human_duration(seconds)),
    };
    vec![
        ("Under-replicated", safety.under_replicated.value().map_or_else(unknown, |count| partitions(*count))),
        ("Lowest headroom", safety.lowest_headroom.value().map_or_else(unknown, headroom)),
        ("Quorum", quorum.map_or_else(unknown, |(caught_up, voters)| format!("{caught_up} of {voters} caught up"))),
        ("Soak", safety.soak_seconds.value().map_or_else(unknown, |seconds| soak(*seconds))),
        ("Window", safety.window.value().map_or_else(unknown, |window| self::window(*window, now))),
    ]
}

/// `orders-7: 0 above its minimum of 2`.
fn headroom(headroom: &Headroom) -> String {
    let Headroom { partition, in_sync, minimum } = headroom;
    if in_sync >= minimum {
        format!("{partition}: {} above its minimum of {minimum}", in_sync - minimum)
    } else {
        format!("{partition}: {} below its minimum of {minimum}", minimum - in_sync)
    }
}

fn window(window: OperationWindow, now: UnixMillis) -> String {
    match window {
        OperationWindow::Always => "always open".to_owned(),
        OperationWindow::Open { until } => format!("open, closes {}", until.ahead(now)),
        OperationWindow::Closed { until } => format!("closed, opens {}", until.ahead(now)),
    }
}
