//! What is told of a cluster: its status, and the Events that a change of it is worth. Pure.

use super::{
    build::{Blueprint, BrokerFacts},
    decide::Plan,
    labels,
    nodes::Assignment,
    observed::{Answer, KafkaSeen, Observed, address, is_ready, is_running},
    trouble::{Trouble, trouble},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use klamm_model::{BrokerState, ClusterRef, PoolName};
use klamm_resources::{
    BrokerStatus, ClusterReason, ConditionStatus, ConditionType, ConditionUpdate, KafkaClusterStatus, KafkaVersion,
    NodeState, PoolRole, clear_condition, condition,
    names::{annotation, label},
    set_condition,
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
        operation: facts.previous.operation.clone(),
    };
    conditions(facts, answer, &mut status);
    status
}

fn brokers(facts: &Facts<'_>) -> Vec<BrokerStatus> {
    let all: BTreeMap<i32, &PoolName> =
        facts.assignment.nodes.iter().chain(&facts.assignment.surplus).map(|(id, pool)| (*id, pool)).collect();
    all.into_iter().map(|(id, pool)| broker(facts, id, pool)).collect()
}

fn broker(facts: &Facts<'_>, id: i32, pool: &PoolName) -> BrokerStatus {
    let name = labels::pod(facts.cluster, pool, id);
    let pod = facts.observed.pods.get(&name);
    let previous = facts.previous.brokers.iter().find(|broker| broker.id == id && broker.pool == pool.as_str());
    let set = facts.observed.stateful_sets.get(&labels::node(facts.cluster, pool, id));
    let declared = facts.blueprint.and_then(|blueprint| blueprint.pool(pool));
    // What runs counts, not what is declared: roles change with a restart only.
    let roles = match (set, declared, previous) {
        (Some(set), _, _) => [(label::BROKER, PoolRole::Broker), (label::CONTROLLER, PoolRole::Controller)]
            .into_iter()
            .filter(|(name, _)| set.labels().contains_key(*name))
            .map(|(_, role)| role)
            .collect(),
        (None, Some(declared), _) => declared.roles.iter().copied().collect::<Vec<_>>(),
        (None, None, Some(previous)) => previous.roles.clone(),
        (None, None, None) => Vec::new(),
    };
    let rack = pod
        .and_then(|pod| pod.annotations().get(annotation::RACK).cloned())
        .or_else(|| facts.observed.racks.get(&name).cloned())
        .filter(|rack| !rack.is_empty() && rack != "-")
        .or_else(|| previous.and_then(|previous| previous.rack.clone()));
    let founder = facts.observed.identity.as_ref().and_then(|identity| identity.founders.get(&id));
    BrokerStatus {
        id,
        pool: pool.to_string(),
        state: state(previous.map(|previous| previous.state), pod, &roles, id, facts.kafka),
        roles,
        rack,
        directory_id: founder.and_then(|founder| founder.directory_id.clone()),
        revision: pod.and_then(|pod| pod.annotations().get(labels::HASH).cloned()),
        pod: name,
    }
}

