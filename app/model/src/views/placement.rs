use super::PartitionView;
use crate::{BrokerId, BrokerState, InvalidName, Known, PartitionId, Revisions, TopicName};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What to look at where replicas are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlacementRequest {
    /// This topic only.
    pub topic: Option<String>,
    /// What if this were lost: `broker:1`, `rack:zone-a`.
    pub lose: Option<String>,
}

/// Something whose loss is thought through. Prints as `broker:1` or `rack:zone-a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Lost {
    /// One broker.
    Broker(BrokerId),
    /// Every broker of a rack.
    Rack(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker(id) => write!(f, "broker:{id}"),
            Self::Rack(rack) => write!(f, "rack:{rack}"),
        }
    }
}

impl FromStr for Lost {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let refused = || InvalidName {
            kind: "loss",
            value: text.chars().take(80).collect(),
            rule: "broker:<id> or rack:<name>, of brokers of this cluster",
        };
        match text.split_once(':') {
            Some(("broker", id)) => id.parse().map(|id| Self::Broker(BrokerId(id))).map_err(|_| refused()),
            Some(("rack", rack)) if !rack.is_empty() => Ok(Self::Rack(rack.to_owned())),
            Some(_) | None => Err(refused()),
        }
    }
}

impl TryFrom<String> for Lost {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<Lost> for String {
    fn from(lost: Lost) -> Self {
        lost.to_string()
    }
}

/// Where replicas are: `GET /api/v1/clusters/{namespace}/{name}/placement`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementView {
    /// The only topic looked at; null for all of them.
    pub topic: Option<TopicName>,
    /// Partitions looked at.
    pub partition_count: u32,
    /// Of those, partitions with all replicas in one rack though there are several, as [`crate::Racks`] says.
    #[serde(default)]
    pub rack_violations: u32,
    /// Brokers by rack, then id, with what they hold of these.
    pub brokers: Vec<BrokerPlacement>,
    /// The partitions of that one topic; none while all topics are looked at.
    pub partitions: Vec<PartitionView>,
    /// What the loss that was asked about would do.
    pub loss: Option<Loss>,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// What a broker holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerPlacement {
    /// Its id.
    pub id: BrokerId,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it serves.
    pub state: BrokerState,
    /// Partitions it leads.
    pub leaders: u32,
    /// Replicas that follow in sync.
    pub followers: u32,
    /// Replicas that do not.
    pub out_of_sync: u32,
    /// Partitions it is meant to lead, and does not.
    pub preferred_elsewhere: u32,
}

/// What would be if some brokers were lost, as far as observed now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// What is thought away.
    pub lost: Lost,
    /// Which brokers that are.
    pub brokers: Vec<BrokerId>,
    /// Partitions that are led now and would not be.
    pub without_leader: Harmed,
    /// Partitions that would still be led, and refuse writes that want `acks=all`.
    pub below_minimum: Harmed,
    /// Partitions that would lose a replica in sync and whose `min.insync.replicas` is not known.
    pub minimum_unknown: u32,
    /// Partitions that another broker would have to lead.
    pub led_elsewhere: u32,
}

/// Partitions that a loss harms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Harmed {
    /// How many there are.
    pub total: u32,
    /// The first of them, by topic and partition.
    pub partitions: Vec<HarmedPartition>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HarmedPartition {
    /// Its topic.
    pub topic: TopicName,
    /// Its index.
    pub partition: PartitionId,
    /// Replicas that would remain in sync.
    pub in_sync_left: Vec<BrokerId>,
    /// `min.insync.replicas` in force: of the topic, else of the broker that would lead.
    pub minimum: Known<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_named_by_broker_or_rack() {
        assert_eq!("broker:1".parse(), Ok(Lost::Broker(BrokerId(1))));
        assert_eq!("rack:zone:a".parse::<Lost>().unwrap().to_string(), "rack:zone:a");
        for bad in ["", "1", "broker:", "broker:x", "rack:", "zone:a", "broker:99999999999"] {
            assert!(bad.parse::<Lost>().is_err(), "{bad}");
        }
    }
}
