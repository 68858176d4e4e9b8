use super::{Blueprint, Node, labels, made_from, pod};
use k8s_openapi::{
    api::apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy},
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};
use klamm_resources::{managed, names::label};
use std::collections::BTreeMap;

/// A StatefulSet of one: it keeps one node there, under one name, and does nothing else. When the pod is replaced is
/// Klamm's decision (`OnDelete`).
pub(super) fn stateful_set(blueprint: &Blueprint<'_>, node: &Node<'_>) -> StatefulSet {
    let made_from = made_from(blueprint, node.pool);
    let mut metadata = labels::owned(blueprint.node_name(node), blueprint.cluster, blueprint.owner);
    metadata.labels = Some(node_labels(blueprint, node));
    metadata.annotations = Some(BTreeMap::from([
        (labels::MADE_FROM.to_owned(), made_from.write()),
        (labels::HASH.to_owned(), made_from.hash()),
        (labels::KAFKA_VERSION.to_owned(), blueprint.managed.version.to_string()),
    ]));
    let mut selector = labels::selector(blueprint.cluster);
    selector.insert(label::NODE_ID.to_owned(), node.id.to_string());
    StatefulSet {
        metadata,
        spec: Some(StatefulSetSpec {
            replicas: Some(1),
            service_name: Some(managed::brokers_service(blueprint.cluster.name.as_str())),
            selector: LabelSelector { match_labels: Some(selector), ..LabelSelector::default() },
            template: pod::template(blueprint, node, &made_from),
            pod_management_policy: Some("Parallel".to_owned()),
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("OnDelete".to_owned()),
                rolling_update: None,
            }),
            revision_history_limit: Some(2),
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}

/// The labels of a node's objects.
pub(super) fn node_labels(blueprint: &Blueprint<'_>, node: &Node<'_>) -> BTreeMap<String, String> {
    let mut all = labels::of_cluster(blueprint.cluster);
    all.insert(label::POOL.to_owned(), node.pool.name.to_string());
    all.insert(label::NODE_ID.to_owned(), node.id.to_string());
    if node.pool.is_broker() {
        all.insert(label::BROKER.to_owned(), "true".to_owned());
    }
    if node.pool.is_controller() {
        all.insert(label::CONTROLLER.to_owned(), "true".to_owned());
    }
    all
}
