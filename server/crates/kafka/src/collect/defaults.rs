//! What brokers have for keys that topics do not set. Only a broker itself knows its file, and each fills in what a topic
//! leaves open: so every broker is asked about the same topic, best one that sets nothing.

use crate::{Client, ClientError, ConfigSynonym, ConfigValue, ErrorCode, TopicDescription};
use futures::{StreamExt, stream};
use klamm_model::{
    BrokerId, ConfigEntry, ConfigSource, Inventory, KeyDefault, Known, TopicDefaults, TopicName, commonest, error_chain,
};
use std::collections::{BTreeMap, BTreeSet};

/// Brokers asked at once.
const BROKERS: usize = 4;

/// What each broker said.
pub(super) type Told = BTreeMap<BrokerId, Result<Defaults, ClientError>>;
/// What one broker has by default, as far as it can be told.
type Defaults = BTreeMap<String, Known<ConfigEntry>>;

/// The topic to ask about: the one that sets least itself.
pub(super) fn topic_to_ask_about<'a>(
    previous: &Inventory,
    described: &'a BTreeMap<TopicName, TopicDescription>,
) -> Option<&'a TopicName> {
    let set = |name: &TopicName| {
        let topic = previous.topic(name)?;
        topic.config.value().map(BTreeMap::len)
    };
    described.keys().min_by_key(|name| (set(name).unwrap_or(usize::MAX), name.is_internal()))
}

/// Keys that brokers have in several units, and what they are called there, the one that counts first. Of these a broker
/// tells only what is set, not what Kafka has for them.
const IN_SEVERAL_UNITS: [(&str, &[&str]); 3] = [
    ("retention.ms", &["log.retention.ms", "log.retention.minutes", "log.retention.hours"]),
    ("segment.ms", &["log.roll.ms", "log.roll.hours"]),
    ("segment.jitter.ms", &["log.roll.jitter.ms", "log.roll.jitter.hours"]),
];

/// Asks all of these brokers.
pub(super) async fn ask(client: &Client, brokers: &BTreeSet<BrokerId>, about: &TopicName) -> Told {
    let ask = |broker: BrokerId| async move {
        let told = match client.describe_topic_at(broker, about).await {
            Ok(keys) => Ok(of_broker(client, broker, keys).await),
            Err(error) => Err(error),
        };
        (broker, told)
    };
    stream::iter(brokers.iter().copied().map(ask)).buffer_unordered(BROKERS).collect().await
}

async fn of_broker(client: &Client, broker: BrokerId, keys: BTreeMap<String, ConfigValue>) -> Defaults {
    let mut defaults: Defaults = keys.into_iter().map(|(key, value)| (key, by_default(value))).collect();
    let hidden = IN_SEVERAL_UNITS.into_iter().filter(|(key, _)| defaults.get(*key) == Some(&Known::Unknown));
    let hidden: Vec<_> = hidden.collect();
    let names: Vec<&str> = hidden.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    if names.is_empty() {
        return defaults;
    }
    match client.describe_broker_keys(broker, &names).await {
        Ok(told) => defaults.extend(hidden.into_iter().map(|(key, names)| (key.to_owned(), first_set(names, &told)))),
        // Who may look at topics may not look at brokers everywhere: then it stays unknown.
        Err(error) => tracing::debug!(%broker, error = error_chain(&error), "a broker does not tell its own keys"),
    }
    defaults
}

fn first_set(names: &[&str], told: &BTreeMap<String, ConfigValue>) -> Known<ConfigEntry> {
    let set = names.iter().find_map(|name| {
        let ConfigValue { value, source, .. } = told.get(*name)?;
        Some(ConfigEntry { value: Some(in_unit_of_topics(name, value.as_ref()?)?), source: *source })
    });
    set.into()
}

/// Whether somebody deleted the topic while it was asked about: then the question was wrong, and nobody failed.
pub(super) fn is_about_nothing(error: &ClientError) -> bool {
    error.kafka().is_some_and(|error| error.code == ErrorCode::UnknownTopicOrPartition)
}

