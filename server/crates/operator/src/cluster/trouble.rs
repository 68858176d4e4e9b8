//! Why a node's pod does not run, in words that say what to do. Pure.

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodCondition};
use klamm_resources::ClusterReason;
use kube::ResourceExt;

/// Something that keeps a node from serving.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trouble {
    pub(crate) reason: ClusterReason,
    pub(crate) message: String,
}

/// What is wrong with a pod, if anything is.
pub(crate) fn trouble(pod: &Pod) -> Option<Trouble> {
    let name = pod.name_any();
    let status = pod.status.as_ref()?;
    if let Some(unschedulable) = find(status.conditions.as_deref(), "PodScheduled")
        && unschedulable.status == "False"
    {
        let why = unschedulable.message.clone().unwrap_or_default();
        let reason = if why.contains("persistentvolumeclaim") || why.contains("PersistentVolume") {
            ClusterReason::VolumeUnavailable
        } else {
            ClusterReason::Unschedulable
        };
        let advice = match reason {
            ClusterReason::VolumeUnavailable => "check storage.class of its pool and the volumes there are",
            _ => {
                "add nodes or memory, or ask for less in resources, nodeSelector, affinity and tolerations of its pool"
            }
        };
        return Some(Trouble { reason, message: format!("no node takes {name}: {why}; {advice}") });
    }
    let containers = status.container_statuses.as_deref().unwrap_or_default();
    containers.iter().find_map(|container| of_container(&name, container))
}

fn find<'a>(conditions: Option<&'a [PodCondition]>, type_: &str) -> Option<&'a PodCondition> {
    conditions.unwrap_or_default().iter().find(|condition| condition.type_ == type_)
}

fn of_container(pod: &str, container: &ContainerStatus) -> Option<Trouble> {
    let state = container.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let message = waiting.message.as_deref().unwrap_or_default();
        return match reason {
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "ImageInspectError" => {
                Some(Trouble {
                    reason: ClusterReason::ImageUnavailable,
                    message: format!(
                        "the image {} of {pod} cannot be had: {message}; correct version or image of the KafkaCluster",
                        container.image
                    ),
                })
            }
            "CrashLoopBackOff" => Some(crash(pod, container)),
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => Some(Trouble {
                reason: ClusterReason::BrokerCrashing,
                message: format!("the container of {pod} cannot be made: {message}"),
            }),
            _ => None,
        };
    }
    if let Some(ended) = &state.terminated {
        // Not yet waiting to be started again.
        return (ended.exit_code != 0).then(|| crash(pod, container));
    }
    // Started again, and not well yet: what it ended with may come again.
    let last = container.last_state.as_ref().and_then(|last| last.terminated.as_ref());
    let has_crashed = last.is_some_and(|last| last.exit_code != 0 && !is_told_to_end(last));
    (has_crashed && !container.ready).then(|| crash(pod, container))
}

/// Ended by a signal from outside, as when its Kubernetes node stops.
fn is_told_to_end(ended: &ContainerStateTerminated) -> bool {
    matches!(ended.exit_code, 137 | 143) && ended.reason.as_deref() != Some("OOMKilled")
}

fn crash(pod: &str, container: &ContainerStatus) -> Trouble {
    let ended = [&container.state, &container.last_state]
        .into_iter()
        .find_map(|state| state.as_ref().and_then(|state| state.terminated.as_ref()));
    let code = ended.map_or_else(String::new, |ended| format!(" with exit code {}", ended.exit_code));
    let killed = ended.is_some_and(|ended| ended.reason.as_deref() == Some("OOMKilled"));
    let last_words = ended.and_then(|ended| ended.message.as_deref()).map(last_line).unwrap_or_default();
    let why = if killed {
        ": it took more memory than its limit; raise the memory limit or lower jvm.heap".to_owned()
    } else if last_words.is_empty() {
        format!("; its log says why: kubectl logs --previous {pod}")
    } else {
        format!(": {last_words}")
    };
    Trouble {
        reason: ClusterReason::BrokerCrashing,
        message: format!("{pod} ended{}{code}{why}", times(container.restart_count)),
    }
}

fn times(restarts: i32) -> String {
    if restarts > 1 { format!(" {restarts} times") } else { String::new() }
}

