//! Topics: their partitions, where their logs begin and end.

use super::{Question, ids, index, text, uuid};
use crate::estate::world::{Partition, Topic};
use bytes::Bytes;
use kafka_protocol::messages::{
    BrokerId, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse, TopicName,
    list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
    metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic},
};

const LEADER_NOT_AVAILABLE: i16 = 5;
const UNKNOWN_TOPIC: i16 = 3;
const NOT_LEADER: i16 = 6;
/// Asked for instead of a time.
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;
const NEWEST: i64 = -3;
const PAST_THE_END: i64 = -1;
const NO_TIMESTAMP: i64 = -1;

pub(super) fn metadata(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<MetadataRequest>()?;
    let topics = match &request.topics {
        None => question.topics().iter().map(|topic| described(question, topic)).collect(),
        Some(wanted) => wanted
            .iter()
            .filter_map(|wanted| wanted.name.as_ref())
            .map(|name| match question.topic(name) {
                Some(topic) => described(question, topic),
                None => MetadataResponseTopic::default().with_name(Some(name.clone())).with_error_code(UNKNOWN_TOPIC),
            })
            .collect(),
    };
    let broker = |(id, address): (i32, std::net::SocketAddr)| {
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(id))
            .with_host(text(&address.ip().to_string()))
            .with_port(i32::from(address.port()))
            .with_rack(Some(text(&question.shared.world.size.rack(id))))
    };
    let living = question.brokers().filter(|(id, _)| !question.condition.is_dead(*id));
    let response = MetadataResponse::default()
        .with_brokers(living.map(broker).collect())
        // Any broker will do; the same one from all of them, because this answer is remembered for all.
        .with_controller_id(BrokerId(1))
        .with_topics(topics);
    question.heard.answer::<MetadataRequest>(&response)
}

fn described(question: &Question<'_>, topic: &Topic) -> MetadataResponseTopic {
    let partition = |(n, partition): (usize, &Partition)| {
        let leader = question.condition.leader(partition);
        MetadataResponsePartition::default()
            .with_error_code(if leader < 0 { LEADER_NOT_AVAILABLE } else { 0 })
            .with_partition_index(index(n))
            .with_leader_id(BrokerId(leader))
            .with_leader_epoch(4)
            .with_replica_nodes(ids(&partition.replicas))
            .with_isr_nodes(ids(&question.condition.in_sync(partition)))
            .with_offline_replicas(ids(&question.condition.offline(partition)))
    };
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(topic.name.clone())))
        .with_topic_id(uuid(&topic.id))
        .with_is_internal(topic.name.starts_with("__"))
        .with_partitions(topic.partitions.iter().enumerate().map(partition).collect())
}

pub(super) fn offsets(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<ListOffsetsRequest>()?;
    let topics = request.topics.into_iter().map(|wanted| {
        let topic = question.topic(&wanted.name);
        let offset = |asked: &kafka_protocol::messages::list_offsets_request::ListOffsetsPartition| {
            let answer = ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
            let place = usize::try_from(asked.partition_index).ok();
            let Some(partition) = place.zip(topic).and_then(|(place, topic)| topic.partitions.get(place)) else {
                return answer.with_error_code(UNKNOWN_TOPIC);
            };
            if question.condition.leader(partition) != question.broker {
                return answer.with_error_code(NOT_LEADER);
            }
            let age = question.condition.age;
            match asked.timestamp {
                EARLIEST => answer.with_offset(partition.earliest),
                LATEST => answer.with_offset(partition.latest_at(age)),
                NEWEST => match partition.newest(age) {
                    Some((offset, time)) => answer.with_offset(offset).with_timestamp(time),
                    None => answer.with_offset(PAST_THE_END).with_timestamp(NO_TIMESTAMP),
                },
                time => answer.with_offset(partition.first_since(time, age).unwrap_or(PAST_THE_END)),
            }
        };
        let partitions = wanted.partitions.iter().map(offset).collect();
        ListOffsetsTopicResponse::default().with_name(wanted.name.clone()).with_partitions(partitions)
    });
    let response = ListOffsetsResponse::default().with_topics(topics.collect());
    question.heard.answer::<ListOffsetsRequest>(&response)
}
