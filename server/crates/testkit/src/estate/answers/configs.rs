//! Configuration: what is set on topics, what brokers fill in, and what of that comes from Kafka itself.

use super::{Question, text};
use crate::estate::{Fault, world::Topic};
use bytes::Bytes;
use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, DescribeConfigsResponse,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym},
    },
    protocol::StrBytes,
};
use std::collections::BTreeMap;

const UNKNOWN_TOPIC: i16 = 3;
/// Resources of these types are topics and brokers.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;
/// Places where a value is set.
const SET_ON_TOPIC: i8 = 1;
const DYNAMIC: i8 = 2;
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
/// Keys of brokers themselves that they tell: the value, and where it is set.
const OF_BROKERS: &[(&str, &str, i8)] =
    &[("controller.quorum.fetch.timeout.ms", "2000", DEFAULT), ("min.insync.replicas", "2", STATIC)];
/// What a broker has that was set up by somebody else.
const ODD: (&str, &str) = ("min.insync.replicas", "1");

pub(super) fn describe(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<DescribeConfigsRequest>()?;
    let results = request.resources.into_iter().map(|resource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        let wanted = |key: &str| {
            resource.configuration_keys.as_ref().is_none_or(|keys| keys.iter().any(|wanted| **wanted == *key))
        };
        match (resource.resource_type, question.topic(&resource.resource_name)) {
            (TOPIC, None) => result.with_error_code(UNKNOWN_TOPIC),
            (TOPIC, Some(topic)) => {
                let keys = DEFAULTS.iter().filter(|(key, _)| wanted(key));
                let keys = keys.map(|(key, value)| entry(question, topic, key, value));
                let without = |mut entry: DescribeConfigsResourceResult| {
                    if !request.include_synonyms {
                        entry.synonyms.clear();
                    }
                    entry
                };
                result.with_configs(keys.map(without).collect())
            }
            (BROKER, _) if *resource.resource_name == *question.broker.to_string() => {
                result.with_configs(of_broker(question).into_iter().filter(|entry| wanted(&entry.name)).collect())
            }
            // Nothing else is known of how brokers are set up.
            _ => result,
        }
    });
    let response = DescribeConfigsResponse::default().with_results(results.collect());
    question.heard.answer::<DescribeConfigsRequest>(&response)
}

/// Keys of the broker that is asked: as it is set up, and what was set since on all brokers, and on this one.
fn of_broker(question: &Question<'_>) -> Vec<DescribeConfigsResourceResult> {
    let is_odd = question.condition.has(Fault::OddDefaults(question.broker));
    let set_up = OF_BROKERS.iter().map(|(key, value, place)| {
        let value = if is_odd && *key == ODD.0 { ODD.1 } else { *value };
        (StrBytes::from_static_str(key), (StrBytes::from_static_str(value), *place))
    });
    let mut keys: BTreeMap<StrBytes, (StrBytes, i8)> = set_up.collect();
    let changed = &question.condition.changed.brokers;
    for (whose, place) in [(String::new(), DYNAMIC_DEFAULT), (question.broker.to_string(), DYNAMIC)] {
        let set = changed.iter().filter(|((of, _), _)| *of == whose);
        keys.extend(set.map(|((_, key), value)| (text(key), (text(value), place))));
    }
    let entry = |(key, (value, place)): (StrBytes, (StrBytes, i8))| {
        DescribeConfigsResourceResult::default().with_name(key).with_value(Some(value)).with_config_source(place)
    };
    keys.into_iter().map(entry).collect()
}

/// A key of a topic with all places where it is set, the first of which counts.
fn entry(
    question: &Question<'_>,
    topic: &Topic,
    key: &'static str,
    kafkas: &'static str,
) -> DescribeConfigsResourceResult {
    let is_odd = question.condition.has(Fault::OddDefaults(question.broker)) && key == ODD.0;
    let set_up = SET_UP.iter().find(|(of, ..)| *of == key).map(|(_, value, place, broker_key, broker_value)| {
        if is_odd { (ODD.1, *place, *broker_key, ODD.1) } else { (*value, *place, *broker_key, *broker_value) }
    });
    let fixed = set_up.into_iter().chain([(kafkas, DEFAULT, key, kafkas)]);
    let fixed = fixed.map(|(value, place, key, there)| {
        (StrBytes::from_static_str(value), place, StrBytes::from_static_str(key), StrBytes::from_static_str(there))
    });
    let on_topic = topic.set.iter().find(|(of, _)| **of == *key);
    let on_topic = on_topic.map(|(of, value)| (value.clone(), SET_ON_TOPIC, of.clone(), value.clone()));
    let places: Vec<(StrBytes, i8, StrBytes, StrBytes)> = on_topic.into_iter().chain(fixed).collect();
    let synonym = |(_, place, key, value): &(StrBytes, i8, StrBytes, StrBytes)| {
        DescribeConfigsSynonym::default().with_name(key.clone()).with_value(Some(value.clone())).with_source(*place)
    };
    let holds = places.first().map(|(value, place, ..)| (value.clone(), *place));
    let (value, place) = holds.unwrap_or_else(|| (StrBytes::from_static_str(kafkas), DEFAULT));
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(key))
        .with_value(Some(value))
        .with_config_source(place)
        .with_synonyms(places.iter().map(synonym).collect())
}
