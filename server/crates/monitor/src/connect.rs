//! How to reach the brokers of a cluster: by the addresses of its pods, signed in as Klamm's own user; external clusters by
//! what they declare.

use k8s_openapi::api::core::v1::{Pod, Secret};
use klamm_kafka::{Address, Addresses, Authentication, ClientConfig, Credentials, Password};
use klamm_model::{BrokerId, ClusterRef, ObjectName, PoolName};
use klamm_resources::{
    Authentication as Declared, KafkaCluster,
    names::{annotation, label},
};
use kube::{Api, ResourceExt, api::ListParams};
use std::collections::BTreeMap;

/// Why a cluster cannot be asked just now; the sentence is shown to people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReachable {
    #[error("none of its pods has an address yet")]
    NoPods,
    #[error("its Secret {0} is not there yet")]
    NoSecret(String),
    #[error("its Secret {0} has no {1}")]
    IncompleteSecret(String, &'static str),
    #[error("its bootstrap address {0:?} is not <host>:<port>")]
    BadAddress(String),
    #[error("Klamm may not read its pods or its Secret, or Kubernetes does not answer")]
    Kubernetes(#[source] Box<kube::Error>),
}

impl From<kube::Error> for NotReachable {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(Box::new(error))
    }
}

/// A pod of a broker or controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodePod {
    pub(crate) id: BrokerId,
    pub(crate) pod: Option<ObjectName>,
    pub(crate) pool: Option<PoolName>,
    pub(crate) address: Option<String>,
    pub(crate) version: Option<String>,
    /// The Kubernetes node it is bound to.
    pub(crate) host: Option<String>,
}

/// The pods of a managed cluster, by node id.
pub(crate) async fn pods(client: &kube::Client, cluster: &ClusterRef) -> Result<Vec<NodePod>, NotReachable> {
    let api: Api<Pod> = Api::namespaced(client.clone(), cluster.namespace.as_str());
    let wanted = ListParams::default().labels(&format!("{}={}", label::CLUSTER, cluster.name));
    let mut pods: Vec<NodePod> = api.list(&wanted).await?.items.iter().filter_map(node_pod).collect();
    pods.sort_by_key(|pod| pod.id);
    Ok(pods)
}

fn node_pod(pod: &Pod) -> Option<NodePod> {
    let labels = pod.labels();
    let id = labels.get(label::NODE_ID)?.parse().ok()?;
    let running = pod.metadata.deletion_timestamp.is_none();
    let address = pod.status.as_ref().and_then(|status| status.pod_ip.clone()).filter(|_| running);
    Some(NodePod {
        id: BrokerId(id),
        pod: pod.name_any().parse().ok(),
        pool: labels.get(label::POOL).and_then(|pool| pool.parse().ok()),
        address,
        version: pod.annotations().get(annotation::KAFKA_VERSION).cloned(),
        host: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
    })
}

/// What a client needs, except the addresses that change as pods come and go.
pub(crate) async fn configuration(
    client: &kube::Client,
    name: &ClusterRef,
    cluster: &KafkaCluster,
    pods: &[NodePod],
) -> Result<ClientConfig, NotReachable> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), name.namespace.as_str());
    if let Some(external) = &cluster.spec.external {
        let bootstrap = external.bootstrap_servers.split(',').map(str::trim).map(address).collect::<Result<_, _>>()?;
        let authentication = match (external.authentication, &external.secret_name) {
            (Declared::ScramSha512, Some(secret)) => Authentication::ScramSha512(credentials(&secrets, secret).await?),
            (Declared::ScramSha512 | Declared::None, _) => Authentication::None,
        };
        return Ok(ClientConfig { bootstrap, addresses: Addresses::Advertised, authentication, ..ClientConfig::new() });
    }
    let addresses = addresses(pods)?;
    let secret = klamm_resources::managed::admin_secret(name.name.as_str());
    Ok(ClientConfig {
        bootstrap: addresses.values().cloned().collect(),
        addresses: Addresses::Explicit(addresses),
        authentication: Authentication::ScramSha512(credentials(&secrets, &secret).await?),
        ..ClientConfig::new()
    })
}

/// Where each node listens for Klamm; at least one does.
pub(crate) fn addresses(pods: &[NodePod]) -> Result<BTreeMap<BrokerId, Address>, NotReachable> {
    let addresses: BTreeMap<BrokerId, Address> = pods
        .iter()
        .filter_map(|pod| pod.address.as_ref().map(|ip| (pod.id, ip)))
        .map(|(id, ip)| Ok((id, address(&format!("{ip}:{}", klamm_resources::managed::INTERNAL_PORT))?)))
        .collect::<Result<_, NotReachable>>()?;
    if addresses.is_empty() { Err(NotReachable::NoPods) } else { Ok(addresses) }
}

fn address(text: &str) -> Result<Address, NotReachable> {
    text.parse().map_err(|_| NotReachable::BadAddress(text.to_owned()))
}

async fn credentials(secrets: &Api<Secret>, name: &str) -> Result<Credentials, NotReachable> {
    let secret = secrets.get_opt(name).await?.ok_or_else(|| NotReachable::NoSecret(name.to_owned()))?;
    let data = secret.data.unwrap_or_default();
    let text = |key: &'static str| {
        let bytes = data.get(key).ok_or_else(|| NotReachable::IncompleteSecret(name.to_owned(), key))?;
        String::from_utf8(bytes.0.clone()).map_err(|_| NotReachable::IncompleteSecret(name.to_owned(), key))
    };
    Ok(Credentials::new(text("username")?, Password::new(text("password")?)))
}
