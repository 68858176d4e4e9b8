//! Where pods on cordoned Kubernetes nodes could go, from objects as Kubernetes has them; and what is made of it.

use super::{Ground, Volume, cordoned};
use crate::{
    cluster::tests::{THREE, World, running},
    operation::{
        departure::{Whose, decide},
        line::is_over,
        made,
    },
};
use k8s_openapi::api::core::v1::{Node, PersistentVolume, Pod};
use klamm_model::{BrokerId, Known, UnixMillis};
use klamm_planner::operations::{CordonedHost, Formation, Reach, Scene, Window};
use klamm_resources::{Disruption, KafkaCluster, KafkaOperation, OperationKind};
use kube::ResourceExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Three Kubernetes nodes in three zones, and a pod on each.
struct World3 {
    nodes: BTreeMap<String, Node>,
    pods: BTreeMap<String, Pod>,
    volumes: BTreeMap<String, Volume>,
    rack_label: Option<&'static str>,
}

fn node(letter: char) -> Node {
    let name = format!("node-{letter}");
    serde_json::from_value(json!({ "metadata": { "name": name, "labels": {
        "kubernetes.io/hostname": name, "zone": format!("zone-{letter}"), "disk": "fast" } }, "spec": {} }))
    .unwrap()
}

fn pod(id: i32, letter: char, spec: &Value) -> Pod {
    let mut spec = spec.clone();
    spec["nodeName"] = json!(format!("node-{letter}"));
    spec["containers"] = json!([]);
    let labels = json!({ "klamm.dev/node-id": id.to_string(), "klamm.dev/pool": "main", "klamm.dev/cluster": "demo" });
    let metadata = json!({ "name": format!("demo-main-{id}-0"), "labels": labels });
    serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap()
}

impl World3 {
    fn new(spec: &Value) -> Self {
        let letters = ['a', 'b', 'c'];
        let pods = (0..).zip(letters).map(|(id, letter)| pod(id, letter, spec));
        Self {
            nodes: letters.map(|letter| (format!("node-{letter}"), node(letter))).into(),
            pods: pods.map(|pod| (pod.name_any(), pod)).collect(),
            volumes: BTreeMap::new(),
            rack_label: None,
        }
    }

    fn change(&mut self, letter: char, spec: &Value) -> &mut Self {
        let node = self.nodes.get_mut(&format!("node-{letter}")).unwrap();
        node.spec = Some(serde_json::from_value(spec.clone()).unwrap());
        self
    }

