//! The status of an operation after a look, and what of it is worth an Event. Pure.

use super::{
    made,
    ours::{self, Own},
    pace,
    words::{self, Course, REASONS},
};
use jiff::Timestamp;
use klamm_model::BrokerId;
use klamm_planner::operations::{Door, Guard, Plan, Scene, Step, StepKind, StepState, follow};
use klamm_resources::{
    ConditionStatus, ConditionType, ConditionUpdate, KafkaOperation, KafkaOperationStatus, OperationEvent,
    OperationKind, OperationPhase, OperationReason, OperationStep, StepState as WrittenState, WaitingOn,
    clear_condition, set_condition,
};
use std::collections::{BTreeMap, BTreeSet};

/// What happened that stays to be read.
const HISTORY: usize = 200;
/// Steps that are told.
const STEPS: usize = 2000;
/// Versions that are told.
const VERSIONS: usize = 10;
/// Estimates move with every look; smaller steps than these are no news.
const ETA_STEP: u64 = 10;

/// What a look at an operation came to.
pub(super) enum Turn {
    /// Something is done now; what, in a sentence.
    Acts(String),
    /// Nothing may be done now.
    Waits(Vec<Guard>),
    /// A call failed, and is tried again.
    Trips(WaitingOn),
    /// It is over.
    Ends(OperationPhase, OperationReason, String),
}

/// What a status is made from.
pub(super) struct Told<'a> {
    pub(super) previous: &'a KafkaOperationStatus,
    pub(super) operation: &'a KafkaOperation,
    /// The `metadata.generation` of the cluster now.
    pub(super) cluster_generation: Option<i64>,
    /// None where it could not be planned.
    pub(super) plan: Option<&'a Plan>,
    pub(super) turn: Turn,
    pub(super) ours: &'a Own,
    /// What steps call the nodes.
    pub(super) called: &'a BTreeMap<BrokerId, String>,
    /// Of an upgrade: the versions that nodes run now, but for the one to reach.
    pub(super) from: &'a [String],
    pub(super) now: Timestamp,
}

/// Something worth an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) kind: NewsKind,
    pub(super) reason: OperationReason,
    pub(super) sentence: String,
}

/// Whether somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewsKind {
    Normal,
    Warning,
}

