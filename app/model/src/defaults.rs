//! What brokers have for the keys of topics, where a topic says nothing.

use crate::{BrokerId, ConfigEntry, Known, Topic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What brokers have for the keys of topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicDefaults {
    /// The brokers that told, in order.
    pub told_by: Vec<BrokerId>,
    /// Every key that one of them knows.
    pub keys: BTreeMap<String, KeyDefault>,
}

/// What brokers have for one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyDefault {
    /// What most of them have.
    pub usual: Known<ConfigEntry>,
    /// Those with another value; unknown where a broker does not know the key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<BrokerId, Known<ConfigEntry>>,
}

/// Of several, one that has what most of them have: the first of those, where two values are equally frequent.
pub fn commonest<T, V: Ord>(each: &[T], value: impl Fn(&T) -> V) -> Option<&T> {
    let mut counts: BTreeMap<V, usize> = BTreeMap::new();
    for one in each {
        *counts.entry(value(one)).or_default() += 1;
    }
    let most = *counts.values().max()?;
    each.iter().find(|one| counts.get(&value(one)) == Some(&most))
}

impl TopicDefaults {
    /// What one broker has for a key; none when it did not tell, or does not know the key.
    pub fn at(&self, key: &str, broker: BrokerId) -> Option<&ConfigEntry> {
        self.told_by.binary_search(&broker).ok()?;
        let default = self.keys.get(key)?;
        default.elsewhere.get(&broker).unwrap_or(&default.usual).value()
    }
}

/// How many replicas of a topic must be in sync for writes that want all of them: what the topic says, or else what the broker
/// has that leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinInSync(Known<Option<u32>>);

impl MinInSync {
    const KEY: &str = "min.insync.replicas";

    /// As this topic says it.
    pub fn of(topic: &Topic) -> Self {
        let Known::Known(config) = &topic.config else { return Self(Known::Unknown) };
        Self(match config.get(Self::KEY) {
            None => Known::Known(None),
            Some(entry) => number(entry.value.as_ref()).map(Some),
        })
    }

    /// What holds where `leader` leads.
    pub fn at(self, defaults: Option<&TopicDefaults>, leader: BrokerId) -> Known<u32> {
        match self.0 {
            Known::Unknown => Known::Unknown,
            Known::Known(Some(minimum)) => Known::Known(minimum),
            Known::Known(None) => number(defaults.and_then(|all| all.at(Self::KEY, leader)?.value.as_ref())),
        }
    }
}

fn number(value: Option<&String>) -> Known<u32> {
    value.and_then(|value| value.parse().ok()).into()
}
