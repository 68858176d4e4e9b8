//! What every object is told: its status, its finalizer, its news. Pure but for the time, which the caller brings.

use super::{
    apply::{Created, Failure, Outcome},
    decide::{Hold, LetGo, PausedBy, Rules, Verdict, must_hold},
    object::{Declared, Record},
    words::{reason_of, sentence_of_end},
};
use crate::batch::{Next, Tone};
use jiff::Timestamp;
use klamm_model::{ClusterRef, TopicName};
use klamm_planner::topics::{FieldRefusal, RemovalOutcome, Standing, TopicAct, TopicField, TopicObserved, TopicPlan};
use klamm_resources::{
    ConditionStatus, ConditionType, ConditionUpdate, FieldOutcome, FieldState, KafkaTopicStatus, Reason, TopicReason,
    clear_condition, condition, set_condition,
};
use std::collections::BTreeSet;

/// What is to be written about one object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) record: Record,
    pub(super) hold: Hold,
    pub(super) news: Vec<Headline>,
    pub(super) next: Next,
    pub(super) object: ObjectsFate,
}

/// What becomes of the object itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectsFate {
    Stays,
    /// We wrote it, and what it was written for is gone.
    Goes,
}

impl Report {
    fn staying(record: Record, hold: Hold, news: Vec<Headline>, next: Next) -> Self {
        Self { record, hold, news, next, object: ObjectsFate::Stays }
    }
}

/// News about the object, before it is addressed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) reason: TopicReason,
    pub(super) action: &'static str,
    pub(super) note: String,
}

/// How an object stands, in the words of conditions.
struct Standpoint {
    ready: ConditionStatus,
    reason: TopicReason,
    message: String,
    waiting: Waiting,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Yes,
    No,
}

/// What was done about one topic, for its report.
pub(super) struct Done<'a> {
    pub(super) name: &'a TopicName,
    pub(super) observed: &'a TopicObserved,
    pub(super) outcome: &'a Outcome,
    pub(super) rules: &'a Rules,
}

/// Reports a verdict that was carried out.
pub(super) fn report(declared: &Declared, verdict: &Verdict, done: &Done<'_>, now: Timestamp) -> Report {
    let mut record = declared.record.clone();
    if done.outcome.failure == Some(Failure::Stale) {
        return Report::staying(record, Hold::Keep, Vec::new(), Next::Later);
    }
    let mut news = Vec::new();
    let mut hold = must_hold(declared, verdict, done.rules);
    let standpoint = match verdict {
        Verdict::Owner(plan) => {
            let renamed_from = renamed_from(declared, done.name);
            carry_out(&mut record, declared, plan, done);
            if let Some(old) = renamed_from {
                news.push(left_behind(&old, done.name));
            }
            news.extend(told(plan, done));
            let mut standpoint = owners_standpoint(plan, done);
            for remark in declared.reading.iter().flat_map(|reading| &reading.remarks) {
                standpoint.message.push_str("; ");
                standpoint.message.push_str(remark);
            }
            standpoint
        }
        Verdict::Unreadable(problem) => refused(TopicReason::InvalidSpec, problem.clone()),
        Verdict::Paused(by) => waiting(TopicReason::Paused, paused_sentence(*by, &done.rules.cluster)),
        Verdict::Rival(owner) => refused(
            TopicReason::ResourceConflict,
            format!(
                "topic {} is declared by {owner} already, which is older; delete one of the two, or declare another topic",
                done.name
            ),
        ),
        Verdict::NotAllowed(not_allowed) => {
            refused(reason_of(not_allowed), format!("{not_allowed}; the topic was not touched"))
        }
        Verdict::Held => waiting(TopicReason::Paused, paused_sentence(PausedBy::Cluster, &done.rules.cluster)),
        Verdict::LetGo(why) => {
            news.push(let_go(*why, done.name));
            return Report::staying(record, hold, news, Next::Settled);
        }
        Verdict::Abandoned => {
            news.push(abandoned(done.name));
            let report = Report::staying(record, hold, news, Next::Settled);
            return Report { object: ObjectsFate::Goes, ..report };
        }
        Verdict::Last(plan) => {
            if let Some(failure) = &done.outcome.failure {
                hold = Hold::Keep;
                failed(failure)
            } else {
                news.push(ended(plan.outcome, done));
                return Report::staying(record, hold, news, Next::Settled);
            }
        }
    };
    let next = match (&done.outcome.failure, verdict) {
        (Some(_), _) => Next::Later,
        (None, _) => Next::Settled,
    };
    if let Some(headline) = say(&mut record.status, standpoint, declared.generation, now) {
        news.push(headline);
    }
    Report::staying(record, hold, news, next)
}

