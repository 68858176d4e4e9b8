//! The process nodes: pods as a kubelet runs them.

mod lasting;
mod probes;
mod volumes;

use std::time::Duration;

use anyhow::ensure;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, ContainerStatus, Event, Pod};
use klamm_testkit::{TestSandbox, eventually, wait_for_object};
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use crate::sandbox;

const SOON: Duration = Duration::from_secs(40);

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

fn container(pod: &Pod, name: &str) -> Option<ContainerStatus> {
    pod.status.as_ref()?.container_statuses.as_ref()?.iter().find(|status| status.name == name).cloned()
}

/// Reason and message of a container that waits.
fn waiting(pod: &Pod) -> Option<(String, String)> {
    let waiting = container(pod, "c")?.state?.waiting?;
    Some((waiting.reason?, waiting.message.unwrap_or_default()))
}

/// A pod of one container `c` with a shell script; `more` is put into its spec, `container` into the container's.
fn pod(name: &str, script: &str, container: serde_json::Value, more: serde_json::Value) -> String {
    let mut spec = json!({"terminationGracePeriodSeconds": 1, "containers": [
        {"name": "c", "image": "klamm.dev/shell:1", "command": ["sh", "-c", script]}]});
    merge(&mut spec["containers"][0], container);
    merge(&mut spec, more);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}).to_string()
}

fn merge(into: &mut serde_json::Value, from: serde_json::Value) {
    if let (Some(into), serde_json::Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

struct Place {
    sandbox: &'static TestSandbox,
    client: Client,
    namespace: String,
    pods: Api<Pod>,
}

impl Place {
    async fn new(test: &str) -> anyhow::Result<Self> {
        let sandbox = sandbox().await;
        let client = sandbox.client().await?;
        let namespace = sandbox.namespace(&client, test).await?;
        let pods = Api::namespaced(client.clone(), &namespace);
        Ok(Self { sandbox, client, namespace, pods })
    }

    async fn apply(&self, text: &str) -> anyhow::Result<()> {
        self.sandbox.apply(&self.client, &self.namespace, text).await
    }

    async fn logs(&self, pod: &str, more: &[&str]) -> anyhow::Result<String> {
        self.sandbox.kubectl(&[&["logs", "-n", &self.namespace, pod, "-c", "c"], more].concat()).await
    }

    /// The log of a pod that runs to its end.
    async fn outcome(&self, pod: &str) -> anyhow::Result<String> {
        let ended = wait_for_object(&self.pods, pod, SOON, |pod| matches!(phase(pod), "Succeeded" | "Failed")).await?;
        let logs = self.logs(pod, &[]).await?;
        ensure!(phase(&ended) == "Succeeded", "{pod} failed: {logs}");
        Ok(logs)
    }

    async fn set(&self, config_map: &str, key: &str, value: &str) -> anyhow::Result<()> {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let patch =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": config_map}, "data": {key: value}});
        maps.patch(config_map, &PatchParams::apply("tests").force(), &Patch::Apply(patch)).await?;
        Ok(())
    }

    async fn event_about(&self, pod: &str, words: &str) -> anyhow::Result<()> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let about = ListParams::default().fields(&format!("involvedObject.name={pod}"));
        eventually(&format!("an event about {pod} with {words}"), SOON, || async {
            let said: Vec<String> =
                events.list(&about).await?.items.into_iter().filter_map(|event| event.message).collect();
            ensure!(said.iter().any(|message| message.contains(words)), "{said:?}");
            Ok(())
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_is_answered_with_those_there_are() -> anyhow::Result<()> {
    let place = Place::new("image").await?;
    place.apply(&pod("unknown", "true", json!({"image": "klamm.dev/kafka:0.7"}), json!({}))).await?;
    let lists = |pod: &Pod| {
        waiting(pod).is_some_and(|(reason, message)| {
            matches!(reason.as_str(), "ErrImagePull" | "ImagePullBackOff") && message.contains("klamm.dev/shell:1")
        })
    };
    wait_for_object(&place.pods, "unknown", SOON, lists).await?;
    place.event_about("unknown", "klamm.dev/kafka:0.7 is not in the sandbox's image store").await
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_end_and_their_pods_say_how() -> anyhow::Result<()> {
    let place = Place::new("jobs").await?;
    let job = |name: &str, code: u8| {
        let init = |name: &str| {
            json!({"name": name, "image": "klamm.dev/shell:1", "command": ["sh", "-c", format!("echo {name} >> /shared/order")],
            "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]})
        };
        let container = json!({"name": "c", "image": "klamm.dev/shell:1", "command": ["sh", "-c", format!("cat /shared/order; exit {code}")],
            "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]});
        let spec = json!({"restartPolicy": "Never", "initContainers": [init("first"), init("second")], "containers": [container],
            "volumes": [{"name": "shared", "emptyDir": {}}]});
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"backoffLimit": 0, "template": {"spec": spec}}});
        job.to_string()
    };
    place.apply(&job("good", 0)).await?;
    place.apply(&job("bad", 2)).await?;
    let jobs: Api<Job> = Api::namespaced(place.client.clone(), &place.namespace);
    let condition = |job: &Job, type_: &str| {
        let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.into_iter().any(|condition| condition.type_ == type_ && condition.status == "True")
    };
    wait_for_object(&jobs, "good", SOON, |job| condition(job, "Complete")).await?;
    wait_for_object(&jobs, "bad", SOON, |job| condition(job, "Failed")).await?;
    ensure!(place.logs("job/good", &[]).await? == "first\nsecond\n");
    Ok(())
}
