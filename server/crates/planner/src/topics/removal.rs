//! What becomes of a topic whose last declaration goes.

use super::{TopicAct, TopicObserved};
use klamm_model::TopicName;

/// What a declaration, or the cluster for it, says about the topic's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletion {
    /// The topic stays.
    #[default]
    Retain,
    /// The topic goes with its last declaration.
    Delete,
}

/// A declaration that goes and decides about its topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The topic.
    pub name: TopicName,
    /// What it says.
    pub deletion: Deletion,
    /// The id of the topic it last managed; none when it never came to that.
    pub recorded_id: Option<String>,
}

/// What is to be done, and what that means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalPlan {
    /// At most one.
    pub acts: Vec<TopicAct>,
    /// For people.
    pub outcome: RemovalOutcome,
}

/// What becomes of the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalOutcome {
    /// It is deleted.
    Deleted,
    /// There is none.
    AlreadyGone,
    /// It stays because that is the policy.
    Retained,
    /// It stays because Kafka's own topics are never deleted.
    Protected,
    /// It stays because it is not the one that was managed: somebody deleted that and made another of the same name.
    AnotherTopic,
    /// It stays because the declaration went before it came to manage it.
    NeverManaged,
}

/// Decides about the topic of a declaration that goes.
pub fn plan_removal(removal: &Removal, observed: &TopicObserved) -> RemovalPlan {
    let kept = |outcome| RemovalPlan { acts: Vec::new(), outcome };
    let topic = match (removal.deletion, observed) {
        (Deletion::Delete, TopicObserved::Absent) => {
            // A broker that lags behind does not know the topic yet or any more. The controller does, by its id.
            let acts = removal.recorded_id.iter().map(|id| TopicAct::Delete { id: id.clone() }).collect();
            return RemovalPlan { acts, outcome: RemovalOutcome::AlreadyGone };
        }
        (Deletion::Retain, TopicObserved::Absent) => return kept(RemovalOutcome::AlreadyGone),
        (Deletion::Retain, TopicObserved::Present(_)) => return kept(RemovalOutcome::Retained),
        (Deletion::Delete, TopicObserved::Present(topic)) => topic,
    };
    if removal.name.is_internal() {
        return kept(RemovalOutcome::Protected);
    }
    if removal.recorded_id.as_ref().is_some_and(|recorded| *recorded != topic.id) {
        return kept(RemovalOutcome::AnotherTopic);
    }
    RemovalPlan { acts: vec![TopicAct::Delete { id: topic.id.clone() }], outcome: RemovalOutcome::Deleted }
}
