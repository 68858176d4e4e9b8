//! The objects of several clusters, against files that were reviewed: `snapshots/`.

use super::*;
use crate::cluster::identity::{Founder, Identity};
use klamm_resources::{KafkaCluster, ValidatedCluster, ValidatedTenant, managed};
use serde::Serialize;
use std::collections::BTreeMap;

struct Given {
    cluster: ClusterRef,
    owner: OwnerReference,
    managed: ManagedCluster,
    identity: Identity,
    tenants: Vec<ValidatedTenant>,
}

/// A cluster as it is on its first day, through the real checks.
fn given(name: &str, spec: &str) -> Given {
    let yaml = format!(
        "apiVersion: klamm.dev/v1alpha1\nkind: KafkaCluster\nmetadata: {{name: {name}, namespace: kafka, uid: u-1}}\n{spec}"
    );
    let resource: KafkaCluster = serde_saphyr::from_str(&yaml).unwrap();
    let validated = ValidatedCluster::from_resource(&resource).unwrap();
    let managed = validated.managed().unwrap().clone();
    let mut founders = BTreeMap::new();
    for pool in &managed.pools {
        for _ in 0..pool.replicas {
            let id = i32::try_from(founders.len()).unwrap();
            let directory_id = pool.is_controller().then(|| format!("AAAAAAAAAAAAAAAAAAAAA{id}"));
            founders.insert(
                id,
                Founder { pool: pool.name.clone(), votes: pool.is_controller(), directory_id, removed: false },
            );
        }
    }
    let identity =
        Identity { cluster_id: "pmyVc4stTbuuYqy4opmROg".to_owned(), founders, release_version: None, formed: false };
    Given { cluster: validated.cluster, owner: labels::owner(&resource), managed, identity, tenants: validated.tenants }
}

impl Given {
    fn blueprint(&self) -> Blueprint<'_> {
        Blueprint {
            cluster: &self.cluster,
            owner: &self.owner,
            managed: &self.managed,
            identity: &self.identity,
            tenants: &self.tenants,
            klamm_namespace: "klamm-system",
            image_repository: "klamm.dev/kafka",
        }
    }
}

#[derive(Serialize)]
struct Everything {
    surroundings: Surroundings,
    identity: ConfigMap,
    configs: BTreeMap<String, Vec<String>>,
    node_port_services: Vec<Service>,
    claims: Vec<PersistentVolumeClaim>,
    stateful_sets: Vec<StatefulSet>,
}

/// One node of each pool, which are otherwise alike, and of the files of a ConfigMap those that differ.
fn everything(given: &Given) -> Everything {
    let blueprint = given.blueprint();
    let mut all = Everything {
        surroundings: blueprint.surroundings(),
        identity: given.identity.object(&given.cluster, labels::kept(String::new(), &given.cluster)),
        configs: BTreeMap::new(),
        node_port_services: Vec::new(),
        claims: Vec::new(),
        stateful_sets: Vec::new(),
    };
    for pool in &given.managed.pools {
        let id = given.identity.founders.iter().find(|(_, founder)| founder.pool == pool.name).map(|(id, _)| *id);
        let no_ports = BTreeMap::new();
        let mut node_ports = BTreeMap::new();
        let bare = Node { id: id.unwrap(), pool, ports: &no_ports };
        for listener in &given.managed.listeners {
            if pool.is_broker() && listener.exposure == klamm_resources::Exposure::NodePort {
                all.node_port_services.push(node_port_service(&blueprint, &bare, listener));
                node_ports.insert(listener.name.clone(), 31_092);
            }
        }
        let node = Node { ports: &node_ports, ..bare };
        let map = blueprint.config_map(pool);
        let properties = map.data.unwrap()["server.properties"].lines().map(str::to_owned).collect();
        all.configs.insert(map.metadata.name.unwrap(), properties);
        all.claims.extend(blueprint.claim(&node, None));
        all.stateful_sets.push(blueprint.stateful_set(&node));
    }
    all
}

const DEMO: &str = "
spec:
  default: true
  environment: dev
  version: 4.1.2
  rack: {topologyKey: topology.kubernetes.io/zone}
  config: {min.insync.replicas: 1, default.replication.factor: 3}
  pools:
  - name: main
    roles: [broker, controller]
    replicas: 3
    storage: {type: persistent, size: 2Gi}
    resources: {limits: {memory: 512Mi}}
    nodeSelector: {disk: fast}
  listeners:
  - {name: clients, port: 9092}
  - {name: loopback, port: 9094, exposure: loopback}
";

const SEPARATE: &str = "
spec:
  version: 4.2.1
  metadataVersion: 4.1-IV1
  disruption: budget
  authorization: {superUsers: ['User:root']}
  monitoring: {exporterPort: 9404}
  pools:
  - name: controllers
    roles: [controller]
    replicas: 3
    storage: {type: persistent, size: 10Gi, class: fast, keepOnDelete: false}
    jvm: {heap: 512m, options: ['-XX:+UseZGC']}
  - name: brokers
    roles: [broker]
    replicas: 2
    storage: {type: persistent, size: 1Ti, class: fast, keepOnDelete: false}
    resources: {requests: {cpu: '2', memory: 8Gi}, limits: {memory: 8Gi}}
    tolerations: [{key: kafka, operator: Exists}]
    affinity:
      podAntiAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 1
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector: {matchExpressions: [{key: app, operator: In, values: [kafka-cluster]}]}
    topologySpreadConstraints:
    - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}
  listeners:
  - {name: clients, port: 9092, authentication: none}
