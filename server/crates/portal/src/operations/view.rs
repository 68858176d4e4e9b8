//! An operation as people see it. Pure.

use klamm_model::{
    BrokerId, ClusterRef, ObjectName, OperationEvent, OperationKind, OperationPhase, OperationStepState,
    OperationStepView, OperationView, OperationWait, OperationWish, UnixMillis,
};
use klamm_monitor::OperationObject;
use klamm_resources as resources;
use klamm_resources::{KafkaOperationSpec, KafkaVersion, OperationStep, WaitingOn};

/// What its object says; `from` is the version of Kafka that was there before, where somebody knows.
pub(crate) fn view((name, object): (&ObjectName, &OperationObject), from: Option<&str>) -> OperationView {
    let OperationObject { cluster, created_at, spec, status } = object;
    let kind = spec.kind;
    let wish = wish(spec);
    OperationView {
        name: name.clone(),
        kind,
        phase: status.phase.map_or(OperationPhase::Planned, phase),
        sentence: sentence(cluster, (kind, &wish), from),
        wish,
        from: status.from.clone(),
        steps: status.steps.iter().map(step).collect(),
        waiting_total: total(status.waiting_total, status.waiting_on.len()),
        waiting_on: status.waiting_on.iter().map(wait).collect(),
        eta_seconds: status.eta_seconds.and_then(|seconds| u64::try_from(seconds).ok()),
        ahead: status.ahead.iter().map(wait).collect(),
        bytes_left: status.bytes_left.and_then(|bytes| u64::try_from(bytes).ok()).into(),
        partitions_left: status.partitions_left.and_then(|partitions| u64::try_from(partitions).ok()).into(),
        remarks: status.remarks.clone(),
        history: status.history.iter().rev().filter_map(event).collect(),
        created_at: *created_at,
        started_at: status.started.as_deref().and_then(moment),
        ended_at: status.ended.as_deref().and_then(moment),
        paused: spec.paused,
        cancel: spec.cancel,
    }
}

fn event(event: &klamm_resources::OperationEvent) -> Option<OperationEvent> {
    Some(OperationEvent { at: moment(&event.at)?, message: event.message.clone() })
}

pub(super) fn moment(text: &str) -> Option<UnixMillis> {
    text.parse::<jiff::Timestamp>().ok().map(|at| UnixMillis(at.as_millisecond()))
}

fn total(told: Option<i64>, named: usize) -> u64 {
    let named = u64::try_from(named).unwrap_or(u64::MAX);
    told.and_then(|total| u64::try_from(total).ok()).unwrap_or(named).max(named)
}

fn phase(phase: resources::OperationPhase) -> OperationPhase {
    match phase {
        resources::OperationPhase::Planned => OperationPhase::Planned,
        resources::OperationPhase::Waiting => OperationPhase::Waiting,
        resources::OperationPhase::Running => OperationPhase::Running,
        resources::OperationPhase::Paused => OperationPhase::Paused,
        resources::OperationPhase::Done => OperationPhase::Done,
        resources::OperationPhase::Failed => OperationPhase::Failed,
        resources::OperationPhase::Cancelled => OperationPhase::Cancelled,
    }
}

fn step(step: &OperationStep) -> OperationStepView {
    let state = match step.state {
        resources::StepState::Planned => OperationStepState::Planned,
        resources::StepState::Running => OperationStepState::Running,
        resources::StepState::Done => OperationStepState::Done,
        resources::StepState::Skipped => OperationStepState::Skipped,
        resources::StepState::Failed => OperationStepState::Failed,
    };
    OperationStepView {
        kind: step.kind.clone(),
        target: step.target.clone(),
        state,
        reason: step.reason.clone().unwrap_or_default(),
        one_way: step.one_way.clone(),
        started_at: step.started_at.as_deref().and_then(moment),
        ended_at: step.ended_at.as_deref().and_then(moment),
    }
}

