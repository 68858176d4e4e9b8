//! What is there: one look at a cluster becomes one [`Inventory`].
//!
//! Asking is done in `ask`, putting together in the pure functions beside. What could not be seen becomes unknown, never
//! zero, and is listed in the inventory's gaps with the reason; what was not looked at this time stays as it was. Owners,
//! teams, pools and pods are not Kafka's business: they are carried over from the previous inventory, and whoever knows
//! better writes them in afterwards.

mod access;
mod ask;
mod brokers;
mod defaults;
mod disks;
mod gaps;
mod groups;
mod moves;
mod rarely;
mod revise;
mod topics;

pub use revise::revise;

use crate::{Client, ClusterDescription, Features, QuorumDescription, TopicDescription};
use ask::{Roll, Seen};
use gaps::Gaps;
use klamm_model::{BrokerState, Inventory, Known, Part, Reachability, TopicName, UnixMillis};
use rarely::Rarities;
use std::collections::BTreeMap;
use topics::Appended;

/// How much to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Brokers, quorum, topics and their partitions; the configuration of topics never seen before.
    Structure,
    /// Besides: log directories and sizes, offsets and rates, groups and what they committed.
    Numbers,
    /// Besides: the configuration of all topics, and the members of groups; and, not every time, what brokers have by
    /// default and who may do what with topics.
    Everything,
}

/// What changes rarely and costs much is asked for no sooner than so long after it was answered.
const RARELY_MILLIS: i64 = 15_000;

/// Looks at one cluster again and again.
#[derive(Debug)]
pub struct Collector {
    client: Client,
    appended: Appended,
    /// When what changes rarely is to be asked for again.
    due: UnixMillis,
}

impl Collector {
    /// Looks through this client.
    pub fn new(client: Client) -> Self {
        Self { client, appended: Appended::default(), due: UnixMillis(i64::MIN) }
    }

    /// Looks once. When no broker answers, what was last seen stays, marked with the reason.
    pub async fn look(&mut self, previous: &Inventory, depth: Depth, now: UnixMillis) -> Inventory {
        let cluster = match self.cluster().await {
            Ok(cluster) => cluster,
            Err(error) => return unanswered(previous, error.explain(), now),
        };
        let mut gaps = Gaps::default();
        let probing = self.probing();
        let rarities = if depth == Depth::Everything && now >= self.due { Rarities::Asked } else { Rarities::AsBefore };
        let most = async {
            let (roll, described) = self.structure(&cluster, &mut gaps).await?;
            let seen = self.everything(previous, &roll, &described, (depth, rarities), &mut gaps).await;
            Ok((roll, described, seen))
        };
        let (quorum, most) = tokio::join!(probing.describe_quorum(), most);
        let (roll, described, seen) = match most {
            Ok(most) => most,
            Err::<_, crate::ClientError>(error) => return unanswered(previous, error.explain(), now),
        };
        gaps.note_all(&seen);
        match rarities {
            Rarities::AsBefore => gaps.still(previous, &[Part::Defaults, Part::Access]),
            Rarities::Asked if gaps.is_silent(&[Part::Defaults, Part::Access]) => {}
            Rarities::Asked => self.due = UnixMillis(now.0.saturating_add(RARELY_MILLIS)),
        }
        let quorum = gaps.noted(Part::Quorum, quorum);
        let mut inventory = self.put_together(previous, (&cluster, &roll, quorum.as_ref()), described, seen, now);
        inventory.work_out_lags();
        inventory.gaps = gaps.list();
        revise(previous, &mut inventory);
        inventory
    }

    fn put_together(
        &mut self,
        previous: &Inventory,
        (cluster, roll, quorum): (&ClusterDescription, &Roll, Option<&QuorumDescription>),
        described: BTreeMap<TopicName, TopicDescription>,
        mut seen: Seen,
        now: UnixMillis,
    ) -> Inventory {
        let mut brokers = brokers::put_together(previous, cluster, &roll.tables, seen.log_dirs.as_ref(), &described);
        brokers::give_roles(&mut brokers, quorum, previous);
        let mut topics = topics::put_together(previous, described, &mut seen);
        if seen.latest.is_some() {
            self.appended.rate(&mut topics, now);
        }
        let features = Features::newest(roll.tables.values());
        let metadata_version = features.as_ref().and_then(Features::metadata_version);
        Inventory {
            cluster: previous.cluster.clone(),
            revisions: previous.revisions,
            observed_at: Known::Known(now),
            reachability: Reachability::Reachable,
            cluster_id: Known::Known(cluster.cluster_id.clone()),
            metadata_version: metadata_version.map(|version| version.to_string()).into(),
            features: features.map(|features| features.finalized).into(),
            controller: quorum.and_then(|quorum| quorum.leader).into(),
            brokers,
            quorum: quorum.map(brokers::quorum).into(),
            topics,
            defaults: rarely::defaults(previous, seen.defaults.take()),
            authorization: rarely::kept(&previous.authorization, seen.authorization.take()),
            throttles: rarely::kept(&previous.throttles, seen.throttles.take()),
            reassignments: rarely::kept(&previous.reassignments, seen.reassignments.take()),
            groups: groups::put_together(previous, seen),
            gaps: Vec::new(),
        }
    }
}

/// The inventory as it was, marked with why nobody answers and since when.
pub fn unanswered(previous: &Inventory, reason: String, now: UnixMillis) -> Inventory {
    let since = match previous.reachability {
        Reachability::Unreachable { since, .. } => since,
        Reachability::NotYetSeen | Reachability::Reachable => now,
    };
    let mut inventory = previous.clone();
    inventory.reachability = Reachability::Unreachable { since, reason };
    for broker in &mut inventory.brokers {
        broker.state = BrokerState::Unknown;
    }
    revise(previous, &mut inventory);
    inventory
}

#[cfg(test)]
mod tests;
