//! What is wrong, as far as it can be known from all that is known: judged at every look.

use super::Vitals;
use crate::{
    Declarations, Declared,
    findings::{Book, CredentialEnding, Evidence, Progress, RetentionMisfit, TopicDrift, VolumeForecast, suspicions},
    reminders::endings,
};
use klamm_model::{
    Acknowledgement, BrokerId, ClusterFinding, ClusterRef, Inventory, Measured, Metric, Reachability, UnixMillis,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard, PoisonError},
};

/// What objects in Kubernetes say of what is wrong is read again after so long, though none has changed: time goes by.
const DECLARED_EVERY_MILLIS: i64 = 30_000;

/// What is found, and what for that has to be remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Judging {
    findings: Arc<[ClusterFinding]>,
    /// Grows whenever they change.
    revision: u64,
    /// When somebody first looked at the cluster and got an answer.
    since: Option<UnixMillis>,
    book: Book,
    progress: Progress,
    /// What people know of, by the id of the finding, with how bad it was then.
    acknowledged: BTreeMap<String, Acknowledged>,
    forecasts: Vec<VolumeForecast>,
    misfits: Vec<RetentionMisfit>,
}

/// That somebody knows of a finding, which was so bad then: when it becomes worse they do not know that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Who, why, and until when.
    pub acknowledgement: Acknowledgement,
    /// How bad it was.
    pub severity: klamm_model::FindingSeverity,
}

/// What objects in Kubernetes say of what is wrong, as it was last read.
#[derive(Debug, Default)]
pub(crate) struct Said {
    edition: u64,
    at: Option<UnixMillis>,
    endings: Vec<CredentialEnding>,
    drifts: Vec<TopicDrift>,
    /// Kubernetes nodes that are not ready, by the brokers that do not serve and whose pods stand there, as of the last look.
    pub(crate) unready: BTreeMap<BrokerId, String>,
}

impl Said {
    /// Reads it again where it may have become something else.
    pub(crate) fn refresh(&mut self, declarations: &Declarations, cluster: &ClusterRef, edition: u64, now: UnixMillis) {
        let is_fresh = self.at.is_some_and(|at| now.0.saturating_sub(at.0) < DECLARED_EVERY_MILLIS);
        if is_fresh && self.edition == edition {
            return;
        }
        (self.edition, self.at) = (edition, Some(now));
        self.endings = endings(declarations, cluster, now);
        self.drifts = declarations.drifts(cluster);
    }
}

impl Vitals {
    /// What is wrong, the worst first.
    pub fn findings(&self) -> Arc<[ClusterFinding]> {
        Arc::clone(&self.judging().findings)
    }

    /// Grows whenever what is wrong changes.
    pub fn findings_revision(&self) -> u64 {
        self.judging().revision
    }

    /// Since when the cluster has been looked at by this process; none before it answered.
    pub fn judged_since(&self) -> Option<UnixMillis> {
        self.judging().since
    }

    /// Says what is wrong; for whoever looks for it, and for tests.
    pub fn set_findings(&self, findings: Vec<ClusterFinding>, now: UnixMillis) {
        self.judging().tell(findings, now);
    }

    /// Says what people know of, by the id of the finding.
    pub fn set_acknowledged(&self, acknowledged: BTreeMap<String, Acknowledged>, now: UnixMillis) {
        let mut judging = self.judging();
        judging.acknowledged = acknowledged;
        let findings = judging.findings.to_vec();
        judging.tell(findings, now);
    }

    /// Says what was found before this process began, and since when.
    pub fn remember_findings(&self, found: impl IntoIterator<Item = (String, UnixMillis)>) {
        self.judging().book.remember(found);
    }

    /// What was found before is gone, and begins anew when it comes back.
    pub fn forget_finding(&self, id: &str) {
        self.judging().book.forget(id);
    }

    /// Says when volumes will be full.
    pub fn set_forecasts(&self, forecasts: Vec<VolumeForecast>) {
        self.judging().forecasts = forecasts;
    }

    /// Says which topics do not fit.
    pub fn set_misfits(&self, misfits: Vec<RetentionMisfit>) {
        self.judging().misfits = misfits;
    }

