//! What the watcher writes down, as plain values: looks at the cluster, acts, and the faults that a test announced.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

/// Time since the watcher began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// So much later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// So much earlier, at most at the beginning.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

/// What has copies that have to be in step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The metadata quorum, with its voters.
    Quorum,
    /// A partition of a topic, with its replicas.
    Partition(String, i32),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quorum => f.write_str("the quorum"),
            Self::Partition(topic, number) => write!(f, "{topic}-{number}"),
        }
    }
}

/// How a subject stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who leads it.
    pub leader: Option<i32>,
    /// Replicas of a partition, voters of the quorum.
    pub members: BTreeSet<i32>,
    /// The in-sync replicas, the voters that are caught up.
    pub in_step: BTreeSet<i32>,
    /// How many have to be in step: `min.insync.replicas`, a majority.
    pub least: usize,
}

/// One look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When the brokers were asked.
    pub at: Moment,
    /// Every partition; none when no broker answered. Shared with the look before where nothing changed.
    pub partitions: Option<Arc<BTreeMap<Subject, Standing>>>,
    /// The quorum; none when nobody could tell.
    pub quorum: Option<Standing>,
    /// Nodes that certainly do not run: nobody listens there, or there is no pod.
    pub gone: BTreeSet<i32>,
}

/// Something that was done to the cluster and that anybody can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When it was first seen.
    pub at: Moment,
    /// What it was.
    pub deed: Deed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A pod is told to end, or is gone.
    PodDeleted {
        /// Its name.
        pod: String,
        /// The node in it.
        node: i32,
    },
    /// A pod was made.
    PodMade {
        /// Its name.
        pod: String,
        /// The node in it.
        node: i32,
    },
    /// A container of a pod was started again.
    ContainerRestarted {
        /// The pod.
        pod: String,
        /// The node in it.
        node: i32,
    },
    /// A step of an operation got into another state.
    Step {
        /// The name of the operation.
        operation: String,
        /// What is done, to what, and how far it is: `restart 2 is running`.
        text: String,
    },
    /// Replicas of a partition are being moved.
    Reassigned {
        /// The partition.
        subject: Subject,
        /// Brokers that get a replica.
        adding: Vec<i32>,
        /// Brokers that lose theirs.
        removing: Vec<i32>,
    },
}

impl Deed {
    /// The node that this takes away for a while. A container that ends by itself was not taken by anybody.
    pub fn takes(&self) -> Option<i32> {
        match self {
            Self::PodDeleted { node, .. } => Some(*node),
            Self::PodMade { .. } | Self::ContainerRestarted { .. } | Self::Step { .. } | Self::Reassigned { .. } => {
                None
            }
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: ", self.at)?;
        match &self.deed {
            Deed::PodDeleted { pod, .. } => write!(f, "the pod {pod} was deleted"),
            Deed::PodMade { pod, .. } => write!(f, "the pod {pod} was made"),
            Deed::ContainerRestarted { pod, .. } => write!(f, "the container of {pod} was started again"),
            Deed::Step { operation, text } => write!(f, "{operation}: {text}"),
            Deed::Reassigned { subject, adding, removing } => {
                write!(f, "{subject} began to move, adding {adding:?}, removing {removing:?}")
            }
        }
    }
}

/// A fault that a test announced before it made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is, in the test's words.
    pub what: String,
    /// The nodes that it takes away. Empty for what should harm none, such as the death of Klamm.
    pub nodes: BTreeSet<i32>,
    /// When it began.
    pub from: Moment,
    /// When its cause was gone; what it took may come back later than that.
    pub until: Option<Moment>,
}

impl Fault {
    /// Whether its cause was there at that moment.
    pub fn lasts_at(&self, moment: Moment) -> bool {
        self.from <= moment && self.until.is_none_or(|until| moment <= until)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.what, self.from)?;
        match self.until {
            Some(until) => write!(f, " to {until}"),
            None => Ok(()),
        }
    }
}

/// All that was written down.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// In order of time.
    pub looks: Vec<Look>,
    /// In order of time.
    pub acts: Vec<Act>,
    /// In order of their beginning.
    pub faults: Vec<Fault>,
    /// Topics that an operation may take away, and since when.
    pub accepted: BTreeMap<String, Moment>,
    /// Moments, in order, at which far more wanted to run on this machine than it has cores: brokers miss their time-outs then
    /// without anybody's doing.
    pub starved: Vec<Moment>,
}

impl Notes {
    /// Whether the machine was starved at some moment of these, both included.
    pub fn was_starved(&self, from: Moment, to: Moment) -> bool {
        let first = self.starved.partition_point(|at| *at < from);
        self.starved.get(first).is_some_and(|at| *at <= to)
    }
}
