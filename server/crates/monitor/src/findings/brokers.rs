//! Brokers that do not serve, or serve unevenly.

use super::{Concerned, Evidence, Suspicion, words};
use klamm_model::{
    Broker, BrokerId, BrokerState, FindingRule, FindingSeverity, FindingSubject, Inventory, Known, NodeRole,
    Reachability,
};
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = 60_000;
/// One look that a broker does not answer may be chance; the next is not.
const SILENT_MILLIS: i64 = 3_000;
/// What starts is fenced until it has caught up with the metadata.
const FENCED_MILLIS: i64 = 10_000;
/// A cluster that nobody has seen yet may be about to be made.
const NEVER_SEEN_MILLIS: i64 = 10 * MINUTE;

pub(super) fn unreachable(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let Reachability::Unreachable { since, reason } = &evidence.inventory.reachability else { return None };
    let was_seen = matches!(evidence.inventory.observed_at, Known::Known(_));
    let (severity, patience) =
        if was_seen { (FindingSeverity::Critical, 0) } else { (FindingSeverity::Warning, NEVER_SEEN_MILLIS) };
    let message = format!("No broker answers: {}", reason.trim_end_matches('.'));
    let suspicion = Suspicion::new(FindingRule::ClusterUnreachable, severity, FindingSubject::Cluster, message);
    Some(suspicion.since(*since).lasting(patience).at(format!("/clusters/{}", evidence.cluster())))
}

pub(super) fn down(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let inventory = evidence.inventory;
    let missing: BTreeMap<BrokerId, &Broker> = inventory
        .brokers
        .iter()
        .filter(|broker| broker.state != BrokerState::Running)
        .map(|broker| (broker.id, broker))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let held = held(inventory, &missing.keys().copied().collect());
    missing.into_iter().filter_map(|(id, broker)| one(evidence, broker, held.get(&id))).collect()
}

/// Partitions with a replica on each of these.
fn held(inventory: &Inventory, brokers: &BTreeSet<BrokerId>) -> BTreeMap<BrokerId, Concerned> {
    let mut held: BTreeMap<BrokerId, Concerned> = BTreeMap::new();
    for topic in &inventory.topics {
        for partition in &topic.partitions {
            for broker in partition.replicas.iter().filter(|broker| brokers.contains(broker)) {
                held.entry(*broker).or_default().add(&topic.name, partition.id);
            }
        }
    }
    held
}

fn one(evidence: &Evidence<'_>, broker: &Broker, held: Option<&Concerned>) -> Option<Suspicion> {
    let id = broker.id;
    let is_broker = broker.roles.contains(&NodeRole::Broker);
    let what = if is_broker { format!("Broker {id}") } else { format!("Controller {id}") };
    let (state, patience) = match broker.state {
        BrokerState::Running => return None,
        BrokerState::Down => ("is down", 0),
        BrokerState::Fenced => ("is fenced: the controller does not let it serve", FENCED_MILLIS),
        BrokerState::Unknown => ("does not answer", SILENT_MILLIS),
    };
    let state = match evidence.unready.get(&id) {
        Some(host) => format!("{state}, and Kubernetes node {host} under its pod is not ready"),
        None => state.to_owned(),
    };
    let voters = evidence.inventory.quorum.value().map_or(&[][..], |quorum| quorum.voters.as_slice());
    let is_missed = held.is_some() || voters.iter().any(|voter| voter.id == id);
    // What nobody misses yet is being made, and the operator says how far it is.
    let patience = if is_missed || evidence.declared.sentence_hint.is_none() { patience } else { 5 * MINUTE };
    let severity = if evidence.is_worked_on() { FindingSeverity::Info } else { FindingSeverity::Critical };
    let message = match held {
        Some(held) => {
            let partitions = words::counted(held.total as usize, "partition");
            let have = if held.total == 1 { "has" } else { "have" };
            format!("{what} {state}; {partitions} {have} a replica there: {}", words::partitions(held))
        }
        None => format!("{what} {state}"),
    };
    let suspicion = Suspicion::new(FindingRule::BrokerDown, severity, FindingSubject::Broker(id), message);
    let suspicion = suspicion.lasting(patience).at(words::page(evidence.cluster(), &format!("brokers/{id}")));
    Some(held.map_or_else(|| suspicion.clone(), |held| suspicion.clone().of(held)))
}

/// So much longer than anybody takes to lead again after a restart; Kafka itself evens out every five minutes.
const SKEW_MILLIS: i64 = 15 * MINUTE;
/// A broker that leads so many partitions more than others lead on average, and half as many again, leads too many.
const SKEW_LEADERS: usize = 20;

pub(super) fn leader_skew(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let inventory = evidence.inventory;
    let mut leaders: BTreeMap<BrokerId, usize> = inventory.serving().map(|broker| (broker.id, 0)).collect();
    let with_replicas = inventory.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Broker));
    // While somebody is missing, others lead for them.
    if leaders.len() < 2 || with_replicas.count() > leaders.len() {
        return None;
    }
    for partition in inventory.topics.iter().flat_map(|topic| &topic.partitions) {
        if let Some(count) = partition.leader.and_then(|leader| leaders.get_mut(&leader)) {
            *count += 1;
        }
    }
    let mean = leaders.values().sum::<usize>() / leaders.len();
    let (most, count) = leaders.iter().max_by_key(|(_, count)| **count)?;
    if *count < mean + SKEW_LEADERS || *count * 2 < mean * 3 {
        return None;
    }
    let message = format!("Broker {most} leads {count} partitions, where {mean} would be even");
    let suspicion = Suspicion::new(FindingRule::LeaderSkew, FindingSeverity::Warning, FindingSubject::Cluster, message);
    Some(suspicion.lasting(SKEW_MILLIS).at(words::page(evidence.cluster(), "brokers")))
}
