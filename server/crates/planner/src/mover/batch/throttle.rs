//! How much of the network copying may take, in Kafka's terms (KIP-73): a rate for each broker that sends or gets, and the replicas it
//! holds for.
//!
//! A rate holds for what is written to these partitions meanwhile as well. So one that is not above that never lets a replica catch
//! up, which is why it is compared with it here.

use klamm_model::{BrokerId, Known, NamedPartition, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// A rate below this is no use: a gigabyte would take an hour.
const LEAST_RATE: u64 = 256 << 10;

/// Limits to set while partitions move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Throttle {
    /// `leader.replication.throttled.rate` and `follower.replication.throttled.rate` of these brokers, in bytes a second.
    pub rates: BTreeMap<BrokerId, u64>,
    /// Which replicas they hold for.
    pub replicas: BTreeMap<TopicName, ThrottledReplicas>,
    /// Brokers that would not catch up.
    pub too_slow: Vec<TooSlow>,
}

/// Replicas of a topic that are slowed down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThrottledReplicas {
    /// Those that may send: `leader.replication.throttled.replicas`. All that were there before, as each may come to lead.
    pub leaders: BTreeSet<(PartitionId, BrokerId)>,
    /// Those that come: `follower.replication.throttled.replicas`.
    pub followers: BTreeSet<(PartitionId, BrokerId)>,
}

/// A broker to which more is written than its rate allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSlow {
    /// Which one.
    pub broker: BrokerId,
    /// Bytes a second that are written to the partitions that it gets.
    pub written: u64,
    /// Its rate.
    pub rate: u64,
}

/// The limits for partitions on their way: where they were, who gets them, and what is written to them in bytes a second. `rate` is for
/// each broker, in bytes a second.
pub fn throttle<'a>(
    moving: impl IntoIterator<Item = (&'a NamedPartition, &'a [BrokerId], &'a [BrokerId], Known<u64>)>,
    rate: u64,
) -> Throttle {
    let rate = rate.max(LEAST_RATE);
    let mut throttle = Throttle::default();
    let mut written_to: BTreeMap<BrokerId, u64> = BTreeMap::new();
    for (partition, from, adding, written) in moving {
        if adding.is_empty() {
            continue;
        }
        let replicas = throttle.replicas.entry(partition.topic.clone()).or_default();
        replicas.leaders.extend(from.iter().map(|broker| (partition.partition, *broker)));
        replicas.followers.extend(adding.iter().map(|broker| (partition.partition, *broker)));
        throttle.rates.extend(from.iter().chain(adding).map(|broker| (*broker, rate)));
        for broker in adding {
            let written_here = written_to.entry(*broker).or_default();
            *written_here = written_here.saturating_add(written.value().copied().unwrap_or_default());
        }
    }
    let slow = written_to.into_iter().filter(|(_, written)| *written >= rate);
    throttle.too_slow = slow.map(|(broker, written)| TooSlow { broker, written, rate }).collect();
    throttle
}

/// A rate that leaves the network to others: half of what is left beside what goes on already, where both are known.
/// `capacity` and `used` are bytes a second of the busiest broker.
pub fn suggested_rate(capacity: Known<u64>, used: Known<u64>) -> Known<u64> {
    match (capacity, used) {
        (Known::Known(capacity), Known::Known(used)) => {
            Known::Known((capacity.saturating_sub(used) / 2).max(LEAST_RATE))
        }
        (Known::Unknown, _) | (_, Known::Unknown) => Known::Unknown,
    }
}

/// As Kafka writes it: `0:1,0:2,3:1`.
pub fn replica_list(replicas: &BTreeSet<(PartitionId, BrokerId)>) -> String {
    let each: Vec<String> = replicas.iter().map(|(partition, broker)| format!("{partition}:{broker}")).collect();
    each.join(",")
}
