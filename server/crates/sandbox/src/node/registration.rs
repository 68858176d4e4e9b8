//! The node's own objects: Node, its status, and the Lease whose renewal is its heartbeat.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::{
    ContainerImage, DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec, NodeStatus,
    NodeSystemInfo,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta, Time};
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::NodeConfig;
use super::images;

/// What a node offers. Generous, and the same on every machine: nothing is enforced, and a broker's request is a wish.
pub(super) const CPU_MILLI: i128 = 8000;
pub(super) const MEMORY_BYTES: i128 = 8 << 30;

const HEARTBEAT: Duration = Duration::from_secs(3);
/// Every how many heartbeats the status is written, too.
const STATUS_EVERY: u32 = 4;
const LEASE_SECONDS: i32 = 10;
const LEASES: &str = "kube-node-lease";
const PATIENCE: Duration = Duration::from_secs(10);
/// The version of Kubernetes this kubelet speaks.
const VERSION: &str = "v1.36.0-sandbox";

/// Says for as long as it is polled that the node is there.
pub(super) async fn heartbeat(config: &NodeConfig) {
    let mut ticks = interval(HEARTBEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beats = 0_u32;
    loop {
        ticks.tick().await;
        if beats.is_multiple_of(STATUS_EVERY) && !said(timeout(PATIENCE, register(config)).await, config, "status") {
            continue;
        }
        if said(timeout(PATIENCE, renew(config)).await, config, "lease") {
            beats = beats.wrapping_add(1);
        }
    }
}

fn said(result: Result<Result<(), kube::Error>, tokio::time::error::Elapsed>, config: &NodeConfig, what: &str) -> bool {
    match result {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::debug!(%error, node = config.name, what, "the node's heartbeat is not taken"),
        Err(_) => tracing::debug!(node = config.name, what, "the API server takes its time"),
    }
    false
}

async fn register(config: &NodeConfig) -> Result<(), kube::Error> {
    let nodes: Api<Node> = Api::all(config.client.clone());
    let labels = labels(config);
    match nodes.get_opt(&config.name).await? {
        None => {
            let metadata =
                ObjectMeta { name: Some(config.name.clone()), labels: Some(labels), ..ObjectMeta::default() };
            let node = Node { metadata, spec: Some(NodeSpec::default()), ..Node::default() };
            nodes.create(&PostParams::default(), &node).await?;
        }
        Some(node)
            if !labels
                .iter()
                .all(|(key, value)| node.metadata.labels.as_ref().and_then(|there| there.get(key)) == Some(value)) =>
        {
            let patch = json!({"metadata": {"labels": labels}});
            nodes.patch(&config.name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        }
        Some(_) => {}
    }
    let before = nodes.get_status(&config.name).await?.status.and_then(|status| status.conditions).unwrap_or_default();
    let patch = json!({"status": status(config, &before, Timestamp::now())});
    nodes.patch_status(&config.name, &PatchParams::default(), &Patch::Strategic(patch)).await.map(drop)
}

async fn renew(config: &NodeConfig) -> Result<(), kube::Error> {
    let leases: Api<Lease> = Api::namespaced(config.client.clone(), LEASES);
    let now = MicroTime(Timestamp::now());
    let patch =
        json!({"spec": {"renewTime": now, "leaseDurationSeconds": LEASE_SECONDS, "holderIdentity": config.name}});
    match leases.patch(&config.name, &PatchParams::default(), &Patch::Merge(patch)).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {
            let metadata = ObjectMeta {
                name: Some(config.name.clone()),
                namespace: Some(LEASES.to_owned()),
                ..ObjectMeta::default()
            };
            let spec = LeaseSpec {
                holder_identity: Some(config.name.clone()),
                lease_duration_seconds: Some(LEASE_SECONDS),
                renew_time: Some(now),
                ..LeaseSpec::default()
            };
            leases.create(&PostParams::default(), &Lease { metadata, spec: Some(spec) }).await.map(drop)
        }
        result => result.map(drop),
    }
}

fn labels(config: &NodeConfig) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([
        ("kubernetes.io/hostname".to_owned(), config.name.clone()),
        ("kubernetes.io/os".to_owned(), "linux".to_owned()),
        ("kubernetes.io/arch".to_owned(), architecture().to_owned()),
    ]);
    labels.extend(config.labels.clone());
    labels
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn status(config: &NodeConfig, before: &[NodeCondition], now: Timestamp) -> NodeStatus {
    let quantities = || {
        BTreeMap::from([
            ("cpu".to_owned(), Quantity(format!("{CPU_MILLI}m"))),
            ("memory".to_owned(), Quantity(MEMORY_BYTES.to_string())),
            ("pods".to_owned(), Quantity("110".to_owned())),
            ("ephemeral-storage".to_owned(), Quantity("100Gi".to_owned())),
        ])
    };
    let conditions = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "the sandbox's node runs pods as local processes"),
    ];
    let condition = |(type_, status, reason, message): (&str, &str, &str, &str)| {
        let same = before.iter().find(|other| other.type_ == type_ && other.status == status);
        NodeCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_heartbeat_time: Some(Time(now)),
            last_transition_time: same.and_then(|same| same.last_transition_time.clone()).or(Some(Time(now))),
        }
    };
    let image = |name: String| ContainerImage { names: Some(vec![name]), size_bytes: None };
    let address = |type_: &str, address: String| NodeAddress { type_: type_.to_owned(), address };
    NodeStatus {
        capacity: Some(quantities()),
        allocatable: Some(quantities()),
        conditions: Some(conditions.map(condition).into()),
        addresses: Some(vec![
            address("InternalIP", config.address.to_string()),
            address("Hostname", config.name.clone()),
        ]),
        daemon_endpoints: Some(NodeDaemonEndpoints {
            kubelet_endpoint: Some(DaemonEndpoint { port: i32::from(config.kubelet_port) }),
        }),
        images: Some(images::list(&config.images).into_iter().map(image).collect()),
        node_info: Some(system_info()),
        ..NodeStatus::default()
    }
}

fn system_info() -> NodeSystemInfo {
    let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    let release = read("/etc/os-release");
    let os_image =
        release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("Linux").trim_matches('"');
    NodeSystemInfo {
        architecture: architecture().to_owned(),
        boot_id: read("/proc/sys/kernel/random/boot_id"),
        container_runtime_version: "bubblewrap://sandbox".to_owned(),
        kernel_version: read("/proc/sys/kernel/osrelease"),
        kube_proxy_version: String::new(),
        kubelet_version: VERSION.to_owned(),
        machine_id: read("/etc/machine-id"),
        operating_system: "linux".to_owned(),
        os_image: os_image.to_owned(),
        system_uuid: read("/etc/machine-id"),
        swap: None,
    }
}
