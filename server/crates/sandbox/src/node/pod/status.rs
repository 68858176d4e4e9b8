//! A pod's status as clients and controllers expect it.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    HostIP, Pod, PodCondition, PodIP, PodStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;

use super::plan::{Phase, backing_off};
use super::state::{ContainerStory, Ended, Kind, PodStory, RestartPolicy};

/// What the status is made from.
pub(super) struct Facts<'a> {
    pub(super) pod: &'a Pod,
    pub(super) story: &'a PodStory,
    pub(super) policy: RestartPolicy,
    pub(super) phase: Phase,
    pub(super) pod_ip: Option<Ipv4Addr>,
    pub(super) host_ip: Ipv4Addr,
    /// Address and volumes are there.
    pub(super) prepared: bool,
    pub(super) started_at: Timestamp,
    pub(super) now: Timestamp,
}

/// The status; conditions keep the time of their last change from `before`.
pub(super) fn status(facts: &Facts<'_>, before: &[PodCondition]) -> PodStatus {
    let spec = facts.pod.spec.as_ref();
    let init = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    let main = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let statuses = |containers: &[Container], stories: &[ContainerStory], kind: Kind| -> Vec<ContainerStatus> {
        containers
            .iter()
            .zip(stories)
            .map(|(container, story)| container_status(facts, container, story, kind))
            .collect()
    };
    let init_statuses = statuses(init, &facts.story.init, Kind::Init);
    PodStatus {
        phase: Some(facts.phase.word().to_owned()),
        conditions: Some(conditions(facts, before)),
        container_statuses: Some(statuses(main, &facts.story.main, Kind::Main)),
        init_container_statuses: (!init_statuses.is_empty()).then_some(init_statuses),
        host_ip: Some(facts.host_ip.to_string()),
        host_ips: Some(vec![HostIP { ip: facts.host_ip.to_string() }]),
        pod_ip: facts.pod_ip.map(|ip| ip.to_string()),
        pod_ips: facts.pod_ip.map(|ip| vec![PodIP { ip: ip.to_string() }]),
        start_time: Some(Time(facts.started_at)),
        observed_generation: facts.pod.metadata.generation,
        ..PodStatus::default()
    }
}

fn conditions(facts: &Facts<'_>, before: &[PodCondition]) -> Vec<PodCondition> {
    let names = |stories: &[ContainerStory], wrong: &dyn Fn(&ContainerStory) -> bool| -> Vec<String> {
        stories.iter().filter(|story| wrong(story)).map(|story| story.name.clone()).collect()
    };
    let over = facts.phase == Phase::Succeeded;
    let uninitialised = names(&facts.story.init, &|story| !story.succeeded());
    let initialised = if over || facts.phase == Phase::Running || uninitialised.is_empty() {
        (true, over.then_some("PodCompleted"), None)
    } else {
        (
            false,
            Some("ContainersNotInitialized"),
            Some(format!("containers with incomplete status: [{}]", uninitialised.join(" "))),
        )
    };
    let unready = names(&facts.story.main, &|story| !story.ready);
    let ready = if over {
        (false, Some("PodCompleted"), None)
    } else if facts.phase == Phase::Failed {
        (false, Some("PodFailed"), None)
    } else if unready.is_empty() {
        (true, None, None)
    } else {
        (false, Some("ContainersNotReady"), Some(format!("containers with unready status: [{}]", unready.join(" "))))
    };
    [
        ("PodReadyToStartContainers", (facts.prepared && !facts.phase.is_final(), None, None)),
        ("Initialized", initialised),
        ("Ready", ready.clone()),
        ("ContainersReady", ready),
        ("PodScheduled", (true, None, None)),
    ]
    .into_iter()
    .map(|(type_, (holds, reason, message))| {
        let status = if holds { "True" } else { "False" };
        let same = before.iter().find(|other| other.type_ == type_ && other.status == status);
        PodCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            message,
            last_transition_time: same.and_then(|same| same.last_transition_time.clone()).or(Some(Time(facts.now))),
            observed_generation: facts.pod.metadata.generation,
            ..PodCondition::default()
        }
    })
    .collect()
}