/// Reports that nothing could be done because brokers could not be asked.
pub(super) fn report_unreachable(declared: &Declared, reason: TopicReason, message: String, now: Timestamp) -> Report {
    let mut record = declared.record.clone();
    let news = say(&mut record.status, waiting(reason, message), declared.generation, now).into_iter().collect();
    Report::staying(record, Hold::Keep, news, Next::Later)
}

/// Reports an object that belongs nowhere.
pub(super) fn report_misplaced(declared: &Declared, reason: TopicReason, message: String, now: Timestamp) -> Report {
    let mut record = declared.record.clone();
    let news = say(&mut record.status, refused(reason, message), declared.generation, now).into_iter().collect();
    Report::staying(record, Hold::Free, news, Next::Settled)
}

fn refused(reason: TopicReason, message: String) -> Standpoint {
    Standpoint { ready: ConditionStatus::False, reason, message, waiting: Waiting::No }
}

fn waiting(reason: TopicReason, message: String) -> Standpoint {
    Standpoint { ready: ConditionStatus::False, reason, message, waiting: Waiting::Yes }
}

fn failed(failure: &Failure) -> Standpoint {
    match failure {
        Failure::Unreachable(why) => waiting(TopicReason::KafkaUnreachable, format!("{why}; it is tried again")),
        Failure::Failed(why) => waiting(TopicReason::Retrying, format!("{why}; it is tried again")),
        Failure::Stale => {
            waiting(TopicReason::Retrying, "what was seen was not the last word; it is looked at again".to_owned())
        }
    }
}

fn paused_sentence(by: PausedBy, cluster: &ClusterRef) -> String {
    match by {
        PausedBy::Object => {
            "it is paused; take spec.paused (or the annotation klamm.dev/paused) away to go on".to_owned()
        }
        PausedBy::Cluster => format!("the cluster {cluster} is paused; whoever operates it takes spec.paused away"),
    }
}

/// Writes down what is ours now: which topic, which keys, how it looks.
fn carry_out(record: &mut Record, declared: &Declared, plan: &TopicPlan, done: &Done<'_>) {
    let managed = declared.managed(&done.rules.cluster, done.name);
    let status = &mut record.status;
    let former = declared.formerly(&done.rules.cluster, done.name);
    let refusals = || plan.refusals.iter().chain(&done.outcome.rejected);
    let not_accepted: BTreeSet<&str> = refusals()
        .filter_map(|refusal| match &refusal.field {
            TopicField::Config(key) => Some(key.as_str()),
            TopicField::Cluster | TopicField::Name | TopicField::Partitions | TopicField::ReplicationFactor => None,
        })
        .collect();
    let declared_keys: BTreeSet<String> =
        declared.reading.as_ref().map(|reading| reading.config.keys().cloned().collect()).unwrap_or_default();
    // A refused key is ours only if we set it before; after a failure everything that may have been set is.
    let mut keys: BTreeSet<String> = declared_keys
        .iter()
        .filter(|key| former.contains(*key) || !not_accepted.contains(key.as_str()))
        .cloned()
        .collect();
    let there = topic_there(plan, done);
    if done.outcome.failure.is_some() || plan.standing == Standing::DriftLeft {
        keys.extend(former);
    }
    status.config_keys =
        if there.is_some() || done.outcome.failure.is_some() { keys.into_iter().collect() } else { Vec::new() };
    if there.is_some() {
        // Bound from now on: before there is a topic, a corrected reference is no move.
        status.cluster = Some(done.rules.cluster.to_string());
    }
    status.topic_name = there.is_some().then(|| done.name.to_string()).or(status.topic_name.take().filter(|_| managed));
    if let Some(there) = there {
        status.topic_id = there.id.or(status.topic_id.take().filter(|_| managed));
        status.partitions = there.partitions.and_then(|n| i32::try_from(n).ok());
        status.replication_factor = there.replication_factor.and_then(|n| i32::try_from(n).ok());
    } else if done.outcome.failure.is_none() {
        status.topic_id = None;
        status.partitions = None;
        status.replication_factor = None;
    }
    status.fields = refusals().map(outcome_of).chain(drifted(plan)).collect();
    status.fields.sort_by(|one, other| one.field.cmp(&other.field));
    status.fields.dedup_by(|one, other| one.field == other.field);
    if done.outcome.failure.is_none() {
        record.carried_out = Some(declared.edition.clone());
        status.observed_generation = declared.generation;
    }
}

