//! One topic on several clusters, setting by setting. Pure.

use crate::ObservedCluster;
use klamm_model::{Comparison, ConfigSource, Known, Topic, TopicSetting};
use klamm_planner::topics::belongs_to_operations;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A topic where it is.
pub(super) type At<'a> = (&'a Arc<ObservedCluster>, &'a Topic);

/// These say how many brokers there are, not what the topic is: other clusters have others.
const OF_THE_CLUSTER: [&str; 2] = ["replicationFactor", "min.insync.replicas"];

/// All settings, with their values where the topic is.
pub(super) fn settings(places: &[At<'_>]) -> Vec<TopicSetting> {
    let configs: Vec<Option<BTreeMap<String, String>>> = places.iter().map(|(_, topic)| set(topic)).collect();
    let partitions = places.iter().map(|(_, topic)| Some(topic.partitions.len().to_string()));
    let factors = places.iter().map(|(_, topic)| {
        topic.partitions.iter().map(|partition| partition.replicas.len()).max().map(|most| most.to_string())
    });
    let keys: BTreeSet<&String> = configs.iter().flatten().flat_map(BTreeMap::keys).collect();
    let of_keys = keys.into_iter().map(|key| {
        let values: Vec<Option<String>> = configs.iter().map(|config| config.as_ref()?.get(key).cloned()).collect();
        // What could not be read differs from nothing.
        let read = configs.iter().zip(&values).filter(|(config, _)| config.is_some()).map(|(_, value)| value);
        setting(key, values.clone(), read)
    });
    let (partitions, factors): (Vec<_>, Vec<_>) = (partitions.collect(), factors.collect());
    [
        setting("partitions", partitions.clone(), partitions.iter()),
        setting("replicationFactor", factors.clone(), factors.iter()),
    ]
    .into_iter()
    .chain(of_keys)
    .collect()
}

/// Names of the settings that are not the same everywhere though they could be.
pub(super) fn differing(places: &[At<'_>]) -> Vec<String> {
    let mut all = settings(places);
    all.retain(|setting| setting.comparison == Comparison::Differs);
    all.into_iter().map(|setting| setting.name).collect()
}

fn setting<'a>(
    name: &str,
    values: Vec<Option<String>>,
    read: impl Iterator<Item = &'a Option<String>>,
) -> TopicSetting {
    let is_one = read.collect::<BTreeSet<_>>().len() <= 1;
    let comparison = if is_one || OF_THE_CLUSTER.contains(&name) { Comparison::Alike } else { Comparison::Differs };
    TopicSetting { name: name.to_owned(), values, comparison }
}

/// What is set on the topic itself; none where nobody could read it.
pub(super) fn set(topic: &Topic) -> Option<BTreeMap<String, String>> {
    let Known::Known(config) = &topic.config else { return None };
    let own = config.iter().filter(|(key, entry)| entry.source == ConfigSource::Topic && !belongs_to_operations(key));
    Some(own.filter_map(|(key, entry)| Some((key.clone(), entry.value.clone()?))).collect())
}

/// What of that another cluster would be asked for.
pub(super) fn promoted(topic: &Topic) -> Option<BTreeMap<String, String>> {
    let mut config = set(topic)?;
    config.retain(|key, _| !OF_THE_CLUSTER.contains(&key.as_str()));
    Some(config)
}