/// The line that says most: the last one that speaks of an error and is no part of a stack trace, else the last one.
fn last_line(message: &str) -> String {
    let words = |line: &&str| !line.trim().is_empty() && !line.starts_with(char::is_whitespace);
    let telling = |line: &&str| {
        words(line) && ["Exception", "Error", "ERROR", "FATAL", "klamm:"].iter().any(|word| line.contains(word))
    };
    let line = message.lines().rev().find(telling).or_else(|| message.lines().rev().find(words));
    line.unwrap_or_default().trim().chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(status: &serde_json::Value) -> Pod {
        serde_json::from_value(json!({ "metadata": { "name": "demo-main-0-0" }, "status": status })).unwrap()
    }

    fn container(state: &serde_json::Value) -> serde_json::Value {
        json!({ "name": "kafka", "image": "klamm.dev/kafka:9.9.9", "imageID": "", "ready": false, "restartCount": 3,
                "state": state })
    }

    #[test]
    fn a_pod_no_node_takes_says_what_the_scheduler_said() {
        let scheduler = "0/3 nodes are available: 3 Insufficient memory.";
        let pod = pod(&json!({ "conditions": [
            { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": scheduler },
        ] }));
        let trouble = trouble(&pod).unwrap();
        assert_eq!(trouble.reason, ClusterReason::Unschedulable);
        assert!(
            trouble.message.contains(scheduler) && trouble.message.contains("demo-main-0-0"),
            "{}",
            trouble.message
        );
    }

    #[test]
    fn a_missing_volume_is_told_from_missing_room() {
        let pod = pod(&json!({ "conditions": [
            { "type": "PodScheduled", "status": "False", "message": "pod has unbound immediate PersistentVolumeClaims" },
        ] }));
        assert_eq!(trouble(&pod).unwrap().reason, ClusterReason::VolumeUnavailable);
    }

    #[test]
    fn an_image_that_does_not_exist_is_named_with_the_kubelets_words() {
        let waiting = json!({ "waiting": { "reason": "ErrImagePull", "message": "there are: klamm.dev/kafka:4.1.2" } });
        let trouble = trouble(&pod(&json!({ "containerStatuses": [container(&waiting)] }))).unwrap();
        assert_eq!(trouble.reason, ClusterReason::ImageUnavailable);
        assert!(trouble.message.contains("klamm.dev/kafka:9.9.9"), "{}", trouble.message);
        assert!(trouble.message.contains("there are: klamm.dev/kafka:4.1.2"), "{}", trouble.message);
    }

    #[test]
    fn a_crash_gives_the_last_words_and_not_the_stack() {
        let mut status = container(&json!({ "waiting": { "reason": "CrashLoopBackOff" } }));
        status["lastState"] = json!({ "terminated": { "exitCode": 1, "message":
            "starting\nConfigException: Invalid value x for configuration num.partitions\n\tat kafka.Kafka.main\nbye\n" } });
        let trouble = trouble(&pod(&json!({ "containerStatuses": [status] }))).unwrap();
        assert_eq!(trouble.reason, ClusterReason::BrokerCrashing);
        assert!(
            trouble.message.ends_with("exit code 1: ConfigException: Invalid value x for configuration num.partitions")
        );
    }

    #[test]
    fn a_pod_that_starts_or_runs_has_no_trouble() {
        assert_eq!(trouble(&pod(&json!({ "conditions": [{ "type": "PodScheduled", "status": "True" }] }))), None);
        let creating = container(&json!({ "waiting": { "reason": "ContainerCreating" } }));
        assert_eq!(trouble(&pod(&json!({ "containerStatuses": [creating] }))), None);
        let running = container(&json!({ "running": {} }));
        assert_eq!(trouble(&pod(&json!({ "containerStatuses": [running] }))), None);
    }

    #[test]
    fn a_crash_is_told_until_the_pod_is_ready_again() {
        let mut status = container(&json!({ "running": {} }));
        status["lastState"] = json!({ "terminated": { "exitCode": 137, "reason": "OOMKilled" } });
        let told = trouble(&pod(&json!({ "containerStatuses": [status] }))).unwrap();
        assert!(told.message.contains("raise the memory limit"), "{}", told.message);
        let mut stopped = status.clone();
        stopped["lastState"]["terminated"]["reason"] = json!("Error");
        assert_eq!(trouble(&pod(&json!({ "containerStatuses": [stopped] }))), None, "its node was stopped");
        status["ready"] = json!(true);
        assert_eq!(trouble(&pod(&json!({ "containerStatuses": [status] }))), None);
    }
}
