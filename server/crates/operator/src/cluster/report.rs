//! What is told of a cluster: its status, but for conditions, which are told beside it. Pure.

use super::{
    build::{Blueprint, BrokerFacts},
    conditions::conditions,
    decide::{NodeAct, Plan},
    labels,
    nodes::Assignment,
    observed::{KafkaSeen, Observed, QuorumSeen, address, is_ready, is_running},
    trouble::Trouble,
    voters,
};
use crate::operation::Attended;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use klamm_model::{BrokerState, ClusterRef, PoolName};
use klamm_resources::{
    BrokerStatus, KafkaClusterStatus, KafkaVersion, NodeState, PoolRole,
    names::{annotation, label},
};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// What a status is made from.
pub(super) struct Facts<'a> {
    pub(super) cluster: &'a ClusterRef,
    pub(super) generation: Option<i64>,
    pub(super) previous: &'a KafkaClusterStatus,
    /// What is declared; none when the declaration is not understood.
    pub(super) blueprint: Option<&'a Blueprint<'a>>,
    pub(super) assignment: &'a Assignment,
    pub(super) plan: &'a Plan,
    /// What became of operations in this look.
    pub(super) attended: &'a Attended,
    pub(super) observed: &'a Observed,
    pub(super) kafka: &'a KafkaSeen,
    /// What else is wrong.
    pub(super) problems: &'a [Trouble],
    pub(super) paused: bool,
    pub(super) now: Timestamp,
}

/// The status.
pub(super) fn status(facts: &Facts<'_>) -> KafkaClusterStatus {
    let brokers = brokers(facts);
    let serving = |broker: &&BrokerStatus| broker.roles.contains(&PoolRole::Broker);
    let ready = brokers.iter().filter(serving).filter(|broker| broker.state == NodeState::Running).count();
    // Nodes that are no longer declared still hold data until they are removed.
    let total = brokers.iter().filter(serving).count();
    let answer = match facts.kafka {
        KafkaSeen::Answered(answer) => Some(answer.as_ref()),
        KafkaSeen::NotAsked | KafkaSeen::Silent(_) | KafkaSeen::Refused(_) => None,
    };
    let mut status = KafkaClusterStatus {
        conditions: facts.previous.conditions.clone(),
        observed_generation: facts.generation,
        cluster_id: facts
            .observed
            .identity
            .as_ref()
            .map(|identity| identity.cluster_id.clone())
            .or_else(|| facts.previous.cluster_id.clone()),
        kafka_version: oldest_version(facts.observed).or_else(|| facts.previous.kafka_version.clone()),
        metadata_version: answer
            .and_then(|answer| answer.metadata_version.clone())
            .or_else(|| facts.previous.metadata_version.clone()),
        bootstrap_servers: match facts.blueprint {
            Some(blueprint) => blueprint.bootstrap_servers(&broker_facts(facts, &brokers)),
            None => facts.previous.bootstrap_servers.clone(),
        },
        brokers_ready: Some(format!("{ready}/{total}")),
        brokers,
        dynamic_config: match &facts.attended.dynamic_config {
            Some(keys) => keys.clone(),
            None => facts.previous.dynamic_config.clone(),
        },
        operation: facts.attended.running.as_ref().map(|running| running.name.clone()),
    };
    conditions(facts, answer, &mut status);
    status
}

fn brokers(facts: &Facts<'_>) -> Vec<BrokerStatus> {
    // An id is given away with the node, and a node that waits for an operation is nobody's yet.
    let is_awaited = |id: &i32| facts.plan.nodes.get(id).is_some_and(|node| node.act == NodeAct::Await);
    let nodes = facts.assignment.nodes.iter().filter(|(id, _)| !is_awaited(id));
    let surplus = facts.assignment.surplus.iter().filter(|(id, pool)| !is_gone(facts, **id, pool));
    let all: BTreeMap<i32, &PoolName> = nodes.chain(surplus).map(|(id, pool)| (*id, pool)).collect();
    let is_controller = |(id, pool): &(&i32, &&PoolName)| {
        !facts.assignment.surplus.contains_key(*id) && roles(facts, **id, pool).contains(&PoolRole::Controller)
    };
    let controllers: BTreeSet<i32> = all.iter().filter(is_controller).map(|(id, _)| *id).collect();
    let voters = voters::meant(&controllers, facts.observed.identity.as_ref(), quorum(facts.kafka));
    all.into_iter().map(|(id, pool)| broker(facts, id, pool, &voters)).collect()
}

fn quorum(kafka: &KafkaSeen) -> Option<&QuorumSeen> {
    match kafka {
        KafkaSeen::Answered(answer) => answer.quorum.as_ref(),
        KafkaSeen::NotAsked | KafkaSeen::Silent(_) | KafkaSeen::Refused(_) => None,
    }
}

/// Whether nothing is left of a node that is no longer declared. The controller remembers a broker until it is told to
/// forget it; a controller alone is forgotten with its pod.
fn is_gone(facts: &Facts<'_>, id: i32, pool: &PoolName) -> bool {
    let has_set = facts.observed.stateful_sets.contains_key(&labels::node(facts.cluster, pool, id));
    let has_pod = facts.observed.pods.contains_key(&labels::pod(facts.cluster, pool, id));
    let was_broker =
        facts.previous.brokers.iter().any(|broker| broker.id == id && broker.roles.contains(&PoolRole::Broker));
    !has_set && !has_pod && (!was_broker || facts.attended.gone.contains(&id))
}

