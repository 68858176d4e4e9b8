//! Nodes: from the cluster's list, from what each answered, and from the quorum.

use super::disks::DisksByBroker;
use crate::{ApiTable, ClusterDescription, QuorumDescription, QuorumReplica, TopicDescription};
use klamm_model::{Broker, BrokerId, BrokerState, Inventory, Known, LogDir, NodeRole, Quorum, QuorumVoter, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// A controller that has not fetched for so long is not there.
const SILENT_MILLIS: i64 = 10_000;

/// Brokers by id: those listed, and those that should hold replicas but are not listed (brokers before 4.1 leave fenced
/// ones out).
pub(super) fn put_together(
    previous: &Inventory,
    cluster: &ClusterDescription,
    tables: &BTreeMap<BrokerId, ApiTable>,
    log_dirs: Option<&DisksByBroker>,
    topics: &BTreeMap<TopicName, TopicDescription>,
) -> Vec<Broker> {
    let known: BTreeMap<BrokerId, &Broker> = previous.brokers.iter().map(|broker| (broker.id, broker)).collect();
    let mut brokers: BTreeMap<BrokerId, Broker> = BTreeMap::new();
    for node in &cluster.brokers {
        let table = tables.get(&node.id);
        let before = known.get(&node.id).copied();
        let state = match (node.state, table) {
            // Fenced and silent is not on its way up.
            (BrokerState::Fenced, None) => BrokerState::Down,
            // The controller has not missed it yet, or only we cannot reach it.
            (BrokerState::Running, None) => BrokerState::Unknown,
            (state, _) => state,
        };
        let broker = Broker {
            id: node.id,
            state,
            roles: vec![NodeRole::Broker],
            rack: node.rack.clone(),
            pool: before.and_then(|broker| broker.pool.clone()),
            pod: before.and_then(|broker| broker.pod.clone()),
            host: Some(node.host.clone()),
            version: table.and_then(ApiTable::software).map(|line| line.to_string()).into(),
            log_dirs: dirs(node.id, before, log_dirs),
        };
        brokers.insert(node.id, broker);
    }
    let mentioned: BTreeSet<BrokerId> =
        topics.values().flat_map(|t| &t.partitions).flat_map(|p| p.replicas.iter().copied()).collect();
    for id in mentioned {
        brokers.entry(id).or_insert_with(|| absent(id, known.get(&id).copied(), NodeRole::Broker, BrokerState::Down));
    }
    brokers.into_values().collect()
}

/// A node that is known of but not listed as a broker.
fn absent(id: BrokerId, before: Option<&Broker>, role: NodeRole, state: BrokerState) -> Broker {
    Broker {
        id,
        state,
        roles: vec![role],
        rack: before.and_then(|broker| broker.rack.clone()),
        pool: before.and_then(|broker| broker.pool.clone()),
        pod: before.and_then(|broker| broker.pod.clone()),
        host: before.and_then(|broker| broker.host.clone()),
        version: Known::Unknown,
        log_dirs: Known::Unknown,
    }
}

fn dirs(id: BrokerId, before: Option<&Broker>, log_dirs: Option<&DisksByBroker>) -> Known<Vec<LogDir>> {
    let Some(log_dirs) = log_dirs else {
        // Not asked this time.
        return before.map_or(Known::Unknown, |broker| broker.log_dirs.clone());
    };
    let answer = log_dirs.get(&id).and_then(|answer| answer.as_ref().ok());
    answer.map(|disks| disks.dirs.clone()).into()
}

/// Adds the role of controller, and the nodes that have no other. Without an answer of the quorum roles stay as they were.
pub(super) fn give_roles(brokers: &mut Vec<Broker>, quorum: Option<&QuorumDescription>, previous: &Inventory) {
    let Some(quorum) = quorum else {
        for broker in brokers.iter_mut() {
            if let Some(before) = previous.brokers.iter().find(|before| before.id == broker.id) {
                broker.roles.clone_from(&before.roles);
            }
        }
        let only_controllers = previous.brokers.iter().filter(|before| before.roles == [NodeRole::Controller]);
        for before in only_controllers {
            if brokers.iter().all(|broker| broker.id != before.id) {
                brokers.push(Broker { state: BrokerState::Unknown, ..before.clone() });
            }
        }
        brokers.sort_by_key(|broker| broker.id);
        return;
    };
    let voters: BTreeSet<BrokerId> = quorum.voters.iter().map(|voter| voter.id).collect();
    for broker in brokers.iter_mut().filter(|broker| voters.contains(&broker.id)) {
        broker.roles.push(NodeRole::Controller);
    }
    let listed: BTreeSet<BrokerId> = brokers.iter().map(|broker| broker.id).collect();
    for replica in quorum.replicas().filter(|replica| !listed.contains(&replica.id)) {
        let before = previous.brokers.iter().find(|before| before.id == replica.id);
        let state = controller_state(quorum, replica);
        // A follower that is neither broker nor voter is a broker gone, unless it still follows.
        if voters.contains(&replica.id) || state == BrokerState::Running {
            brokers.push(absent(replica.id, before, NodeRole::Controller, state));
        }
    }
    brokers.sort_by_key(|broker| broker.id);
}

/// By the leader's clock, which is the one that wrote down when others fetched.
fn controller_state(quorum: &QuorumDescription, replica: &QuorumReplica) -> BrokerState {
    let leader = quorum.voters.iter().find(|voter| Some(voter.id) == quorum.leader);
    match (leader.map(|leader| leader.last_fetch), replica.last_fetch) {
        (Some(Known::Known(now)), Known::Known(then)) if now.0.saturating_sub(then.0) < SILENT_MILLIS => {
            BrokerState::Running
        }
        (Some(Known::Known(_)), _) => BrokerState::Down,
        _ => BrokerState::Unknown,
    }
}

/// The quorum in the inventory's words.
pub(super) fn quorum(quorum: &QuorumDescription) -> Quorum {
    let voter = |replica: &QuorumReplica| QuorumVoter {
        id: replica.id,
        lag: quorum.lag(replica),
        last_caught_up: replica.last_caught_up,
    };
    Quorum {
        leader: quorum.leader,
        voters: quorum.voters.iter().map(voter).collect(),
        observers: quorum.observers.iter().map(voter).collect(),
    }
}
