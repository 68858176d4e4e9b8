//! Replicas on their way, and throttles that were left behind.

use super::{Concerned, Evidence, Suspicion, words};
use klamm_model::{
    BrokerId, BrokerThrottle, FindingRule, FindingSeverity, FindingSubject, Inventory, Known, PartitionId, TopicName,
    UnixMillis,
};
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = 60_000;
/// Whoever moves replicas sets throttles first, and takes them away last.
const FORGOTTEN_MILLIS: i64 = 2 * MINUTE;
/// Large partitions take their time; when none arrives for so long, nothing moves.
const STUCK_MILLIS: i64 = 30 * MINUTE;
/// When a broker is gone that is to get replicas, that is known sooner.
const MISSED_MILLIS: i64 = MINUTE;

/// When reassignments last moved: another one came, one ended, or a replica caught up.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// How many replicas of each partition are still to catch up.
    left: BTreeMap<(TopicName, PartitionId), usize>,
    moved_at: UnixMillis,
}

impl Progress {
    /// When they last moved, this look included; none when there are none.
    pub(crate) fn follow(&mut self, inventory: &Inventory, now: UnixMillis) -> Option<UnixMillis> {
        // What nobody could say is as it was.
        let Known::Known(all) = &inventory.reassignments else {
            return (!self.left.is_empty()).then_some(self.moved_at);
        };
        let mut left = BTreeMap::new();
        for one in all {
            let topic = inventory.topic(&one.topic);
            let partition = topic.and_then(|topic| topic.partitions.iter().find(|other| other.id == one.partition));
            let in_sync = partition.map_or(&[][..], |partition| &partition.in_sync);
            let late = one.adding.iter().filter(|broker| !in_sync.contains(broker)).count();
            left.insert((one.topic.clone(), one.partition), late);
        }
        if left != self.left {
            self.left = left;
            self.moved_at = now;
        }
        (!self.left.is_empty()).then_some(self.moved_at)
    }
}

pub(super) fn stuck(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let (Some(moved_at), Known::Known(all)) = (evidence.moved_at, &evidence.inventory.reassignments) else {
        return None;
    };
    let serving: BTreeSet<BrokerId> = evidence.inventory.serving().map(|broker| broker.id).collect();
    let mut concerned = Concerned::default();
    let mut missed: BTreeSet<BrokerId> = BTreeSet::new();
    for one in all {
        concerned.add(&one.topic, one.partition);
        missed.extend(one.adding.iter().filter(|broker| !serving.contains(broker)));
    }
    if concerned.is_empty() {
        return None;
    }
    let (why, patience) = if missed.is_empty() {
        (String::new(), STUCK_MILLIS)
    } else {
        let (brokers, do_not) =
            if missed.len() == 1 { ("broker", "does not serve") } else { ("brokers", "do not serve") };
        (format!("; {brokers} {} {do_not}", words::listed(&missed, missed.len())), MISSED_MILLIS)
    };
    let are =
        if concerned.total == 1 { "1 partition is".to_owned() } else { format!("{} partitions are", concerned.total) };
    let message = format!("{are} being moved and nothing arrives: {}{why}", words::partitions(&concerned));
    let (rule, severity) = (FindingRule::StuckReassignment, FindingSeverity::Warning);
    let suspicion = Suspicion::new(rule, severity, FindingSubject::Cluster, message);
    let link = words::page_of(evidence.cluster(), &concerned);
    Some(suspicion.of(&concerned).since(moved_at).lasting(patience).at(link))
}

/// Throttles while nothing is being moved.
pub(super) fn throttles(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let Known::Known(moves) = &evidence.inventory.reassignments else { return None };
    if !moves.is_empty() {
        return None;
    }
    let topics = evidence.inventory.topics.iter().filter(|topic| {
        let config = topic.config.value();
        let slows = |key: &str| {
            let entry = config.and_then(|config| config.get(key));
            entry.and_then(|entry| entry.value.as_deref()).is_some_and(|value| !value.is_empty())
        };
        BrokerThrottle::KEYS_OF_TOPICS.iter().any(|key| slows(key))
    });
    let mut topics: Vec<&TopicName> = topics.map(|topic| &topic.name).collect();
    words::own_first(&mut topics);
    let on_brokers = evidence.inventory.throttles.value().map_or(&[][..], Vec::as_slice);
    let brokers: BTreeSet<BrokerId> = on_brokers.iter().map(|throttle| throttle.broker).collect();
    let noun = if brokers.len() == 1 { "broker" } else { "brokers" };
    let on_which = format!("{noun} {}", words::listed(&brokers, brokers.len()));
    let (severity, message) = match (topics.is_empty(), brokers.is_empty()) {
        (true, true) => return None,
        // A rate concerns only replicas that are named.
        (true, false) => {
            (FindingSeverity::Info, format!("Replication is throttled on {on_which}, though nothing is being moved"))
        }
        (false, is_harmless) => {
            let severity = if is_harmless { FindingSeverity::Info } else { FindingSeverity::Warning };
            let at = if is_harmless { String::new() } else { format!(" on {on_which}") };
            let of = words::listed(&topics, topics.len());
            let message = format!("Replication of {of} is throttled{at}, though nothing is being moved");
            (severity, message)
        }
    };
    let suspicion = Suspicion::new(FindingRule::ForgottenThrottle, severity, FindingSubject::Cluster, message);
    let link = words::page_of_topics(evidence.cluster(), &topics, "brokers");
    Some(suspicion.lasting(FORGOTTEN_MILLIS).at(link))
}
