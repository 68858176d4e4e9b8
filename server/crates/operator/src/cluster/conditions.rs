//! The conditions of a cluster: whether it serves, what is done, what is waited for, what is wrong; and the Events that a
//! change of them is worth. Pure.

use super::{
    observed::{Answer, KafkaSeen},
    report::{Facts, oldest_version},
    trouble::{Trouble, trouble},
    voters,
};
use crate::operation::Running;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use klamm_resources::{
    BrokerStatus, ClusterReason, ConditionStatus, ConditionType, ConditionUpdate, KafkaClusterStatus, NodeState,
    OperationPhase, PoolRole, clear_condition, condition, set_condition,
};
use std::collections::BTreeSet;

/// Sets them all.
pub(super) fn conditions(facts: &Facts<'_>, answer: Option<&Answer>, status: &mut KafkaClusterStatus) {
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
    if let Some(running) = facts.attended.running.as_ref().filter(|running| running.phase == OperationPhase::Running) {
        updates.push(ConditionUpdate::new(
            ConditionType::Progressing,
            ConditionStatus::True,
            ClusterReason::OperationRunning,
            told(running),
        ));
    } else if creating > 0 && !facts.paused {
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
    } else if !is_ready
        && creating == 0
        && reason != ClusterReason::OperationRunning
        && status.brokers.iter().any(|broker| broker.state == NodeState::Running)
    {
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
    // One that leaves has lost its vote on purpose.
    let stays = |node: &&BrokerStatus| !facts.assignment.surplus.contains_key(&node.id);
    let controllers = brokers.iter().filter(|node| node.roles.contains(&PoolRole::Controller)).filter(stays);
    let controllers: BTreeSet<i32> = controllers.map(|node| node.id).collect();
    let meant = voters::meant(&controllers, facts.observed.identity.as_ref(), quorum);
    let has_no_vote = |id: &&i32| !quorum.is_some_and(|quorum| quorum.votes(**id));
    let voiceless: Vec<String> = meant.iter().filter(has_no_vote).map(ToString::to_string).collect();
    let has_leader = quorum.is_some_and(|quorum| quorum.leader.is_some());
    if missing.is_empty() && !brokers.is_empty() && has_leader && voiceless.is_empty() {
        let version = oldest_version(facts.observed).unwrap_or_default();
        return (true, ClusterReason::Serving, format!("all {} nodes serve, Kafka {version}", brokers.len()));
    }
    if let Some(problem) = problems.first() {
        return (false, problem.reason, problem.message.clone());
    }
    if let Some(running) = &facts.attended.running
        && !missing.is_empty()
        && missing.iter().all(|broker| running.handled.contains(&broker.id))
    {
        // Taken down on purpose and under guard: whoever else serves, serves.
        let serves = brokers.len() > missing.len() && has_leader;
        let reason = if serves { ClusterReason::Serving } else { ClusterReason::OperationRunning };
        let nodes: Vec<String> = missing.iter().map(|broker| broker.id.to_string()).collect();
        let message = format!(
            "{} of {} nodes serve while operation {} restarts node {}",
            brokers.len() - missing.len(),
            brokers.len(),
            running.name,
            nodes.join(", ")
        );
        return (serves, reason, message);
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
    if let Some(running) = &facts.attended.running {
        return match running.phase {
            OperationPhase::Planned | OperationPhase::Waiting | OperationPhase::Paused => {
                Some((ClusterReason::OperationRunning, told(running)))
            }
            OperationPhase::Running | OperationPhase::Done | OperationPhase::Failed | OperationPhase::Cancelled => {
                let stranded = facts.attended.stranded.join("; ");
                (!stranded.is_empty()).then_some((ClusterReason::NodeCordoned, stranded))
            }
        };
    }
    let mut sentences: Vec<String> = Vec::new();
    if !facts.plan.restarts.is_empty() {
        let changes: Vec<&str> = facts.plan.restarts.keys().map(String::as_str).collect();
        let nodes: BTreeSet<i32> = facts.plan.restarts.values().flatten().copied().collect();
        let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        sentences.push(format!(
            "{} takes effect when nodes {} are restarted: make a KafkaOperation of kind restart",
            changes.join(", "),
            nodes.join(", ")
        ));
    }
    sentences.extend(facts.plan.held.iter().cloned());
    let stranded = &facts.attended.stranded;
    let reason = if stranded.is_empty() { ClusterReason::RestartNeeded } else { ClusterReason::NodeCordoned };
    // Whoever drains a Kubernetes node looks for this first.
    let sentences: Vec<String> = stranded.iter().cloned().chain(sentences).collect();
    (!sentences.is_empty()).then(|| (reason, sentences.join("; ")))
}

/// An operation in one sentence.
fn told(running: &Running) -> String {
    let progress = running.progress.as_ref().map(|progress| format!(" ({progress})")).unwrap_or_default();
    format!("{} {}{progress}: {}", running.kind.name(), running.name, running.sentence)
}

/// Something worth an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) is_warning: bool,
    pub(crate) reason: String,
    pub(crate) note: String,
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
            ClusterReason::OperationRunning,
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
