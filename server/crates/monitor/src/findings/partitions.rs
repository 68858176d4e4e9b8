//! Partitions without a leader, without enough copies, or with copies in the wrong places.

use super::{Concerned, Evidence, Suspicion, words};
use klamm_model::{
    BrokerId, BrokerState, FindingRule, FindingSeverity, FindingSubject, Known, MinInSync, NodeRole, Partition, Racks,
    Topic, TopicName,
};
use std::collections::BTreeSet;

/// What is so at two looks is so: the first begins to count, and by themselves looks come no closer than this. It is shorter than the
/// usual pause, because a second look that came a little early would not count.
const TWICE_MILLIS: i64 = 1_000;

/// Without a leader, below the minimum of copies in sync, and with fewer of them than there should be.
pub(super) fn unwell(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let down = evidence.inventory.brokers.iter().filter(|broker| broker.state == BrokerState::Down);
    let mut found = Unwell { down: down.map(|broker| broker.id).collect(), ..Unwell::default() };
    for topic in &evidence.inventory.topics {
        let minimum = MinInSync::of(topic);
        for partition in &topic.partitions {
            found.consider(evidence, topic, partition, minimum);
        }
    }
    let calm = if evidence.is_worked_on() { FindingSeverity::Info } else { FindingSeverity::Warning };
    // What is missed on brokers that are known to be down is no passing delay of followers.
    let late = if found.some_on_others { TWICE_MILLIS } else { 0 };
    let told = [
        (FindingRule::OfflinePartitions, FindingSeverity::Critical, TWICE_MILLIS, &found.offline, "no leader"),
        (
            FindingRule::UnderMinIsr,
            FindingSeverity::Critical,
            TWICE_MILLIS,
            &found.under_minimum,
            "too few replicas in sync to be written to",
        ),
        (FindingRule::UnderReplicated, calm, late, &found.under_replicated, "replicas out of sync"),
    ];
    told.into_iter()
        .filter_map(|(rule, severity, patience, concerned, what)| {
            if concerned.is_empty() {
                return None;
            }
            let message =
                format!("{} {what}: {}", words::partitions_have(concerned.total), words::partitions(concerned));
            let suspicion = Suspicion::new(rule, severity, FindingSubject::Cluster, message);
            Some(suspicion.of(concerned).lasting(patience).at(words::page_of(evidence.cluster(), concerned)))
        })
        .collect()
}

#[derive(Default)]
struct Unwell {
    offline: Concerned,
    under_minimum: Concerned,
    under_replicated: Concerned,
    /// Brokers that are down.
    down: BTreeSet<BrokerId>,
    /// Whether one of the replicas that are missed is on another broker.
    some_on_others: bool,
}

impl Unwell {
    fn consider(&mut self, evidence: &Evidence<'_>, topic: &Topic, partition: &Partition, minimum: MinInSync) {
        let Some(leader) = partition.leader else {
            self.offline.add(&topic.name, partition.id);
            return;
        };
        let in_sync = partition.in_sync.len();
        if in_sync < partition.replicas.len() {
            // Those on their way are not missed.
            let adding = evidence.adding(&topic.name, partition.id);
            let is_missed = |broker: &&BrokerId| !partition.in_sync.contains(broker) && !adding.contains(broker);
            let mut missed = partition.replicas.iter().filter(is_missed).peekable();
            if missed.peek().is_some() {
                self.under_replicated.add(&topic.name, partition.id);
            }
            self.some_on_others |= missed.any(|broker| !self.down.contains(broker));
        }
        if let Known::Known(minimum) = minimum.at(evidence.defaults(), leader)
            && in_sync < minimum as usize
        {
            self.under_minimum.add(&topic.name, partition.id);
        }
    }
}

/// Topics that one broker takes down with it, or keeps from being written to. Of a cluster with one broker nothing is said:
/// there is no other way.
pub(super) fn precarious(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let is_broker = |broker: &&klamm_model::Broker| broker.roles.contains(&NodeRole::Broker);
    let seen = evidence.inventory.brokers.iter().filter(is_broker).count();
    if seen.max(evidence.declared.broker_total as usize) < 2 {
        return Vec::new();
    }
    let (mut alone, mut tight) = (Vec::new(), Vec::new());
    for topic in &evidence.inventory.topics {
        let fewest = topic.partitions.iter().map(|partition| partition.replicas.len()).min();
        match fewest {
            None | Some(0) => {}
            Some(1) => alone.push(&topic.name),
            Some(factor) => {
                let minimum = MinInSync::of(topic);
                let leader = topic.partitions.iter().find_map(|partition| partition.leader);
                let minimum = leader.map_or(Known::Unknown, |leader| minimum.at(evidence.defaults(), leader));
                if minimum.value().is_some_and(|minimum| *minimum as usize >= factor) {
                    tight.push(&topic.name);
                }
            }
        }
    }
    words::own_first(&mut alone);
    words::own_first(&mut tight);
    let told = |rule, topics: &[&TopicName], one: &str, several: &str| {
        if topics.is_empty() {
            return None;
        }
        let what = if topics.len() == 1 { one } else { several };
        let message =
            format!("{} {what}: {}", words::counted(topics.len(), "topic"), words::listed(topics, topics.len()));
        let suspicion = Suspicion::new(rule, FindingSeverity::Warning, FindingSubject::Cluster, message);
        Some(suspicion.at(words::page_of_topics(evidence.cluster(), topics, "topics")))
    };
    let alone = told(FindingRule::FactorOne, &alone, "has one replica only", "have one replica only");
    let words = "as many replicas in sync to be written to as there are";
    let (needs, need) = (format!("needs {words}"), format!("need {words}"));
    let tight = told(FindingRule::MinIsrEqualsFactor, &tight, &needs, &need);
    alone.into_iter().chain(tight).collect()
}

/// Partitions with all replicas in one rack, where brokers are in several.
pub(super) fn in_one_rack(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let racks = Racks::of(evidence.inventory);
    let mut together = Concerned::default();
    for topic in &evidence.inventory.topics {
        for partition in topic.partitions.iter().filter(|partition| racks.are_violated_by(&partition.replicas)) {
            together.add(&topic.name, partition.id);
        }
    }
    if together.is_empty() {
        return None;
    }
    let have = words::partitions_have(together.total);
    let message = format!("{have} all replicas in one rack: {}", words::partitions(&together));
    let rule = FindingRule::RackViolation;
    let suspicion = Suspicion::new(rule, FindingSeverity::Warning, FindingSubject::Cluster, message);
    Some(suspicion.of(&together).at(words::page_of(evidence.cluster(), &together)))
}
