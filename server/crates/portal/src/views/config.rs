//! All configuration of a topic: what is set on it, and what its brokers fill in.

use super::{count, meaning};
use klamm_model::{
    BrokerId, BrokerValue, ConfigEntry, ConfigKey, ConfigLine, ConfigSubject, Inventory, Known, OtherValue, Part,
    Topic, TopicConfig, TopicDefaults, commonest,
};
use std::collections::{BTreeMap, BTreeSet};

/// What of the keys is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Every key.
    All,
    /// Those that are set on the topic itself.
    Set,
}

/// The configuration of a topic.
pub(crate) fn of_topic(inventory: &Inventory, topic: &Topic, which: Which) -> TopicConfig {
    let reason =
        [(Part::Config, topic.config == Known::Unknown), (Part::Defaults, inventory.defaults == Known::Unknown)];
    let reason = reason.into_iter().filter(|(_, is_unknown)| *is_unknown).find_map(|(part, _)| inventory.gap(part));
    TopicConfig {
        keys: topic.config.value().map(|set| keys(inventory.defaults.value(), topic, set, which)).into(),
        set: topic.config.value().map(|set| count(set.len())).into(),
        told_by: inventory.defaults.value().map(|defaults| defaults.told_by.clone()).into(),
        reason: reason.map(|gap| gap.reason.clone()),
        revisions: inventory.revisions,
    }
}

fn keys(
    defaults: Option<&TopicDefaults>,
    topic: &Topic,
    set: &BTreeMap<String, ConfigEntry>,
    which: Which,
) -> Vec<ConfigKey> {
    let known = defaults.filter(|_| which == Which::All).into_iter().flat_map(|defaults| defaults.keys.keys());
    let all: BTreeSet<&String> = known.chain(set.keys()).collect();
    let brokers = defaults.map(|defaults| brokers(defaults, topic)).unwrap_or_default();
    let key = |key: &String| {
        let fallback = defaults.map(|defaults| fallback(defaults, key, &brokers)).unwrap_or_default();
        one(key, set.get(key), fallback)
    };
    let mut keys: Vec<ConfigKey> = all.into_iter().map(key).collect();
    keys.sort_by(|a, b| (a.subject, &a.line.key).cmp(&(b.subject, &b.line.key)));
    keys
}

/// Brokers whose defaults count: those with replicas of the topic, as far as they told; all that told where none of them did.
fn brokers(defaults: &TopicDefaults, topic: &Topic) -> BTreeSet<BrokerId> {
    let told: BTreeSet<BrokerId> = defaults.told_by.iter().copied().collect();
    let of_topic = topic.partitions.iter().flat_map(|partition| partition.replicas.iter().copied());
    let both: BTreeSet<BrokerId> = of_topic.filter(|broker| told.contains(broker)).collect();
    if both.is_empty() { told } else { both }
}

/// What brokers fill in for a key.
#[derive(Default)]
struct Fallback<'a> {
    /// What most of them have.
    usual: Option<&'a ConfigEntry>,
    /// Those with another value, which is none where they do not know the key.
    differing: Vec<(BrokerId, Option<&'a ConfigEntry>)>,
}

fn fallback<'a>(defaults: &'a TopicDefaults, key: &str, brokers: &BTreeSet<BrokerId>) -> Fallback<'a> {
    let each: Vec<_> = brokers.iter().map(|broker| (*broker, defaults.at(key, *broker))).collect();
    let value = |entry: Option<&'a ConfigEntry>| entry.map(|entry| &entry.value);
    let usual = commonest(&each, |(_, entry)| value(*entry)).and_then(|(_, entry)| *entry);
    let differing = each.iter().filter(|(_, entry)| value(*entry) != value(usual)).copied().collect();
    Fallback { usual, differing }
}

