//! What is wrong with a cluster or will be: rules over what is known of it. Pure; whoever asks brings the time.
//!
//! A rule says what it suspects, and how long that has to last before anybody is told of it ([`Suspicion`]). The [`Book`]
//! remembers since when each suspicion stands. What a rule needs and cannot know it is silent about: unknown is neither well
//! nor wrong.

mod book;
mod brokers;
mod declared;
mod disks;
mod evidence;
mod groups;
mod id;
mod moves;
mod partitions;
mod quorum;
mod targets;
mod texts;
mod topics;
mod versions;
mod words;

pub(crate) use book::Book;
pub(crate) use declared::{CredentialEnding, EndingKind, TopicDrift};
pub(crate) use evidence::Evidence;
pub use evidence::{RetentionMisfit, VolumeForecast};
pub(crate) use moves::Progress;

use klamm_model::{FindingRule, FindingSeverity, FindingSubject, NamedPartition, Reachability, UnixMillis};
use std::collections::BTreeMap;

/// Findings of one rule, at most: whoever has more reads the page that the first of them leads to.
const MOST_OF_A_RULE: usize = 50;
/// Partitions that a finding names, at most.
const MOST_PARTITIONS: usize = 50;

/// What a rule would tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Suspicion {
    pub(crate) rule: FindingRule,
    pub(crate) severity: FindingSeverity,
    pub(crate) subject: FindingSubject,
    pub(crate) message: String,
    pub(crate) link: Option<String>,
    pub(crate) partitions: Vec<NamedPartition>,
    pub(crate) partition_total: u32,
    /// Since when it is so, where the rule knows: patience is counted from then, and anew when that moves on.
    pub(crate) since: Option<UnixMillis>,
    /// Milliseconds that it has to last before it is told.
    pub(crate) patience: i64,
}

impl Suspicion {
    fn new(rule: FindingRule, severity: FindingSeverity, subject: FindingSubject, message: String) -> Self {
        let (link, since, partitions) = (None, None, Vec::new());
        Self { rule, severity, subject, message, link, partitions, partition_total: 0, since, patience: 0 }
    }

    /// Told only when it lasts so many milliseconds.
    fn lasting(mut self, patience: i64) -> Self {
        self.patience = patience;
        self
    }

    fn since(mut self, since: UnixMillis) -> Self {
        self.since = Some(since);
        self
    }

    /// Leads to this page.
    fn at(mut self, link: String) -> Self {
        self.link = Some(link);
        self
    }

    /// Concerns these partitions.
    fn of(mut self, concerned: &Concerned) -> Self {
        self.partitions.clone_from(&concerned.first);
        self.partition_total = concerned.total;
        self
    }
}

/// Partitions that a finding concerns: the first of them, and how many. Those of people's own topics stand before those of Kafka's:
/// whoever is woken looks for what is theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Concerned {
    first: Vec<NamedPartition>,
    /// How many of the first are of people's own topics.
    own: usize,
    total: u32,
}

impl Concerned {
    /// Adds one; they come by topic.
    fn add(&mut self, topic: &klamm_model::TopicName, partition: klamm_model::PartitionId) {
        self.total = self.total.saturating_add(1);
        let place = if topic.is_internal() { self.first.len() } else { self.own };
        if place < MOST_PARTITIONS {
            self.first.insert(place, NamedPartition { topic: topic.clone(), partition });
            self.first.truncate(MOST_PARTITIONS);
            self.own += usize::from(!topic.is_internal());
        }
    }

    fn is_empty(&self) -> bool {
        self.total == 0
    }
}

/// Everything that the rules suspect; of a cluster that does not answer only what can be known without it.
pub(crate) fn suspicions(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let answers = match evidence.inventory.reachability {
        Reachability::NotYetSeen => return Vec::new(),
        Reachability::Unreachable { .. } => false,
        Reachability::Reachable => true,
    };
    let mut all: Vec<Suspicion> = brokers::unreachable(evidence).into_iter().collect();
    all.extend(declared::credentials(evidence));
    if answers {
        all.extend(brokers::down(evidence));
        all.extend(partitions::unwell(evidence));
        all.extend(partitions::precarious(evidence));
        all.extend(partitions::in_one_rack(evidence));
        all.extend(brokers::leader_skew(evidence));
        all.extend(quorum::controllers(evidence));
        all.extend(quorum::lag(evidence));
        all.extend(disks::volumes(evidence));
        all.extend(disks::forecasts(evidence));
        all.extend(disks::retention(evidence));
        all.extend(moves::throttles(evidence));
        all.extend(moves::stuck(evidence));
        all.extend(groups::unwell(evidence));
        all.extend(topics::silent(evidence));
        all.extend(declared::drift(evidence));
        all.extend(versions::mixed(evidence));
        all.extend(versions::metadata(evidence));
        all.extend(targets::unwell(evidence));
    }
    bounded(all)
}

/// Of a rule that finds very much the worst, which its findings come first with.
fn bounded(all: Vec<Suspicion>) -> Vec<Suspicion> {
    let mut counts: BTreeMap<FindingRule, usize> = BTreeMap::new();
    let mut kept = all;
    kept.sort_by_key(|suspicion| std::cmp::Reverse(suspicion.severity));
    kept.retain(|suspicion| {
        let count = counts.entry(suspicion.rule).or_default();
        *count += 1;
        *count <= MOST_OF_A_RULE
    });
    kept
}

/// Whether a rule can be asked of a cluster that does not answer.
pub(crate) fn is_known_without_brokers(rule: FindingRule) -> bool {
    matches!(rule, FindingRule::ClusterUnreachable | FindingRule::CredentialExpiring)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
