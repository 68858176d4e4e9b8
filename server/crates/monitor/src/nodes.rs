//! What only Kubernetes knows of a cluster's nodes, written into what its brokers say. Pure.

use crate::connect::NodePod;
use klamm_model::{Broker, BrokerId, BrokerState, Inventory, Known, NodeRole};
use klamm_resources::{ClusterShape, KafkaCluster, PoolRole, PoolStorage, ValidatedCluster};
use std::collections::BTreeMap;

/// Adds what only Kubernetes knows: pool, pod, the size of volumes, and nodes that should be there but do not answer.
pub(crate) fn complete(inventory: &mut Inventory, cluster: &KafkaCluster, pods: &[NodePod]) {
    let volumes = volumes(cluster);
    let by_id: BTreeMap<BrokerId, &NodePod> = pods.iter().map(|pod| (pod.id, pod)).collect();
    for node in cluster.status.iter().flat_map(|status| &status.brokers) {
        let id = BrokerId(node.id);
        let roles = node.roles.iter().map(|role| match role {
            PoolRole::Broker => NodeRole::Broker,
            PoolRole::Controller => NodeRole::Controller,
        });
        let roles: Vec<NodeRole> = roles.collect();
        let pod = by_id.get(&id).copied();
        let index = match inventory.brokers.binary_search_by_key(&id, |broker| broker.id) {
            Ok(index) => index,
            Err(index) => {
                inventory.brokers.insert(index, missing(id, &roles, inventory, pod));
                index
            }
        };
        let Some(broker) = inventory.brokers.get_mut(index) else { continue };
        broker.roles = roles;
        broker.pool = node.pool.parse().ok();
        if let Some(bytes) = volumes.get(&node.pool) {
            bound(broker, *bytes);
        }
        broker.pod = pod.and_then(|pod| pod.pod.clone());
        // Brokers tell their release line only; the pod knows the patch level too.
        if let Some(version) = pod.and_then(|pod| pod.version.clone()) {
            broker.version = Known::Known(version);
        }
        broker.rack = broker.rack.take().or_else(|| node.rack.clone());
    }
}

/// A declared node that is not among the registered brokers. A controller that is none serves when it votes and keeps up.
fn missing(id: BrokerId, roles: &[NodeRole], inventory: &Inventory, pod: Option<&NodePod>) -> Broker {
    let votes = inventory.quorum.value().is_some_and(|quorum| quorum.voters.iter().any(|voter| voter.id == id));
    let only_controller = !roles.contains(&NodeRole::Broker);
    let state = match pod {
        Some(_) if only_controller && votes => BrokerState::Running,
        Some(_) | None => BrokerState::Down,
    };
    Broker::unseen(id, state, roles.to_vec())
}

/// Bytes of each node's volume, by pool.
fn volumes(cluster: &KafkaCluster) -> BTreeMap<String, u64> {
    let Ok(valid) = ValidatedCluster::from_resource(cluster) else { return BTreeMap::new() };
    let ClusterShape::Managed(managed) = valid.shape else { return BTreeMap::new() };
    let bytes = |storage: &PoolStorage| match storage {
        PoolStorage::Persistent { bytes, .. } => Some(*bytes),
        PoolStorage::Ephemeral { bytes, .. } => *bytes,
    };
    managed.pools.iter().filter_map(|pool| Some((pool.name.to_string(), bytes(&pool.storage)?))).collect()
}

/// A broker sees the file system, which can be larger than the volume it was given: the smaller one counts.
fn bound(broker: &mut Broker, volume: u64) {
    let Known::Known(log_dirs) = &mut broker.log_dirs else { return };
    for dir in log_dirs {
        dir.total_bytes = dir.total_bytes.map(|total| total.min(volume));
        dir.usable_bytes = dir.usable_bytes.map(|usable| usable.min(volume.saturating_sub(dir.used_bytes)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::LogDir;

    fn broker(used: u64, total: u64, usable: u64) -> Broker {
        let dir = LogDir {
            path: "/data".to_owned(),
            offline: false,
            used_bytes: used,
            total_bytes: Known::Known(total),
            usable_bytes: Known::Known(usable),
        };
        let unseen = Inventory::unseen("kafka/demo".parse().unwrap());
        Broker { log_dirs: Known::Known(vec![dir]), ..missing(BrokerId(0), &[NodeRole::Broker], &unseen, None) }
    }

    #[test]
    fn the_smaller_of_volume_and_file_system_counts() {
        let mut roomy = broker(10, 1000, 700);
        bound(&mut roomy, 100);
        let dir = &roomy.log_dirs.value().unwrap()[0];
        assert_eq!((dir.total_bytes, dir.usable_bytes), (Known::Known(100), Known::Known(90)));
        let mut tight = broker(10, 50, 3);
        bound(&mut tight, 100);
        let dir = &tight.log_dirs.value().unwrap()[0];
        assert_eq!((dir.total_bytes, dir.usable_bytes), (Known::Known(50), Known::Known(3)));
    }

    #[test]
    fn a_broker_without_a_registration_is_down_and_a_voting_controller_is_not() {
        let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
        let voter = klamm_model::QuorumVoter { id: BrokerId(3), lag: Known::Unknown, last_caught_up: Known::Unknown };
        inventory.quorum =
            Known::Known(klamm_model::Quorum { leader: None, voters: vec![voter], observers: Vec::new() });
        let pod = NodePod { id: BrokerId(3), pod: None, pool: None, address: None, version: None, host: None };
        let state = |roles: &[NodeRole], pod| missing(BrokerId(3), roles, &inventory, pod).state;
        assert_eq!(state(&[NodeRole::Controller], Some(&pod)), BrokerState::Running);
        assert_eq!(state(&[NodeRole::Controller], None), BrokerState::Down);
        assert_eq!(state(&[NodeRole::Broker, NodeRole::Controller], Some(&pod)), BrokerState::Down);
    }
}