fn wait(wait: &WaitingOn) -> OperationWait {
    OperationWait {
        reason: wait.reason.clone(),
        message: wait.message.clone(),
        partitions_total: total(wait.partitions_total, wait.partitions.len()),
        partitions: wait.partitions.clone(),
        brokers: wait.brokers.iter().copied().map(BrokerId).collect(),
        topics: wait.topics.clone(),
    }
}

fn wish(spec: &KafkaOperationSpec) -> OperationWish {
    let texts = spec.config.iter().filter_map(|(key, value)| Some((key.clone(), value.text()?.into_owned())));
    OperationWish {
        brokers: spec.brokers.iter().copied().map(BrokerId).collect(),
        topics: spec.topics.clone(),
        version: spec.version.clone(),
        metadata_version: spec.metadata_version.clone(),
        pool: spec.pool.clone(),
        replicas: spec.replicas.and_then(|replicas| u32::try_from(replicas).ok()),
        replication_factor: spec.replication_factor.and_then(|factor| u32::try_from(factor).ok()),
        config: texts.collect(),
        accept_unavailable: spec.accept_unavailable.clone(),
    }
}

/// What is done, in a sentence without its end.
pub(crate) fn sentence(
    cluster: &ClusterRef,
    (kind, wish): (OperationKind, &OperationWish),
    from: Option<&str>,
) -> String {
    let name = &cluster.name;
    let brokers = brokers(&wish.brokers);
    match kind {
        OperationKind::Restart if wish.brokers.is_empty() => format!("Restart all nodes of {name}"),
        OperationKind::Restart => format!("Restart {brokers} of {name}"),
        OperationKind::Reconfigure => format!("Reconfigure {name}"),
        OperationKind::Upgrade => match (from.filter(|from| Some(*from) != wish.version.as_deref()), &wish.version) {
            (Some(from), Some(to)) if is_older(to, from) => format!("Bring {name} back from {from} to {to}"),
            (Some(from), Some(to)) => format!("Upgrade {name} from {from} to {to}"),
            (None, Some(to)) => format!("Bring {name} to Kafka {to}"),
            (_, None) => format!("Bring {name} to another version"),
        },
        OperationKind::Finalise => match &wish.metadata_version {
            Some(version) => format!("Finalise metadata {version} of {name}"),
            None => format!("Finalise the metadata version of {name}"),
        },
        OperationKind::Scale => match (&wish.pool, wish.replicas) {
            (Some(pool), Some(1)) => format!("Scale pool {pool} of {name} to 1 node"),
            (Some(pool), Some(replicas)) => format!("Scale pool {pool} of {name} to {replicas} nodes"),
            (Some(pool), None) => format!("Scale pool {pool} of {name}"),
            (None, _) => format!("Scale {name}"),
        },
        OperationKind::Rebalance => match (wish.topics.as_slice(), wish.replication_factor) {
            ([], _) => format!("Rebalance {name}"),
            ([topic], None) => format!("Rebalance {topic} of {name}"),
            (topics, None) => format!("Rebalance {} topics of {name}", topics.len()),
            ([topic], Some(factor)) => format!("Give {topic} of {name} {}", replicas(factor)),
            (topics, Some(factor)) => format!("Give {} topics of {name} {} each", topics.len(), replicas(factor)),
        },
        OperationKind::Drain => format!("Empty {brokers} of {name}"),
    }
}

fn replicas(factor: u32) -> String {
    if factor == 1 { "1 replica".to_owned() } else { format!("{factor} replicas") }
}

fn is_older(one: &str, other: &str) -> bool {
    let version = |text: &str| text.parse::<KafkaVersion>().ok();
    version(one).zip(version(other)).is_some_and(|(one, other)| one < other)
}

/// `broker 1`, `brokers 1, 2 and 3`, `7 brokers`.
fn brokers(ids: &[BrokerId]) -> String {
    match ids {
        [] => "brokers".to_owned(),
        [one] => format!("broker {one}"),
        [few @ .., last] if few.len() < 4 => {
            let few: Vec<String> = few.iter().map(ToString::to_string).collect();
            format!("brokers {} and {last}", few.join(", "))
        }
        many => format!("{} brokers", many.len()),
    }
}
