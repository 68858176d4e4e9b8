//! That somebody knows of a finding: a reason and an end, kept in the database, so that every replica knows.

use crate::audited::{chain, store_problem};
use crate::views::paging::invalid;
use crate::{Action, Asker, Object, Permit, Portal};
use klamm_model::{Acknowledgement, Actor, ClusterFinding, ClusterRef, Problem, ProblemKind, UnixMillis};
use klamm_monitor::Acknowledged;
use klamm_store::AcknowledgementRow;
use std::{collections::BTreeMap, net::IpAddr};

/// What somebody says of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingWish {
    /// Why it may stay so; spaces around it are dropped.
    pub reason: String,
    /// For how long, in hours.
    pub hours: u32,
}

impl FindingWish {
    const LONGEST: usize = 500;
    const MOST_HOURS: u32 = 90 * 24;
    const HOUR_MILLIS: i64 = 3_600_000;

    fn checked(&self, by: &Actor, now: UnixMillis) -> Result<Acknowledgement, Problem> {
        let reason = self.reason.trim();
        if reason.is_empty() || reason.chars().count() > Self::LONGEST || reason.chars().any(char::is_control) {
            return Err(invalid("reason: say in 1 to 500 characters on one line why it may stay so"));
        }
        if !(1..=Self::MOST_HOURS).contains(&self.hours) {
            return Err(invalid("hours: a whole number from 1 to 2160, which are 90 days"));
        }
        let until = UnixMillis(now.0.saturating_add(i64::from(self.hours) * Self::HOUR_MILLIS));
        Ok(Acknowledgement { by: by.name.clone(), reason: reason.to_owned(), at: now, until })
    }
}

impl Portal {
    /// Says that somebody knows of a finding, in place of whoever knew before.
    pub async fn acknowledge_finding(
        &self,
        actor: &Actor,
        (cluster, id): (&ClusterRef, &str),
        wish: &FindingWish,
        from: Option<IpAddr>,
    ) -> Result<ClusterFinding, Problem> {
        let permit = self.knowing(actor, (cluster, id), from).await?;
        self.telling(&permit, from, async {
            let finding = self.finding(cluster, id)?;
            let acknowledgement = wish.checked(actor, self.now())?;
            let words = format!("{}: {}", finding.message, acknowledgement.reason);
            let (cluster, severity) = (cluster.clone(), finding.severity);
            let row = AcknowledgementRow { cluster, finding: finding.id, severity, acknowledgement };
            self.store.acknowledge_finding(&row).await.map_err(store_problem)?;
            self.take_acknowledgements().await;
            Ok(Some(words))
        })
        .await?;
        self.finding(cluster, id)
    }

    /// Takes back that somebody knows of a finding, whoever said so: from now on it wants somebody again.
    pub async fn take_back_finding(
        &self,
        actor: &Actor,
        (cluster, id): (&ClusterRef, &str),
        from: Option<IpAddr>,
    ) -> Result<ClusterFinding, Problem> {
        let permit = self.knowing(actor, (cluster, id), from).await?;
        self.telling(&permit, from, async {
            let finding = self.finding(cluster, id)?;
            self.store.take_back_acknowledgement((cluster, id)).await.map_err(store_problem)?;
            self.take_acknowledgements().await;
            Ok(Some(format!("{}: taken back, it wants somebody again", finding.message)))
        })
        .await?;
        self.finding(cluster, id)
    }

    /// Asks for the permit to say that one knows of a finding, or no longer.
    async fn knowing(
        &self,
        actor: &Actor,
        (cluster, id): (&ClusterRef, &str),
        from: Option<IpAddr>,
    ) -> Result<Permit, Problem> {
        self.seen(actor, cluster)?;
        // Nothing that could be the id of a finding is longer; the audit keeps what was tried.
        let object = Object::finding(cluster, &id.chars().take(100).collect::<String>());
        self.permit(Asker::Actor(actor), Action::Acknowledge, object, from).await
    }

    fn finding(&self, cluster: &ClusterRef, id: &str) -> Result<ClusterFinding, Problem> {
        self.findings_of(cluster).iter().find(|finding| finding.id == id).cloned().ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, format!("There is no such finding of {cluster}; it may be gone."))
        })
    }

    /// Says of every cluster what people know of, as the database has it: other replicas take acknowledgements too.
    pub(crate) async fn take_acknowledgements(&self) {
        let now = self.now();
        let rows = match self.store.acknowledgements(now).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::debug!(error = chain(&error), "nobody can say which findings are known");
                return;
            }
        };
        let mut by_cluster: BTreeMap<ClusterRef, BTreeMap<String, Acknowledged>> = BTreeMap::new();
        for AcknowledgementRow { cluster, finding, severity, acknowledgement } in rows {
            by_cluster.entry(cluster).or_default().insert(finding, Acknowledged { acknowledgement, severity });
        }
        for seen in self.observations.clusters() {
            let cluster = &seen.inventory.cluster;
            if let Some(vitals) = self.observations.vitals(cluster) {
                vitals.set_acknowledged(by_cluster.remove(cluster).unwrap_or_default(), now);
            }
        }
    }
}
