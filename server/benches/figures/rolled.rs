//! A restart of all three brokers of the demo as Klamm takes it, beside bare restarts of the same three, one after the other: what
//! guards and looks cost.

use anyhow::{Context, ensure};
use k8s_openapi::api::core::v1::{Pod, Secret};
use klamm_kafka::{Address, Addresses, Authentication, ClientConfig, Credentials, Password, TopicSelection};
use klamm_model::BrokerId;
use klamm_resources::{KafkaOperation, OperationPhase, managed};
use klamm_testkit::{TestSandbox, eventually, wait_for_object};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

const NAMESPACE: &str = "kafka";
const CLUSTER: &str = "demo";
const OPERATION: &str = "bench-roll";
/// What the demo declares for each node that was restarted (`deploy/demo/cluster.yaml`).
const SOAK_SECONDS: f64 = 10.0;
const WITHIN: Duration = Duration::from_mins(10);

/// Prints how long both take.
pub(crate) async fn figures(sandbox: &TestSandbox) -> anyhow::Result<()> {
    let client = sandbox.client().await?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
    let of_cluster = ListParams::default().labels(&format!("klamm.dev/cluster={CLUSTER}"));
    let nodes = pods.list(&of_cluster).await?.items;
    ensure!(nodes.len() == 3, "the demo has {} nodes", nodes.len());
    let kafka = admin(&client, &nodes).await?;
    whole(&kafka).await?;
    let mut bare = Duration::ZERO;
    for node in &nodes {
        bare += bare_restart(&pods, node, &kafka).await?;
    }
    let operation = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation", "metadata": { "name": OPERATION },
        "spec": { "cluster": { "name": CLUSTER }, "kind": "restart" },
    });
    let operations: Api<KafkaOperation> = Api::namespaced(client.clone(), NAMESPACE);
    let began = Instant::now();
    sandbox.apply(&client, NAMESPACE, &operation.to_string()).await?;
    let phase = |operation: &KafkaOperation| operation.status.as_ref().and_then(|status| status.phase);
    let over = wait_for_object(&operations, OPERATION, WITHIN, |operation| {
        phase(operation).is_some_and(OperationPhase::is_over)
    })
    .await?;
    ensure!(phase(&over) == Some(OperationPhase::Done), "the restart ended as {:?}", over.status);
    let (roll, bare) = (began.elapsed().as_secs_f64(), bare.as_secs_f64());
    let soak = SOAK_SECONDS * 3.0;
    println!(
        "three brokers restarted by an operation\t{roll:.1} s, {soak:.0} s of it to watch them\tthree bare restarts {bare:.1} s\tratio {:.2}\tbudget 1.3",
        (roll - soak) / bare
    );
    Ok(())
}

/// From the end of a pod until its successor is ready and no partition lacks a replica.
async fn bare_restart(pods: &Api<Pod>, node: &Pod, kafka: &klamm_kafka::Client) -> anyhow::Result<Duration> {
    let (name, before) = (node.name_any(), node.uid());
    let began = Instant::now();
    pods.delete(&name, &DeleteParams::default()).await?;
    wait_for_object(pods, &name, WITHIN, |pod| pod.uid() != before && is_ready(pod)).await?;
    whole(kafka).await?;
    Ok(began.elapsed())
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Waits until every replica is in sync.
async fn whole(kafka: &klamm_kafka::Client) -> anyhow::Result<()> {
    eventually("every replica to be in sync", WITHIN, || async {
        let topics = kafka.describe_topics(&TopicSelection::All).await?;
        let partitions = topics.values().flatten().flat_map(|topic| &topic.partitions);
        let lacking = partitions.filter(|partition| partition.in_sync.len() < partition.replicas.len()).count();
        ensure!(!topics.is_empty() && lacking == 0, "{lacking} partitions lack replicas");
        Ok(())
    })
    .await
}

async fn admin(client: &Client, nodes: &[Pod]) -> anyhow::Result<klamm_kafka::Client> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), NAMESPACE);
    let data = secrets.get(&managed::admin_secret(CLUSTER)).await?.data.unwrap_or_default();
    let text = |key: &str| {
        let bytes = data.get(key).with_context(|| format!("no {key} in the Secret"))?;
        String::from_utf8(bytes.0.clone()).context("the Secret holds no text")
    };
    let mut addresses: BTreeMap<BrokerId, Address> = BTreeMap::new();
    for node in nodes {
        let id = node.labels().get("klamm.dev/node-id").context("a pod without its node's id")?;
        let ip = node.status.as_ref().and_then(|status| status.pod_ip.clone()).context("a pod without an address")?;
        addresses.insert(BrokerId(id.parse()?), Address::new(ip, managed::INTERNAL_PORT)?);
    }
    Ok(klamm_kafka::Client::new(ClientConfig {
        bootstrap: addresses.values().cloned().collect(),
        addresses: Addresses::Explicit(addresses),
        authentication: Authentication::ScramSha512(Credentials::new(
            text("username")?,
            Password::new(text("password")?),
        )),
        ..ClientConfig::new()
    }))
}
