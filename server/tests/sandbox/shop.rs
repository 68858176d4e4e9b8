//! A one-broker cluster that tests of topics and users share, with two tenants, and Klamm's own way to its broker.

use crate::sandbox;
use anyhow::Context as _;
use k8s_openapi::api::core::v1::{Pod, Secret};
use klamm_kafka::{Address, Addresses, Authentication, ClientConfig, Credentials, Password};
use klamm_model::BrokerId;
use klamm_resources::{ConditionType, KafkaCluster, condition, holds};
use klamm_testkit::{TestSandbox, wait_for_object};
use kube::{
    Api, Client,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::OnceCell;

/// How long a declaration may take to become true while other tests run.
pub(crate) const SOON: Duration = Duration::from_secs(40);
/// How long something may take that is only noticed when the operator looks at everything again.
pub(crate) const A_ROUND: Duration = Duration::from_mins(2);
const CLUSTER_UP: Duration = Duration::from_mins(5);

/// Where the cluster and its tenants are.
pub(crate) struct Shop {
    pub(crate) sandbox: &'static TestSandbox,
    /// The cluster's own namespace; the cluster is `shop`.
    pub(crate) home: String,
    /// A tenant with the topics `alpha.…`.
    pub(crate) alpha: String,
    /// A tenant with the topics `beta.…`.
    pub(crate) beta: String,
}

static SHOP: OnceCell<Shop> = OnceCell::const_new();

/// The shared cluster, ready for topics and users.
pub(crate) async fn shop() -> &'static Shop {
    SHOP.get_or_init(|| async { open().await.expect("the shop's cluster comes up") }).await
}

async fn open() -> anyhow::Result<Shop> {
    let sandbox = sandbox().await;
    let client = sandbox.client().await?;
    let home = sandbox.namespace(&client, "shop").await?;
    let alpha = sandbox.namespace(&client, "alpha").await?;
    let beta = sandbox.namespace(&client, "beta").await?;
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(client.clone());
    for (tenant, team) in [(&alpha, "payments"), (&beta, "orders")] {
        let notes = json!({ "klamm.dev/cluster": format!("{home}/shop"), "klamm.dev/team": team });
        let binding = json!({ "metadata": { "annotations": notes } });
        namespaces.patch(tenant, &PatchParams::default(), &Patch::Merge(binding)).await?;
    }
    let tenant = |namespace: &str, prefix: &str| json!({ "namespace": namespace, "topicPrefixes": [prefix], "groupPrefixes": [prefix] });
    let topics = json!({ "deletion": "delete", "maxPartitions": 50, "maxRetentionMs": 604_800_000 });
    let manifest = one_broker("shop", &[tenant(&alpha, "alpha."), tenant(&beta, "beta.")], &topics);
    sandbox.apply(&client, &home, &manifest).await?;
    ready(&client, &home, "shop").await?;
    Ok(Shop { sandbox, home, alpha, beta })
}

/// The manifest of a cluster of one small node that clients outside reach by its pod's address.
pub(crate) fn one_broker(name: &str, tenants: &[serde_json::Value], topics: &serde_json::Value) -> String {
    json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster", "metadata": { "name": name },
        "spec": {
            "version": "4.1.2",
            "environment": "prod",
            "pools": [{
                "name": "nodes", "roles": ["broker", "controller"], "replicas": 1,
                "storage": { "type": "persistent", "size": "1Gi" },
                "resources": { "requests": { "cpu": "50m", "memory": "400Mi" }, "limits": { "memory": "700Mi" } },
                "jvm": { "heap": "256m" },
            }],
            "config": { "log.cleaner.dedupe.buffer.size": 8_388_608 },
            "listeners": [{ "name": "clients", "port": 9092, "authentication": "scram-sha-512", "exposure": "loopback" }],
            "tenants": tenants,
            "topics": topics,
            "users": { "rotationGraceSeconds": 12 },
        },
    })
    .to_string()
}

/// Waits until a cluster serves.
pub(crate) async fn ready(client: &Client, namespace: &str, name: &str) -> anyhow::Result<KafkaCluster> {
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), namespace);
    let is_ready = |cluster: &KafkaCluster| {
        let status = cluster.status.as_ref();
        status.is_some_and(|status| {
            holds(&status.conditions, ConditionType::Ready) && !status.bootstrap_servers.is_empty()
        })
    };
    wait_for_object(&clusters, name, CLUSTER_UP, is_ready).await
}

impl Shop {
    /// Applies a manifest into a namespace.
    pub(crate) async fn apply(&self, client: &Client, namespace: &str, manifest: serde_json::Value) {
        self.sandbox.apply(client, namespace, &manifest.to_string()).await.unwrap();
    }

    /// A declaration of a topic; `spec` lacks the cluster.
    pub(crate) fn topic(&self, name: &str, spec: serde_json::Value) -> serde_json::Value {
        self.resource("KafkaTopic", name, spec)
    }

    /// A declaration of a user; `spec` lacks the cluster.
    pub(crate) fn user(&self, name: &str, spec: serde_json::Value) -> serde_json::Value {
        self.resource("KafkaUser", name, spec)
    }

    pub(crate) fn resource(&self, kind: &str, name: &str, mut spec: serde_json::Value) -> serde_json::Value {
        spec["cluster"] = json!({ "namespace": self.home, "name": "shop" });
        json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": kind, "metadata": { "name": name }, "spec": spec })
    }

    /// Klamm's own way to the broker.
    pub(crate) async fn kafka(&self, client: &Client) -> klamm_kafka::Client {
        admin(client, &self.home, "shop").await.unwrap()
    }
}

/// An admin client of a cluster, by its pods' addresses.
pub(crate) async fn admin(client: &Client, namespace: &str, cluster: &str) -> anyhow::Result<klamm_kafka::Client> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets.get(&klamm_resources::managed::admin_secret(cluster)).await?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let of_cluster = ListParams::default().labels(&format!("klamm.dev/cluster={cluster}"));
    let mut addresses: BTreeMap<BrokerId, Address> = BTreeMap::new();
    for pod in pods.list(&of_cluster).await? {
        let id = pod.metadata.labels.as_ref().and_then(|labels| labels.get("klamm.dev/node-id")?.parse().ok());
        let ip = pod.status.and_then(|status| status.pod_ip);
        if let (Some(id), Some(ip)) = (id, ip) {
            addresses.insert(BrokerId(id), Address::new(ip, klamm_resources::managed::INTERNAL_PORT)?);
        }
    }
    let (user, password) = (text(&secret, "username")?, Password::new(text(&secret, "password")?));
    Ok(klamm_kafka::Client::new(ClientConfig {
        bootstrap: addresses.values().cloned().collect(),
        addresses: Addresses::Explicit(addresses),
        authentication: Authentication::ScramSha512(Credentials::new(user, password)),
        ..ClientConfig::new()
    }))
}

/// A text in a Secret.
pub(crate) fn text(secret: &Secret, key: &str) -> anyhow::Result<String> {
    let value =
        secret.data.as_ref().and_then(|data| data.get(key)).with_context(|| format!("no {key} in the Secret"))?;
    String::from_utf8(value.0.clone()).context("the Secret holds no text")
}

/// `status/reason` of the condition `Ready`.
pub(crate) fn readiness(conditions: &[k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition]) -> String {
    condition(conditions, ConditionType::Ready)
        .map_or_else(String::new, |ready| format!("{}/{}", ready.status, ready.reason))
}
