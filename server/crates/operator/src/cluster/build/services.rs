//! How nodes and clients find brokers.

use super::{Blueprint, BrokerFacts, Node, labels, properties::kafka_listener};
use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};
use klamm_resources::{Exposure, ValidatedListener, managed, names::label};
use std::collections::BTreeMap;

/// Most addresses that a client is given to begin with; it learns the others from whoever answers.
const MAX_BOOTSTRAP: usize = 3;

/// The name of a listener's port: Kubernetes wants a letter in it.
pub(super) fn port_name(listener: &ValidatedListener) -> String {
    format!("tcp-{}", listener.name)
}

fn port(name: &str, number: u16) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: i32::from(number),
        target_port: Some(IntOrString::Int(i32::from(number))),
        protocol: Some("TCP".to_owned()),
        ..ServicePort::default()
    }
}

fn selecting(blueprint: &Blueprint<'_>, more: &[(&str, String)]) -> BTreeMap<String, String> {
    let mut selector = labels::selector(blueprint.cluster);
    selector.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    selector
}

/// The Services a cluster has once.
pub(super) fn services(blueprint: &Blueprint<'_>) -> Vec<Service> {
    let cluster = blueprint.cluster;
    let listeners = &blueprint.managed.listeners;
    let inside: Vec<ServicePort> = std::iter::once(port("tcp-internal", managed::INTERNAL_PORT))
        .chain(listeners.iter().map(|listener| port(&port_name(listener), listener.port)))
        .collect();
    let headless = Service {
        metadata: labels::owned(managed::brokers_service(cluster.name.as_str()), cluster, blueprint.owner),
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            // Nodes must find each other to become ready at all.
            publish_not_ready_addresses: Some(true),
            selector: Some(labels::selector(cluster)),
            ports: Some(
                std::iter::once(port("tcp-controller", managed::CONTROLLER_PORT))
                    .chain(inside.iter().cloned())
                    .collect(),
            ),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    let bootstrap = Service {
        metadata: labels::owned(managed::bootstrap_service(cluster.name.as_str()), cluster, blueprint.owner),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(selecting(blueprint, &[(label::BROKER, "true".to_owned())])),
            ports: Some(inside),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    let outside = listeners.iter().filter(|listener| listener.exposure == Exposure::NodePort).map(|listener| Service {
        metadata: labels::owned(format!("{}-{}", cluster.name, listener.name), cluster, blueprint.owner),
        spec: Some(ServiceSpec {
            type_: Some("NodePort".to_owned()),
            selector: Some(selecting(blueprint, &[(label::BROKER, "true".to_owned())])),
            ports: Some(vec![port(&port_name(listener), listener.port)]),
            ..ServiceSpec::default()
        }),
        status: None,
    });
    [headless, bootstrap].into_iter().chain(outside).collect()
}

/// The Service through which one broker is reached from outside, on a port of its Kubernetes node.
pub(crate) fn node_port_service(blueprint: &Blueprint<'_>, node: &Node<'_>, listener: &ValidatedListener) -> Service {
    let name = node_port_name(blueprint, node, listener);
    let mut metadata = labels::owned(name, blueprint.cluster, blueprint.owner);
    metadata.labels.get_or_insert_default().insert(label::NODE_ID.to_owned(), node.id.to_string());
    Service {
        metadata,
        spec: Some(ServiceSpec {
            type_: Some("NodePort".to_owned()),
            // The broker advertises the node it runs on; another node would only forward, and hide the client.
            external_traffic_policy: Some("Local".to_owned()),
            publish_not_ready_addresses: Some(true),
            selector: Some(selecting(blueprint, &[(label::NODE_ID, node.id.to_string())])),
            ports: Some(vec![port(&port_name(listener), listener.port)]),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

fn node_port_name(blueprint: &Blueprint<'_>, node: &Node<'_>, listener: &ValidatedListener) -> String {
    format!("{}-{}", blueprint.node_name(node), listener.name)
}

/// `OUTSIDE=31092 PARTNERS=31093`, for the start script.
pub(super) fn node_ports_variable(blueprint: &Blueprint<'_>, node: &Node<'_>) -> Option<String> {
    let pairs: Vec<String> = blueprint
        .managed
        .listeners
        .iter()
        .filter(|listener| node.pool.is_broker() && listener.exposure == Exposure::NodePort)
        .filter_map(|listener| Some(format!("{}={}", kafka_listener(listener), node.ports.get(&listener.name)?)))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join(" "))
}

/// Where clients begin, by listener. Names of pods rather than of the bootstrap Service: they resolve wherever the
/// brokers themselves can be resolved, with or without endpoints behind the Service.
pub(super) fn bootstrap_servers(
    blueprint: &Blueprint<'_>,
    brokers: &BTreeMap<i32, BrokerFacts>,
) -> BTreeMap<String, String> {
    let mut servers = BTreeMap::new();
    for listener in &blueprint.managed.listeners {
        let address = |(id, facts): (&i32, &BrokerFacts)| match listener.exposure {
            Exposure::Internal => {
                let host = labels::pod_host(blueprint.cluster, facts.pool.as_ref()?, *id);
                Some(format!("{host}:{}", listener.port))
            }
            Exposure::Loopback => facts.pod_ip.as_ref().map(|ip| host_and_port(ip, i32::from(listener.port))),
            Exposure::NodePort => Some(host_and_port(facts.host_ip.as_ref()?, *facts.node_ports.get(&listener.name)?)),
        };
        let addresses: Vec<String> = brokers.iter().filter_map(address).take(MAX_BOOTSTRAP).collect();
        if !addresses.is_empty() {
            servers.insert(listener.name.clone(), addresses.join(","));
        }
    }
    servers
}

fn host_and_port(host: &str, port: i32) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