    fn cordon(&mut self, letter: char) -> &mut Self {
        // As kubectl and the node controller do it together.
        let taint = json!({ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" });
        self.change(letter, &json!({ "unschedulable": true, "taints": [taint] }))
    }

    fn volume(&mut self, id: i32, spec: &Value) -> &mut Self {
        let metadata = json!({ "name": format!("pv-{id}") });
        let volume: PersistentVolume = serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap();
        self.volumes.insert(format!("demo-main-{id}-0"), Volume::There(Box::new(volume)));
        self
    }

    fn hosts(&self) -> BTreeMap<BrokerId, CordonedHost> {
        let (nodes, pods, volumes) = (&self.nodes, &self.pods, &self.volumes);
        cordoned(&Ground { nodes, pods, volumes, rack_label: self.rack_label })
    }

    /// What becomes of the pod on `node-b`.
    fn reach(&self) -> Reach {
        self.hosts().remove(&BrokerId(1)).expect("its Kubernetes node is cordoned").reach
    }
}

fn open(names: &[&str]) -> Reach {
    Reach::Open(names.iter().map(ToString::to_string).collect())
}

fn closed(names: &[&str], volume: Option<&str>) -> Reach {
    Reach::Closed { hosts: names.iter().map(ToString::to_string).collect(), volume: volume.map(str::to_owned) }
}

fn bound_to(name: &str) -> Value {
    let expression = json!({ "key": "kubernetes.io/hostname", "operator": "In", "values": [name] });
    json!({ "local": { "path": "/data" },
            "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [expression] }] } } })
}

#[test]
fn a_pod_without_a_volume_or_with_one_that_moves_can_go_to_every_node_that_takes_pods() {
    let mut world = World3::new(&json!({}));
    assert_eq!(world.hosts(), BTreeMap::new(), "nothing is cordoned");
    world.cordon('b');
    assert_eq!(world.hosts().keys().copied().collect::<Vec<_>>(), [BrokerId(1)]);
    assert_eq!(world.reach(), open(&["node-a", "node-c"]));
    world.volume(1, &json!({ "nfs": { "server": "files", "path": "/x" } }));
    assert_eq!(world.reach(), open(&["node-a", "node-c"]));
    world.cordon('a').cordon('c');
    assert_eq!(world.reach(), closed(&["node-a", "node-b", "node-c"], None), "nothing is its volume's doing");
}

#[test]
fn a_volume_that_lies_on_one_host_keeps_its_pod_there_and_is_named() {
    let mut world = World3::new(&json!({}));
    world.cordon('b').volume(1, &bound_to("node-b"));
    assert_eq!(world.reach(), closed(&["node-b"], Some("pv-1")));
    world.volume(1, &json!({ "hostPath": { "path": "/data" } }));
    assert_eq!(world.reach(), closed(&["node-b"], Some("pv-1")), "elsewhere the folder would be empty");
    let zone = json!({ "key": "zone", "operator": "In", "values": ["zone-b", "zone-c"] });
    let of_zone = json!({ "required": { "nodeSelectorTerms": [{ "matchExpressions": [zone] }] } });
    world.volume(1, &json!({ "csi": { "driver": "d", "volumeHandle": "h" }, "nodeAffinity": of_zone }));
    assert_eq!(world.reach(), open(&["node-c"]));
    world.volumes.insert("demo-main-1-0".to_owned(), Volume::Unknown("Nobody knows.".to_owned()));
    assert_eq!(world.reach(), Reach::Unknown("Nobody knows.".to_owned()));
}

#[test]
fn labels_taints_and_affinities_of_the_pod_decide_who_is_fit() {
    let mut world = World3::new(&json!({ "nodeSelector": { "disk": "fast" } }));
    world.cordon('b').nodes.get_mut("node-a").unwrap().labels_mut().remove("disk");
    assert_eq!(world.reach(), open(&["node-c"]));
    world.change('c', &json!({ "taints": [{ "key": "gpu", "value": "yes", "effect": "NoSchedule" }] }));
    assert_eq!(world.reach(), closed(&["node-b"], None));

    let tolerations = json!([{ "key": "gpu", "operator": "Equal", "value": "yes" }]);
    let not_a = json!([{ "matchFields": [{ "key": "metadata.name", "operator": "NotIn", "values": ["node-a"] }] }]);
    let required = json!({ "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": not_a } });
    let mut world = World3::new(&json!({ "tolerations": tolerations, "affinity": { "nodeAffinity": required } }));
    world.cordon('b').change('c', &json!({ "taints": [{ "key": "gpu", "value": "yes", "effect": "NoExecute" }] }));
    assert_eq!(world.reach(), open(&["node-c"]));

    // Whoever tolerates a cordon is kept off by none.
    let mut world = World3::new(&json!({ "tolerations": [{ "operator": "Exists" }] }));
    assert_eq!(world.cordon('b').hosts(), BTreeMap::new());
}

#[test]
fn pods_that_have_to_be_apart_are_not_put_together() {
    let selector = json!({ "matchLabels": { "klamm.dev/cluster": "demo" } });
    let term = json!({ "topologyKey": "kubernetes.io/hostname", "labelSelector": selector });
    let apart = json!({ "requiredDuringSchedulingIgnoredDuringExecution": [term] });
    let mut world = World3::new(&json!({ "affinity": { "podAntiAffinity": apart } }));
    assert_eq!(world.cordon('b').reach(), closed(&["node-b"], None));
    world.nodes.insert("node-d".to_owned(), node('d'));
    assert_eq!(world.reach(), open(&["node-d"]));

    let spread = |key: &str| {
        let constraint = json!({ "topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": { "matchLabels": { "klamm.dev/cluster": "demo" } } });
        World3::new(&json!({ "topologySpreadConstraints": [constraint] }))
    };
    assert_eq!(spread("kubernetes.io/hostname").cordon('b').reach(), closed(&["node-b"], None));
    let mut zones = spread("zone");
    zones.cordon('b');
    let mut neighbour = node('d');
    neighbour.labels_mut().insert("zone".to_owned(), "zone-b".to_owned());
    zones.nodes.insert("node-d".to_owned(), neighbour);
    assert_eq!(zones.reach(), open(&["node-d"]), "within its zone nothing changes");
}

#[test]
fn where_racks_count_a_pod_stays_in_its_rack() {
    let mut world = World3::new(&json!({}));
    world.rack_label = Some("zone");
    assert_eq!(world.cordon('b').reach(), closed(&["node-b"], None));
    let mut neighbour = node('d');
    neighbour.labels_mut().insert("zone".to_owned(), "zone-b".to_owned());
    world.nodes.insert("node-d".to_owned(), neighbour);
    assert_eq!(world.reach(), open(&["node-d"]));
}

fn object() -> KafkaCluster {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster",
        "metadata": { "name": "demo", "namespace": "kafka", "uid": "u-1", "generation": 7 }, "spec": {},
    }))
    .unwrap()
}

