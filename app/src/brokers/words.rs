//! How brokers are told, in words. Pure.

use crate::{clusters::counted, disks, ui::Status};
use klamm_model::{
    BrokerState, BrokerView, Filling, ForecastConfidence, Known, NodeRole, QuorumRole, ReplicaRole, human_bytes,
};

/// How all brokers of a cluster are, in a sentence.
pub(super) fn brokers_sentence(name: &str, brokers: &[BrokerView]) -> String {
    let serving = brokers.iter().filter(|broker| broker.state == BrokerState::Running).count();
    let nodes = counted(brokers.len() as u64, "node", "nodes");
    match (brokers.len(), serving) {
        (0, _) => format!("{name} has shown no broker yet"),
        (all, serving) if all == serving => format!("{name} runs {nodes}, all of them up"),
        (_, serving) => format!("{name} runs {serving} of {nodes}"),
    }
}

/// How one broker is, in a sentence.
pub(super) fn sentence(broker: &BrokerView) -> String {
    let what = if broker.roles.contains(&NodeRole::Broker) { "Broker" } else { "Controller" };
    let id = broker.id;
    match broker.state {
        BrokerState::Running if !broker.roles.contains(&NodeRole::Broker) => format!("{what} {id} is up"),
        BrokerState::Running => {
            let leads = counted(broker.leaders.into(), "partition", "partitions");
            match broker.out_of_sync {
                0 => format!("{what} {id} is serving, and leads {leads}"),
                behind => format!(
                    "{what} {id} is serving, leads {leads}, and is behind with {}",
                    counted(behind.into(), "replica", "replicas")
                ),
            }
        }
        BrokerState::Fenced => format!("{what} {id} is there, and the controller does not let it serve"),
        BrokerState::Down => {
            format!("{what} {id} is down, and {} wait for it", counted(broker.replicas.into(), "replica", "replicas"))
        }
        BrokerState::Unknown => format!("{what} {id} does not answer, so nobody knows how it is"),
    }
}

/// `zone-a · pool main · broker, controller · Kafka 4.1.2`.
pub(super) fn facts(broker: &BrokerView) -> String {
    let mut facts = Vec::new();
    facts.extend(broker.rack.clone());
    facts.extend(broker.pool.as_ref().map(|pool| format!("pool {pool}")));
    facts.push(crate::clusters::roles(&broker.roles));
    facts.push(match &broker.version {
        Known::Known(version) => format!("Kafka {version}"),
        Known::Unknown => "version unknown".to_owned(),
    });
    facts.retain(|fact| !fact.is_empty());
    facts.join(" · ")
}

/// How far what a broker leads is from an even share; nothing where that is not worth a word.
pub(super) fn skew(leaders: u32, even_share: f64) -> Option<String> {
    let apart = f64::from(leaders) / even_share - 1.0;
    (apart.is_finite() && apart.abs() >= 0.05).then(|| format!("{:+.0} %", apart * 100.0).replace('-', "−"))
}

/// Where a node is, and what it is beside a broker that follows: `zone-a · active controller`.
pub(super) fn place(broker: &BrokerView) -> String {
    let mut words: Vec<String> = broker.rack.iter().cloned().collect();
    if broker.is_active_controller {
        words.push("active controller".to_owned());
    } else if !broker.roles.contains(&NodeRole::Broker) {
        words.push("controller".to_owned());
    }
    words.join(" · ")
}

/// When the first volume of a broker is full: `Full in 12 days`.
pub(super) fn until_full(filling: Filling) -> String {
    let told = disks::filling(filling);
    match (filling.confidence, filling.days) {
        (Known::Known(ForecastConfidence::Medium | ForecastConfidence::High), Known::Known(days)) if days <= 0.0 => {
            "Full".to_owned()
        }
        (Known::Known(_), Known::Known(_)) => format!("Full in {told}"),
        (Known::Known(_), Known::Unknown) | (Known::Unknown, _) => format!("When it is full: {told}"),
    }
}

/// The memory of a Java process.
pub(super) struct Heap {
    pub(super) used: Known<u64>,
    pub(super) most: Known<u64>,
}

impl Heap {
    /// `300 MiB of 1 GiB`
    pub(super) fn words(&self) -> Option<String> {
        let used = human_bytes(*self.used.value()?);
        Some(self.most.value().map_or_else(|| used.clone(), |most| format!("{used} of {}", human_bytes(*most))))
    }
}

