//! Findings as webhooks hear of them: as they come, become critical, and go. What somebody knows of comes untold. Whoever tells holds no
//! Lease: what was told is a row, and of several replicas the one tells that writes it, or takes it away.

use crate::Portal;
use crate::audited::store_problem;
use klamm_model::{ClusterFinding, ClusterRef, FindingSeverity, Problem, UnixMillis, WebhookEvent};
use klamm_store::{OpenFinding, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Rules look at what happens over time. What was found before this process began is gone only when it had that time.
const SETTLED_MILLIS: i64 = 20 * 60_000;

/// Which finding of which cluster.
type Name = (ClusterRef, String);

/// What was told, as far as this process knows.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    /// Open, by what this process has seen or the database says.
    open: BTreeMap<Name, OpenFinding>,
    /// Those that this process has found itself, told or not.
    own: BTreeSet<Name>,
    /// Whether the database was asked what was told before.
    has_read: bool,
    /// Clusters that know by now what was found of them before.
    introduced: BTreeSet<ClusterRef>,
}

/// What is to be told of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Opened(OpenFinding, Box<Told>),
    Closed(OpenFinding),
}

/// What webhooks are told beside what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) meaning: String,
    pub(crate) advice: String,
    pub(crate) partitions: Vec<String>,
    pub(crate) partition_total: u32,
}

impl Teller {
    /// What was told before, when it has not been read yet.
    pub(crate) async fn begin(&mut self, portal: &Portal) -> Result<(), Problem> {
        if !self.has_read {
            let rows = portal.store.open_findings().await.map_err(store_problem)?;
            self.open = rows.into_iter().map(|row| ((row.cluster.clone(), row.finding.clone()), row)).collect();
            self.has_read = true;
        }
        for seen in portal.observations.clusters() {
            let cluster = &seen.inventory.cluster;
            let Some(vitals) = portal.observations.vitals(cluster) else { continue };
            if self.introduced.insert(cluster.clone()) {
                let known = self.open.values().filter(|row| row.cluster == *cluster);
                vitals.remember_findings(known.map(|row| (row.finding.clone(), row.since)));
            }
        }
        Ok(())
    }

    /// What has come and gone since it was last told.
    pub(crate) fn news(&mut self, portal: &Portal) -> Vec<News> {
        let mut news = Vec::new();
        let mut standing = BTreeSet::new();
        for seen in portal.observations.clusters() {
            let cluster = &seen.inventory.cluster;
            for finding in portal.findings_of(cluster).iter().filter(|one| one.severity > FindingSeverity::Info) {
                let name = (cluster.clone(), finding.id.clone());
                self.own.insert(name.clone());
                let is_news = self.open.get(&name).is_none_or(|told| told.severity < finding.severity);
                if is_news && finding.acknowledged.is_none() {
                    news.push(opened(cluster, finding));
                }
                standing.insert(name);
            }
        }
        for (name, row) in &self.open {
            if !standing.contains(name) && (self.own.contains(name) || is_settled(portal, &name.0)) {
                news.push(News::Closed(row.clone()));
            }
        }
        // What came and went untold is nothing to remember.
        self.own.retain(|name| standing.contains(name) || self.open.contains_key(name));
        news
    }

    /// Somebody was told, by whichever replica.
    pub(crate) fn told(&mut self, portal: &Portal, news: News) {
        match news {
            News::Opened(row, _) => drop(self.open.insert((row.cluster.clone(), row.finding.clone()), row)),
            News::Closed(row) => {
                let name = (row.cluster, row.finding);
                if let Some(vitals) = portal.observations.vitals(&name.0) {
                    vitals.forget_finding(&name.1);
                }
                self.own.remove(&name);
                self.open.remove(&name);
            }
        }
    }
}

/// Whether this process has looked at a cluster for so long that it would have found what there is.
fn is_settled(portal: &Portal, cluster: &ClusterRef) -> bool {
    let since = portal.observations.vitals(cluster).and_then(|vitals| vitals.judged_since());
    since.is_some_and(|since| portal.now().0.saturating_sub(since.0) >= SETTLED_MILLIS)
}

fn opened(cluster: &ClusterRef, finding: &ClusterFinding) -> News {
    let row = OpenFinding {
        cluster: cluster.clone(),
        finding: finding.id.clone(),
        rule: finding.rule,
        severity: finding.severity,
        message: finding.message.clone(),
        since: finding.since,
    };
    let partitions = finding.partitions.iter().map(|one| format!("{}-{}", one.topic, one.partition)).collect();
    let (meaning, advice) = (finding.meaning.clone(), finding.advice.clone());
    News::Opened(row, Box::new(Told { meaning, advice, partitions, partition_total: finding.partition_total }))
}

impl News {
    /// The event that it is told as.
    pub(crate) fn event(&self) -> WebhookEvent {
        match self {
            Self::Opened(..) => WebhookEvent::FindingOpened,
            Self::Closed(_) => WebhookEvent::FindingClosed,
        }
    }

    /// Writes it down with its messages, unless another replica has.
    pub(crate) async fn settle(
        &self,
        portal: &Portal,
        deliveries: &[klamm_store::NewDelivery],
        now: UnixMillis,
    ) -> Result<(), Problem> {
        let settled = match self {
            Self::Opened(row, _) => portal.store.open_finding(row, deliveries, now).await,
            Self::Closed(row) => portal.store.close_finding((&row.cluster, &row.finding), deliveries, now).await,
        };
        match settled {
            Ok(()) | Err(StoreError::Changed { .. }) => Ok(()),
            Err(error) => Err(store_problem(error)),
        }
    }
}
