//! Conditions: the closed vocabulary of types and reasons, and the one way they are set.
//!
//! A reason is a word that programs compare; the message beside it is a sentence that says what to do. Nothing here
//! knows the clock: who sets a condition brings the time.

mod reasons;
#[cfg(test)]
mod tests;

pub use reasons::{ClusterReason, GrantReason, InjectionReason, OperationReason, Reason, TopicReason, UserReason};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// What a condition speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// It is as declared and serves.
    Ready,
    /// Klamm is changing something.
    Progressing,
    /// Klamm would change something, but may not yet; the reason says what it waits for.
    Waiting,
    /// It serves with less safety than declared.
    Degraded,
}

impl ConditionType {
    /// The word in `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Progressing => "Progressing",
            Self::Waiting => "Waiting",
            Self::Degraded => "Degraded",
        }
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody could say.
    Unknown,
}

impl ConditionStatus {
    /// The word in `status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// What a condition shall say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionUpdate {
    /// What it speaks of.
    pub type_: ConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The word for programs.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: String,
}

impl ConditionUpdate {
    /// A condition with a reason of the closed vocabulary.
    pub fn new(type_: ConditionType, status: ConditionStatus, reason: impl Reason, message: impl Into<String>) -> Self {
        Self { type_, status, reason: reason.as_str(), message: cut(message.into()) }
    }
}

/// Longest message the schema lets through.
const MAX_MESSAGE: usize = 32_768;

fn cut(message: String) -> String {
    if message.chars().count() <= MAX_MESSAGE {
        return message;
    }
    message.chars().take(MAX_MESSAGE - 1).chain(['…']).collect()
}

/// Sets one condition; `lastTransitionTime` moves only when `status` does. Returns whether anything but the observed
/// generation changed.
pub fn set_condition(
    conditions: &mut Vec<Condition>,
    update: ConditionUpdate,
    observed_generation: Option<i64>,
    now: Timestamp,
) -> bool {
    let type_ = update.type_.as_str();
    let status = update.status.as_str();
    if let Some(existing) = conditions.iter_mut().find(|condition| condition.type_ == type_) {
        existing.observed_generation = observed_generation;
        if existing.status == status && existing.reason == update.reason && existing.message == update.message {
            return false;
        }
        if existing.status != status {
            existing.last_transition_time = Time(whole_seconds(now));
            status.clone_into(&mut existing.status);
        }
        update.reason.clone_into(&mut existing.reason);
        existing.message = update.message;
        return true;
    }
    conditions.push(Condition {
        last_transition_time: Time(whole_seconds(now)),
        message: update.message,
        observed_generation,
        reason: update.reason.to_owned(),
        status: status.to_owned(),
        type_: type_.to_owned(),
    });
    conditions.sort_by(|a, b| a.type_.cmp(&b.type_));
    true
}

/// Removes a condition that no longer applies; returns whether there was one.
pub fn clear_condition(conditions: &mut Vec<Condition>, type_: ConditionType) -> bool {
    let before = conditions.len();
    conditions.retain(|condition| condition.type_ != type_.as_str());
    conditions.len() != before
}

/// The condition of that type.
pub fn condition(conditions: &[Condition], type_: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == type_.as_str())
}

/// Whether a condition of that type holds.
pub fn holds(conditions: &[Condition], type_: ConditionType) -> bool {
    condition(conditions, type_).is_some_and(|condition| condition.status == ConditionStatus::True.as_str())
}

// Kubernetes keeps times of objects in whole seconds; fractions would differ after a round trip.
fn whole_seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