fn container_status(facts: &Facts<'_>, container: &Container, story: &ContainerStory, kind: Kind) -> ContainerStatus {
    let policy = if kind == Kind::Init && facts.policy == RestartPolicy::Always {
        RestartPolicy::OnFailure
    } else {
        facts.policy
    };
    let (state, last) = if let Some(running) = &story.running {
        let running = ContainerStateRunning { started_at: Some(Time(running.since)) };
        (
            ContainerState { running: Some(running), ..ContainerState::default() },
            story.ended.as_ref().or(story.before.as_ref()),
        )
    } else if let Some(trouble) = story.trouble.as_ref().filter(|_| !facts.phase.is_final()) {
        (waiting(trouble.reason, Some(trouble.message.clone())), story.ended.as_ref().or(story.before.as_ref()))
    } else if let Some(wait) = backing_off(story, policy, facts.now).filter(|_| !facts.phase.is_final()) {
        let pod = format!(
            "{}_{}({})",
            facts.pod.name_any(),
            facts.pod.namespace().unwrap_or_default(),
            facts.pod.uid().unwrap_or_default()
        );
        let wait = if wait.as_mins() >= 1 {
            format!("{}m{}s", wait.as_mins(), wait.as_secs() % 60)
        } else {
            format!("{}s", wait.as_secs())
        };
        let message = format!("back-off {wait} restarting failed container={} pod={pod}", story.name);
        (waiting("CrashLoopBackOff", Some(message)), story.ended.as_ref())
    } else if let Some(ended) = &story.ended {
        (ContainerState { terminated: Some(terminated(ended)), ..ContainerState::default() }, story.before.as_ref())
    } else {
        let initialising = kind == Kind::Main && facts.story.init.iter().any(|init| !init.succeeded());
        let reason = if initialising || !facts.story.init.is_empty() { "PodInitializing" } else { "ContainerCreating" };
        (waiting(reason, None), story.before.as_ref())
    };
    let ready = match kind {
        Kind::Init => story.succeeded(),
        Kind::Main => story.ready,
    };
    ContainerStatus {
        name: story.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        image_id: story
            .running
            .as_ref()
            .map(|_| format!("sandbox://{}", container.image.as_deref().unwrap_or_default()))
            .unwrap_or_default(),
        container_id: story
            .running
            .as_ref()
            .map(|running| running.id.clone())
            .or_else(|| story.ended.as_ref()?.id.clone()),
        last_state: last
            .map(|ended| ContainerState { terminated: Some(terminated(ended)), ..ContainerState::default() }),
        ready,
        restart_count: story.restart_count(),
        started: Some(story.running.is_some() && story.started),
        state: Some(state),
        ..ContainerStatus::default()
    }
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    let waiting = ContainerStateWaiting { reason: Some(reason.to_owned()), message };
    ContainerState { waiting: Some(waiting), ..ContainerState::default() }
}

fn terminated(ended: &Ended) -> ContainerStateTerminated {
    ContainerStateTerminated {
        container_id: ended.id.clone(),
        exit_code: ended.code,
        reason: Some(ended.reason.clone()),
        message: ended.message.clone(),
        started_at: Some(Time(ended.started.unwrap_or(ended.finished))),
        finished_at: Some(Time(ended.finished)),
        signal: None,
    }
}

/// Whether somebody else changed what this node has to say about a pod, such as the controller that marks the pods of a
/// node it does not hear from.
pub(super) fn contradicts(ours: &PodStatus, theirs: &PodStatus) -> bool {
    let condition = |status: &PodStatus, type_: &str| {
        let found = status.conditions.iter().flatten().find(|condition| condition.type_ == type_);
        found.map(|condition| condition.status.clone())
    };
    ours.phase != theirs.phase
        || ["Ready", "ContainersReady", "Initialized"]
            .iter()
            .any(|type_| condition(ours, type_) != condition(theirs, type_))
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
