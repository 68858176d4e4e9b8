//! Topics: their partitions, their configuration, where their logs begin and end.

use super::{Question, ids, index, text, uuid};
use crate::estate::world::{Partition, Topic};
use bytes::Bytes;
use kafka_protocol::{
    messages::{
        BrokerId, DescribeConfigsRequest, DescribeConfigsResponse, ListOffsetsRequest, ListOffsetsResponse,
        MetadataRequest, MetadataResponse, TopicName,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult},
        list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
        metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic},
    },
    protocol::StrBytes,
};

const LEADER_NOT_AVAILABLE: i16 = 5;
const UNKNOWN_TOPIC: i16 = 3;
const NOT_LEADER: i16 = 6;
/// Resources of this type are topics.
const TOPIC: i8 = 2;
/// Asked for instead of a time.
const EARLIEST: i64 = -2;
/// Places where a value is set.
const SET_ON_TOPIC: i8 = 1;
const DEFAULT: i8 = 5;

/// Keys every topic has besides those set on it, as Kafka 4.1 lists them.
const DEFAULTS: &[(&str, &str)] = &[
    ("cleanup.policy", "delete"),
    ("compression.gzip.level", "-1"),
    ("compression.lz4.level", "9"),
    ("compression.type", "producer"),
    ("compression.zstd.level", "3"),
    ("delete.retention.ms", "86400000"),
    ("file.delete.delay.ms", "60000"),
    ("flush.messages", "9223372036854775807"),
    ("flush.ms", "9223372036854775807"),
    ("follower.replication.throttled.replicas", ""),
    ("index.interval.bytes", "4096"),
    ("leader.replication.throttled.replicas", ""),
    ("local.retention.bytes", "-2"),
    ("local.retention.ms", "-2"),
    ("max.compaction.lag.ms", "9223372036854775807"),
    ("max.message.bytes", "1048588"),
    ("message.timestamp.after.max.ms", "3600000"),
    ("message.timestamp.before.max.ms", "9223372036854775807"),
    ("message.timestamp.type", "CreateTime"),
    ("min.cleanable.dirty.ratio", "0.5"),
    ("min.compaction.lag.ms", "0"),
    ("min.insync.replicas", "1"),
    ("preallocate", "false"),
    ("remote.log.copy.disable", "false"),
    ("remote.log.delete.on.disable", "false"),
    ("remote.storage.enable", "false"),
    ("retention.bytes", "-1"),
    ("retention.ms", "604800000"),
    ("segment.bytes", "1073741824"),
    ("segment.index.bytes", "10485760"),
    ("segment.jitter.ms", "0"),
    ("segment.ms", "604800000"),
    ("unclean.leader.election.enable", "false"),
];

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

pub(super) fn configs(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<DescribeConfigsRequest>()?;
    let results = request.resources.into_iter().map(|resource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match (resource.resource_type, question.topic(&resource.resource_name)) {
            (TOPIC, None) => result.with_error_code(UNKNOWN_TOPIC),
            (TOPIC, Some(topic)) => result.with_configs(settings(topic)),
            // Nothing is known of how the brokers themselves are set up.
            _ => result,
        }
    });
    let response = DescribeConfigsResponse::default().with_results(results.collect());
    question.heard.answer::<DescribeConfigsRequest>(&response)
}

fn settings(topic: &Topic) -> Vec<DescribeConfigsResourceResult> {
    let entry = |(key, value, source): (&'static str, &'static str, i8)| {
        DescribeConfigsResourceResult::default()
            .with_name(StrBytes::from_static_str(key))
            .with_value(Some(StrBytes::from_static_str(value)))
            .with_config_source(source)
    };
    let set = topic.set.iter().map(|(key, value)| (*key, *value, SET_ON_TOPIC));
    let not_set = DEFAULTS.iter().filter(|(key, _)| topic.set.iter().all(|(other, _)| key != other));
    set.chain(not_set.map(|(key, value)| (*key, *value, DEFAULT))).map(entry).collect()
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
            let latest = partition.latest_at(question.condition.age);
            answer.with_offset(if asked.timestamp == EARLIEST { partition.earliest } else { latest })
        };
        let partitions = wanted.partitions.iter().map(offset).collect();
        ListOffsetsTopicResponse::default().with_name(wanted.name.clone()).with_partitions(partitions)
    });
    let response = ListOffsetsResponse::default().with_topics(topics.collect());
    question.heard.answer::<ListOffsetsRequest>(&response)
}