";

const EPHEMERAL: &str = "
spec:
  version: 3.9.2
  image: registry.example/kafka:custom
  pools:
  - name: control
    roles: [controller]
    replicas: 1
    storage: {type: persistent, size: 1Gi}
  - name: cache
    roles: [broker]
    replicas: 1
    storage: {type: ephemeral, size: 200Mi}
";

const NODE_PORT: &str = "
spec:
  version: 4.1.2
  readiness: brokerApiVersions
  networkPolicy: tenants
  tenants: [{namespace: payments}, {namespace: orders}]
  pools:
  - name: all
    roles: [broker, controller]
    replicas: 1
    storage: {type: persistent, size: 1Gi}
  listeners:
  - {name: clients, port: 9092}
  - {name: outside, port: 9095, exposure: nodePort}
";

#[test]
fn the_demo_cluster() {
    insta::assert_yaml_snapshot!(everything(&given("demo", DEMO)));
}

#[test]
fn separate_roles_with_everything_replaced() {
    insta::assert_yaml_snapshot!(everything(&given("big", SEPARATE)));
}

#[test]
fn ephemeral_brokers_on_an_image_of_ones_own() {
    insta::assert_yaml_snapshot!(everything(&given("cache", EPHEMERAL)));
}

#[test]
fn a_listener_on_node_ports_behind_a_network_policy() {
    insta::assert_yaml_snapshot!(everything(&given("edge", NODE_PORT)));
}

#[test]
fn what_changes_a_running_pod_has_a_name_and_what_does_not_has_none() {
    let before = given("demo", DEMO);
    let made = |given: &Given| made_from(&given.blueprint(), &given.managed.pools[0]);
    let differences = |spec: String| -> Vec<String> {
        let after = given("demo", &spec);
        made(&before).differences(&made(&after)).into_iter().collect()
    };
    assert_eq!(differences(DEMO.to_owned()), Vec::<String>::new());
    assert_eq!(differences(DEMO.replace("4.1.2", "4.2.1")), ["image", "version"]);
    assert_eq!(
        differences(DEMO.replace("min.insync.replicas: 1", "num.partitions: 4")),
        ["config min.insync.replicas", "config num.partitions"]
    );
    assert_eq!(differences(DEMO.replace("512Mi", "1Gi")), ["jvm.heap", "resources"]);
    assert_eq!(differences(DEMO.replace("port: 9094", "port: 9096")), ["listener loopback"]);
    // Scaling, tenants, deletion of volumes: nothing a running pod would have to restart for.
    assert_eq!(differences(DEMO.replace("replicas: 3", "replicas: 5")), Vec::<String>::new());
    assert_eq!(differences(DEMO.replace("size: 2Gi", "size: 2Gi, keepOnDelete: false")), Vec::<String>::new());
}

/// When a pod is rendered otherwise from the same declaration, running pods must be told to be older: raise `RENDERING`
/// in made_from.rs and accept the new hash here.
#[test]
fn a_new_rendering_has_a_new_number() {
    let given = given("demo", DEMO);
    let no_ports = BTreeMap::new();
    let node = Node { id: 0, pool: &given.managed.pools[0], ports: &no_ports };
    let mut template = given.blueprint().stateful_set(&node).spec.unwrap().template;
    // What the configuration says is part of the ConfigMap's name, and that of the pod.
    template.metadata.as_mut().unwrap().annotations.as_mut().unwrap().clear();
    let made = made_from(&given.blueprint(), &given.managed.pools[0]);
    insta::assert_yaml_snapshot!((made.hash(), config_map::short_hex(&sha2_of(&template))));
}

fn sha2_of(value: &impl Serialize) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(serde_json::to_vec(value).unwrap()).to_vec()
}

#[test]
fn a_claim_that_exists_keeps_its_size_and_class() {
    let given = given("demo", DEMO);
    let no_ports = BTreeMap::new();
    let node = Node { id: 0, pool: &given.managed.pools[0], ports: &no_ports };
    let mut existing = given.blueprint().claim(&node, None).unwrap();
    let spec = existing.spec.as_mut().unwrap();
    spec.storage_class_name = Some("standard".to_owned());
    spec.resources
        .as_mut()
        .unwrap()
        .requests
        .as_mut()
        .unwrap()
        .insert("storage".to_owned(), k8s_openapi::apimachinery::pkg::api::resource::Quantity("7Gi".to_owned()));
    let written = given.blueprint().claim(&node, Some(&existing)).unwrap();
    assert_eq!(written.spec, existing.spec);
    assert_eq!(written.metadata.name.as_deref(), Some(managed::claim("demo", "main", 0).as_str()));
}

#[test]
fn clients_begin_with_what_they_can_reach() {
    let given = given("edge", NODE_PORT);
    let facts = BrokerFacts {
        pool: Some(given.managed.pools[0].name.clone()),
        pod_ip: Some("127.1.2.10".to_owned()),
        host_ip: Some("fd00::1".to_owned()),
        node_ports: BTreeMap::from([("outside".to_owned(), 31_092)]),
    };
    let servers = given.blueprint().bootstrap_servers(&BTreeMap::from([(0, facts)]));
    assert_eq!(servers["clients"], "edge-all-0-0.edge-brokers.kafka.svc:9092");
    assert_eq!(servers["outside"], "[fd00::1]:31092");
}
