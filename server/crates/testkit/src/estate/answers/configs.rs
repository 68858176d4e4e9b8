//! Configuration: what is set on topics, what brokers fill in, and what of that comes from Kafka itself.

use super::Question;
use crate::estate::{Fault, world::Topic};
use bytes::Bytes;
use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, DescribeConfigsResponse,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym},
    },
    protocol::StrBytes,
};

const UNKNOWN_TOPIC: i16 = 3;
/// Resources of this type are topics.
const TOPIC: i8 = 2;
/// Places where a value is set.
const SET_ON_TOPIC: i8 = 1;
const DYNAMIC_DEFAULT: i8 = 3;
const STATIC: i8 = 4;
const DEFAULT: i8 = 5;

/// Keys every topic has, with what Kafka 4.1 has for them itself.
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

/// What the estate's brokers are set up with: the key of topics, its value there, where it is set, and as what.
const SET_UP: &[(&str, &str, i8, &str, &str)] = &[
    ("max.message.bytes", "2097164", DYNAMIC_DEFAULT, "message.max.bytes", "2097164"),
    ("min.insync.replicas", "2", STATIC, "min.insync.replicas", "2"),
    ("retention.ms", "259200000", STATIC, "log.retention.hours", "72"),
];
/// What a broker has that was set up by somebody else.
const ODD: (&str, &str) = ("min.insync.replicas", "1");

pub(super) fn describe(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<DescribeConfigsRequest>()?;
    let results = request.resources.into_iter().map(|resource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match (resource.resource_type, question.topic(&resource.resource_name)) {
            (TOPIC, None) => result.with_error_code(UNKNOWN_TOPIC),
            (TOPIC, Some(topic)) => {
                let keys = DEFAULTS.iter().map(|(key, value)| entry(question, topic, key, value));
                let without = |mut entry: DescribeConfigsResourceResult| {
                    if !request.include_synonyms {
                        entry.synonyms.clear();
                    }
                    entry
                };
                result.with_configs(keys.map(without).collect())
            }
            // Nothing else is known of how the brokers themselves are set up.
            _ => result,
        }
    });
    let response = DescribeConfigsResponse::default().with_results(results.collect());
    question.heard.answer::<DescribeConfigsRequest>(&response)
}

/// A key of a topic with all places where it is set, the first of which counts.
fn entry(
    question: &Question<'_>,
    topic: &Topic,
    key: &'static str,
    kafkas: &'static str,
) -> DescribeConfigsResourceResult {
    let is_odd = question.condition.has(Fault::OddDefaults(question.broker)) && key == ODD.0;
    let set_up = SET_UP.iter().find(|(of, ..)| *of == key);
    let set_up = set_up.map(|(_, value, place, broker_key, broker_value)| {
        if is_odd { (ODD.1, *place, *broker_key, ODD.1) } else { (*value, *place, *broker_key, *broker_value) }
    });
    let on_topic = topic.set.iter().find(|(of, _)| *of == key).map(|(_, value)| (*value, SET_ON_TOPIC, key, *value));
    let places = on_topic.into_iter().chain(set_up).chain([(kafkas, DEFAULT, key, kafkas)]);
    let places: Vec<(&'static str, i8, &'static str, &'static str)> = places.collect();
    let synonym = |(_, place, key, value): &(&'static str, i8, &'static str, &'static str)| {
        DescribeConfigsSynonym::default()
            .with_name(StrBytes::from_static_str(key))
            .with_value(Some(StrBytes::from_static_str(value)))
            .with_source(*place)
    };
    let (value, place, ..) = places.first().copied().unwrap_or((kafkas, DEFAULT, key, kafkas));
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(key))
        .with_value(Some(StrBytes::from_static_str(value)))
        .with_config_source(place)
        .with_synonyms(places.iter().map(synonym).collect())
}
