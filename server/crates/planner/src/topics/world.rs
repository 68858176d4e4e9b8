//! A model of Kafka's topics, as strict as brokers are, for plans to be carried out on.

use super::{TopicAct, TopicObserved, TopicState};
use klamm_model::TopicName;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct World {
    pub(super) topics: BTreeMap<TopicName, TopicState>,
    pub(super) brokers: u32,
    made: u32,
}

impl World {
    pub(super) fn new(brokers: u32) -> Self {
        Self { topics: BTreeMap::new(), brokers, made: 0 }
    }

    pub(super) fn observe(&self, name: &TopicName) -> TopicObserved {
        self.topics.get(name).map_or(TopicObserved::Absent, |topic| TopicObserved::Present(topic.clone()))
    }

    /// Carries out an act, or says what a broker would say.
    pub(super) fn apply(&mut self, name: &TopicName, act: &TopicAct) -> Result<(), String> {
        match act {
            TopicAct::Create { partitions, replication_factor, config } => {
                let metric = |name: &TopicName| name.as_str().replace('.', "_");
                if self.topics.keys().any(|other| metric(other) == metric(name)) {
                    return Err("exists or collides".to_owned());
                }
                let partitions = partitions.unwrap_or(1);
                let replication_factor = u32::from(replication_factor.unwrap_or(1));
                if partitions == 0 || replication_factor == 0 || replication_factor > self.brokers {
                    return Err("impossible numbers".to_owned());
                }
                self.made += 1;
                let config = config.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
                let topic = TopicState { id: format!("made-{}", self.made), partitions, replication_factor, config };
                self.topics.insert(name.clone(), topic);
            }
            TopicAct::GrowPartitions { from, to } => {
                let topic = self.topics.get_mut(name).ok_or("no such topic")?;
                if topic.partitions != *from || *to <= *from {
                    return Err("partitions only grow".to_owned());
                }
                topic.partitions = *to;
            }
            TopicAct::AlterConfig { set, unset } => {
                let topic = self.topics.get_mut(name).ok_or("no such topic")?;
                if set.is_empty() && unset.is_empty() {
                    return Err("nothing to alter".to_owned());
                }
                for key in unset {
                    topic.config.remove(key).ok_or("not set")?;
                }
                topic.config.extend(set.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
            }
            TopicAct::Delete { id } => {
                let topic = self.topics.get(name).ok_or("no such topic")?;
                if topic.id != *id {
                    return Err("another topic".to_owned());
                }
                self.topics.remove(name);
            }
        }
        Ok(())
    }
}