/// What a node is to the metadata quorum.
pub(super) fn quorum_role(role: QuorumRole) -> &'static str {
    match role {
        QuorumRole::Leader => "Active controller",
        QuorumRole::Voter => "Voter",
        QuorumRole::Observer => "Observer",
        QuorumRole::None => "Not in the quorum",
    }
}

/// What a broker is to a replica it holds.
pub(super) fn replica_role(role: ReplicaRole) -> (Status, &'static str) {
    match role {
        ReplicaRole::Leader => (Status::Ok, "Leads"),
        ReplicaRole::Follower => (Status::Ok, "Follows"),
        ReplicaRole::OutOfSync => (Status::Warn, "Out of sync"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::BrokerId;

    fn broker(state: BrokerState, out_of_sync: u32) -> BrokerView {
        BrokerView {
            id: BrokerId(2),
            rack: None,
            pool: None,
            roles: vec![NodeRole::Broker],
            state,
            is_active_controller: false,
            version: Known::Unknown,
            leaders: 1,
            replicas: 3,
            out_of_sync,
            used_bytes: Known::Unknown,
            total_bytes: Known::Unknown,
            log_dir_count: Known::Unknown,
            offline_log_dirs: Known::Unknown,
        }
    }

    #[test]
    fn a_broker_is_told_in_a_sentence() {
        assert_eq!(sentence(&broker(BrokerState::Running, 0)), "Broker 2 is serving, and leads 1 partition");
        assert_eq!(
            sentence(&broker(BrokerState::Running, 2)),
            "Broker 2 is serving, leads 1 partition, and is behind with 2 replicas"
        );
        assert_eq!(sentence(&broker(BrokerState::Down, 3)), "Broker 2 is down, and 3 replicas wait for it");
        let controller = BrokerView { roles: vec![NodeRole::Controller], ..broker(BrokerState::Running, 0) };
        assert_eq!(sentence(&controller), "Controller 2 is up");
        assert_eq!(facts(&controller), "controller · version unknown");
    }

    #[test]
    fn a_row_says_where_a_node_is_and_what_else_it_is() {
        let rack = Some("zone-a".to_owned());
        let plain = BrokerView { rack, ..broker(BrokerState::Running, 0) };
        assert_eq!(place(&plain), "zone-a");
        assert_eq!(place(&BrokerView { is_active_controller: true, ..plain }), "zone-a · active controller");
        let alone = BrokerView { roles: vec![NodeRole::Controller], ..broker(BrokerState::Running, 0) };
        assert_eq!(place(&alone), "controller");
    }

    #[test]
    fn a_row_says_when_its_disk_is_full_and_that_nobody_knows() {
        use ForecastConfidence::{High, Low};
        let told = |days: Option<f64>, confidence: Option<ForecastConfidence>| {
            until_full(Filling { days: days.into(), confidence: confidence.into() })
        };
        assert_eq!([told(Some(12.4), Some(High)), told(Some(0.0), Some(High))], ["Full in 12 days", "Full"]);
        assert_eq!(told(Some(16.0), Some(Low)), "Full in 16 days, uncertain");
        let unsaid = [told(None, Some(High)), told(None, None), told(Some(3.0), None)];
        assert_eq!(
            unsaid,
            ["When it is full: not foreseen", "When it is full: not known", "When it is full: not known"]
        );
    }

    #[test]
    fn brokers_together_are_told_by_how_many_run() {
        let (up, down) = (broker(BrokerState::Running, 0), broker(BrokerState::Down, 0));
        assert_eq!(brokers_sentence("demo", &[up.clone(), up.clone()]), "demo runs 2 nodes, all of them up");
        assert_eq!(brokers_sentence("demo", &[up, down]), "demo runs 1 of 2 nodes");
        assert_eq!(brokers_sentence("demo", &[]), "demo has shown no broker yet");
    }

    #[test]
    fn only_a_share_that_is_far_from_even_is_worth_a_word() {
        assert_eq!(skew(100, 98.0), None);
        assert_eq!((skew(120, 100.0).as_deref(), skew(0, 9.0).as_deref()), (Some("+20 %"), Some("−100 %")));
        assert_eq!(skew(0, 0.0), None);
        let heap = |used, most| Heap { used, most }.words();
        assert_eq!(heap(Known::Known(3 << 20), Known::Known(1 << 30)).as_deref(), Some("3 MiB of 1 GiB"));
        assert_eq!(
            (heap(Known::Known(1), Known::Unknown).as_deref(), heap(Known::Unknown, Known::Known(1))),
            (Some("1 B"), None)
        );
    }
}
