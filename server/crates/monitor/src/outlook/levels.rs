//! Where the disks of brokers level off: what is on them once the retention of all topics takes effect. Pure.

use super::{Settles, TopicOutlook, settle};
use klamm_model::{BrokerId, Inventory, Known, TopicName};
use klamm_planner::disks::Growth;
use std::collections::{BTreeMap, BTreeSet};

/// So many times as quickly as its topics are written to a volume may grow. What grows more does so by something else than topics, or by
/// a flood that the rate of an hour does not show yet: then nobody knows where that ends.
const EXPLAINED: f64 = 1.5;

/// Where the volume of a broker levels off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Level {
    bytes: f64,
    /// Bytes that are appended in a day to what is on it.
    appended_per_day: f64,
}

impl Level {
    /// The bytes, where what topics are written to explains such a growth: more of them where it grows more than the last hour says, which
    /// may have been a quiet one.
    pub(super) fn of(self, growth: &Growth) -> Option<f64> {
        let more = (growth.per_day / self.appended_per_day).max(1.0);
        (more <= EXPLAINED).then_some(self.bytes * more)
    }
}

/// Where the volumes of brokers level off that have one each, and all of whose topics do. On which of several volumes a replica grows
/// nobody knows here. `has_grown` tells of topics whether they have grown in the last day.
pub(super) fn levels(
    inventory: &Inventory,
    topics: &[TopicOutlook],
    has_grown: &impl Fn(&TopicName) -> bool,
) -> BTreeMap<BrokerId, Level> {
    let has_one = inventory.brokers.iter().filter(|broker| broker.log_dirs.value().is_some_and(|dirs| dirs.len() == 1));
    let with_one: BTreeSet<BrokerId> = has_one.map(|broker| broker.id).collect();
    let of_open = topics.iter().filter(|topic| is_open(topic, has_grown)).flat_map(|topic| &topic.shares);
    let open: BTreeSet<BrokerId> = of_open.map(|(broker, _)| *broker).collect();
    let mut appended: BTreeMap<BrokerId, f64> = BTreeMap::new();
    for topic in topics {
        for (broker, share) in &topic.shares {
            *appended.entry(*broker).or_default() += topic.appended_per_day.unwrap_or(0.0) * share;
        }
    }
    let settled = settle(inventory, topics, |_| None).into_iter();
    let level = |(broker, bytes): (BrokerId, Option<f64>)| {
        let appended_per_day = appended.get(&broker).copied().unwrap_or(0.0);
        Some((broker, Level { bytes: bytes?, appended_per_day }))
    };
    settled.filter(|(broker, _)| with_one.contains(broker) && !open.contains(broker)).filter_map(level).collect()
}

/// Whether nobody can say where a topic ends. Kafka's own are compacted and have few keys: they stay about as they are. What is quiet
/// now and has grown in the last day is written to at other hours, and will be again.
fn is_open(topic: &TopicOutlook, has_grown: &impl Fn(&TopicName) -> bool) -> bool {
    match topic.settles {
        Settles::Never => true,
        Settles::At(_) => {
            topic.size == Known::Unknown || (topic.appended_per_day == Some(0.0) && has_grown(&topic.name))
        }
        Settles::Unknown => !topic.name.is_internal() && topic.appended_per_day != Some(0.0),
    }
}