/// The new status, with what is new in it.
pub(super) fn status(told: &Told<'_>) -> (KafkaOperationStatus, Vec<News>) {
    let now = seconds(told.now);
    let mut status = told.previous.clone();
    let mut news = Vec::new();
    status.observed_generation = told.operation.metadata.generation;
    let made_for = made::generation_of(told.operation).or(told.cluster_generation);
    status.cluster_generation = status.cluster_generation.or(made_for);
    status.ours = told.ours.write();
    // Later there is nobody left to tell.
    if status.started.is_none() && status.from.is_empty() {
        status.from = told.from.to_vec();
    }
    if let Some(plan) = told.plan {
        let followed = follow(&ours::steps(told.previous), plan);
        status.steps = steps(&told.previous.steps, &followed, &now);
        status.ahead = plan.ahead.iter().take(REASONS).map(words::waiting_on).collect();
        status.remarks = plan.remarks.iter().take(REASONS).cloned().collect();
        status.partitions_left = count(plan.partitions_left).filter(|left| *left > 0);
        status.bytes_left = plan.bytes_left.value().copied().and_then(count).filter(|left| *left > 0);
        status.lanes = plan.lanes.map(pace::told).or(status.lanes);
        status.eta_seconds =
            plan.eta_seconds.value().copied().map(|eta| eta.div_ceil(ETA_STEP) * ETA_STEP).and_then(count);
    }
    news.extend(steps_done(told.previous, &status));
    let was_paused = told.previous.phase == Some(OperationPhase::Paused);
    let waits_before: Vec<&str> = told.previous.waiting_on.iter().map(|waiting| waiting.reason.as_str()).collect();
    status.waiting_on = Vec::new();
    status.waiting_total = None;
    let (phase, reason, sentence) = match &told.turn {
        Turn::Acts(sentence) => {
            if status.started.is_none() {
                status.started = Some(now.clone());
                news.push(News::normal(OperationReason::Began, "It began.".to_owned()));
            }
            if was_paused {
                news.push(News::normal(OperationReason::Resumed, "It goes on.".to_owned()));
            }
            // The same act may take several looks, as an election does.
            if status.history.last().is_none_or(|last| last.message != *sentence) {
                news.push(News::normal(OperationReason::Acted, sentence.clone()));
            }
            (OperationPhase::Running, OperationReason::Running, sentence.clone())
        }
        Turn::Waits(guards) => {
            status.waiting_on = guards.iter().take(REASONS).map(words::waiting_on).collect();
            status.waiting_total = i64::try_from(guards.len()).ok();
            let is_running = status.steps.iter().any(|step| step.state == WrittenState::Running);
            let handled = handled(&status.steps, told.called);
            let holds = guards.iter().find(|guard| words::course(guard, &handled) == Course::HeldBack);
            let sentence = holds.or(guards.first()).map(Guard::message).unwrap_or_default();
            match holds {
                Some(Guard::Paused) => (OperationPhase::Paused, OperationReason::Paused, sentence),
                Some(guard) => (OperationPhase::Waiting, words::reason(guard), sentence),
                None if is_running => (OperationPhase::Running, OperationReason::Running, sentence),
                None => (
                    OperationPhase::Waiting,
                    guards.first().map_or(OperationReason::GuardBlocked, words::reason),
                    sentence,
                ),
            }
        }
        Turn::Trips(waiting) => {
            status.waiting_on = vec![waiting.clone()];
            status.waiting_total = Some(1);
            (OperationPhase::Waiting, OperationReason::GuardBlocked, waiting.message.clone())
        }
        Turn::Ends(phase, reason, sentence) => {
            end(&mut status, *phase, told.plan, &now);
            (*phase, *reason, sentence.clone())
        }
    };
    let waits: Vec<&str> = status.waiting_on.iter().map(|waiting| waiting.reason.as_str()).collect();
    let is_held_back = matches!(phase, OperationPhase::Waiting | OperationPhase::Paused);
    // Numbers and names change with every look; another reason is news.
    if is_held_back && (waits != waits_before || told.previous.phase != Some(phase)) {
        let kind = if reason == OperationReason::GuardBlocked { NewsKind::Warning } else { NewsKind::Normal };
        news.push(News { kind, reason, sentence: sentence.clone() });
    }
    if phase.is_over() && told.previous.phase != Some(phase) {
        let kind = if phase == OperationPhase::Failed { NewsKind::Warning } else { NewsKind::Normal };
        news.push(News { kind, reason, sentence: sentence.clone() });
    }
    status.phase = Some(phase);
    status.progress = progress(&status.steps);
    conditions(&mut status, told, phase, reason, &sentence);
    status.history.extend(news.iter().map(|news| OperationEvent { at: now.clone(), message: news.sentence.clone() }));
    let too_many = status.history.len().saturating_sub(HISTORY);
    status.history.drain(..too_many);
    (status, news)
}

/// Nodes whose restart is under way.
pub(super) fn handled(steps: &[OperationStep], called: &BTreeMap<BrokerId, String>) -> BTreeSet<BrokerId> {
    let is_under_way = |name: &String| {
        steps.iter().any(|step| {
            // A node that is restarted once more is told so behind its name.
            let is_it = step.target == *name || step.target.starts_with(&format!("{name},"));
            is_it && step.kind == StepKind::RestartBroker.as_str() && step.state == WrittenState::Running
        })
    };
    called.iter().filter(|(_, name)| is_under_way(name)).map(|(id, _)| *id).collect()
}

/// Of an upgrade: the versions that nodes run, but for the one to reach.
pub(super) fn versions(operation: &KafkaOperation, scene: &Scene) -> Vec<String> {
    if operation.spec.kind != OperationKind::Upgrade {
        return Vec::new();
    }
    let wished = operation.spec.version.as_ref();
    let run = scene.nodes.values().filter_map(|node| node.version.value());
    let others: BTreeSet<&String> = run.filter(|version| Some(*version) != wished).collect();
    others.into_iter().take(VERSIONS).cloned().collect()
}

/// What steps call the nodes of a scene.
pub(super) fn called(scene: &Scene) -> BTreeMap<BrokerId, String> {
    scene.nodes.iter().map(|(id, node)| (*id, node.called(*id))).collect()
}

impl News {
    fn normal(reason: OperationReason, sentence: String) -> Self {
        Self { kind: NewsKind::Normal, reason, sentence }
    }
}

