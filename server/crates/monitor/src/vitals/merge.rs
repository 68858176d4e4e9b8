//! What targets tell and what an inventory tells, made one. Pure.
//!
//! Brokers say by their protocol what partitions are doing, and that is newer. Only exporters count bytes. Records are counted
//! by both: an exporter counts them as they come in, offsets tell of them where there is none.

use crate::scrape::Told;
use klamm_model::{
    Breakdown, Broker, BrokerId, BrokerState, Inventory, Measured, Measurement, Metric, NodeRole, Topic, TopicName,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// What a metric of a whole cluster is made from those of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole {
    /// Brokers count each their own.
    SumOfBrokers,
    /// Controllers count each their own.
    SumOfControllers,
    /// Every controller tells of all.
    MostOfControllers,
    /// No sum says anything.
    None,
}

fn whole(metric: Metric) -> Whole {
    match metric {
        Metric::MessagesIn
        | Metric::BytesIn
        | Metric::BytesOut
        | Metric::ReplicationBytesOut
        | Metric::Requests
        | Metric::FailedProduceRequests
        | Metric::FailedFetchRequests
        | Metric::UnderReplicatedPartitions
        | Metric::UnderMinIsrPartitions
        | Metric::IsrShrinks
        | Metric::IsrExpands
        | Metric::Connections => Whole::SumOfBrokers,
        Metric::ActiveControllers => Whole::SumOfControllers,
        Metric::OfflinePartitions => Whole::MostOfControllers,
        Metric::MessagesConsumed
        | Metric::SizeBytes
        | Metric::DiskUsedBytes
        | Metric::DiskCapacityBytes
        | Metric::LagRecords
        | Metric::LagSeconds
        | Metric::GroupMembers
        | Metric::AtMinIsrPartitions
        | Metric::BrokersRunning
        | Metric::Leaders
        | Metric::Replicas
        | Metric::RequestHandlerIdle
        | Metric::NetworkIdle
        | Metric::HeapUsedBytes
        | Metric::HeapMaxBytes
        | Metric::GcTime
        | Metric::CpuLoad
        | Metric::QuorumLag => Whole::None,
    }
}

/// Adds to what the inventory measures what targets told lately.
pub(super) fn merged(from_inventory: Vec<Measurement>, inventory: &Inventory, told: &[Arc<Told>]) -> Vec<Measurement> {
    let by_broker = by_broker(told);
    let mut all: BTreeMap<(Metric, Measured), f64> = BTreeMap::new();
    // What a broker told before it went down is not how it is: from then on there is a gap.
    let is_down = |id: BrokerId| inventory.brokers.iter().any(|one| one.id == id && one.state == BrokerState::Down);
    for (broker, told) in by_broker.iter().filter(|(broker, _)| !is_down(**broker)) {
        for (metric, value) in &told.values {
            if metric.breakdowns().contains(&Breakdown::Broker) {
                all.insert((*metric, Measured::Broker(*broker)), *value);
            }
        }
    }
    for metric in Metric::ALL.iter().copied() {
        if let Some(value) = of_the_whole(metric, inventory, &by_broker) {
            all.insert((metric, Measured::Cluster), value);
        }
    }
    for (metric, name, rate) in of_topics(inventory, &by_broker) {
        all.insert((metric, Measured::Topic(name)), rate);
    }
    for Measurement { metric, of, value } in from_inventory {
        let key = (metric, of);
        let exporters_first = metric == Metric::MessagesIn;
        if !exporters_first || !all.contains_key(&key) {
            all.insert(key, value);
        }
    }
    all.into_iter().map(|((metric, of), value)| Measurement { metric, of, value }).collect()
}

/// Where two pods say that they are the same broker, the newer answer counts.
fn by_broker(told: &[Arc<Told>]) -> BTreeMap<BrokerId, &Told> {
    let mut by_broker: BTreeMap<BrokerId, &Told> = BTreeMap::new();
    for told in told {
        let Some(broker) = told.broker else { continue };
        let newest = by_broker.entry(broker).or_insert(told);
        if newest.at < told.at {
            *newest = told;
        }
    }
    by_broker
}

/// Of the whole cluster; unknown unless all told whose part it is.
fn of_the_whole(metric: Metric, inventory: &Inventory, told: &BTreeMap<BrokerId, &Told>) -> Option<f64> {
    let told_by = |id: BrokerId| told.get(&id).and_then(|told| told.values.get(&metric)).copied();
    // Who is down claims nothing any more, whatever it told before.
    let is_up = |node: &&Broker| node.state != BrokerState::Down && node.roles.contains(&NodeRole::Controller);
    let controllers = || inventory.brokers.iter().filter(is_up);
    match whole(metric) {
        Whole::SumOfBrokers => {
            let mut values = inventory.serving().map(|broker| told_by(broker.id)).peekable();
            values.peek()?;
            values.sum()
        }
        Whole::SumOfControllers => {
            let mut values = controllers().map(|node| told_by(node.id)).peekable();
            values.peek()?;
            values.sum()
        }
        Whole::MostOfControllers => controllers().filter_map(|node| told_by(node.id)).max_by(f64::total_cmp),
        Whole::None => None,
    }
}

/// Rates of topics. A broker counts only what goes through it, so that nothing is said unless all that serve told.
fn of_topics(inventory: &Inventory, told: &BTreeMap<BrokerId, &Told>) -> Vec<(Metric, TopicName, f64)> {
    let serving: BTreeSet<BrokerId> = inventory.serving().map(|broker| broker.id).collect();
    let tellers: Vec<&&Told> = serving.iter().filter_map(|id| told.get(id)).collect();
    if tellers.is_empty() || tellers.len() < serving.len() {
        return Vec::new();
    }
    let mut sums: HashMap<&str, [f64; 3]> = HashMap::new();
    for told in tellers {
        for (name, rates) in &told.topics {
            let sums = sums.entry(name).or_default();
            for (sum, rate) in sums.iter_mut().zip(rates) {
                // What one of them cannot say yet is no number, and so is the sum.
                *sum += f64::from(*rate);
            }
        }
    }
    let is_there = |name: &str| {
        let place = inventory.topics.binary_search_by(|topic: &Topic| topic.name.as_str().cmp(name)).ok()?;
        inventory.topics.get(place).map(|topic| topic.name.clone())
    };
    let known = sums.into_iter().filter_map(|(name, sums)| Some((is_there(name)?, sums)));
    let each = known.flat_map(|(name, sums)| {
        Told::BY_TOPIC.into_iter().zip(sums).map(move |(metric, rate)| (metric, name.clone(), rate))
    });
    each.filter(|(_, _, rate)| rate.is_finite()).collect()
}

#[cfg(test)]
mod tests;
