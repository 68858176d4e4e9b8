//! Limits on replication that Klamm sets itself (KIP-73): what is ours of them, as it is written down before it is set, so that
//! just that is taken away again, whatever dies meanwhile.

use crate::{BrokerId, PartitionId, TopicName};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// A limit of ours. It says nothing of what others set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Throttle {
    /// Bytes a second, for each broker that has it and each side.
    pub rate: u64,
    /// Brokers that have the rate.
    pub brokers: BySide<BTreeSet<BrokerId>>,
    /// Replicas that it holds for, by topic.
    pub replicas: BTreeMap<TopicName, BySide<BTreeSet<ThrottledReplica>>>,
}

/// Something for each side of replication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BySide<T> {
    /// Where records are fetched from.
    pub leader: T,
    /// Where they come to.
    pub follower: T,
}

/// A side of replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThrottleSide {
    /// The broker that records are fetched from.
    Leader,
    /// The broker that fetches them.
    Follower,
}

impl ThrottleSide {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Leader, Self::Follower];

    /// The key of brokers with the rate.
    pub fn rate_key(self) -> &'static str {
        match self {
            Self::Leader => "leader.replication.throttled.rate",
            Self::Follower => "follower.replication.throttled.rate",
        }
    }

    /// The key of topics with the replicas it holds for.
    pub fn replicas_key(self) -> &'static str {
        match self {
            Self::Leader => "leader.replication.throttled.replicas",
            Self::Follower => "follower.replication.throttled.replicas",
        }
    }
}

impl fmt::Display for ThrottleSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
        })
    }
}

impl<T> BySide<T> {
    /// Made for one side after the other.
    pub fn each(make: impl Fn(ThrottleSide) -> T) -> Self {
        Self { leader: make(ThrottleSide::Leader), follower: make(ThrottleSide::Follower) }
    }

    /// That of one side.
    pub fn of(&self, side: ThrottleSide) -> &T {
        match side {
            ThrottleSide::Leader => &self.leader,
            ThrottleSide::Follower => &self.follower,
        }
    }

    /// That of one side, to be changed.
    pub fn of_mut(&mut self, side: ThrottleSide) -> &mut T {
        match side {
            ThrottleSide::Leader => &mut self.leader,
            ThrottleSide::Follower => &mut self.follower,
        }
    }
}

impl<T> BySide<BTreeSet<T>> {
    fn is_empty(&self) -> bool {
        self.leader.is_empty() && self.follower.is_empty()
    }
}

/// A replica in Kafka's lists of throttled ones: `partition:broker`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ThrottledReplica {
    /// Of which partition.
    pub partition: PartitionId,
    /// On which broker.
    pub broker: BrokerId,
}

/// Why a text does not name a replica.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a replica; write it as <partition>:<broker>")]
pub struct InvalidReplica(String);

impl fmt::Display for ThrottledReplica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.broker)
    }
}

impl FromStr for ThrottledReplica {
    type Err = InvalidReplica;

    fn from_str(text: &str) -> Result<Self, InvalidReplica> {
        let number = |digits: &str| digits.parse().ok().filter(|number| *number >= 0);
        let parts = text.split_once(':').and_then(|(partition, broker)| Some((number(partition)?, number(broker)?)));
        let (partition, broker) = parts.ok_or_else(|| InvalidReplica(text.chars().take(80).collect()))?;
        Ok(Self { partition: PartitionId(partition), broker: BrokerId(broker) })
    }
}

impl TryFrom<String> for ThrottledReplica {
    type Error = InvalidReplica;

    fn try_from(text: String) -> Result<Self, InvalidReplica> {
        text.parse()
    }
}

impl From<ThrottledReplica> for String {
    fn from(replica: ThrottledReplica) -> Self {
        replica.to_string()
    }
}

/// A partition that is to be moved, for a limit on that.
#[derive(Clone, Copy, Debug)]
pub struct ThrottledMove<'a> {
    /// Of which topic.
    pub topic: &'a TopicName,
    /// Its index.
    pub partition: PartitionId,
    /// Where its replicas are.
    pub from: &'a [BrokerId],
    /// Where they will be.
    pub to: &'a [BrokerId],
}