/// The topic as it is after what was done; none when there is none.
fn topic_there(plan: &TopicPlan, done: &Done<'_>) -> Option<Created> {
    if let Some(created) = &done.outcome.created {
        return Some(created.clone());
    }
    let TopicObserved::Present(topic) = done.observed else { return None };
    let grown = plan.acts.iter().find_map(|act| match act {
        TopicAct::GrowPartitions { to, .. } => Some(*to),
        TopicAct::Create { .. } | TopicAct::AlterConfig { .. } | TopicAct::Delete { .. } => None,
    });
    let refused = done.outcome.failure.is_some()
        || done.outcome.rejected.iter().any(|refusal| refusal.field == TopicField::Partitions);
    Some(Created {
        id: Some(topic.id.clone()),
        partitions: Some(grown.filter(|_| !refused).unwrap_or(topic.partitions)),
        replication_factor: Some(topic.replication_factor),
    })
}

fn outcome_of(refusal: &FieldRefusal) -> FieldOutcome {
    let field = match &refusal.field {
        TopicField::Cluster => "cluster".to_owned(),
        TopicField::Name => "topicName".to_owned(),
        TopicField::Partitions => "partitions".to_owned(),
        TopicField::ReplicationFactor => "replicationFactor".to_owned(),
        TopicField::Config(key) => format!("config.{key}"),
    };
    let reason = reason_of(&refusal.reason).as_str().to_owned();
    FieldOutcome { field, state: FieldState::Refused, reason, message: refusal.reason.to_string() }
}

fn drifted(plan: &TopicPlan) -> Vec<FieldOutcome> {
    if plan.standing != Standing::DriftLeft {
        return Vec::new();
    }
    let outcome = |difference: &klamm_planner::topics::Difference| {
        let found = difference.found.as_deref().unwrap_or("nothing");
        FieldOutcome {
            field: match &difference.field {
                TopicField::Config(key) => format!("config.{key}"),
                TopicField::Partitions => "partitions".to_owned(),
                TopicField::ReplicationFactor => "replicationFactor".to_owned(),
                TopicField::Name | TopicField::Cluster => "topicName".to_owned(),
            },
            state: FieldState::Pending,
            reason: TopicReason::DriftFound.as_str().to_owned(),
            message: format!(
                "{} is declared, {found} was found; declare what is found, or change the topic back",
                difference.wanted
            ),
        }
    };
    plan.differences.iter().map(outcome).collect()
}

fn owners_standpoint(plan: &TopicPlan, done: &Done<'_>) -> Standpoint {
    if let Some(failure) = &done.outcome.failure {
        return failed(failure);
    }
    let refusals: Vec<&FieldRefusal> = plan.refusals.iter().chain(&done.outcome.rejected).collect();
    if plan.standing == Standing::DriftLeft {
        let fields: Vec<String> =
            drifted(plan).iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
        return refused(TopicReason::DriftFound, fields.join(". "));
    }
    let Some(first) = refusals.first() else {
        return Standpoint {
            ready: ConditionStatus::True,
            reason: TopicReason::InSync,
            message: format!("topic {} is as declared", done.name),
            waiting: Waiting::No,
        };
    };
    let reasons: BTreeSet<TopicReason> = refusals.iter().map(|refusal| reason_of(&refusal.reason)).collect();
    let reason = if reasons.len() == 1 { reason_of(&first.reason) } else { TopicReason::PartlyApplied };
    let mut message = refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join(". ");
    if topic_there(plan, done).is_none() {
        message.push_str(". The topic was not created.");
    }
    refused(reason, message)
}