/// A cluster of three that is up, with a uid for each pod.
fn up() -> World {
    let mut world = World::up(THREE);
    world.pods(&running());
    for (name, pod) in &mut world.observed.pods {
        pod.metadata.uid = Some(format!("uid of {name}"));
    }
    world
}

/// As it is seen: brokers of `nodes` on these.
fn scene(hosts: BTreeMap<BrokerId, CordonedHost>) -> Scene {
    let node = |_: i32| klamm_planner::operations::Node {
        pool: "main".parse().unwrap(),
        roles: BTreeSet::from([klamm_model::NodeRole::Broker]),
        rack: None,
        storage: klamm_planner::operations::Storage::Persistent,
        life: klamm_planner::operations::Life::Ready,
        serving: klamm_model::BrokerState::Running,
        made: klamm_planner::operations::Made::Current,
        born: Known::Known(UnixMillis(0)),
        ready_since: Known::Known(UnixMillis(0)),
        version: Known::Unknown,
        features: Known::Unknown,
        disk: Known::Unknown,
        replicas_on_disk: Known::Unknown,
    };
    Scene {
        now: UnixMillis(1),
        nodes: (0..3).map(|id| (BrokerId(id), node(id))).collect(),
        hosts,
        quorum: Known::Unknown,
        topics: Known::Known(BTreeMap::new()),
        moves: Known::Known(Vec::new()),
        arrived: BTreeMap::new(),
        features: Known::Unknown,
        edits: Vec::new(),
        settings: BTreeMap::new(),
        dynamic: Known::Unknown,
        old_clients: Known::Unknown,
        formation: Formation::Formed,
        window: Window::Always,
        gaps: Vec::new(),
    }
}

#[test]
fn an_operation_names_the_kubernetes_node_and_is_not_made_again_for_pods_it_was_cancelled_for() {
    let mut world = up();
    let on_b = CordonedHost { name: "node-b.example".to_owned(), reach: open(&["node-c"]) };
    let scene = scene(BTreeMap::from([(BrokerId(1), on_b)]));
    let cluster = "kafka/demo".parse().unwrap();
    let object = object();
    let decided = |world: &World, operations: &[KafkaOperation]| {
        let whose = Whose { cluster: &cluster, object: &object, operations };
        decide(Disruption::Guarded, &scene, &world.observed, &whose)
    };
    let (made, told) = decided(&world, &[]);
    let mut made = made.unwrap();
    assert_eq!((made.name_any().as_str(), told.len()), ("demo-leave-node-b.example", 0));
    assert_eq!((made.spec.kind, &made.spec.brokers[..]), (OperationKind::Restart, &[1][..]));
    assert_eq!(made::because(&made, &object).as_deref(), Some("Kubernetes node node-b.example is cordoned."));
    assert!(made::is_ours(&made, &object) && !is_over(&made));

    // While it runs, and when it is done, nothing is said of it; once it was cancelled, that is.
    assert_eq!(decided(&world, std::slice::from_ref(&made)), (None, Vec::new()));
    made.spec.cancel = true;
    made.status = serde_json::from_value(json!({ "phase": "cancelled" })).unwrap();
    let (again, told) = decided(&world, std::slice::from_ref(&made));
    assert_eq!(again, None);
    assert!(told[0].contains("kubectl delete kop demo-leave-node-b.example"), "{told:?}");
    // Another pod stands there by now.
    let pod = world.observed.pods.get_mut("demo-main-1-0").unwrap();
    pod.metadata.uid = Some("another".to_owned());
    let (again, _) = decided(&world, std::slice::from_ref(&made));
    assert_eq!(again.unwrap().name_any(), "demo-leave-node-b.example-2");
}

#[test]
fn where_kubernetes_evicts_pods_itself_nothing_is_made_and_nothing_said() {
    let world = up();
    let on_b = CordonedHost { name: "node-b".to_owned(), reach: open(&["node-c"]) };
    let scene = scene(BTreeMap::from([(BrokerId(1), on_b)]));
    let (cluster, object) = ("kafka/demo".parse().unwrap(), object());
    let whose = Whose { cluster: &cluster, object: &object, operations: &[] };
    assert_eq!(decide(Disruption::Budget, &scene, &world.observed, &whose), (None, Vec::new()));
}
