//! What a plan says: which partitions change, what brokers have before and after, and what people should know about it.

use klamm_model::{BrokerId, Known, NamedPartition, human_bytes};
use std::{collections::BTreeMap, fmt};

/// Where replicas are to be. Only partitions that change are listed; empty moves mean that all is as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// By topic and partition.
    pub moves: Vec<Move>,
    /// What every broker has, before and after; partitions that somebody else moves are counted in both.
    pub brokers: BTreeMap<BrokerId, BeforeAfter>,
    /// What is copied to whom.
    pub incoming: BTreeMap<BrokerId, Volume>,
    /// What could not be as it should, and what was assumed.
    pub remarks: Vec<Remark>,
}

impl Target {
    /// What is copied in all.
    pub fn copied(&self) -> Volume {
        self.incoming.values().fold(Volume::default(), |sum, volume| sum.and(*volume))
    }
}

/// A partition that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which one.
    pub partition: NamedPartition,
    /// Its replicas before; the first is the preferred leader.
    pub from: Vec<BrokerId>,
    /// Its replicas afterwards.
    pub to: Vec<BrokerId>,
    /// What is copied, all new replicas together; known to be 0 where only their order changes or some go.
    pub bytes: Known<u64>,
}

impl Move {
    /// Brokers that get a replica.
    pub fn adding(&self) -> impl Iterator<Item = BrokerId> {
        self.to.iter().copied().filter(|broker| !self.from.contains(broker))
    }

    /// Brokers that lose theirs.
    pub fn removing(&self) -> impl Iterator<Item = BrokerId> {
        self.from.iter().copied().filter(|broker| !self.to.contains(broker))
    }
}

/// Bytes, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    /// Of replicas whose size is known.
    pub bytes: u64,
    /// How many replicas come on top of that, whose size is not.
    pub unknown: u64,
}

impl Volume {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), unknown: self.unknown + other.unknown }
    }

    /// All of it, where the size of every replica is known.
    pub fn known(self) -> Known<u64> {
        if self.unknown == 0 { Known::Known(self.bytes) } else { Known::Unknown }
    }

    /// With one replica more.
    #[must_use]
    pub(super) fn with(self, size: Known<u64>) -> Self {
        match size {
            Known::Known(bytes) => self.and(Self { bytes, unknown: 0 }),
            Known::Unknown => self.and(Self { bytes: 0, unknown: 1 }),
        }
    }
}

/// A broker before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BeforeAfter {
    /// As it is.
    pub before: BrokerLoad,
    /// As it is going to be.
    pub after: BrokerLoad,
}

/// What a broker has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrokerLoad {
    /// Replicas.
    pub replicas: u64,
    /// Those of them that lead once preferred leaders are elected.
    pub leaders: u64,
    /// What they come to.
    pub volume: Volume,
}

/// What people should know about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// There are fewer racks than replicas, so that some replicas of a partition share one.
    FewRacks {
        /// Racks with brokers that take replicas.
        racks: usize,
        /// Replicas of each of these partitions.
        factor: usize,
        /// How many partitions.
        partitions: usize,
    },
    /// Replicas share a rack, or are as unevenly spread over racks, though there are racks enough.
    RacksShared {
        /// How many partitions.
        partitions: usize,
        /// One of them.
        example: NamedPartition,
        /// What is in the way.
        because: RacksSharedBecause,
    },
    /// These brokers tell no rack though others do; they count as one rack.
    RackUnknown {
        /// Which ones.
        brokers: Vec<BrokerId>,
    },
    /// A broker would have got more if it had room.
    Full {
        /// Which one.
        broker: BrokerId,
        /// What is left on its disk above the reserve, in the end.
        free: u64,
    },
    /// Brokers of one rack differ by more than one replica, and nothing that this goal may move makes it better.
    Uneven {
        /// Their rack, where they have one.
        rack: Option<String>,
        /// Fewest replicas on one of them.
        fewest: u32,
        /// Most of them.
        most: u32,
    },
    /// Somebody else is moving partitions that this goal means as well.
    LeftAlone {
        /// How many.
        partitions: usize,
        /// One of them.
        example: NamedPartition,
    },
    /// Nobody could say how large partitions are: they were taken to be as large as others on average.
    SizesUnknown {
        /// How many.
        partitions: usize,
    },
    /// Nobody could say how large the disks of brokers are: nothing was refused because of them.
    DiskUnknown {
        /// Which ones.
        brokers: Vec<BrokerId>,
    },
}

/// Why replicas share a rack though there are others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RacksSharedBecause {
    /// Brokers of the other racks have no room, or already have a replica.
    Room,
    /// Only a rebalance moves what is in the way.
    Goal,
    /// Somebody said where the replicas are to be.
    Asked,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewRacks { racks, factor, partitions } => write!(
                f,
                "{} {factor} replicas and there {}, so that some replicas share a rack.",
                counted(*partitions, "partition has", "partitions have"),
                if *racks == 1 { "is only 1 rack".to_owned() } else { format!("are only {racks} racks") },
            ),
            Self::RacksShared { partitions, example, because } => {
                let some = counted(*partitions, "partition has", "partitions have");
                write!(f, "{some} replicas that share a rack though there are others, such as {}: ", named(example))?;
                f.write_str(match because {
                    RacksSharedBecause::Room => "no broker there has room for them.",
                    RacksSharedBecause::Goal => "only a rebalance moves them.",
                    RacksSharedBecause::Asked => "that is where they are asked to be.",
                })
            }
            Self::RackUnknown { brokers } => match brokers.as_slice() {
                [one] => write!(f, "Broker {one} tells no rack though others do, and counts as one rack of its own."),
                several => write!(
                    f,
                    "Brokers {} tell no rack though others do, and count as one rack together.",
                    listed(several)
                ),
            },
            Self::Full { broker, free } => write!(
                f,
                "Broker {broker} would get more replicas, but has only {} left above its reserve.",
                human_bytes(*free)
            ),
            Self::Uneven { rack, fewest, most } => {
                match rack {
                    Some(rack) => write!(f, "Brokers of rack {rack}")?,
                    None => f.write_str("Brokers")?,
                }
                write!(f, " have between {fewest} and {most} replicas, and nothing that may move here makes it better.")
            }
            Self::LeftAlone { partitions, example } => write!(
                f,
                "{} moved by somebody else and left alone, such as {}.",
                counted(*partitions, "partition is being", "partitions are being"),
                named(example)
            ),
            Self::SizesUnknown { partitions } => write!(
                f,
                "The size of {} is unknown; the average of the others was taken instead.",
                counted(*partitions, "partition", "partitions")
            ),
            Self::DiskUnknown { brokers } => {
                match brokers.as_slice() {
                    [one] => write!(f, "Broker {one} does")?,
                    several => write!(f, "Brokers {} do", listed(several))?,
                }
                f.write_str(" not say how large their disks are, so that nobody knows whether there is room.")
            }
        }
    }
}

/// A partition as people write it: `orders-7`.
pub(super) fn named(partition: &NamedPartition) -> String {
    format!("{}-{}", partition.topic, partition.partition)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Ids one after the other: `1, 2 and 3`.
pub(super) fn listed(brokers: &[BrokerId]) -> String {
    let ids: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    match ids.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
