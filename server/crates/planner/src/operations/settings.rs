//! Settings that Kafka 4.0 does not know any more, or takes within other limits (its upgrade notes, KIP-1030).

use super::{Scope, words};
use klamm_model::TopicName;
use std::collections::{BTreeMap, BTreeSet};

/// Where a setting of brokers is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In the declaration of the cluster.
    Declared,
    /// In Kafka's dynamic configuration.
    Dynamic(Scope),
}

type Settings = BTreeMap<String, String>;

/// Keys of brokers that are gone, what stands in for them.
const GONE: &[(&str, &str)] = &[
    ("log.message.format.version", "take it away"),
    ("delegation.token.master.key", "call it delegation.token.secret.key"),
    ("broker.id.generation.enable", "take it away"),
];

/// Keys of ZooKeeper.
const ZOOKEEPER: &str = "zookeeper.";

/// Keys of brokers that are gone, and that nobody will miss.
const IGNORED: &[&str] = &[
    "auto.include.jmx.reporter",
    "inter.broker.protocol.version",
    "log.message.timestamp.difference.max.ms",
    "metrics.jmx.blacklist",
    "metrics.jmx.whitelist",
    "offsets.commit.required.acks",
    "reserved.broker.max.id",
];

/// Keys of topics that are gone. A topic that has one takes no other change any more.
const GONE_OF_TOPICS: &[&str] = &["message.format.version", "message.timestamp.difference.max.ms"];

/// Keys with a lowest value.
const AT_LEAST: &[(&str, i64)] = &[
    ("log.segment.bytes", MEBIBYTE),
    ("remote.log.manager.copier.thread.pool.size", 1),
    ("remote.log.manager.expiration.thread.pool.size", 1),
];

/// Keys of topics with a lowest value.
const AT_LEAST_OF_TOPICS: &[(&str, i64)] = &[("segment.bytes", MEBIBYTE)];

const MEBIBYTE: i64 = 1 << 20;

/// What brokers of 4.0 would not start with, or not take as it is meant; and what they ignore. In sentences.
pub(super) fn removed_in_4_0(
    of_brokers: &[(Place, &Settings)],
    of_topics: &[(&TopicName, &Settings)],
) -> (Vec<String>, Vec<String>) {
    let mut refused = Vec::new();
    let mut ignored = Vec::new();
    for (place, settings) in of_brokers {
        let at = match place {
            Place::Declared => "spec.config".to_owned(),
            Place::Dynamic(scope) => format!("the dynamic configuration of {}", scope.called()),
        };
        for (key, value) in *settings {
            if let Some((_, instead)) = GONE.iter().find(|(gone, _)| gone == key) {
                refused.push(format!("{key} in {at} does not exist any more in Kafka 4.0: {instead}"));
            } else if key.starts_with(ZOOKEEPER) {
                refused.push(format!("{key} in {at} is of ZooKeeper, which Kafka 4.0 does not know: take it away"));
            } else if IGNORED.contains(&key.as_str()) {
                ignored.push(format!("{key} in {at} is ignored from Kafka 4.0 on."));
            } else if let Some(least) = too_low(AT_LEAST, key, value) {
                refused.push(format!("{key} in {at} is {value}, and Kafka 4.0 takes {least} at least"));
            }
        }
    }
    for key in GONE_OF_TOPICS {
        let topics: BTreeSet<&TopicName> =
            of_topics.iter().filter(|(_, settings)| settings.contains_key(*key)).map(|(topic, _)| *topic).collect();
        if !topics.is_empty() {
            let names = words::topics(topics.into_iter());
            refused.push(format!("{key} is set by {names} and does not exist any more in Kafka 4.0: take it away"));
        }
    }
    for (key, least) in AT_LEAST_OF_TOPICS {
        let is_low = |settings: &Settings| {
            settings.get(*key).is_some_and(|value| too_low(AT_LEAST_OF_TOPICS, key, value).is_some())
        };
        let topics: BTreeSet<&TopicName> =
            of_topics.iter().filter(|(_, settings)| is_low(settings)).map(|(topic, _)| *topic).collect();
        if !topics.is_empty() {
            let names = words::topics(topics.into_iter());
            refused.push(format!("{key} of {names} is below {least}, the least that Kafka 4.0 takes"));
        }
    }
    (refused, ignored)
}

/// The lowest value, when it is not reached.
fn too_low(limits: &[(&str, i64)], key: &str, value: &str) -> Option<i64> {
    let (_, least) = limits.iter().find(|(limited, _)| *limited == key)?;
    value.trim().parse::<i64>().is_ok_and(|value| value < *least).then_some(*least)
}
