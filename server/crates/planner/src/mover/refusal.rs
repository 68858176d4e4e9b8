//! Why there is no plan. Every sentence says what is missing.

use super::target::named;
use klamm_model::{BrokerId, NamedPartition, TopicName, human_bytes};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody takes replicas.
    #[error("no broker takes replicas")]
    NobodyTakes,
    /// The goal names a broker that is not there.
    #[error("there is no broker {broker}")]
    NoSuchBroker {
        /// Which one.
        broker: BrokerId,
    },
    /// The goal names a broker that takes nothing.
    #[error("broker {broker} leaves or does not serve, and gets no replicas")]
    TakesNothing {
        /// Which one.
        broker: BrokerId,
    },
    /// The goal names a topic that is not there.
    #[error("there is no topic {topic}")]
    NoSuchTopic {
        /// Which one.
        topic: TopicName,
    },
    /// The goal names a partition that is not there.
    #[error("there is no partition {}", named(.partition))]
    NoSuchPartition {
        /// Which one.
        partition: NamedPartition,
    },
    /// Replicas would be no set of brokers.
    #[error("{} needs at least one replica, and each on another broker", named(.partition))]
    NoReplicas {
        /// Which one.
        partition: NamedPartition,
    },
    /// Nothing can have no replica.
    #[error("a replication factor is at least 1")]
    NoFactor,
    /// There are fewer brokers than replicas.
    #[error(
        "{} is to have {factor} replicas, and only {brokers} brokers take any: lower its replication factor or add brokers",
        named(.example)
    )]
    TooFewBrokers {
        /// A partition with the largest factor.
        example: NamedPartition,
        /// Replicas that it is to have.
        factor: usize,
        /// Brokers that take replicas.
        brokers: usize,
        /// How many partitions have too large a factor.
        partitions: usize,
    },
    /// Disks are too small.
    #[error(
        "there is no room: {} have to be copied, and {} with {} does not fit on {}",
        human_bytes(*.needed), named(.example), human_bytes(*.largest), takers(.free)
    )]
    NoRoom {
        /// Bytes that have to be copied in all.
        needed: u64,
        /// Who could take the one that does not fit, and how much room each would have left for it above its reserve.
        free: Vec<(BrokerId, u64)>,
        /// A partition that does not fit any more.
        example: NamedPartition,
        /// Its bytes.
        largest: u64,
    },
    /// Somebody else is moving it.
    #[error("{} is being moved by somebody else: wait until that is done", named(.partition))]
    MovedByOthers {
        /// Which one.
        partition: NamedPartition,
    },
}

/// Brokers that are told one by one.
const TOLD: usize = 3;

/// Those with the most room, each with what it has.
fn takers(free: &[(BrokerId, u64)]) -> String {
    let mut by_room = free.to_vec();
    by_room.sort_by_key(|(broker, room)| (std::cmp::Reverse(*room), *broker));
    let told: Vec<String> = by_room
        .iter()
        .take(TOLD)
        .map(|(broker, room)| {
            format!("broker {broker}, which would have {} left above its reserve", human_bytes(*room))
        })
        .collect();
    let others = by_room.len().saturating_sub(TOLD);
    match (told.as_slice(), others) {
        ([], _) => "any broker".to_owned(),
        (told, 0) => told.join(", nor on "),
        (told, 1) => format!("{}, nor on the other one", told.join(", nor on ")),
        (told, others) => format!("{}, nor on {others} others", told.join(", nor on ")),
    }
}