fn one(key: &str, set: Option<&ConfigEntry>, fallback: Fallback<'_>) -> ConfigKey {
    let words = |entry: &ConfigEntry| entry.value.as_deref().and_then(|value| meaning::in_words(key, value));
    let (subject, sentence) = meaning::of_key(key).unzip();
    let unknown = ConfigEntry { value: None, source: klamm_model::ConfigSource::Unknown };
    let in_force = set.or(fallback.usual).unwrap_or(&unknown);
    let differs = |(broker, entry): (BrokerId, Option<&ConfigEntry>)| BrokerValue {
        broker,
        value: entry.and_then(|entry| entry.value.clone()),
        words: entry.and_then(words),
    };
    let other =
        |entry: &ConfigEntry| OtherValue { value: entry.value.clone(), words: words(entry), source: entry.source };
    ConfigKey {
        line: ConfigLine {
            key: key.to_owned(),
            value: in_force.value.clone(),
            words: words(in_force),
            source: in_force.source,
        },
        subject: subject.unwrap_or(ConfigSubject::Other),
        meaning: sentence.map(str::to_owned),
        otherwise: set.and(fallback.usual).map(other),
        // Where the topic says it, what brokers have does not matter.
        differing: if set.is_some() { Vec::new() } else { fallback.differing.into_iter().map(differs).collect() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{inventory, topic};
    use klamm_model::{ConfigSource, Gap, GapCause, KeyDefault};

    fn entry(value: &str, source: ConfigSource) -> ConfigEntry {
        ConfigEntry { value: Some(value.to_owned()), source }
    }

    fn default(value: &str, source: ConfigSource, elsewhere: &[(i32, &str)]) -> KeyDefault {
        let elsewhere = elsewhere
            .iter()
            .map(|(id, value)| (BrokerId(*id), Known::Known(entry(value, ConfigSource::DynamicBroker))));
        KeyDefault { usual: Known::Known(entry(value, source)), elsewhere: elsewhere.collect() }
    }

    /// A topic on brokers 0 and 1 that sets its retention, in a cluster where brokers 1 and 2 need fewer replicas in sync.
    fn seen() -> Inventory {
        let mut topic = topic("a", &[(&[0, 1], &[0, 1])]);
        topic.config = Known::Known([("retention.ms".to_owned(), entry("3600000", ConfigSource::Topic))].into());
        let keys = [
            ("min.insync.replicas", default("2", ConfigSource::StaticBroker, &[(1, "1"), (2, "1")])),
            ("new.in.kafka.5", default("on", ConfigSource::Default, &[])),
            ("retention.ms", default("604800000", ConfigSource::Default, &[(2, "5")])),
        ];
        let defaults = TopicDefaults {
            told_by: vec![BrokerId(0), BrokerId(1), BrokerId(2)],
            keys: keys.into_iter().map(|(key, default)| (key.to_owned(), default)).collect(),
        };
        Inventory { defaults: Known::Known(defaults), ..inventory("kafka/demo", vec![topic]) }
    }

    fn keys_of(inventory: &Inventory, which: Which) -> Vec<ConfigKey> {
        of_topic(inventory, &inventory.topics[0], which).keys.value().unwrap().clone()
    }

    #[test]
    fn what_is_set_hides_what_brokers_have_and_says_what_that_is() {
        let keys = keys_of(&seen(), Which::All);
        let names: Vec<_> = keys.iter().map(|key| (key.line.key.as_str(), key.subject)).collect();
        let expected = [
            ("retention.ms", ConfigSubject::Keeping),
            ("min.insync.replicas", ConfigSubject::Safety),
            ("new.in.kafka.5", ConfigSubject::Other),
        ];
        assert_eq!(names, expected);
        let retention = &keys[0];
        assert_eq!((retention.line.words.as_deref(), retention.line.source), (Some("1 h"), ConfigSource::Topic));
        let otherwise = retention.otherwise.as_ref().unwrap();
        assert_eq!((otherwise.words.as_deref(), otherwise.source), (Some("7 days"), ConfigSource::Default));
        assert_eq!((retention.differing.len(), keys[2].meaning.as_deref()), (0, None));
        assert_eq!(keys_of(&seen(), Which::Set).len(), 1);
    }

    #[test]
    fn only_brokers_with_replicas_of_the_topic_count_and_those_that_differ_are_told() {
        let minimum = &keys_of(&seen(), Which::All)[1];
        assert_eq!((minimum.line.value.as_deref(), minimum.line.source), (Some("2"), ConfigSource::StaticBroker));
        let differing: Vec<_> =
            minimum.differing.iter().map(|broker| (broker.broker.0, broker.value.as_deref())).collect();
        assert_eq!(differing, [(1, Some("1"))], "broker 2 has nothing of it");
        let mut elsewhere = seen();
        elsewhere.topics[0] = topic("a", &[(&[1, 2], &[1, 2])]);
        let minimum = &keys_of(&elsewhere, Which::All)[1];
        assert_eq!(
            (minimum.line.value.as_deref(), minimum.differing.len()),
            (Some("1"), 0),
            "all of its brokers agree"
        );
    }

    #[test]
    fn what_nobody_could_say_is_said_with_the_reason() {
        let gap = |part| {
            let reason = "an ACL is missing".to_owned();
            Gap { part, broker: None, missing: 1, cause: GapCause::Refusal, reason }
        };
        let mut blind = seen();
        blind.defaults = Known::Unknown;
        blind.gaps = vec![gap(Part::Defaults)];
        let config = of_topic(&blind, &blind.topics[0], Which::All);
        assert_eq!((config.told_by, config.reason.as_deref()), (Known::Unknown, Some("an ACL is missing")));
        assert_eq!((config.keys.value().unwrap().len(), config.set), (1, Known::Known(1)));
        assert_eq!(config.keys.value().unwrap()[0].otherwise, None);
        blind.topics[0].config = Known::Unknown;
        let config = of_topic(&blind, &blind.topics[0], Which::All);
        assert_eq!((config.keys, config.set), (Known::Unknown, Known::Unknown));
    }
}
