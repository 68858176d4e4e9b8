//! What an inventory measures by itself. Pure.

use klamm_model::{BrokerState, Inventory, Known, Measured, Measurement, Metric, NodeRole, Reachability};

/// Everything that the inventory knows; of what it does not know nothing is said.
pub(crate) fn measurements(inventory: &Inventory) -> Vec<Measurement> {
    if inventory.reachability != Reachability::Reachable {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut say = |metric, of, value: f64| all.push(Measurement { metric, of, value });
    let mut messages = 0.0;
    for topic in &inventory.topics {
        if let Known::Known(rate) = topic.records_per_second {
            messages += rate;
            say(Metric::MessagesIn, Measured::Topic(topic.name.clone()), rate);
        }
        if let Known::Known(bytes) = topic.size_bytes {
            say(Metric::SizeBytes, Measured::Topic(topic.name.clone()), exact(bytes));
        }
    }
    say(Metric::MessagesIn, Measured::Cluster, messages);
    for group in inventory.groups.value().into_iter().flatten() {
        if let Known::Known(lag) = group.lag {
            say(Metric::LagRecords, Measured::Group(group.id.clone()), exact(lag));
        }
    }
    let serving = inventory
        .brokers
        .iter()
        .filter(|broker| broker.roles.contains(&NodeRole::Broker) && broker.state == BrokerState::Running);
    say(Metric::BrokersRunning, Measured::Cluster, exact(serving.count() as u64));
    all
}

/// Counts of this program are far below the 2^53 up to which this is exact.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(crate) fn exact(count: u64) -> f64 {
    count as f64
}
