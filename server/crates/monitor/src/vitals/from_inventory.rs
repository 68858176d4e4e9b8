//! What an inventory measures by itself. Pure.
//!
//! Only what a cluster has few of: a history does not forget topics and groups that are gone, and there may be ten thousand.

use klamm_model::{Inventory, Known, Measured, Measurement, Metric, Reachability, Topic};

/// Everything that the inventory knows of the whole; of what it does not know nothing is said.
pub(crate) fn measurements(inventory: &Inventory) -> Vec<Measurement> {
    if inventory.reachability != Reachability::Reachable {
        return Vec::new();
    }
    let whole = |metric, value| Measurement { metric, of: Measured::Cluster, value };
    let messages = match Topic::records_per_second_of(&inventory.topics) {
        Known::Known(rate) => Some(whole(Metric::MessagesIn, rate)),
        Known::Unknown => None,
    };
    let serving = whole(Metric::BrokersRunning, exact(inventory.serving().count()));
    messages.into_iter().chain([serving]).collect()
}

/// Counts of this program are far below the 2^53 up to which this is exact.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn exact(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{Broker, BrokerId, BrokerState, NodeRole};

    fn broker(id: i32, state: BrokerState) -> Broker {
        Broker {
            id: BrokerId(id),
            state,
            roles: vec![NodeRole::Broker],
            rack: None,
            pool: None,
            pod: None,
            host: None,
            version: Known::Unknown,
            log_dirs: Known::Unknown,
        }
    }

    fn topic(name: &str, rate: Known<f64>) -> Topic {
        Topic {
            name: name.parse().unwrap(),
            id: String::new(),
            partitions: Vec::new(),
            config: Known::Unknown,
            size_bytes: Known::Known(1),
            records_per_second: rate,
            owner: None,
            team: None,
        }
    }

    #[test]
    fn what_is_not_known_is_not_said_and_topics_are_not_told_one_by_one() {
        let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
        assert_eq!(measurements(&inventory), []);
        inventory.reachability = Reachability::Reachable;
        inventory.brokers = vec![broker(0, BrokerState::Running), broker(1, BrokerState::Down)];
        inventory.topics = vec![topic("new", Known::Unknown)];
        let whole = |metric, value| Measurement { metric, of: Measured::Cluster, value };
        assert_eq!(measurements(&inventory), [whole(Metric::BrokersRunning, 1.0)]);
        inventory.topics.extend([topic("a", Known::Known(1.5)), topic("b", Known::Known(3.0))]);
        assert_eq!(measurements(&inventory), [whole(Metric::MessagesIn, 4.5), whole(Metric::BrokersRunning, 1.0)]);
    }
}