impl Throttle {
    /// The limit that these moves want: any replica there is may lead and be fetched from, and those that come anew fetch. Where
    /// records are fetched from, replicas that are not in sync for another reason are slowed down too.
    pub fn of_moves<'a>(rate: u64, moves: impl IntoIterator<Item = ThrottledMove<'a>>) -> Self {
        let mut throttle = Self { rate, ..Self::default() };
        for ThrottledMove { topic, partition, from, to } in moves {
            let arriving: Vec<BrokerId> = to.iter().copied().filter(|broker| !from.contains(broker)).collect();
            if arriving.is_empty() {
                continue;
            }
            let of_topic = throttle.replicas.entry(topic.clone()).or_default();
            for (side, brokers) in [(ThrottleSide::Leader, from), (ThrottleSide::Follower, &arriving)] {
                let replicas = brokers.iter().map(|broker| ThrottledReplica { partition, broker: *broker });
                of_topic.of_mut(side).extend(replicas);
                throttle.brokers.of_mut(side).extend(brokers);
            }
        }
        throttle
    }

    /// Whether nothing is ours.
    pub fn is_empty(&self) -> bool {
        self.brokers.is_empty() && self.replicas.values().all(BySide::is_empty)
    }

    /// With what the other one has besides. The rate stays this one's.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for side in ThrottleSide::BOTH {
            self.brokers.of_mut(side).extend(other.brokers.of(side));
        }
        for (topic, replicas) in &other.replicas {
            let of_topic = self.replicas.entry(topic.clone()).or_default();
            for side in ThrottleSide::BOTH {
                of_topic.of_mut(side).extend(replicas.of(side));
            }
        }
        self
    }

    /// Without what the other one has too. What can be taken away while moves go on is what is ours without what they want.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        for side in ThrottleSide::BOTH {
            let theirs = other.brokers.of(side);
            self.brokers.of_mut(side).retain(|broker| !theirs.contains(broker));
        }
        self.replicas.retain(|topic, replicas| {
            for side in ThrottleSide::BOTH {
                let theirs = other.replicas.get(topic).map(|theirs| theirs.of(side));
                replicas.of_mut(side).retain(|replica| theirs.is_none_or(|theirs| !theirs.contains(replica)));
            }
            !replicas.is_empty()
        });
        self
    }

    /// Every broker that has the rate on either side.
    pub fn limited(&self) -> BTreeSet<BrokerId> {
        self.brokers.leader.union(&self.brokers.follower).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<const N: usize>(ids: [i32; N]) -> Vec<BrokerId> {
        ids.map(BrokerId).into()
    }

    fn replicas(texts: &[&str]) -> BTreeSet<ThrottledReplica> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn moved(topic: &str, partition: i32, from: &[BrokerId], to: &[BrokerId]) -> Throttle {
        let topic = topic.parse().unwrap();
        Throttle::of_moves(1000, [ThrottledMove { topic: &topic, partition: PartitionId(partition), from, to }])
    }

    #[test]
    fn what_is_there_is_fetched_from_and_what_comes_fetches() {
        let throttle = moved("orders", 3, &ids([1, 2]), &ids([2, 4]));
        assert_eq!((throttle.brokers.leader.len(), throttle.limited().len()), (2, 3));
        let orders = &throttle.replicas[&"orders".parse().unwrap()];
        assert_eq!((&orders.leader, &orders.follower), (&replicas(&["3:1", "3:2"]), &replicas(&["3:4"])));
        assert!(moved("orders", 3, &ids([1, 2]), &ids([2, 1])).is_empty(), "nothing is fetched");
    }

    #[test]
    fn limits_are_put_together_and_taken_apart() {
        let (first, second) = (moved("orders", 0, &ids([1]), &ids([2])), moved("orders", 1, &ids([1]), &ids([3])));
        let both = first.clone().with(&second);
        assert_eq!(both.replicas[&"orders".parse().unwrap()].leader, replicas(&["0:1", "1:1"]));
        let left = both.clone().without(&first);
        assert_eq!(left.brokers.follower, [BrokerId(3)].into());
        assert_eq!(left.replicas, second.replicas);
        assert!(both.clone().without(&both).is_empty());
    }

    #[test]
    fn it_is_written_down_shortly_and_read_again() {
        let throttle = moved("orders", 0, &ids([1]), &ids([2]));
        let json = serde_json::to_string(&throttle).unwrap();
        let expected = "{\"rate\":1000,\"brokers\":{\"leader\":[1],\"follower\":[2]},\
                        \"replicas\":{\"orders\":{\"leader\":[\"0:1\"],\"follower\":[\"0:2\"]}}}";
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Throttle>(&json).unwrap(), throttle);
        for bad in ["", "*", "1", "1:", "a:1", "-1:2", "1:2:3"] {
            assert!(bad.parse::<ThrottledReplica>().is_err(), "{bad}");
        }
    }
}