fn state(previous: Option<NodeState>, pod: Option<&Pod>, roles: &[PoolRole], id: i32, kafka: &KafkaSeen) -> NodeState {
    let absent = match previous {
        None | Some(NodeState::Creating) => NodeState::Creating,
        Some(NodeState::Running | NodeState::Fenced | NodeState::Down | NodeState::Unknown) => NodeState::Down,
    };
    let Some(pod) = pod.filter(|pod| is_running(pod)) else { return absent };
    let KafkaSeen::Answered(answer) = kafka else {
        return if is_ready(pod) { NodeState::Unknown } else { absent };
    };
    if !roles.contains(&PoolRole::Broker) {
        let votes = answer.quorum.as_ref().is_some_and(|quorum| quorum.votes(id));
        return match (is_ready(pod), votes) {
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

fn oldest_version(observed: &Observed) -> Option<String> {
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

fn conditions(facts: &Facts<'_>, answer: Option<&Answer>, status: &mut KafkaClusterStatus) {
    // What keeps nodes from serving comes first; what only tenants feel, last.
    let (mut problems, of_tenants): (Vec<Trouble>, Vec<Trouble>) =
        facts.problems.iter().cloned().partition(|problem| {
            !matches!(problem.reason, ClusterReason::TenantRoleMissing | ClusterReason::TenantNamespaceMissing)
        });
    problems.extend(facts.observed.pods.values().filter_map(trouble));
    problems.extend(
        facts
            .plan
            .refused
            .iter()
            .map(|message| Trouble { reason: ClusterReason::ChangeRefused, message: message.clone() }),
    );
    let (is_ready, reason, message) = ready(facts, answer, &problems, &status.brokers);
    problems.extend(of_tenants);
    let ready_status = if is_ready { ConditionStatus::True } else { ConditionStatus::False };
    let mut updates = vec![ConditionUpdate::new(ConditionType::Ready, ready_status, reason, message.clone())];
    let creating = status.brokers.iter().filter(|broker| broker.state == NodeState::Creating).count();
    if creating > 0 && !facts.paused {
        let message = format!("{} of {} nodes have started", status.brokers.len() - creating, status.brokers.len());
        updates.push(ConditionUpdate::new(
            ConditionType::Progressing,
            ConditionStatus::True,
            ClusterReason::CreatingBrokers,
            message,
        ));
    }
    if let Some((reason, message)) = waiting(facts) {
        updates.push(ConditionUpdate::new(ConditionType::Waiting, ConditionStatus::True, reason, message));
    }
    if let Some(worst) = problems.first() {
        let mut sentences: Vec<&str> = Vec::new();
        for problem in &problems {
            if !sentences.contains(&problem.message.as_str()) {
                sentences.push(&problem.message);
            }
        }
        let message = sentences.join("; ");
        updates.push(ConditionUpdate::new(ConditionType::Degraded, ConditionStatus::True, worst.reason, message));
    } else if !is_ready && creating == 0 && status.brokers.iter().any(|broker| broker.state == NodeState::Running) {
        updates.push(ConditionUpdate::new(ConditionType::Degraded, ConditionStatus::True, reason, message));
    }
    for type_ in [ConditionType::Ready, ConditionType::Progressing, ConditionType::Waiting, ConditionType::Degraded] {
        match updates.iter().position(|update| update.type_ == type_) {
            Some(i) => {
                set_condition(&mut status.conditions, updates.swap_remove(i), facts.generation, facts.now);
            }
            None => drop(clear_condition(&mut status.conditions, type_)),
        }
    }
}

fn ready(
    facts: &Facts<'_>,
    answer: Option<&Answer>,
    problems: &[Trouble],
    brokers: &[BrokerStatus],
) -> (bool, ClusterReason, String) {
    let missing: Vec<&BrokerStatus> = brokers.iter().filter(|broker| broker.state != NodeState::Running).collect();
    let cluster_id = facts.observed.identity.as_ref().map(|identity| identity.cluster_id.as_str());
    if let (Some(answer), Some(cluster_id)) = (answer, cluster_id)
        && answer.cluster_id != cluster_id
    {
        let message = format!(
            "the brokers say that they are the cluster {}, not {cluster_id}: their volumes belong to another cluster",
            answer.cluster_id
        );
        return (false, ClusterReason::ResourceConflict, message);
    }
    let quorum = answer.and_then(|answer| answer.quorum.as_ref());
    let voiceless: Vec<String> = brokers
        .iter()
        .filter(|node| node.roles.contains(&PoolRole::Controller))
        .filter(|node| !quorum.is_some_and(|quorum| quorum.votes(node.id)))
        .map(|node| node.id.to_string())
        .collect();
    let has_leader = quorum.is_some_and(|quorum| quorum.leader.is_some());
    if missing.is_empty() && !brokers.is_empty() && has_leader && voiceless.is_empty() {
        let version = oldest_version(facts.observed).unwrap_or_default();
        return (true, ClusterReason::Serving, format!("all {} nodes serve, Kafka {version}", brokers.len()));
    }
    if let Some(problem) = problems.first() {
        return (false, problem.reason, problem.message.clone());
    }
    let creating = brokers.iter().filter(|broker| broker.state == NodeState::Creating).count();
    if creating > 0 || brokers.is_empty() {
        let message = format!("{} of {} nodes have started", brokers.len() - creating, brokers.len());
        return (false, ClusterReason::CreatingBrokers, message);
    }
    match facts.kafka {
        KafkaSeen::Silent(why) => {
            return (false, ClusterReason::KafkaUnreachable, format!("the brokers do not answer: {why}"));
        }
        KafkaSeen::Refused(why) => {
            return (false, ClusterReason::AuthenticationFailed, format!("the brokers refuse Klamm: {why}"));
        }
        KafkaSeen::NotAsked | KafkaSeen::Answered(_) => {}
    }
    if missing.is_empty() {
        let message = if has_leader {
            format!("controllers {} have joined, but do not vote yet", voiceless.join(", "))
        } else {
            "the controllers have not elected a leader yet".to_owned()
        };
        return (false, ClusterReason::FormingQuorum, message);
    }
    let names: Vec<String> = missing.iter().map(|broker| format!("{} ({})", broker.id, word(broker.state))).collect();
    (
        false,
        ClusterReason::BrokersDown,
        format!("{} of {} nodes do not serve: {}", missing.len(), brokers.len(), names.join(", ")),
    )
}

fn word(state: NodeState) -> &'static str {
    match state {
        NodeState::Creating => "starting",
        NodeState::Running => "running",
        NodeState::Fenced => "fenced",
        NodeState::Down => "down",
        NodeState::Unknown => "unknown",
    }
}

fn waiting(facts: &Facts<'_>) -> Option<(ClusterReason, String)> {
    if facts.paused {
        return Some((ClusterReason::Paused, "nothing is changed while spec.paused is true".to_owned()));
    }
    let mut sentences: Vec<String> = Vec::new();
    if !facts.plan.restarts.is_empty() {
        let changes: Vec<&str> = facts.plan.restarts.keys().map(String::as_str).collect();
        let nodes: BTreeSet<i32> = facts.plan.restarts.values().flatten().copied().collect();
        let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        sentences.push(format!(
            "{} takes effect when these nodes are restarted, which is not done yet: {}",
            changes.join(", "),
            nodes.join(", ")
        ));
    }
    sentences.extend(facts.plan.held.iter().cloned());
    (!sentences.is_empty()).then(|| (ClusterReason::RestartNeeded, sentences.join("; ")))
}

/// Something worth an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) is_warning: bool,
    pub(super) reason: String,
    pub(super) note: String,
}

/// What changed between two statuses that people would ask about later.
pub(super) fn news(previous: &KafkaClusterStatus, current: &KafkaClusterStatus) -> Vec<News> {
    let mut all: Vec<News> = Vec::new();
    for type_ in [ConditionType::Ready, ConditionType::Waiting, ConditionType::Degraded] {
        let Some(now) = condition(&current.conditions, type_) else { continue };
        let before = condition(&previous.conditions, type_);
        if !is_new(before, now) {
            continue;
        }
        let expected = [
            ClusterReason::Serving,
            ClusterReason::CreatingBrokers,
            ClusterReason::FormingQuorum,
            ClusterReason::RestartNeeded,
            ClusterReason::Paused,
        ];
        let is_warning = !expected.iter().any(|reason| reason.to_string() == now.reason);
        let news = News { is_warning, reason: now.reason.clone(), note: now.message.clone() };
        if !all.iter().any(|told| told.reason == news.reason) {
            all.push(news);
        }
    }
    all
}

// Messages count restarts and name nodes: a changed number alone is no news, a changed declaration is.
fn is_new(before: Option<&Condition>, now: &Condition) -> bool {
    match before {
        None => true,
        Some(before) if before.status != now.status || before.reason != now.reason => true,
        Some(before) => before.message != now.message && before.observed_generation != now.observed_generation,
    }
}
