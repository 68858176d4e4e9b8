//! How a cluster is: its health in one word, and a sentence. Whatever decides about it and could not be seen counts as trouble.

use crate::{
    ObservedCluster,
    views::{count, topic::is_under_replicated},
};
use klamm_model::{
    BrokerCounts, BrokerId, BrokerState, GapCause, Health, Inventory, Known, NodeRole, Part, Partition, Reachability,
};
use std::collections::BTreeSet;

/// What decides about health and sentence, counted once.
pub(super) struct State<'a> {
    seen: &'a ObservedCluster,
    pub(super) brokers: BrokerCounts,
    pub(super) under_replicated: u32,
    pub(super) offline: u32,
    ready: BTreeSet<BrokerId>,
    /// Registered, but not let to serve.
    fenced: BTreeSet<BrokerId>,
    /// Registered as serving, but without an answer for us.
    silent: BTreeSet<BrokerId>,
    /// Serving, but with questions unanswered.
    half_silent: BTreeSet<BrokerId>,
    controller: Controller,
    /// Topics that are there but were not described.
    unseen_topics: u32,
}

/// Whether somebody leads the metadata quorum.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Controller {
    /// Somebody does, or nobody let us ask.
    NotMissed,
    /// The quorum has no leader.
    Missing,
    /// Nobody answered for the quorum, which brokers do through its leader.
    Silent,
}

impl<'a> State<'a> {
    pub(super) fn of(seen: &'a ObservedCluster) -> Self {
        let inventory = &*seen.inventory;
        let ready: BTreeSet<BrokerId> = inventory.serving().map(|broker| broker.id).collect();
        let with_replicas = || inventory.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Broker));
        let total =
            if seen.declared.broker_total == 0 { count(with_replicas().count()) } else { seen.declared.broker_total };
        let in_state = |state| with_replicas().filter(move |b| b.state == state).map(|b| b.id).collect();
        let unanswered = || inventory.gaps.iter().filter(|gap| gap.cause == GapCause::Silence);
        let controller = match &inventory.quorum {
            Known::Known(quorum) if quorum.leader.is_none() => Controller::Missing,
            Known::Unknown if unanswered().any(|gap| gap.part == Part::Quorum) => Controller::Silent,
            Known::Known(_) | Known::Unknown => Controller::NotMissed,
        };
        Self {
            seen,
            brokers: BrokerCounts { ready: count(ready.len()), total },
            under_replicated: count(partitions(inventory).filter(|p| is_under_replicated(p)).count()),
            offline: count(partitions(inventory).filter(|p| p.leader.is_none()).count()),
            fenced: in_state(BrokerState::Fenced),
            silent: in_state(BrokerState::Unknown),
            half_silent: unanswered().filter_map(|gap| gap.broker).filter(|id| ready.contains(id)).collect(),
            controller,
            unseen_topics: unanswered().filter(|gap| gap.part == Part::Topics).map(|gap| gap.missing).sum(),
            ready,
        }
    }

    pub(super) fn health(&self) -> Health {
        match &self.seen.inventory.reachability {
            Reachability::NotYetSeen => Health::Unknown,
            Reachability::Unreachable { .. } if self.was_never_seen() => Health::Unknown,
            Reachability::Unreachable { .. } => Health::Unavailable,
            Reachability::Reachable => {
                let is_whole = self.brokers.ready >= self.brokers.total
                    && self.under_replicated == 0
                    && self.half_silent.is_empty()
                    && self.controller == Controller::NotMissed
                    && self.unseen_topics == 0;
                if self.offline > 0 || self.brokers.ready == 0 {
                    Health::Unavailable
                } else if is_whole {
                    Health::Healthy
                } else {
                    Health::Degraded
                }
            }
        }
    }

    /// Whether a broker that does not serve is meant to hold replicas.
    fn is_somebody_missed(&self) -> bool {
        partitions(&self.seen.inventory).any(|p| p.replicas.iter().any(|replica| !self.ready.contains(replica)))
    }

    fn was_never_seen(&self) -> bool {
        self.seen.inventory.observed_at == Known::Unknown
    }

    pub(super) fn sentence(&self) -> String {
        let hint = self.seen.declared.sentence_hint.clone();
        match &self.seen.inventory.reachability {
            Reachability::NotYetSeen => hint.unwrap_or_else(|| "has not been looked at yet".to_owned()),
            Reachability::Unreachable { reason, .. } => {
                let silence = format!("does not answer: {}", reason.trim_end_matches('.'));
                if self.was_never_seen() { hint.unwrap_or(silence) } else { silence }
            }
            // While nobody misses the brokers that are not there, it is being made or grown, and the operator knows more.
            Reachability::Reachable if self.brokers.ready < self.brokers.total && !self.is_somebody_missed() => {
                hint.unwrap_or_else(|| self.serving())
            }
            Reachability::Reachable => self.serving(),
        }
    }

    fn serving(&self) -> String {
        let BrokerCounts { ready, total } = self.brokers;
        let told_apart = count(self.silent.len() + self.fenced.len());
        if ready == 0 && self.silent.is_empty() {
            return "has no broker that serves".to_owned();
        }
        let mut troubles = Vec::new();
        match total.saturating_sub(ready).saturating_sub(told_apart) {
            0 => {}
            1 => troubles.push(format!("1 of {total} brokers is down")),
            down => troubles.push(format!("{down} of {total} brokers are down")),
        }
        troubles.extend(brokers(&self.fenced, "is fenced", "are fenced"));
        troubles.extend(brokers(&self.silent, "does not answer", "do not answer"));
        troubles.extend(brokers(&self.half_silent, "leaves questions unanswered", "leave questions unanswered"));
        match self.controller {
            Controller::NotMissed => {}
            Controller::Missing => troubles.push("there is no active controller".to_owned()),
            Controller::Silent => troubles.push("no controller answers".to_owned()),
        }
        troubles.extend(partitions_are(self.under_replicated.saturating_sub(self.offline), "under-replicated"));
        match self.unseen_topics {
            0 => {}
            1 => troubles.push("1 topic could not be seen".to_owned()),
            unseen => troubles.push(format!("{unseen} topics could not be seen")),
        }
        match (partitions_are(self.offline, "offline"), troubles.join(", ")) {
            (None, troubles) if troubles.is_empty() => "is serving".to_owned(),
            (None, troubles) => format!("is serving, and {troubles}"),
            (Some(offline), troubles) if troubles.is_empty() => format!("is serving, but {offline}"),
            (Some(offline), troubles) => format!("is serving, but {offline}; {troubles}"),
        }
    }
}

/// Up to three by name, more by number.
fn brokers(ids: &BTreeSet<BrokerId>, one: &str, several: &str) -> Option<String> {
    let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [] => None,
        [only] => Some(format!("broker {only} {one}")),
        [few @ .., last] if few.len() < 3 => Some(format!("brokers {} and {last} {several}", few.join(", "))),
        many => Some(format!("{} brokers {several}", many.len())),
    }
}

fn partitions_are(number: u32, what: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 partition is {what}")),
        more => Some(format!("{more} partitions are {what}")),
    }
}

pub(super) fn partitions(inventory: &Inventory) -> impl Iterator<Item = &Partition> {
    inventory.topics.iter().flat_map(|topic| &topic.partitions)
}
