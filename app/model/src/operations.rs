//! Operations: changes of a whole cluster, as pages and the API name them.

use serde::{Deserialize, Serialize};

/// What is done to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationKind {
    /// Nodes are restarted one by one.
    Restart,
    /// Changed configuration is carried out.
    Reconfigure,
    /// Nodes are brought to another version.
    Upgrade,
    /// The metadata version is finalised: there may be no way back.
    Finalise,
    /// Nodes are added or taken away.
    Scale,
    /// Replicas and leaders are spread.
    Rebalance,
    /// Brokers are emptied.
    Drain,
}

impl OperationKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Restart, Self::Reconfigure, Self::Upgrade, Self::Finalise, Self::Scale, Self::Rebalance, Self::Drain];

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the declaration of the cluster asks for it; the others are objects of their own.
    pub fn is_declared(self) -> bool {
        match self {
            Self::Reconfigure | Self::Upgrade | Self::Finalise | Self::Scale => true,
            Self::Restart | Self::Rebalance | Self::Drain => false,
        }
    }

    /// As it is written in objects and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Reconfigure => "reconfigure",
            Self::Upgrade => "upgrade",
            Self::Finalise => "finalise",
            Self::Scale => "scale",
            Self::Rebalance => "rebalance",
            Self::Drain => "drain",
        }
    }
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationPhase {
    /// It is known what will be done.
    Planned,
    /// The next step may not be taken now.
    Waiting,
    /// A step is being taken.
    Running,
    /// Somebody paused it.
    Paused,
    /// It is done.
    Done,
    /// It cannot be done.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl OperationPhase {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Planned, Self::Waiting, Self::Running, Self::Paused, Self::Done, Self::Failed, Self::Cancelled];

    /// The phase of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    /// As it is written in objects and in JSON; it reads well, too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        match self {
            Self::Done | Self::Failed | Self::Cancelled => true,
            Self::Planned | Self::Waiting | Self::Running | Self::Paused => false,
        }
    }
}

/// How far a step of an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationStepState {
    /// It comes later.
    Planned,
    /// It is being taken.
    Running,
    /// It is done.
    Done,
    /// It was not needed any more.
    Skipped,
    /// It could not be done.
    Failed,
}