/// Sets the conditions. News only when they say something else than before, and something people should hear.
fn say(
    status: &mut KafkaTopicStatus,
    standpoint: Standpoint,
    generation: Option<i64>,
    now: Timestamp,
) -> Option<Headline> {
    let Standpoint { ready, reason, message, waiting } = standpoint;
    let before =
        condition(&status.conditions, ConditionType::Ready).map(|ready| (ready.reason.clone(), ready.message.clone()));
    let update = ConditionUpdate::new(ConditionType::Ready, ready, reason, message.clone());
    set_condition(&mut status.conditions, update, generation, now);
    if waiting == Waiting::Yes {
        let update = ConditionUpdate::new(ConditionType::Waiting, ConditionStatus::True, reason, message.clone());
        set_condition(&mut status.conditions, update, generation, now);
    } else {
        clear_condition(&mut status.conditions, ConditionType::Waiting);
    }
    let is_known = before.is_some_and(|(before, said)| {
        // What only takes time is told once, however its details change meanwhile.
        before == reason.as_str() && (said == message || waiting == Waiting::Yes)
    });
    let news = ready == ConditionStatus::False && !is_known;
    news.then_some(Headline { tone: Tone::Warning, reason, action: "Reconcile", note: message })
}

fn renamed_from(declared: &Declared, name: &TopicName) -> Option<String> {
    declared.record.status.topic_name.clone().filter(|old| old != name.as_str())
}

fn left_behind(old: &str, new: &TopicName) -> Headline {
    Headline {
        tone: Tone::Warning,
        reason: TopicReason::Renamed,
        action: "Rename",
        note: format!(
            "this object declares topic {new} now; topic {old}, which it declared before, is kept with its records and nobody declares it: declare it again in another object, or delete it in Kafka"
        ),
    }
}

fn told(plan: &TopicPlan, done: &Done<'_>) -> Option<Headline> {
    if done.outcome.failure.is_some() {
        return None;
    }
    let normal = |reason, action, note| Some(Headline { tone: Tone::Normal, reason, action, note });
    if done.outcome.created.is_some() {
        return match plan.standing {
            Standing::Drifted => Some(Headline {
                tone: Tone::Warning,
                reason: TopicReason::DriftReverted,
                action: "Create",
                note: format!(
                    "topic {} was deleted in Kafka and was created again, empty; to delete it, delete this object",
                    done.name
                ),
            }),
            _ => normal(TopicReason::Created, "Create", format!("topic {} was created", done.name)),
        };
    }
    let rejected: BTreeSet<&TopicField> = done.outcome.rejected.iter().map(|refusal| &refusal.field).collect();
    let changes: Vec<String> = plan
        .differences
        .iter()
        .filter(|difference| !rejected.contains(&difference.field))
        .map(|difference| {
            format!(
                "{}: {} (was {})",
                difference.field,
                difference.wanted,
                difference.found.as_deref().unwrap_or("not set")
            )
        })
        .collect();
    if changes.is_empty() {
        return None;
    }
    match plan.standing {
        Standing::Differs => normal(TopicReason::Changed, "Change", format!("changed {}", changes.join(", "))),
        Standing::Drifted => normal(
            TopicReason::DriftReverted,
            "Change",
            format!("changed elsewhere, and changed back: {}", changes.join(", ")),
        ),
        Standing::InStep | Standing::Missing | Standing::CannotBeCreated | Standing::DriftLeft => None,
    }
}

fn let_go(why: LetGo, name: &TopicName) -> Headline {
    let note = match why {
        LetGo::Claimed => format!("topic {name} stays: another object declares it too"),
        LetGo::NotAllowed => format!("topic {name} was not touched: this namespace may not declare it"),
        LetGo::Paused => format!("topic {name} stays with its records: the declaration was paused when it was deleted"),
    };
    Headline { tone: Tone::Normal, reason: TopicReason::Released, action: "Release", note }
}

fn abandoned(name: &TopicName) -> Headline {
    let note = format!(
        "topic {name} was deleted in Kafka, so this object, which was written when the topic was imported, goes as well; declare the topic to have it made again"
    );
    Headline { tone: Tone::Normal, reason: TopicReason::Released, action: "Release", note }
}

fn ended(outcome: RemovalOutcome, done: &Done<'_>) -> Headline {
    if let Some(why) = &done.outcome.kept {
        return Headline {
            tone: Tone::Warning,
            reason: TopicReason::Retained,
            action: "Delete",
            note: format!("topic {} stays, the brokers refuse to delete it: {why}", done.name),
        };
    }
    let (reason, note) = sentence_of_end(outcome, done.name);
    Headline { tone: Tone::Normal, reason, action: "Delete", note }
}
