use klamm_model::{Broker, BrokerId, BrokerView, Inventory, Known};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Default)]
struct Held {
    leaders: u32,
    replicas: u32,
    out_of_sync: u32,
}

/// All nodes, by id, with what each holds: one pass over all partitions.
pub(crate) fn views(inventory: &Inventory) -> Vec<BrokerView> {
    let mut held: BTreeMap<BrokerId, Held> = BTreeMap::new();
    for partition in inventory.topics.iter().flat_map(|topic| &topic.partitions) {
        if let Some(leader) = partition.leader {
            held.entry(leader).or_default().leaders += 1;
        }
        for replica in &partition.replicas {
            let held = held.entry(*replica).or_default();
            held.replicas += 1;
            held.out_of_sync += u32::from(!partition.in_sync.contains(replica));
        }
    }
    inventory
        .brokers
        .iter()
        .map(|broker| view(inventory, broker, held.get(&broker.id).copied().unwrap_or_default()))
        .collect()
}

fn view(inventory: &Inventory, broker: &Broker, held: Held) -> BrokerView {
    let dirs = broker.log_dirs.value();
    BrokerView {
        id: broker.id,
        rack: broker.rack.clone(),
        pool: broker.pool.clone(),
        roles: broker.roles.clone(),
        state: broker.state,
        is_active_controller: inventory.controller == Known::Known(broker.id),
        version: broker.version.clone(),
        leaders: held.leaders,
        replicas: held.replicas,
        out_of_sync: held.out_of_sync,
        used_bytes: dirs.map(|dirs| dirs.iter().map(|dir| dir.used_bytes).sum()).into(),
        // One volume of unknown size makes the sum unknown, not smaller.
        total_bytes: dirs
            .filter(|dirs| !dirs.is_empty())
            .and_then(|dirs| dirs.iter().map(|dir| dir.total_bytes.value().copied()).sum::<Option<u64>>())
            .into(),
    }
}
