//! Kubernetes nodes under the pods of brokers that do not serve: where one of them is not ready, that is why.

use crate::connect::NodePod;
use k8s_openapi::api::core::v1::Node;
use klamm_model::{BrokerId, BrokerState, Inventory};
use kube::Api;
use std::collections::{BTreeMap, BTreeSet};

/// The Kubernetes nodes that are not ready, by the brokers that do not serve and whose pods stand there. What cannot be read is
/// left out: nothing but words depends on it.
pub(crate) async fn unready(
    client: &kube::Client,
    inventory: &Inventory,
    pods: &[NodePod],
) -> BTreeMap<BrokerId, String> {
    let missing: BTreeSet<BrokerId> = inventory
        .brokers
        .iter()
        .filter(|broker| broker.state != BrokerState::Running)
        .map(|broker| broker.id)
        .collect();
    let nodes: Api<Node> = Api::all(client.clone());
    let mut unready = BTreeMap::new();
    let concerned: Vec<(BrokerId, String)> = pods
        .iter()
        .filter(|pod| missing.contains(&pod.id))
        .filter_map(|pod| Some((pod.id, pod.host.clone()?)))
        .collect();
    for (id, host) in concerned {
        match nodes.get_opt(&host).await {
            Ok(Some(node)) if !is_ready(&node) => drop(unready.insert(id, host)),
            Ok(Some(_) | None) => {}
            Err(error) => tracing::debug!(%error, host, "a Kubernetes node could not be read"),
        }
    }
    unready
}

/// Whether its kubelet says so; of one that is silent Kubernetes says that it is unknown.
fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_kubelet_that_says_so_makes_a_node_ready() {
        let node = |status: &str| -> Node {
            let ready = json!({ "type": "Ready", "status": status });
            serde_json::from_value(json!({ "metadata": { "name": "n" }, "status": { "conditions": [ready] } })).unwrap()
        };
        assert_eq!(["True", "False", "Unknown"].map(|status| is_ready(&node(status))), [true, false, false]);
        assert!(!is_ready(&Node::default()));
    }
}
