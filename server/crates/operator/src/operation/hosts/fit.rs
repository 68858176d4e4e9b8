//! Whether a Kubernetes node is fit for a pod, as far as its declaration says so: labels, taints, pods that must be apart,
//! racks. Whether it has room only the scheduler knows. Pure.

use k8s_openapi::{
    api::core::v1::{
        Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume, Pod, PodAffinityTerm, PodSpec,
        Taint, Toleration, TopologySpreadConstraint,
    },
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};
use kube::ResourceExt;
use std::collections::BTreeMap;

/// The taint that goes with a cordon; the cordon itself is what counts.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// What decides beside the pod itself.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// All Kubernetes nodes.
    pub(super) nodes: &'a BTreeMap<String, Node>,
    /// All pods of the cluster.
    pub(super) pods: &'a BTreeMap<String, Pod>,
    /// The label that names the rack.
    pub(super) rack_label: Option<&'a str>,
}

/// Whether pods are kept off a Kubernetes node that is cordoned, this one among them.
pub(super) fn is_cordoned_for(node: &Node, pod: &Pod) -> bool {
    let is_cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
    let taint = Taint { key: UNSCHEDULABLE.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
    is_cordoned && !tolerations(pod).iter().any(|toleration| tolerates(toleration, &taint))
}

/// Whether a Kubernetes node would be fit for a pod that stands on `from` now, cordoned or not, whatever its volume says.
pub(super) fn is_fit(node: &Node, pod: &Pod, from: &Node, around: Around<'_>) -> bool {
    let Some(spec) = &pod.spec else { return false };
    node.metadata.deletion_timestamp.is_none()
        && has_labels(node, spec)
        && lets_in(node, pod)
        && !is_taken(node, pod, spec, around)
        && keeps_the_spread(node, pod, from, around)
}

/// Whether a volume can be on a Kubernetes node, where it was on `from`.
pub(super) fn admits(volume: &PersistentVolume, node: &Node, from: &Node) -> bool {
    let Some(spec) = &volume.spec else { return false };
    // A folder of the host is there everywhere, and empty.
    if spec.host_path.is_some() && node.name_any() != from.name_any() {
        return false;
    }
    let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    required.is_none_or(|selector| selects(selector, node))
}

fn has_labels(node: &Node, spec: &PodSpec) -> bool {
    let labels = node.labels();
    let mut selector = spec.node_selector.iter().flatten();
    let required = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.node_affinity.as_ref())
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    selector.all(|(key, value)| labels.get(key) == Some(value))
        && required.is_none_or(|selector| selects(selector, node))
}

/// One of its terms has to hold.
fn selects(selector: &NodeSelector, node: &Node) -> bool {
    selector.node_selector_terms.iter().any(|term| term_holds(term, node))
}

/// A term without anything selects nothing.
fn term_holds(term: &NodeSelectorTerm, node: &Node) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let name = node.name_any();
    let holds = |requirement: &NodeSelectorRequirement, value: Option<&str>| {
        compares(&requirement.operator, value, requirement.values.as_deref().unwrap_or_default())
    };
    (!expressions.is_empty() || !fields.is_empty())
        && expressions.iter().all(|one| holds(one, node.labels().get(&one.key).map(String::as_str)))
        && fields.iter().all(|one| holds(one, (one.key == "metadata.name").then_some(name.as_str())))
}

fn compares(operator: &str, value: Option<&str>, values: &[String]) -> bool {
    let is_among = || value.is_some_and(|value| values.iter().any(|one| one == value));
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let numbers = || number(value).zip(number(values.first().map(String::as_str)));
    match operator {
        "In" => is_among(),
        "NotIn" => !is_among(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => numbers().is_some_and(|(value, than)| value > than),
        "Lt" => numbers().is_some_and(|(value, than)| value < than),
        _ => false,
    }
}

fn tolerations(pod: &Pod) -> &[Toleration] {
    pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default()
}

/// Whether it tolerates every taint that would keep it off.
fn lets_in(node: &Node, pod: &Pod) -> bool {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let keeps_off =
        |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute") && taint.key != UNSCHEDULABLE;
    taints.iter().filter(keeps_off).all(|taint| tolerations(pod).iter().any(|one| tolerates(one, taint)))
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let of_effect = toleration.effect.as_deref().is_none_or(|effect| effect.is_empty() || effect == taint.effect);
    let key = toleration.key.as_deref().unwrap_or_default();
    let of_value = match toleration.operator.as_deref() {
        Some("Exists") => key.is_empty() || key == taint.key,
        _ => {
            key == taint.key
                && toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default()
        }
    };
    of_effect && of_value
}

/// Whether another pod of the cluster stands there, or near, that it must be apart from.
fn is_taken(node: &Node, pod: &Pod, spec: &PodSpec, around: Around<'_>) -> bool {
    let apart = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.pod_anti_affinity.as_ref())
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_deref())
        .unwrap_or_default();
    let others = || around.pods.values().filter(|other| other.name_any() != pod.name_any());
    let stands_near = |other: &Pod, term: &PodAffinityTerm| {
        let host = other.spec.as_ref().and_then(|spec| around.nodes.get(spec.node_name.as_deref()?));
        let here = node.labels().get(&term.topology_key);
        here.is_some() && host.is_some_and(|host| host.labels().get(&term.topology_key) == here)
    };
    apart.iter().any(|term| {
        let Some(selector) = &term.label_selector else { return false };
        others().any(|other| labels_match(selector, other) && stands_near(other, term))
    })
}

fn labels_match(selector: &LabelSelector, pod: &Pod) -> bool {
    let labels = pod.labels();
    let mut pairs = selector.match_labels.iter().flatten();
    let mut expressions = selector.match_expressions.iter().flatten();
    pairs.all(|(key, value)| labels.get(key) == Some(value))
        && expressions.all(|one| {
            let value = labels.get(&one.key).map(String::as_str);
            compares(&one.operator, value, one.values.as_deref().unwrap_or_default())
        })
}

/// Where its rack decides about replicas, or pods have to be spread, it moves within its rack or zone alone: there the spread
/// stays as it is. From host to host it has to move, to one that has not its part yet.
fn keeps_the_spread(node: &Node, pod: &Pod, from: &Node, around: Around<'_>) -> bool {
    let is_same = |key: &str| node.labels().get(key) == from.labels().get(key);
    let others = |selector: &LabelSelector| {
        let on_it = around.pods.values().filter(|other| {
            let host = other.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
            other.name_any() != pod.name_any() && host == Some(node.name_any().as_str())
        });
        on_it.filter(|other| labels_match(selector, other)).count()
    };
    let spread = pod.spec.iter().flat_map(|spec| spec.topology_spread_constraints.iter().flatten());
    let mut binding = spread.filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule");
    let is_kept = |constraint: &TopologySpreadConstraint| {
        let there = constraint.label_selector.as_ref().map_or(0, others);
        let fits_in = i32::try_from(there).is_ok_and(|there| there < constraint.max_skew);
        is_same(&constraint.topology_key) || (constraint.topology_key == HOSTNAME && fits_in)
    };
    binding.all(is_kept) && around.rack_label.is_none_or(is_same)
}

/// The label that tells hosts apart.
const HOSTNAME: &str = "kubernetes.io/hostname";
