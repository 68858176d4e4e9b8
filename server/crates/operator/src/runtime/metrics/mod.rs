//! What the operator counts, printed for Prometheus: under the names of the talk's operator, which dashboards of 2017 know,
//! and under Klamm's own. Rooms are asked when somebody scrapes; nothing is kept twice, and no probe talks to Kafka.

mod exposition;
mod print;

pub use exposition::{Exposition, Type};

use crate::batch::QueueFigures;
use klamm_model::{ClusterRef, TopicName};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// What a reconciler looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Cluster,
    Topic,
    User,
    Grant,
    Workload,
}

impl Kind {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Cluster => "KafkaCluster",
            Self::Topic => "KafkaTopic",
            Self::User => "KafkaUser",
            Self::Grant => "KafkaGrant",
            Self::Workload => "Workload",
        }
    }
}

/// What the operator is doing; the numbers are those of the talk's gauge `operator_state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OperatorState {
    /// Somebody else holds the Lease, or nobody yet.
    #[default]
    Created = 0,
    /// It acts.
    Running = 1,
    /// It was asked to stop.
    Stopped = 2,
    /// A reconciler ended by itself.
    Failed = 3,
}

/// What a room has to tell when somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Topics that an object manages.
    pub(crate) managed: Vec<(ClusterRef, TopicName)>,
    /// Work by kind and cluster; none for objects that belong to no cluster.
    pub(crate) work: BTreeMap<(Kind, Option<ClusterRef>), QueueFigures>,
    /// How many objects wait, by kind and reason.
    pub(crate) waiting: BTreeMap<(Kind, String), u64>,
}

impl Figures {
    pub(crate) fn waits(&mut self, kind: Kind, reason: &str) {
        *self.waiting.entry((kind, reason.to_owned())).or_default() += 1;
    }
}

/// A room that can be asked.
pub(crate) trait Census: Send + Sync {
    /// Adds what the room knows.
    fn count(&self, figures: &mut Figures);
}

#[derive(Debug, Default)]
struct Counted {
    state: OperatorState,
    clusters: BTreeMap<ClusterRef, QueueFigures>,
}

/// What the operator counts.
pub struct OperatorMetrics {
    operator_id: String,
    counted: Mutex<Counted>,
    rooms: Mutex<Vec<Weak<dyn Census>>>,
}

impl OperatorMetrics {
    /// Counts for an operator of that id, the label `operator_id` of the talk's metrics.
    pub fn new(operator_id: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { operator_id: operator_id.into(), counted: Mutex::default(), rooms: Mutex::default() })
    }

    /// The operator begins or ends to act.
    pub(crate) fn is(&self, state: OperatorState) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).state = state;
    }

    /// From now on the room is asked, for as long as it is there.
    pub(crate) fn ask<R: Census + 'static>(&self, room: &Arc<R>) {
        let asked: Weak<dyn Census> = Arc::<R>::downgrade(room);
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|room| room.strong_count() > 0);
        rooms.push(asked);
    }

    /// A look at a cluster took so long.
    pub(crate) fn looked_at(&self, cluster: &ClusterRef, took: Duration) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = counted.clusters.entry(cluster.clone()).or_default();
        figures.settled += 1;
        figures.seconds += took.as_secs_f64();
    }

    /// A cluster is gone.
    pub(crate) fn forget(&self, cluster: &ClusterRef) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).clusters.remove(cluster);
    }

    /// Everything in the text format of Prometheus.
    pub fn print(&self) -> String {
        let rooms: Vec<_> = {
            let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
            rooms.iter().filter_map(Weak::upgrade).collect()
        };
        let mut figures = Figures::default();
        for room in rooms {
            room.count(&mut figures);
        }
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for (cluster, looks) in &counted.clusters {
            figures.work.insert((Kind::Cluster, Some(cluster.clone())), *looks);
        }
        print::text(&self.operator_id, counted.state, &figures)
    }
}

#[cfg(test)]
mod tests;
