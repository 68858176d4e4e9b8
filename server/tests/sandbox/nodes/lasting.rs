//! Addresses, names and data, when pods, nodes and the whole sandbox come and go.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use k8s_openapi::api::core::v1::{Node, Pod};
use klamm_testkit::{BringUp, TestSandbox, eventually, wait_for_object};
use kube::Api;

use super::{Place, SOON, container, is_ready};
use crate::{klamm, parts};

const WEB: &str = r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
 "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80}]}}
---
{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": {
 "serviceName": "web", "replicas": 2, "podManagementPolicy": "Parallel", "selector": {"matchLabels": {"app": "web"}},
 "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
  "terminationGracePeriodSeconds": 1,
  "containers": [{"name": "c", "image": "klamm.dev/shell:1",
   "command": ["sh", "-c", "echo run >> /data/runs; while :; do cat /etc/hosts; echo ---; sleep 0.5; done"],
   "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "scratch", "mountPath": "/scratch"}]}],
  "volumes": [{"name": "scratch", "emptyDir": {}}]}},
 "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
  "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}]}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn names_come_and_go_in_running_pods() -> anyhow::Result<()> {
    let place = Place::new("names").await?;
    place.apply(WEB).await?;
    let other = wait_for_object(&place.pods, "web-1", SOON, is_ready).await?;
    let ip = other.status.and_then(|status| status.pod_ip).context("no address")?;
    let line = format!("{ip}\tweb-1.web.{}.svc.cluster.local", place.namespace);
    let hosts = async || -> anyhow::Result<String> {
        let logs = place.logs("web-0", &["--tail", "60"]).await?;
        logs.rsplit("---\n").nth(1).map(str::to_owned).context("no hosts file yet")
    };
    eventually("the other pod's name", SOON, || async {
        let seen = hosts().await?;
        ensure!(seen.contains(&line), "{seen}");
        Ok(())
    })
    .await?;
    place.sandbox.kubectl(&["-n", &place.namespace, "scale", "statefulset/web", "--replicas", "1"]).await?;
    eventually("the other pod's name to go", SOON, || async {
        let seen = hosts().await?;
        ensure!(!seen.contains(&line), "{seen}");
        Ok(())
    })
    .await?;
    place.sandbox.kubectl(&["-n", &place.namespace, "scale", "statefulset/web", "--replicas", "2"]).await?;
    let again = wait_for_object(&place.pods, "web-1", SOON, is_ready).await?;
    ensure!(
        again.status.and_then(|status| status.pod_ip) == Some(ip),
        "a stateful pod has the same address every time"
    );
    Ok(())
}

/// Stops nodes and kills everything, so it has a sandbox of its own.
#[tokio::test(flavor = "multi_thread")]
async fn pods_survive_a_stopped_node_and_a_killed_sandbox_with_their_data() -> anyhow::Result<()> {
    let sandbox = TestSandbox::start(klamm(), &parts(), BringUp::KubernetesOnly).await?;
    let client = sandbox.client().await?;
    let namespace = sandbox.namespace(&client, "survive").await?;
    sandbox.apply(&client, &namespace, WEB).await?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let before = wait_for_object(&pods, "web-0", SOON, is_ready).await?;
    let node = before.spec.as_ref().and_then(|spec| spec.node_name.clone()).context("no node")?;
    let scratch =
        sandbox.state().join("nodes").join(&node).join("pods").join(before.metadata.uid.clone().unwrap_or_default());
    std::fs::write(scratch.join("volumes/scratch/note"), "kept")?;

    let nodes: Api<Node> = Api::all(client.clone());
    let ready = |wanted: &'static str| {
        move |node: &Node| {
            let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
            conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == wanted)
        }
    };
    sandbox.klamm(&["sandbox", "node", "stop", &node]).await?;
    wait_for_object(&nodes, &node, Duration::from_secs(15), ready("Unknown")).await?;
    sandbox.klamm(&["sandbox", "node", "start", &node]).await?;
    wait_for_object(&nodes, &node, Duration::from_secs(15), ready("True")).await?;
    let restarted = |times: i32| {
        move |pod: &Pod| is_ready(pod) && container(pod, "c").is_some_and(|status| status.restart_count == times)
    };
    let after_stop = wait_for_object(&pods, "web-0", SOON, restarted(1)).await?;
    ensure!(after_stop.metadata.uid == before.metadata.uid, "the same pod");

    sandbox.kill().await?;
    sandbox.up().await?;
    let pods: Api<Pod> = Api::namespaced(sandbox.client().await?, &namespace);
    let after_kill = wait_for_object(&pods, "web-0", SOON, restarted(2)).await?;
    let ip = |pod: &Pod| pod.status.as_ref().and_then(|status| status.pod_ip.clone());
    ensure!((ip(&after_kill), &after_kill.metadata.uid) == (ip(&before), &before.metadata.uid));
    let last = container(&after_kill, "c").and_then(|status| status.last_state?.terminated).context("no last state")?;
    ensure!(last.exit_code == 137, "{last:?}");
    ensure!(
        std::fs::read_to_string(scratch.join("volumes/scratch/note"))? == "kept",
        "an emptyDir lives as long as its pod"
    );
    let volumes = std::fs::read_dir(sandbox.state().join("volumes"))?;
    let of_pod = |name: &str| name.starts_with(&format!("{namespace}_data-web-0_"));
    let folder = volumes.flatten().find(|entry| entry.file_name().to_str().is_some_and(of_pod)).context("no volume")?;
    ensure!(std::fs::read_to_string(folder.path().join("runs"))? == "run\nrun\nrun\n");
    Ok(())
}
