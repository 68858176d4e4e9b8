//! Topics: described, made, removed.

use super::{
    Apply, PerTopic,
    batch::{Lanes, Outcomes, cut, gather},
    words,
};
use crate::{
    Client, ClientError, KafkaError, TopicId,
    client::{Ask, Target},
};
use kafka_protocol::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, DeleteTopicsResponse, MetadataRequest,
    create_topics_request::{CreatableTopic, CreatableTopicConfig},
    create_topics_response::CreatableTopicResult,
    delete_topics_request::DeleteTopicState,
    metadata_request::MetadataRequestTopic,
    metadata_response::MetadataResponseTopic,
};
use klamm_model::{BrokerId, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Which topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicSelection {
    /// All this user may see, internal ones included.
    All,
    /// These.
    Names(BTreeSet<TopicName>),
}

/// A topic as brokers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its id.
    pub id: TopicId,
    /// Whether brokers call it internal (`__consumer_offsets`, `__transaction_state`, `__share_group_state`).
    pub internal: bool,
    /// Partitions by index.
    pub partitions: Vec<PartitionDescription>,
}

/// A partition as brokers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Its index.
    pub id: PartitionId,
    /// Who leads; none when it is offline.
    pub leader: Option<BrokerId>,
    /// Grows with every election.
    pub leader_epoch: i32,
    /// Where it is meant to be, the preferred leader first.
    pub replicas: Box<[BrokerId]>,
    /// Those in sync.
    pub in_sync: Box<[BrokerId]>,
    /// Those on brokers or disks that are gone.
    pub offline: Box<[BrokerId]>,
}

/// A topic to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: TopicName,
    /// Partitions; none for the brokers' default (`num.partitions`).
    pub partitions: Option<u32>,
    /// Replicas; none for the brokers' default (`default.replication.factor`).
    pub replication_factor: Option<u16>,
    /// Configuration set on the topic itself.
    pub config: BTreeMap<String, String>,
}

/// A topic that was made, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id; none when it was only validated.
    pub id: Option<TopicId>,
    /// Its partitions; none when the user may not read the topic's configuration.
    pub partitions: Option<u32>,
    /// Its replicas; none likewise.
    pub replication_factor: Option<u16>,
}

/// Topics in one request for their description.
const DESCRIBED: usize = 2000;
/// The controller writes a record for the topic, each partition and each configuration, and at most 10,000 at once; small
/// batches also keep others from waiting for it.
const RECORDS: usize = 1000;
/// Partitions assumed where the brokers decide.
const DEFAULT_PARTITIONS: usize = 4;
/// Topics deleted in one request.
const DELETED: usize = 200;

impl Client {
    /// Topics with their partitions. A name nobody knows is `Err` with `UNKNOWN_TOPIC_OR_PARTITION`.
    pub async fn describe_topics(&self, selection: &TopicSelection) -> Result<PerTopic<TopicDescription>, ClientError> {
        let names = match selection {
            TopicSelection::All => return self.metadata(Target::Any, None).await,
            TopicSelection::Names(names) => names.iter().cloned().collect(),
        };
        let send = |turn, names: Vec<TopicName>| self.metadata(Target::Spread(turn), Some(names));
        gather(cut(names, DESCRIBED, |_| 1), Lanes::Four, TopicName::clone, send).await
    }

    /// All topics as one broker has them.
    pub async fn describe_all_topics_at(&self, broker: BrokerId) -> Result<PerTopic<TopicDescription>, ClientError> {
        self.metadata(Target::Broker(broker), None).await
    }

    async fn metadata(
        &self,
        target: Target,
        names: Option<Vec<TopicName>>,
    ) -> Result<PerTopic<TopicDescription>, ClientError> {
        let topic = |name: &TopicName| MetadataRequestTopic::default().with_name(Some(words::topic(name)));
        let request = MetadataRequest::default()
            .with_topics(names.map(|names| names.iter().map(topic).collect()))
            .with_allow_auto_topic_creation(false);
        let ask = Ask::look(&request).to(target).judged(|response| KafkaError::check(response.error_code, None));
        let response = self.ask(ask).await?;
        let read = |topic: &MetadataResponseTopic| {
            let name = words::topic_name(topic.name.as_ref()?)?;
            Some((name, KafkaError::check(topic.error_code, None).map(|()| description(topic))))
        };
        Ok(response.topics.iter().filter_map(read).collect())
    }

    /// Makes topics. `TOPIC_ALREADY_EXISTS` says nothing about who made it or how it looks.
    pub async fn create_topics(
        &self,
        topics: Vec<NewTopic>,
        apply: Apply,
    ) -> Result<PerTopic<CreatedTopic>, ClientError> {
        let send = |_, topics: Vec<NewTopic>| self.create_batch(topics, apply);
        gather(cut(topics, RECORDS, records), Lanes::One, |topic| topic.name.clone(), send).await
    }

