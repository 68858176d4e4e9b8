//! What is there: one look at a cluster becomes one [`Inventory`].
//!
//! Asking is done here, putting together in the pure functions beside. What could not be seen becomes unknown, never zero;
//! what was not looked at this time stays as it was. Owners, teams, pools and pods are not Kafka's business: they are
//! carried over from the previous inventory, and whoever knows better writes them in afterwards.

mod brokers;
mod groups;
mod revise;
mod topics;

pub use revise::revise;

use crate::{
    ApiTable, Client, ClientError, ClusterDescription, Features, GroupDescription, GroupListings, LogDirDescription,
    OffsetListing, OffsetSpec, PartitionsByLeader, PerTopic, QuorumDescription, TopicDescription, TopicSelection,
};
use klamm_model::{
    BrokerId, BrokerState, ConfigEntry, GroupId, GroupOffset, Inventory, Known, Reachability, TopicName, UnixMillis,
};
use std::collections::{BTreeMap, BTreeSet};
use topics::Appended;

/// How much to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Brokers, quorum, topics and their partitions; the configuration of topics never seen before.
    Structure,
    /// Besides: log directories and sizes, offsets and rates, groups and what they committed.
    Numbers,
    /// Besides: the configuration of all topics, and the members of groups.
    Everything,
}

/// One look.
#[derive(Debug)]
pub struct Look {
    /// What is there now.
    pub inventory: Inventory,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}

/// Something that could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What it is: `log directories`, `quorum` and so on.
    pub what: &'static str,
    /// Of which broker, where it is one broker's.
    pub broker: Option<BrokerId>,
    /// Why not, in a sentence for people.
    pub reason: String,
}

/// Looks at one cluster again and again.
#[derive(Debug)]
pub struct Collector {
    client: Client,
    appended: Appended,
}

/// Answers to everything that was asked in one look; none for what was not asked.
#[derive(Default)]
struct Seen {
    settings: PerTopic<BTreeMap<String, ConfigEntry>>,
    log_dirs: Option<BTreeMap<BrokerId, Result<Vec<LogDirDescription>, ClientError>>>,
    earliest: Option<OffsetListing>,
    latest: Option<OffsetListing>,
    groups: Option<GroupListings>,
    committed: BTreeMap<GroupId, Result<Vec<GroupOffset>, ClientError>>,
    members: Option<BTreeMap<GroupId, Result<GroupDescription, ClientError>>>,
}

impl Collector {
    /// Looks through this client.
    pub fn new(client: Client) -> Self {
        Self { client, appended: Appended::default() }
    }

    /// Looks once. When no broker answers, what was last seen stays, marked with the reason.
    pub async fn look(&mut self, previous: &Inventory, depth: Depth, now: UnixMillis) -> Look {
        let all = TopicSelection::All;
        let (cluster, topics, features, quorum) = tokio::join!(
            self.client.describe_cluster(),
            self.client.describe_topics(&all),
            self.client.describe_features(),
            self.client.describe_quorum(),
        );
        let (cluster, described) = match (cluster, topics) {
            (Ok(cluster), Ok(topics)) => (cluster, topics),
            (Err(error), _) | (_, Err(error)) => return unanswered(previous, &error, now),
        };
        let mut gaps = Vec::new();
        let features = noted(features, "features", &mut gaps);
        let quorum = noted(quorum, "quorum", &mut gaps);
        let described = topics::answered(described, &mut gaps);
        let tables = self.tables(&cluster, &mut gaps).await;
        let seen = self.ask(previous, &cluster, &described, depth, &mut gaps).await;
        let mut inventory = self.put_together(previous, (&cluster, &tables), described, &seen, now, &mut gaps);
        inventory.quorum = quorum.as_ref().map(brokers::quorum).into();
        inventory.controller = quorum.as_ref().and_then(|quorum| quorum.leader).into();
        inventory.metadata_version =
            features.as_ref().and_then(Features::metadata_version).map(|version| version.to_string()).into();
        brokers::give_roles(&mut inventory.brokers, quorum.as_ref(), previous);
        revise(previous, &mut inventory);
        Look { inventory, gaps }
    }

    /// What each broker can do, which also tells whether it answers at all.
    async fn tables(&self, cluster: &ClusterDescription, gaps: &mut Vec<Gap>) -> BTreeMap<BrokerId, ApiTable> {
        let ask = |id| async move { (id, self.client.api_versions(id).await) };
        let answers = futures::future::join_all(cluster.brokers.iter().map(|broker| ask(broker.id))).await;
        let mut tables = BTreeMap::new();
        for (id, answer) in answers {
            match answer {
                Ok(table) => drop(tables.insert(id, table)),
                Err(error) => gaps.push(Gap { what: "broker", broker: Some(id), reason: error.explain() }),
            }
        }
        tables
    }

