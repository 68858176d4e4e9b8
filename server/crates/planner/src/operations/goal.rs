//! What an operation is to reach.

use klamm_model::{BrokerId, PartitionId, TopicName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// Nodes have been restarted since then; all of them when none is named.
    Restart {
        /// Which.
        nodes: BTreeSet<BrokerId>,
        /// When it was asked.
        asked: UnixMillis,
    },
    /// None of these nodes stands on a cordoned Kubernetes node any more: those that do are made anew, and come up elsewhere.
    Leave {
        /// Which.
        nodes: BTreeSet<BrokerId>,
    },
    /// Everything is as declared: what can change in a running broker was set, and nodes that need it were restarted.
    Reconfigure,
    /// All nodes run this version; features stay where they are. A downgrade is the same, to an older one.
    Upgrade {
        /// Such as `4.2.1`.
        to: String,
    },
    /// Features are in force at these levels.
    Finalise {
        /// The name of the metadata version, for people.
        name: String,
        /// By feature; `metadata.version` among them.
        levels: BTreeMap<String, i16>,
    },
    /// As many nodes as declared: new ones have joined and got their share, and those that leave are empty and gone.
    Scale,
    /// Replicas and leaders are spread evenly; of these topics, or of all when none is named.
    Rebalance {
        /// Which.
        topics: BTreeSet<TopicName>,
    },
    /// Partitions lie exactly there.
    Place {
        /// Replicas, the preferred leader first.
        replicas: BTreeMap<(TopicName, PartitionId), Vec<BrokerId>>,
    },
    /// Topics have that many replicas.
    Factor {
        /// How many, by topic.
        factors: BTreeMap<TopicName, u32>,
    },
    /// Nothing lies on these brokers any more.
    Drain {
        /// Which.
        brokers: BTreeSet<BrokerId>,
    },
}

/// A goal that moves no replica: whatever is done is done to nodes as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RollGoal<'a> {
    /// [`Goal::Restart`].
    Restart {
        /// Which.
        nodes: &'a BTreeSet<BrokerId>,
        /// When it was asked.
        asked: UnixMillis,
    },
    /// [`Goal::Leave`].
    Leave {
        /// Which.
        nodes: &'a BTreeSet<BrokerId>,
    },
    /// [`Goal::Reconfigure`].
    Reconfigure,
    /// [`Goal::Upgrade`].
    Upgrade {
        /// The version.
        to: &'a str,
    },
    /// [`Goal::Finalise`].
    Finalise {
        /// The name of the metadata version.
        name: &'a str,
        /// By feature.
        levels: &'a BTreeMap<String, i16>,
    },
}

/// A goal for which replicas are moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MoveGoal<'a> {
    /// [`Goal::Scale`].
    Scale,
    /// [`Goal::Rebalance`].
    Rebalance {
        /// Which.
        topics: &'a BTreeSet<TopicName>,
    },
    /// [`Goal::Place`].
    Place {
        /// Replicas, the preferred leader first.
        replicas: &'a BTreeMap<(TopicName, PartitionId), Vec<BrokerId>>,
    },
    /// [`Goal::Factor`].
    Factor {
        /// How many, by topic.
        factors: &'a BTreeMap<TopicName, u32>,
    },
    /// [`Goal::Drain`].
    Drain {
        /// Which.
        brokers: &'a BTreeSet<BrokerId>,
    },
}

/// Goals by what they take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GoalKind<'a> {
    /// Replicas stay where they are.
    Roll(RollGoal<'a>),
    /// Replicas move.
    Move(MoveGoal<'a>),
}

impl Goal {
    /// What it takes.
    pub fn kind(&self) -> GoalKind<'_> {
        match self {
            Self::Restart { nodes, asked } => GoalKind::Roll(RollGoal::Restart { nodes, asked: *asked }),
            Self::Leave { nodes } => GoalKind::Roll(RollGoal::Leave { nodes }),
            Self::Reconfigure => GoalKind::Roll(RollGoal::Reconfigure),
            Self::Upgrade { to } => GoalKind::Roll(RollGoal::Upgrade { to }),
            Self::Finalise { name, levels } => GoalKind::Roll(RollGoal::Finalise { name, levels }),
            Self::Scale => GoalKind::Move(MoveGoal::Scale),
            Self::Rebalance { topics } => GoalKind::Move(MoveGoal::Rebalance { topics }),
            Self::Place { replicas } => GoalKind::Move(MoveGoal::Place { replicas }),
            Self::Factor { factors } => GoalKind::Move(MoveGoal::Factor { factors }),
            Self::Drain { brokers } => GoalKind::Move(MoveGoal::Drain { brokers }),
        }
    }
}

/// Whose dynamic configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// That of all brokers.
    Cluster,
    /// That of one.
    Broker(BrokerId),
}

impl Scope {
    /// `all brokers` or `broker 2`.
    pub fn called(self) -> String {
        match self {
            Self::Cluster => "all brokers".to_owned(),
            Self::Broker(id) => format!("broker {id}"),
        }
    }
}
