//! What is left to do, in order, as people read it.

use super::{Act, Aim, Guard, Lanes, Refusal};
use crate::mover::batch::Speed;
use klamm_model::{BrokerId, Known};
use std::{collections::BTreeMap, sync::Arc};

/// What an operation will do, and what of it may be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is left, in order.
    pub steps: Vec<Step>,
    /// What comes now.
    pub next: Next,
    /// What will hold back later steps as things stand now, each told once.
    pub ahead: Vec<Guard>,
    /// Things people should know and may not mind, in sentences: remarks of a preflight, a rule that is relaxed.
    pub remarks: Vec<String>,
    /// Bytes that replicas on their way have still to bring.
    pub bytes_left: Known<u64>,
    /// Partitions that have still to be moved.
    pub partitions_left: u64,
    /// Seconds until it is probably done, without what it waits for.
    pub eta_seconds: Known<u64>,
    /// How many replicas go at once from now on, where that was looked at: what comes next is given it back ([`Pace::lanes`]).
    pub lanes: Option<Lanes>,
    /// Where replicas are to go, where that is settled now: what comes next is given it back ([`super::Ours::aim`]).
    pub aim: Option<Arc<Aim>>,
}

impl Plan {
    /// A plan that has nothing but what comes now.
    pub(super) fn only(next: Next) -> Self {
        let eta_seconds = match next {
            Next::Done => Known::Known(0),
            Next::Act(_) | Next::Wait(_) | Next::Refuse(_) => Known::Unknown,
        };
        Self {
            steps: Vec::new(),
            next,
            ahead: Vec::new(),
            remarks: Vec::new(),
            bytes_left: Known::Known(0),
            partitions_left: 0,
            eta_seconds,
            lanes: None,
            aim: None,
        }
    }
}

/// What comes now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This may be done.
    Act(Act),
    /// It may not be done yet; never empty.
    Wait(Vec<Guard>),
    /// Nothing is left.
    Done,
    /// It cannot be done as asked; never empty.
    Refuse(Vec<Refusal>),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// To what, in a few words; with the kind it is what tells steps of one operation apart.
    pub target: String,
    /// Why, or why in this place.
    pub reason: String,
    /// How far it is.
    pub state: StepState,
    /// Whether there is a way back from it.
    pub door: Door,
}

/// Kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// Everything that has to be right before.
    Preflight,
    /// Dynamic configuration is written.
    Reconfigure,
    /// A node is restarted, comes back, is in sync, leads again, and soaks.
    RestartBroker,
    /// Nodes are made.
    AddBroker,
    /// Brokers get no new replicas.
    Cordon,
    /// Replicas are moved.
    MovePartitions,
    /// Preferred leaders lead.
    ElectLeaders,
    /// A controller gets a vote.
    AddVoter,
    /// A controller's vote is taken.
    RemoveVoter,
    /// A broker is forgotten, and its node taken away.
    Unregister,
    /// Features are brought to their levels.
    SetFeature,
    /// Something is waited for, such as that a broker is empty.
    WaitFor,
}

impl StepKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Preflight,
        Self::Reconfigure,
        Self::RestartBroker,
        Self::AddBroker,
        Self::Cordon,
        Self::MovePartitions,
        Self::ElectLeaders,
        Self::AddVoter,
        Self::RemoveVoter,
        Self::Unregister,
        Self::SetFeature,
        Self::WaitFor,
    ];

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word in status and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Reconfigure => "reconfigure",
            Self::RestartBroker => "restartBroker",
            Self::AddBroker => "addBroker",
            Self::Cordon => "cordon",
            Self::MovePartitions => "movePartitions",
            Self::ElectLeaders => "electLeaders",
            Self::AddVoter => "addVoter",
            Self::RemoveVoter => "removeVoter",
            Self::Unregister => "unregister",
            Self::SetFeature => "setFeature",
            Self::WaitFor => "waitFor",
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It comes later.
    Planned,
    /// It is being taken.
    Running,
    /// It is done.
    Done,
    /// It was not needed any more.
    Skipped,
}

/// Whether there is a way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// There is, the same way.
    Open,
    /// There is none; what is crossed, in a sentence.
    OneWay(String),
}

/// How quickly things went up to now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// Seconds that the last restart of a node took, from its end until it was in sync, led again and had soaked.
    pub restarts: BTreeMap<BrokerId, u64>,
    /// Bytes a second that came in at brokers together while this operation moved replicas, as just measured.
    pub bytes_per_second: Known<f64>,
    /// The same in the last operation of the cluster that moved any.
    pub bytes_per_second_before: Known<u64>,
    /// How many replicas went at once, with what was measured of them; none before any moved.
    pub lanes: Option<Lanes>,
}

impl Pace {
    /// How quickly replicas are copied: as this operation measured it, and before it has, as the last one did.
    #[expect(clippy::cast_precision_loss, reason = "a speed needs no more digits")]
    pub fn speed(&self) -> Speed {
        let written = self.lanes.map_or(Known::Unknown, |lanes| lanes.speed);
        let bytes_per_second = match (self.bytes_per_second, written, self.bytes_per_second_before) {
            (Known::Known(now), _, _) => Known::Known(now),
            (Known::Unknown, Known::Known(speed), _) | (Known::Unknown, Known::Unknown, Known::Known(speed)) => {
                Known::Known(speed as f64)
            }
            (Known::Unknown, Known::Unknown, Known::Unknown) => Known::Unknown,
        };
        Speed { bytes_per_second }
    }
}