fn previous<'a>(facts: &Facts<'a>, id: i32, pool: &PoolName) -> Option<&'a BrokerStatus> {
    facts.previous.brokers.iter().find(|broker| broker.id == id && broker.pool == pool.as_str())
}

/// What runs counts, not what is declared: roles change with a restart only.
fn roles(facts: &Facts<'_>, id: i32, pool: &PoolName) -> Vec<PoolRole> {
    let set = facts.observed.stateful_sets.get(&labels::node(facts.cluster, pool, id));
    let declared = facts.blueprint.and_then(|blueprint| blueprint.pool(pool));
    match (set, declared, previous(facts, id, pool)) {
        (Some(set), _, _) => [(label::BROKER, PoolRole::Broker), (label::CONTROLLER, PoolRole::Controller)]
            .into_iter()
            .filter(|(name, _)| set.labels().contains_key(*name))
            .map(|(_, role)| role)
            .collect(),
        (None, Some(declared), _) => declared.roles.iter().copied().collect::<Vec<_>>(),
        (None, None, Some(previous)) => previous.roles.clone(),
        (None, None, None) => Vec::new(),
    }
}

/// `voters` are the controllers that are to vote.
fn broker(facts: &Facts<'_>, id: i32, pool: &PoolName, voters: &BTreeSet<i32>) -> BrokerStatus {
    let name = labels::pod(facts.cluster, pool, id);
    let pod = facts.observed.pods.get(&name);
    let previous = previous(facts, id, pool);
    let roles = roles(facts, id, pool);
    let rack = pod
        .and_then(|pod| pod.annotations().get(annotation::RACK).cloned())
        .or_else(|| facts.observed.racks.get(&name).cloned())
        .filter(|rack| !rack.is_empty() && rack != "-")
        .or_else(|| previous.and_then(|previous| previous.rack.clone()));
    let founder = facts.observed.identity.as_ref().and_then(|identity| identity.founders.get(&id));
    BrokerStatus {
        id,
        pool: pool.to_string(),
        state: state(previous.map(|previous| previous.state), pod, &roles, id, facts.kafka, voters),
        roles,
        rack,
        directory_id: founder.and_then(|founder| founder.directory_id.clone()),
        revision: pod.and_then(|pod| pod.annotations().get(labels::HASH).cloned()),
        pod: name,
    }
}

fn state(
    previous: Option<NodeState>,
    pod: Option<&Pod>,
    roles: &[PoolRole],
    id: i32,
    kafka: &KafkaSeen,
    voters: &BTreeSet<i32>,
) -> NodeState {
    let absent = match previous {
        None | Some(NodeState::Creating) => NodeState::Creating,
        Some(NodeState::Running | NodeState::Fenced | NodeState::Down | NodeState::Unknown) => NodeState::Down,
    };
    let Some(pod) = pod.filter(|pod| is_running(pod)) else { return absent };
    let KafkaSeen::Answered(answer) = kafka else {
        return if is_ready(pod) { NodeState::Unknown } else { absent };
    };
    if !roles.contains(&PoolRole::Broker) {
        // One that is not meant to vote is there to follow.
        let does_its_part = !voters.contains(&id) || answer.quorum.as_ref().is_some_and(|quorum| quorum.votes(id));
        return match (is_ready(pod), does_its_part) {
            (true, true) => NodeState::Running,
            (true, false) => NodeState::Fenced,
            (false, _) => absent,
        };
    }
    match answer.brokers.get(&id) {
        Some(BrokerState::Running) => NodeState::Running,
        Some(BrokerState::Fenced) if absent == NodeState::Creating => NodeState::Creating,
        Some(BrokerState::Fenced) => NodeState::Fenced,
        Some(BrokerState::Unknown) => NodeState::Unknown,
        Some(BrokerState::Down) | None => absent,
    }
}

pub(super) fn oldest_version(observed: &Observed) -> Option<String> {
    observed
        .pods
        .values()
        .filter_map(|pod| pod.annotations().get(labels::KAFKA_VERSION)?.parse::<KafkaVersion>().ok())
        .min()
        .map(|version| version.to_string())
}

fn broker_facts(facts: &Facts<'_>, brokers: &[BrokerStatus]) -> BTreeMap<i32, BrokerFacts> {
    brokers
        .iter()
        .filter(|broker| broker.roles.contains(&PoolRole::Broker) && facts.assignment.nodes.contains_key(&broker.id))
        .map(|broker| {
            let pod = facts.observed.pods.get(&broker.pod);
            let node = broker.pod.trim_end_matches("-0");
            let node_ports = facts.blueprint.map_or(&[][..], |blueprint| &blueprint.managed.listeners).iter();
            let facts = BrokerFacts {
                pool: PoolName::new(broker.pool.clone()).ok(),
                pod_ip: pod.and_then(address).map(str::to_owned),
                host_ip: pod.and_then(|pod| pod.status.as_ref()?.host_ip.clone()),
                node_ports: node_ports
                    .filter_map(|listener| {
                        let service = facts.observed.services.get(&format!("{node}-{}", listener.name))?;
                        let port = service.spec.as_ref()?.ports.as_ref()?.first()?.node_port?;
                        Some((listener.name.clone(), port))
                    })
                    .collect(),
            };
            (broker.id, facts)
        })
        .collect()
}
