//! Who may connect to nodes, where the network enforces such policies.

use super::{Blueprint, labels, surroundings};
use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
        util::intstr::IntOrString,
    },
};
use klamm_resources::{Exposure, NetworkPolicyKind, managed};

/// The label that Kubernetes itself puts on every namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The policy; none where everybody may connect.
pub(super) fn network_policy(blueprint: &Blueprint<'_>) -> Option<NetworkPolicy> {
    match blueprint.managed.network_policy {
        NetworkPolicyKind::None => return None,
        NetworkPolicyKind::Tenants => {}
    }
    let managed_cluster = blueprint.managed;
    let ports_of = |wanted: &dyn Fn(Exposure) -> bool| -> Vec<u16> {
        managed_cluster.listeners.iter().filter(|l| wanted(l.exposure)).map(|l| l.port).collect()
    };
    let mut rules = vec![
        rule(&[managed::CONTROLLER_PORT, managed::INTERNAL_PORT], vec![nodes(blueprint)]),
        rule(
            &[managed::INTERNAL_PORT, managed_cluster.jolokia_port],
            vec![namespaces(vec![blueprint.klamm_namespace.to_owned()])],
        ),
        // Whoever collects metrics may be anywhere, and metrics are no secret.
        rule(&[managed_cluster.exporter_port], Vec::new()),
    ];
    let inside = ports_of(&|exposure| exposure == Exposure::Internal);
    if !inside.is_empty() {
        let own = std::iter::once(blueprint.cluster.namespace.to_string());
        let tenants = blueprint.tenants.iter().map(|tenant| tenant.namespace.to_string());
        rules.push(rule(&inside, vec![namespaces(own.chain(tenants).collect())]));
    }
    let outside = ports_of(&|exposure| exposure != Exposure::Internal);
    if !outside.is_empty() {
        rules.push(rule(&outside, Vec::new()));
    }
    Some(NetworkPolicy {
        metadata: labels::owned(surroundings::name(blueprint), blueprint.cluster, blueprint.owner),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(nodes_selector(blueprint)),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(rules),
            egress: None,
        }),
    })
}

fn rule(ports: &[u16], from: Vec<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule {
        from: (!from.is_empty()).then_some(from),
        ports: Some(
            ports
                .iter()
                .map(|port| NetworkPolicyPort {
                    port: Some(IntOrString::Int(i32::from(*port))),
                    protocol: Some("TCP".to_owned()),
                    end_port: None,
                })
                .collect(),
        ),
    }
}

fn nodes_selector(blueprint: &Blueprint<'_>) -> LabelSelector {
    LabelSelector { match_labels: Some(labels::selector(blueprint.cluster)), ..LabelSelector::default() }
}

fn nodes(blueprint: &Blueprint<'_>) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(nodes_selector(blueprint)), ..NetworkPolicyPeer::default() }
}

fn namespaces(names: Vec<String>) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector {
            match_expressions: Some(vec![LabelSelectorRequirement {
                key: NAMESPACE_NAME.to_owned(),
                operator: "In".to_owned(),
                values: Some(names),
            }]),
            ..LabelSelector::default()
        }),
        ..NetworkPolicyPeer::default()
    }
}