/// What would be in force if the topic said nothing.
fn by_default(value: ConfigValue) -> Known<ConfigEntry> {
    if value.source != ConfigSource::Topic {
        return Known::Known(ConfigEntry { value: value.value, source: value.source });
    }
    // Brokers list `log.retention.ms` too, which nobody set, before the hours that hold.
    let holds = |synonym: &&ConfigSynonym| synonym.source != ConfigSource::Topic && synonym.value.is_some();
    let below = value.synonyms.iter().find(holds);
    let entry = |ConfigSynonym { key, value, source }: &ConfigSynonym| ConfigEntry {
        value: value.as_ref().and_then(|value| in_unit_of_topics(key, value)),
        source: *source,
    };
    below.map(entry).into()
}

/// Brokers may have hours and minutes where topics have milliseconds.
fn in_unit_of_topics(key: &str, value: &str) -> Option<String> {
    let unit = match key.rsplit('.').next() {
        Some("hours") => 3_600_000,
        Some("minutes") => 60_000,
        Some(_) | None => return Some(value.to_owned()),
    };
    match value.parse::<i64>() {
        // Without limit, in any unit.
        Ok(number) if number < 0 => Some("-1".to_owned()),
        Ok(number) => Some(number.saturating_mul(unit).to_string()),
        Err(_) => None,
    }
}

/// What most brokers have, and who has something else. None when nobody told.
pub(super) fn put_together(told: &Told) -> Option<TopicDefaults> {
    let answers: BTreeMap<BrokerId, &Defaults> =
        told.iter().filter_map(|(broker, told)| Some((*broker, told.as_ref().ok()?))).collect();
    if answers.is_empty() {
        return None;
    }
    let keys: BTreeSet<&String> = answers.values().flat_map(|defaults| defaults.keys()).collect();
    let default = |key: &String| {
        let each = answers.iter().map(|(broker, defaults)| (*broker, defaults.get(key).cloned().unwrap_or_default()));
        key_default(each.collect())
    };
    Some(TopicDefaults {
        keys: keys.into_iter().map(|key| (key.clone(), default(key))).collect(),
        told_by: answers.into_keys().collect(),
    })
}