fn seconds(now: Timestamp) -> String {
    Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

fn count(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

/// The steps as they are told, each with when it began and ended.
fn steps(before: &[OperationStep], followed: &[Step], now: &str) -> Vec<OperationStep> {
    let told = |step: &Step| {
        let old = before.iter().find(|old| old.kind == step.kind.as_str() && old.target == step.target);
        let state = match step.state {
            StepState::Planned => WrittenState::Planned,
            StepState::Running => WrittenState::Running,
            StepState::Done => WrittenState::Done,
            StepState::Skipped => WrittenState::Skipped,
        };
        let has_begun = matches!(step.state, StepState::Running | StepState::Done);
        let has_ended = matches!(step.state, StepState::Done | StepState::Skipped);
        let or_now = |earlier: Option<&String>| Some(earlier.cloned().unwrap_or_else(|| now.to_owned()));
        OperationStep {
            kind: step.kind.as_str().to_owned(),
            target: step.target.clone(),
            state,
            reason: (!step.reason.is_empty()).then(|| step.reason.clone()),
            started_at: has_begun.then(|| or_now(old.and_then(|old| old.started_at.as_ref()))).flatten(),
            ended_at: has_ended.then(|| or_now(old.and_then(|old| old.ended_at.as_ref()))).flatten(),
            one_way: match &step.door {
                Door::Open => None,
                Door::OneWay(why) => Some(why.clone()),
            },
        }
    };
    followed.iter().take(STEPS).map(told).collect()
}

/// Steps that were under way and are done.
fn steps_done(before: &KafkaOperationStatus, now: &KafkaOperationStatus) -> Vec<News> {
    let was_done = |step: &OperationStep| {
        before
            .steps
            .iter()
            .any(|old| old.kind == step.kind && old.target == step.target && old.state == WrittenState::Done)
    };
    let done = now.steps.iter().filter(|step| step.state == WrittenState::Done && !was_done(step));
    done.filter_map(|step| Some(News::normal(OperationReason::StepDone, done_sentence(step)?))).collect()
}

fn done_sentence(step: &OperationStep) -> Option<String> {
    let at = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok();
    let took = match (at(&step.started_at), at(&step.ended_at)) {
        (Some(began), Some(ended)) => format!(" after {} s", ended.as_second().saturating_sub(began.as_second())),
        _ => String::new(),
    };
    let target = &step.target;
    let is = |kind: StepKind| step.kind == kind.as_str();
    if is(StepKind::RestartBroker) {
        Some(format!("Restarted and well: {target}{took}."))
    } else if is(StepKind::AddBroker) {
        Some(format!("Joined: {target}{took}."))
    } else if is(StepKind::MovePartitions) {
        Some(format!("Moved: {target}{took}."))
    } else if is(StepKind::Unregister) {
        Some(format!("Gone: {target}."))
    } else {
        None
    }
}

/// What was not done any more, or could not be, is told so.
fn end(status: &mut KafkaOperationStatus, phase: OperationPhase, plan: Option<&Plan>, now: &str) {
    status.ended.get_or_insert_with(|| now.to_owned());
    status.eta_seconds = None;
    status.ahead = Vec::new();
    if plan.is_none() {
        for step in &mut status.steps {
            match step.state {
                WrittenState::Planned => step.state = WrittenState::Skipped,
                WrittenState::Running => {
                    let is_failure = phase == OperationPhase::Failed;
                    step.state = if is_failure { WrittenState::Failed } else { WrittenState::Skipped };
                    step.ended_at.get_or_insert_with(|| now.to_owned());
                }
                WrittenState::Done | WrittenState::Skipped | WrittenState::Failed => {}
            }
        }
    }
}

fn progress(steps: &[OperationStep]) -> Option<String> {
    let done = steps.iter().filter(|step| matches!(step.state, WrittenState::Done | WrittenState::Skipped)).count();
    (!steps.is_empty()).then(|| format!("{done}/{}", steps.len()))
}

fn conditions(
    status: &mut KafkaOperationStatus,
    told: &Told<'_>,
    phase: OperationPhase,
    reason: OperationReason,
    sentence: &str,
) {
    let is =
        |holds: &[OperationPhase]| if holds.contains(&phase) { ConditionStatus::True } else { ConditionStatus::False };
    let ready = ConditionUpdate::new(ConditionType::Ready, is(&[OperationPhase::Done]), reason, sentence);
    set_condition(&mut status.conditions, ready, told.operation.metadata.generation, told.now);
    for (type_, phases) in [
        (ConditionType::Progressing, &[OperationPhase::Running][..]),
        (ConditionType::Waiting, &[OperationPhase::Waiting, OperationPhase::Paused, OperationPhase::Planned][..]),
    ] {
        if phases.contains(&phase) {
            let update = ConditionUpdate::new(type_, ConditionStatus::True, reason, sentence);
            set_condition(&mut status.conditions, update, told.operation.metadata.generation, told.now);
        } else {
            clear_condition(&mut status.conditions, type_);
        }
    }
}
