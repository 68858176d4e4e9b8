//! Carries out decisions of a whole batch with as few calls as there are kinds of acts.

use super::{
    decide::Decision,
    settle_config::{self, Settled},
};
use crate::batch::{Contact, contact};
use klamm_kafka::{
    Apply, Client, ClientError, ConfigChange, ConfigEdit, ConfigResource, ErrorCode, KafkaError, NewTopic, TopicId,
};
use klamm_model::TopicName;
use klamm_planner::topics::{FieldRefusal, RefusalReason, TopicAct, TopicField};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a topic's acts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Fields that brokers refused.
    pub(super) rejected: Vec<FieldRefusal>,
    /// Why it did not come to an end; it is tried again.
    pub(super) failure: Option<Failure>,
    /// Set when the topic was made now.
    pub(super) created: Option<Created>,
    /// Set when brokers keep a topic that should go.
    pub(super) kept: Option<String>,
}

/// A topic that was made now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Created {
    pub(super) id: Option<String>,
    pub(super) partitions: Option<u32>,
    pub(super) replication_factor: Option<u32>,
}

/// Why something did not come to an end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// Brokers did not answer.
    Unreachable(String),
    /// A call failed.
    Failed(String),
    /// What was seen was not the last word, such as a broker that lags behind: nothing to tell, look again.
    Stale,
}

impl Failure {
    pub(super) fn of(error: &ClientError) -> Self {
        match contact(error) {
            Contact::None => Self::Unreachable(error.explain()),
            Contact::Made => Self::Failed(error.explain()),
        }
    }
}

pub(super) type Outcomes = BTreeMap<TopicName, Outcome>;

/// Carries out what was decided. Kinds of acts one after the other, topics of one kind together.
pub(super) async fn apply(client: &Client, decisions: &[Decision]) -> Outcomes {
    let mut work = Work::default();
    for decision in decisions {
        for act in decision.acts() {
            work.add(&decision.name, act);
        }
    }
    let mut outcomes = Outcomes::new();
    create(client, work.create, &mut outcomes).await;
    grow(client, work.grow, &mut outcomes).await;
    alter(client, work.alter, &mut outcomes).await;
    delete(client, work.delete, &mut outcomes).await;
    outcomes
}

#[derive(Default)]
struct Work {
    create: BTreeMap<TopicName, NewTopic>,
    grow: BTreeMap<TopicName, u32>,
    alter: BTreeMap<TopicName, Alteration>,
    delete: BTreeMap<TopicName, String>,
}

#[derive(Clone)]
struct Alteration {
    set: BTreeMap<String, String>,
    unset: BTreeSet<String>,
}

impl Work {
    fn add(&mut self, name: &TopicName, act: &TopicAct) {
        match act.clone() {
            TopicAct::Create { partitions, replication_factor, config } => {
                let topic = NewTopic { name: name.clone(), partitions, replication_factor, config };
                self.create.insert(name.clone(), topic);
            }
            TopicAct::GrowPartitions { to, .. } => drop(self.grow.insert(name.clone(), to)),
            TopicAct::AlterConfig { set, unset } => drop(self.alter.insert(name.clone(), Alteration { set, unset })),
            TopicAct::Delete { id } => drop(self.delete.insert(name.clone(), id)),
        }
    }
}

async fn create(client: &Client, topics: BTreeMap<TopicName, NewTopic>, outcomes: &mut Outcomes) {
    if topics.is_empty() {
        return;
    }
    let mut results = match client.create_topics(topics.values().cloned().collect(), Apply::Commit).await {
        Ok(results) => results,
        Err(error) => return all_failed(topics.into_keys(), &error, outcomes),
    };
    for (name, topic) in topics {
        let outcome = outcomes.entry(name.clone()).or_default();
        match results.remove(&name) {
            Some(Ok(made)) => outcome.created = Some(created(&made)),
            Some(Err(error)) if error.code == ErrorCode::InvalidConfig && !topic.config.is_empty() => {
                create_with_what_is_accepted(client, topic, outcome).await;
            }
            Some(Err(error)) => refuse_creation(&topic, &error, outcome),
            None => outcome.failure = Some(Failure::Failed("the brokers did not answer for this topic".to_owned())),
        }
    }
}

fn created(made: &klamm_kafka::CreatedTopic) -> Created {
    Created {
        id: made.id.map(|id| id.to_string()),
        partitions: made.partitions,
        replication_factor: made.replication_factor.map(u32::from),
    }
}

async fn create_with_what_is_accepted(client: &Client, mut topic: NewTopic, outcome: &mut Outcome) {
    match settle_config::of_new_topic(client, &topic).await {
        Ok(Settled { accepted, rejected }) => {
            topic.config = accepted;
            outcome.rejected.extend(rejected);
        }
        Err(error) => {
            outcome.failure = Some(Failure::of(&error));
            return;
        }
    }
    match client.create_topics(vec![topic.clone()], Apply::Commit).await {
        Ok(mut results) => match results.remove(&topic.name) {
            Some(Ok(made)) => outcome.created = Some(created(&made)),
            Some(Err(error)) => refuse_creation(&topic, &error, outcome),
            None => outcome.failure = Some(Failure::Failed("the brokers did not answer for this topic".to_owned())),
        },
        Err(error) => outcome.failure = Some(Failure::of(&error)),
    }
}

fn refuse_creation(topic: &NewTopic, error: &KafkaError, outcome: &mut Outcome) {
    let field = match error.code {
        ErrorCode::InvalidReplicationFactor => TopicField::ReplicationFactor,
        ErrorCode::InvalidPartitions => TopicField::Partitions,
        ErrorCode::InvalidTopic | ErrorCode::PolicyViolation => TopicField::Name,
        ErrorCode::TopicAlreadyExists => {
            outcome.failure = Some(Failure::Stale);
            return;
        }
        _ => {
            outcome.failure = Some(Failure::Failed(format!("creating topic {} failed: {error}", topic.name)));
            return;
        }
    };
    outcome.rejected.push(rejection(field, error));
}