/// Values decide, not where they are set.
fn key_default(each: BTreeMap<BrokerId, Known<ConfigEntry>>) -> KeyDefault {
    let value = |entry: &Known<ConfigEntry>| entry.value().map(|entry| entry.value.clone());
    let all: Vec<_> = each.values().collect();
    let usual = commonest(&all, |entry| value(entry)).map_or(Known::Unknown, |entry| (*entry).clone());
    let elsewhere = each.into_iter().filter(|(_, entry)| value(entry) != value(&usual)).collect();
    KeyDefault { usual, elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConfigType;

    fn entry(value: &str, source: ConfigSource) -> Known<ConfigEntry> {
        Known::Known(ConfigEntry { value: Some(value.to_owned()), source })
    }

    fn value(value: &str, source: ConfigSource, synonyms: &[(&str, &str, ConfigSource)]) -> ConfigValue {
        let synonym = |(key, value, source): &(&str, &str, ConfigSource)| ConfigSynonym {
            key: (*key).to_owned(),
            value: Some((*value).to_owned()),
            source: *source,
        };
        ConfigValue {
            value: Some(value.to_owned()),
            source,
            read_only: false,
            sensitive: false,
            kind: ConfigType::Long,
            synonyms: synonyms.iter().map(synonym).collect(),
            documentation: None,
        }
    }

    #[test]
    fn what_a_topic_hides_is_found_below_it_in_the_unit_of_topics() {
        use ConfigSource::{Default, DynamicDefaultBroker, StaticBroker, Topic};
        let set = |synonyms: &[(&str, &str, ConfigSource)]| {
            let all: Vec<_> = [("retention.ms", "1", Topic)].iter().chain(synonyms).copied().collect();
            by_default(value("1", Topic, &all))
        };
        assert_eq!(by_default(value("7", StaticBroker, &[])), entry("7", StaticBroker));
        assert_eq!(set(&[("log.retention.ms", "5", DynamicDefaultBroker)]), entry("5", DynamicDefaultBroker));
        let hours = [("log.retention.hours", "24", StaticBroker), ("log.retention.hours", "168", Default)];
        assert_eq!(set(&hours), entry("86400000", StaticBroker));
        assert_eq!(set(&[("log.retention.minutes", "-1", StaticBroker)]), entry("-1", StaticBroker));
        let mut hidden = value("1", Topic, &[("log.retention.hours", "168", Default)]);
        let nobodys = ConfigSynonym { key: "log.retention.ms".to_owned(), value: None, source: Default };
        hidden.synonyms.insert(0, nobodys);
        assert_eq!(by_default(hidden), entry("604800000", Default), "what nobody set holds nowhere");
        assert_eq!(set(&[]), Known::Unknown, "nothing is told of what would hold without it");
    }

    #[test]
    fn what_brokers_have_in_several_units_is_the_first_that_is_set() {
        let told = |all: &[(&str, Option<&str>)]| {
            let entry = |(key, text): &(&str, Option<&str>)| {
                let value =
                    ConfigValue { value: text.map(str::to_owned), ..value("", ConfigSource::StaticBroker, &[]) };
                ((*key).to_owned(), value)
            };
            first_set(IN_SEVERAL_UNITS[0].1, &all.iter().map(entry).collect())
        };
        let hours = ("log.retention.hours", Some("168"));
        let unset = [("log.retention.ms", None), ("log.retention.minutes", None), hours];
        assert_eq!(told(&unset), entry("604800000", ConfigSource::StaticBroker));
        let minutes = [("log.retention.ms", None), ("log.retention.minutes", Some("2")), hours];
        assert_eq!(told(&minutes), entry("120000", ConfigSource::StaticBroker));
        assert_eq!(told(&[("log.retention.ms", Some("5")), hours]), entry("5", ConfigSource::StaticBroker));
        assert_eq!(told(&[]), Known::Unknown);
    }

    #[test]
    fn the_few_are_told_apart_from_the_many_by_value() {
        use ConfigSource::{Default, DynamicBroker, StaticBroker};
        let defaults = |value: &str, source, more: Option<&str>| {
            let mut keys: Defaults = [("min.insync.replicas".to_owned(), entry(value, source))].into();
            keys.extend(more.map(|key| (key.to_owned(), entry("1", Default))));
            keys
        };
        let silent = ClientError::Disconnected { what: "DescribeConfigs" };
        let told: Told = [
            (BrokerId(1), Ok(defaults("1", Default, None))),
            (BrokerId(2), Ok(defaults("2", StaticBroker, None))),
            (BrokerId(3), Ok(defaults("2", DynamicBroker, Some("newer.key")))),
            (BrokerId(4), Err(silent)),
        ]
        .into();
        let all = put_together(&told).unwrap();
        assert_eq!(all.told_by, [1, 2, 3].map(BrokerId));
        let minimum = &all.keys["min.insync.replicas"];
        assert_eq!(minimum.usual, entry("2", StaticBroker));
        assert_eq!(minimum.elsewhere, [(BrokerId(1), entry("1", Default))].into());
        let value = |broker| all.at("min.insync.replicas", BrokerId(broker)).and_then(|entry| entry.value.as_deref());
        assert_eq!([1, 2, 3, 4].map(value), [Some("1"), Some("2"), Some("2"), None]);
        let newer = &all.keys["newer.key"];
        assert_eq!((&newer.usual, newer.elsewhere.len()), (&Known::Unknown, 1), "two do not know it");
        assert!(put_together(&Told::new()).is_none());
    }
}
