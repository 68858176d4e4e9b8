//! How clusters and brokers are told, in words. Pure.

use crate::ui::Status;
use klamm_model::{BrokerState, ClusterOverview, Health, NodeRole, human_count};

/// The mark of a health.
pub(crate) fn health_status(health: Health) -> Status {
    match health {
        Health::Healthy => Status::Ok,
        Health::Degraded => Status::Warn,
        Health::Unavailable => Status::Bad,
        Health::Unknown => Status::Unknown,
    }
}

/// Its word.
pub(crate) fn health_word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "Healthy",
        Health::Degraded => "Degraded",
        Health::Unavailable => "Unavailable",
        Health::Unknown => "Unknown",
    }
}

/// The mark and the word of a node's state.
pub(crate) fn broker_status(state: BrokerState) -> (Status, &'static str) {
    match state {
        BrokerState::Running => (Status::Ok, "Serving"),
        BrokerState::Fenced => (Status::Warn, "Fenced"),
        BrokerState::Down => (Status::Bad, "Down"),
        BrokerState::Unknown => (Status::Unknown, "Unknown"),
    }
}

/// `broker, controller`.
pub(crate) fn roles(roles: &[NodeRole]) -> String {
    let words: Vec<_> = roles
        .iter()
        .map(|role| match role {
            NodeRole::Broker => "broker",
            NodeRole::Controller => "controller",
        })
        .collect();
    words.join(", ")
}

/// `1 broker`, `3 brokers`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", human_count(count), if count == 1 { one } else { many })
}

/// What is known of a cluster in one line, its age excepted: `Kafka 4.1.2 · metadata 4.1-IV1 · 3 brokers in 3 racks`.
pub(super) fn facts(overview: &ClusterOverview) -> String {
    let cluster = &overview.cluster;
    let mut facts = Vec::new();
    facts.extend(cluster.kafka_version.as_ref().map(|version| format!("Kafka {version}")));
    facts.extend(cluster.metadata_version.as_ref().map(|version| format!("metadata {version}")));
    let brokers = counted(cluster.brokers.total.into(), "broker", "brokers");
    facts.push(match overview.racks {
        0 => brokers,
        racks => format!("{brokers} in {}", counted(racks.into(), "rack", "racks")),
    });
    facts.extend(cluster.operation.as_ref().map(|operation| format!("operation {operation} is running")));
    facts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "broker", "brokers"), "1 broker");
        assert_eq!(counted(0, "broker", "brokers"), "0 brokers");
    }

    #[test]
    fn a_combined_node_has_two_words() {
        assert_eq!(roles(&[NodeRole::Broker, NodeRole::Controller]), "broker, controller");
    }
}