fn rejection(field: TopicField, error: &KafkaError) -> FieldRefusal {
    FieldRefusal { field, reason: RefusalReason::Rejected { message: error.to_string() } }
}

async fn grow(client: &Client, topics: BTreeMap<TopicName, u32>, outcomes: &mut Outcomes) {
    if topics.is_empty() {
        return;
    }
    let names: Vec<_> = topics.keys().cloned().collect();
    let results = match client.create_partitions(topics, Apply::Commit).await {
        Ok(results) => results,
        Err(error) => return all_failed(names.into_iter(), &error, outcomes),
    };
    for (name, result) in results {
        if let Err(error) = result {
            refuse_or_fail(TopicField::Partitions, &error, outcomes.entry(name).or_default());
        }
    }
}

async fn alter(client: &Client, topics: BTreeMap<TopicName, Alteration>, outcomes: &mut Outcomes) {
    if topics.is_empty() {
        return;
    }
    let changes = topics.iter().map(|(name, alteration)| (ConfigResource::Topic(name.clone()), alteration.changes()));
    let mut results = match client.alter_configs(changes.collect(), Apply::Commit).await {
        Ok(results) => results,
        Err(error) => return all_failed(topics.into_keys(), &error, outcomes),
    };
    for (name, alteration) in topics {
        let outcome = outcomes.entry(name.clone()).or_default();
        match results.remove(&ConfigResource::Topic(name.clone())) {
            Some(Ok(())) => {}
            Some(Err(error)) if is_verdict(error.code) => {
                alter_what_is_accepted(client, &name, alteration, outcome).await;
            }
            Some(Err(error)) => outcome.failure = Some(passing(&error)),
            None => outcome.failure = Some(Failure::Failed("the brokers did not answer for this topic".to_owned())),
        }
    }
}

/// All changes of a topic succeed or fail together, so those that would fail are left out.
async fn alter_what_is_accepted(client: &Client, name: &TopicName, alteration: Alteration, outcome: &mut Outcome) {
    let settled = match settle_config::of_topic(client, name, &alteration.set).await {
        Ok(settled) => settled,
        Err(error) => {
            outcome.failure = Some(Failure::of(&error));
            return;
        }
    };
    outcome.rejected.extend(settled.rejected);
    let changes = Alteration { set: settled.accepted, unset: alteration.unset }.changes();
    if changes.is_empty() {
        return;
    }
    let resource = ConfigResource::Topic(name.clone());
    match client.alter_configs([(resource.clone(), changes)].into(), Apply::Commit).await {
        Ok(mut results) => {
            if let Some(Err(error)) = results.remove(&resource) {
                outcome.failure = Some(Failure::Failed(error.to_string()));
            }
        }
        Err(error) => outcome.failure = Some(Failure::of(&error)),
    }
}

impl Alteration {
    fn changes(&self) -> Vec<ConfigChange> {
        let set =
            self.set.iter().map(|(key, value)| ConfigChange { key: key.clone(), edit: ConfigEdit::Set(value.clone()) });
        let unset = self.unset.iter().map(|key| ConfigChange { key: key.clone(), edit: ConfigEdit::Delete });
        set.chain(unset).collect()
    }
}

async fn delete(client: &Client, topics: BTreeMap<TopicName, String>, outcomes: &mut Outcomes) {
    let ids: BTreeMap<TopicId, TopicName> =
        topics.iter().filter_map(|(name, id)| Some((id.parse().ok()?, name.clone()))).collect();
    if ids.is_empty() {
        return;
    }
    let results = match client.delete_topics_by_id(&ids.keys().copied().collect()).await {
        Ok(results) => results,
        Err(error) => return all_failed(topics.into_keys(), &error, outcomes),
    };
    for (id, result) in results {
        let Some(name) = ids.get(&id) else { continue };
        let outcome = outcomes.entry(name.clone()).or_default();
        match result {
            Ok(()) => {}
            Err(error) => match error.code {
                ErrorCode::UnknownTopicId | ErrorCode::UnknownTopicOrPartition => {}
                ErrorCode::TopicDeletionDisabled | ErrorCode::PolicyViolation => outcome.kept = Some(error.to_string()),
                _ => outcome.failure = Some(Failure::Failed(format!("deleting topic {name} failed: {error}"))),
            },
        }
    }
}

fn refuse_or_fail(field: TopicField, error: &KafkaError, outcome: &mut Outcome) {
    if is_verdict(error.code) {
        outcome.rejected.push(rejection(field, error));
    } else {
        outcome.failure = Some(passing(error));
    }
}

fn passing(error: &KafkaError) -> Failure {
    match error.code {
        ErrorCode::UnknownTopicOrPartition => Failure::Stale,
        _ => Failure::Failed(error.to_string()),
    }
}

/// Whether brokers judged what was asked. Anything else says something about the moment: the topic went, the controller
/// moved, a quota was used up.
fn is_verdict(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::InvalidConfig
            | ErrorCode::InvalidPartitions
            | ErrorCode::InvalidReplicationFactor
            | ErrorCode::InvalidReplicaAssignment
            | ErrorCode::InvalidRequest
            | ErrorCode::InvalidTopic
            | ErrorCode::PolicyViolation
    )
}

fn all_failed(names: impl Iterator<Item = TopicName>, error: &ClientError, outcomes: &mut Outcomes) {
    for name in names {
        outcomes.entry(name).or_default().failure = Some(Failure::of(error));
    }
}