    /// Looks for what is wrong.
    pub(crate) fn judge(&self, inventory: &Inventory, declared: &Declared, said: &Said, now: UnixMillis) {
        let (targets, groups, topics) = (self.targets(), self.groups(), self.topics());
        let active_controllers = self.history.latest(Metric::ActiveControllers, &Measured::Cluster, now);
        let mut judging = self.judging();
        if inventory.reachability == Reachability::Reachable && judging.since.is_none() {
            judging.since = Some(now);
        }
        let moved_at = judging.progress.follow(inventory, now);
        let suspected = suspicions(&Evidence {
            inventory,
            declared,
            targets: &targets,
            active_controllers,
            groups: &groups,
            topics: &topics,
            forecasts: &judging.forecasts,
            misfits: &judging.misfits,
            endings: &said.endings,
            drifts: &said.drifts,
            unready: &said.unready,
            moved_at,
            now,
        });
        let found = judging.book.settle(&inventory.cluster, suspected, &inventory.reachability, now);
        judging.tell(found, now);
    }

    /// Values are only ever replaced, so a panic elsewhere leaves them whole.
    fn judging(&self) -> MutexGuard<'_, Judging> {
        self.judging.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judging {
    fn tell(&mut self, mut findings: Vec<ClusterFinding>, now: UnixMillis) {
        for finding in &mut findings {
            let known = self.acknowledged.get(&finding.id);
            let holds = |known: &&Acknowledged| known.acknowledgement.until > now && finding.severity <= known.severity;
            finding.acknowledged = known.filter(holds).map(|known| known.acknowledgement.clone());
        }
        if *self.findings != *findings {
            self.findings = findings.into();
            self.revision += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::samples;
    use klamm_model::FindingSeverity;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn later(millis: i64) -> UnixMillis {
        UnixMillis(NOW.0 + millis)
    }

    #[test]
    fn what_is_found_is_told_once_and_again_only_when_it_changes() {
        let (vitals, declared, said) = (Vitals::default(), Declared::default(), Said::default());
        let mut inventory = samples::healthy();
        vitals.judge(&inventory, &declared, &said, NOW);
        assert_eq!((vitals.findings().len(), vitals.findings_revision()), (0, 0));
        samples::take_down(&mut inventory, 2);
        vitals.judge(&inventory, &declared, &said, later(2_000));
        let told = vitals.findings_revision();
        assert!(told > 0 && !vitals.findings().is_empty());
        vitals.judge(&inventory, &declared, &said, later(4_000));
        let told = vitals.findings_revision();
        vitals.judge(&inventory, &declared, &said, later(6_000));
        assert_eq!(vitals.findings_revision(), told, "nothing new");
        vitals.judge(&samples::healthy(), &declared, &said, later(8_000));
        assert_eq!((vitals.findings().len(), vitals.findings_revision()), (0, told + 1));
    }

    #[test]
    fn what_somebody_knows_is_known_until_it_ends_or_becomes_worse() {
        let (vitals, said) = (Vitals::default(), Said::default());
        let mut inventory = samples::healthy();
        samples::take_down(&mut inventory, 2);
        let busy = Declared { operation: Some("restart".to_owned()), ..Declared::default() };
        vitals.judge(&inventory, &busy, &said, NOW);
        let first = vitals.findings()[0].clone();
        assert_eq!(first.severity, FindingSeverity::Info);
        let acknowledgement = Acknowledgement {
            by: "op".parse().unwrap(),
            reason: "it gets a new disk".to_owned(),
            at: NOW,
            until: later(60_000),
        };
        let known = Acknowledged { acknowledgement: acknowledgement.clone(), severity: FindingSeverity::Info };
        vitals.set_acknowledged([(first.id.clone(), known)].into(), NOW);
        let of = |vitals: &Vitals| {
            let all = vitals.findings();
            all.iter().find(|one| one.id == first.id).and_then(|one| one.acknowledged.clone())
        };
        assert_eq!(of(&vitals), Some(acknowledgement));
        vitals.judge(&inventory, &Declared::default(), &said, later(30_000));
        assert_eq!(of(&vitals), None, "it is critical now");
        vitals.judge(&inventory, &busy, &said, later(31_000));
        assert!(of(&vitals).is_some());
        vitals.judge(&inventory, &busy, &said, later(60_000));
        assert_eq!(of(&vitals), None, "the time is over");
    }
}