    async fn ask(
        &self,
        previous: &Inventory,
        cluster: &ClusterDescription,
        described: &BTreeMap<TopicName, TopicDescription>,
        depth: Depth,
        gaps: &mut Vec<Gap>,
    ) -> Seen {
        let wanted = topics::settings_wanted(previous, described, depth);
        let settings = async {
            if wanted.is_empty() { Ok(PerTopic::new()) } else { self.client.describe_topic_settings(&wanted).await }
        };
        if depth == Depth::Structure {
            let settings = noted(settings.await, "configuration of topics", gaps).unwrap_or_default();
            return Seen { settings, ..Seen::default() };
        }
        let running: BTreeSet<BrokerId> =
            cluster.brokers.iter().filter(|b| b.state == BrokerState::Running).map(|b| b.id).collect();
        let leaders = PartitionsByLeader::of(described);
        let (settings, log_dirs, earliest, latest, (groups, committed, members)) = tokio::join!(
            settings,
            self.client.describe_log_dirs(&running),
            self.client.list_offsets(&leaders, OffsetSpec::Earliest),
            self.client.list_offsets(&leaders, OffsetSpec::Latest),
            self.groups(&running, depth),
        );
        let settings = noted(settings, "configuration of topics", gaps).unwrap_or_default();
        Seen {
            settings,
            log_dirs: Some(log_dirs),
            earliest: Some(earliest),
            latest: Some(latest),
            groups: Some(groups),
            committed,
            members,
        }
    }

    async fn groups(
        &self,
        running: &BTreeSet<BrokerId>,
        depth: Depth,
    ) -> (
        GroupListings,
        BTreeMap<GroupId, Result<Vec<GroupOffset>, ClientError>>,
        Option<BTreeMap<GroupId, Result<GroupDescription, ClientError>>>,
    ) {
        let listings = self.client.list_groups_at(running.iter().copied()).await;
        let members = async {
            if depth == Depth::Everything {
                Some(self.client.describe_groups(listings.groups.values()).await)
            } else {
                None
            }
        };
        let (committed, members) = tokio::join!(self.client.fetch_group_offsets(listings.groups.values()), members);
        (listings, committed, members)
    }

    fn put_together(
        &mut self,
        previous: &Inventory,
        (cluster, tables): (&ClusterDescription, &BTreeMap<BrokerId, ApiTable>),
        described: BTreeMap<TopicName, TopicDescription>,
        seen: &Seen,
        now: UnixMillis,
        gaps: &mut Vec<Gap>,
    ) -> Inventory {
        note_unanswered(seen, gaps);
        let brokers = brokers::put_together(previous, cluster, tables, seen.log_dirs.as_ref(), &described);
        let mut topics = topics::put_together(previous, described, seen);
        if seen.latest.is_some() {
            self.appended.rate(&mut topics, now);
        }
        Inventory {
            cluster: previous.cluster.clone(),
            revisions: previous.revisions,
            observed_at: Known::Known(now),
            reachability: Reachability::Reachable,
            cluster_id: Known::Known(cluster.cluster_id.clone()),
            metadata_version: Known::Unknown,
            controller: Known::Unknown,
            brokers,
            quorum: Known::Unknown,
            topics,
            groups: groups::put_together(previous, seen),
        }
    }
}

fn noted<T>(answer: Result<T, ClientError>, what: &'static str, gaps: &mut Vec<Gap>) -> Option<T> {
    answer.map_err(|error| gaps.push(Gap { what, broker: None, reason: error.explain() })).ok()
}

fn note_unanswered(seen: &Seen, gaps: &mut Vec<Gap>) {
    let mut note = |what, broker: BrokerId, error: &ClientError| {
        gaps.push(Gap { what, broker: Some(broker), reason: error.explain() });
    };
    for (broker, dirs) in seen.log_dirs.iter().flatten() {
        if let Err(error) = dirs {
            note("log directories", *broker, error);
        }
    }
    for listing in [&seen.earliest, &seen.latest].into_iter().flatten() {
        for (broker, error) in &listing.unanswered {
            note("offsets", *broker, error);
        }
    }
    for (broker, error) in seen.groups.iter().flat_map(|groups| &groups.unanswered) {
        note("groups", *broker, error);
    }
}

fn unanswered(previous: &Inventory, error: &ClientError, now: UnixMillis) -> Look {
    let reason = error.explain();
    let since = match previous.reachability {
        Reachability::Unreachable { since, .. } => since,
        Reachability::NotYetSeen | Reachability::Reachable => now,
    };
    let mut inventory = previous.clone();
    inventory.reachability = Reachability::Unreachable { since, reason: reason.clone() };
    revise(previous, &mut inventory);
    Look { inventory, gaps: vec![Gap { what: "cluster", broker: None, reason }] }
}

/// What the quorum says of its replicas, for those who put brokers together.
fn replicas(quorum: &QuorumDescription) -> impl Iterator<Item = &crate::QuorumReplica> {
    quorum.voters.iter().chain(&quorum.observers)
}

#[cfg(test)]
mod estate;
#[cfg(test)]
mod tests;
