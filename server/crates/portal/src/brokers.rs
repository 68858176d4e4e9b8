//! What the portal says to brokers itself: it asks how far a group is and where the logs are that it reads, sets what such a
//! group has committed, has them try what a topic would be, and reads records for whoever may see them. Everything else it knows from
//! the inventory.
//!
//! Nothing that only looks may wait for this: it is asked when somebody wishes for something, when that is decided and done, and
//! when somebody peeks at messages.

mod kafka;
mod logs;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod sample_logs;
mod trial;

pub use kafka::KafkaBrokers;
pub use logs::{FetchedLogs, LogsFetch, LogsQuestion, TopicLog, TopicLogs};
pub use trial::TopicTrial;
pub(crate) use trial::{Trial, Turns};

use crate::Portal;
use futures::{FutureExt as _, future::BoxFuture};
use klamm_kafka::ClientError;
use klamm_model::{
    ClusterRef, GroupId, GroupKind, GroupMember, GroupOffset, PartitionId, Problem, ProblemKind, TopicName, UnixMillis,
    error_chain,
};
use klamm_planner::offsets::Log;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub use klamm_kafka::TopicPartition;

/// Longest that somebody waits for what brokers say.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// What is asked about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupQuestion {
    /// Which group.
    pub group: GroupId,
    /// Which logs.
    pub logs: Logs,
    /// The moment that records are looked for.
    pub moment: Option<UnixMillis>,
}

/// Which logs are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logs {
    /// Those that the group has committed something of.
    Committed,
    /// Those of these topics: these partitions, or all.
    Of(BTreeMap<TopicName, Option<BTreeSet<PartitionId>>>),
}

/// A group as brokers tell it at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLook {
    /// Which protocol it speaks.
    pub kind: GroupKind,
    /// Its state, in Kafka's words.
    pub state: String,
    /// Who is in it.
    pub members: Vec<GroupMember>,
    /// Everything that it has committed.
    pub committed: BTreeMap<TopicPartition, i64>,
    /// The logs that were asked about and are there; none where the leader did not say.
    pub logs: BTreeMap<TopicPartition, Option<Log>>,
    /// Topics that were asked about and are not there.
    pub gone: BTreeSet<TopicName>,
}

/// Why brokers did not say or do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrokersError {
    /// Nobody knows where they are.
    #[error("Klamm has not found a way to the brokers of {0} yet")]
    NoWay(ClusterRef),
    /// They do not answer, or not to this.
    #[error("the brokers do not answer")]
    Away(#[source] ClientError),
    /// They take too long.
    #[error("the brokers did not answer within {0:?}")]
    TimedOut(Duration),
    /// The coordinator saw members where there were none a moment ago.
    #[error("the group has members again; stop them first")]
    HasMembers,
    /// They refused, in their own words.
    #[error("the brokers refuse it: {0}")]
    Refused(String),
}

impl BrokersError {
    /// With what caused it, for people.
    pub(crate) fn explain(&self) -> String {
        match self {
            Self::Away(source) => format!("{self}: {}", source.explain()),
            Self::NoWay(_) | Self::TimedOut(_) | Self::HasMembers | Self::Refused(_) => self.to_string(),
        }
    }
}

/// The way to brokers.
pub trait Brokers: Send + Sync + 'static {
    /// Looks at a group; none when there is no such group.
    fn look<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        question: &'a GroupQuestion,
    ) -> BoxFuture<'a, Result<Option<GroupLook>, BrokersError>>;

    /// Sets what a group without members has committed. Done twice, it is the same.
    fn commit<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        group: &'a GroupId,
        offsets: Vec<GroupOffset>,
    ) -> BoxFuture<'a, Result<(), BrokersError>>;

    /// Whether they would take this, without doing it.
    fn try_topic<'a>(&'a self, cluster: &'a ClusterRef, _trial: TopicTrial) -> BoxFuture<'a, Result<(), BrokersError>> {
        async { Err(BrokersError::NoWay(cluster.clone())) }.boxed()
    }

    /// Where the logs of a topic begin and end; none when there is no such topic.
    fn logs<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        _question: &'a LogsQuestion,
    ) -> BoxFuture<'a, Result<Option<TopicLogs>, BrokersError>> {
        async { Err(BrokersError::NoWay(cluster.clone())) }.boxed()
    }

    /// Reads records where their leaders have them, in no group and without committing anything.
    fn fetch<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        _fetch: &'a LogsFetch,
    ) -> BoxFuture<'a, Result<FetchedLogs, BrokersError>> {
        async { Err(BrokersError::NoWay(cluster.clone())) }.boxed()
    }
}

impl Portal {
    /// Gives the portal its way to brokers, once.
    pub fn reach(&self, brokers: impl Brokers) {
        // Whoever came first stays.
        drop(self.brokers.set(Box::new(brokers)));
    }

    /// A group as brokers tell it now, or why nobody can say.
    pub(crate) async fn look_at_group(
        &self,
        cluster: &ClusterRef,
        question: &GroupQuestion,
    ) -> Result<Option<GroupLook>, Problem> {
        let look = async { self.way(cluster)?.look(cluster, question).await };
        within(look).await.map_err(|error| {
            tracing::debug!(%cluster, error = error_chain(&error), "a group could not be looked at");
            let why = error.explain();
            Problem::new(ProblemKind::Unavailable, format!("Nobody can say how far the group is: {why}."))
        })
    }

    /// Where the logs of a topic are, or why nobody can say.
    pub(crate) async fn look_at_logs(
        &self,
        cluster: &ClusterRef,
        question: &LogsQuestion,
    ) -> Result<Option<TopicLogs>, BrokersError> {
        within(async { self.way(cluster)?.logs(cluster, question).await }).await
    }

    /// Records of a topic.
    pub(crate) async fn fetch_logs(
        &self,
        cluster: &ClusterRef,
        fetch: &LogsFetch,
    ) -> Result<FetchedLogs, BrokersError> {
        within(async { self.way(cluster)?.fetch(cluster, fetch).await }).await
    }

    /// Sets what a group has committed.
    pub(crate) async fn commit_for_group(
        &self,
        cluster: &ClusterRef,
        group: &GroupId,
        offsets: Vec<GroupOffset>,
    ) -> Result<(), BrokersError> {
        within(async { self.way(cluster)?.commit(cluster, group, offsets).await }).await
    }

    fn way(&self, cluster: &ClusterRef) -> Result<&dyn Brokers, BrokersError> {
        self.brokers.get().map(|brokers| &**brokers).ok_or_else(|| BrokersError::NoWay(cluster.clone()))
    }
}

async fn within<T>(asking: impl Future<Output = Result<T, BrokersError>>) -> Result<T, BrokersError> {
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(BrokersError::TimedOut(PATIENCE)))
}