    async fn create_batch(
        &self,
        topics: Vec<NewTopic>,
        apply: Apply,
    ) -> Result<Outcomes<TopicName, CreatedTopic>, ClientError> {
        let request = CreateTopicsRequest::default()
            .with_topics(topics.iter().map(creatable).collect())
            .with_timeout_ms(self.broker_timeout_ms())
            .with_validate_only(apply.is_validation());
        let response = self.ask(Ask::change(&request)).await?;
        let read = |topic: &CreatableTopicResult| {
            let checked = KafkaError::check(topic.error_code, topic.error_message.as_deref());
            Some((words::topic_name(&topic.name)?, checked.map(|()| created(topic, apply))))
        };
        Ok(response.topics.iter().filter_map(read).collect())
    }

    /// Deletes topics by name, whatever their id is by now.
    pub async fn delete_topics(&self, names: &BTreeSet<TopicName>) -> Result<PerTopic<()>, ClientError> {
        let send = |_, names: Vec<TopicName>| async move {
            let state = |name: &TopicName| DeleteTopicState::default().with_name(Some(words::topic(name)));
            let response = self.delete_batch(names.iter().map(state).collect()).await?;
            let outcomes = response.responses.iter().filter_map(|topic| {
                let checked = KafkaError::check(topic.error_code, topic.error_message.as_deref());
                Some((words::topic_name(topic.name.as_ref()?)?, checked))
            });
            Ok(outcomes.collect())
        };
        let names = names.iter().cloned().collect();
        gather(cut(names, DELETED, |_| 1), Lanes::One, TopicName::clone, send).await
    }

    /// Deletes topics by id: never a topic that was made again under the same name.
    pub async fn delete_topics_by_id(
        &self,
        ids: &BTreeSet<TopicId>,
    ) -> Result<BTreeMap<TopicId, Result<(), KafkaError>>, ClientError> {
        let send = |_, ids: Vec<TopicId>| async move {
            let state =
                |id: &TopicId| DeleteTopicState::default().with_name(None).with_topic_id(words::uuid(id.as_bytes()));
            let response = self.delete_batch(ids.iter().map(state).collect()).await?;
            let outcomes = response.responses.iter().map(|topic| {
                let checked = KafkaError::check(topic.error_code, topic.error_message.as_deref());
                (TopicId::from_bytes(*topic.topic_id.as_bytes()), checked)
            });
            Ok(outcomes.collect())
        };
        let ids = ids.iter().copied().collect();
        gather(cut(ids, DELETED, |_| 1), Lanes::One, |id| *id, send).await
    }

    async fn delete_batch(&self, topics: Vec<DeleteTopicState>) -> Result<DeleteTopicsResponse, ClientError> {
        let request = DeleteTopicsRequest::default().with_topics(topics).with_timeout_ms(self.broker_timeout_ms());
        self.ask(Ask::change(&request)).await
    }
}

fn description(topic: &MetadataResponseTopic) -> TopicDescription {
    let mut partitions: Vec<PartitionDescription> = topic
        .partitions
        .iter()
        .map(|partition| PartitionDescription {
            id: PartitionId(partition.partition_index),
            leader: words::broker(partition.leader_id),
            leader_epoch: partition.leader_epoch,
            replicas: words::brokers(&partition.replica_nodes),
            in_sync: words::brokers(&partition.isr_nodes),
            offline: words::brokers(&partition.offline_replicas),
        })
        .collect();
    partitions.sort_by_key(|partition| partition.id);
    TopicDescription { id: TopicId::from_bytes(*topic.topic_id.as_bytes()), internal: topic.is_internal, partitions }
}

fn records(topic: &NewTopic) -> usize {
    let partitions = topic.partitions.and_then(|p| usize::try_from(p).ok()).unwrap_or(DEFAULT_PARTITIONS);
    // Ten besides: a request of a hundred plain topics is as large as pays off.
    partitions + topic.config.len() + 9
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let config = |(key, value): (&String, &String)| {
        CreatableTopicConfig::default().with_name(words::text(key)).with_value(Some(words::text(value)))
    };
    CreatableTopic::default()
        .with_name(words::topic(&topic.name))
        .with_num_partitions(topic.partitions.map_or(-1, |count| i32::try_from(count).unwrap_or(i32::MAX)))
        .with_replication_factor(topic.replication_factor.map_or(-1, |count| i16::try_from(count).unwrap_or(i16::MAX)))
        .with_configs(topic.config.iter().map(config).collect())
}

fn created(topic: &CreatableTopicResult, apply: Apply) -> CreatedTopic {
    // Brokers that only validate still make up an id, which no topic will ever have.
    let id = if apply.is_validation() { [0; 16] } else { *topic.topic_id.as_bytes() };
    CreatedTopic {
        id: (id != [0; 16]).then(|| TopicId::from_bytes(id)),
        partitions: u32::try_from(topic.num_partitions).ok(),
        replication_factor: u16::try_from(topic.replication_factor).ok(),
    }
}
