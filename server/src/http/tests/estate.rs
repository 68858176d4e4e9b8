//! Inventories built by hand.

use klamm_model::{
    Authorization, Broker, BrokerId, BrokerState, ClusterRef, ConfigEntry, ConfigSource, Group, GroupId, GroupKind,
    GroupMember, GroupOffset, Inventory, KeyDefault, Known, NodeRole, Owner, OwnerKind, Partition, PartitionId,
    Reachability, RulePattern, Section, Shared, TargetAnswer, TargetSource, TargetState, TargetTrouble, TeamName,
    Topic, TopicDefaults, TopicName, TopicOperation, TopicRule, TopicRules, UnixMillis,
};
use klamm_portal::{
    Declarations, Declared, DeclaredTenant, Observations, ObservedCluster, RevisionMap, Tenant, Vitals,
};
use klamm_resources::KafkaCluster;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

pub(super) struct Estate {
    clusters: Mutex<BTreeMap<ClusterRef, Arc<ObservedCluster>>>,
    vitals: Mutex<BTreeMap<ClusterRef, Arc<Vitals>>>,
    /// The object of `kafka/demo`.
    demo: Arc<KafkaCluster>,
    declarations: Declarations,
    revisions: watch::Sender<Arc<RevisionMap>>,
}

impl Estate {
    /// `kafka/demo` with three brokers and some topics, and `kafka/silent`, which does not answer.
    pub(super) fn demo() -> Self {
        let revisions = watch::Sender::new(Arc::default());
        let (clusters, vitals) = (Mutex::default(), Mutex::default());
        let estate = Self { clusters, vitals, demo: Arc::new(demo()), declarations: declarations(), revisions };
        let names = ["__consumer_offsets", "orders.a", "payments.a", "payments.b", "payments.c", "sample-topic"];
        let demo = Inventory {
            observed_at: Known::Known(UnixMillis(jiff::Timestamp::now().as_millisecond())),
            reachability: Reachability::Reachable,
            cluster_id: Known::Known("4L6g3nShT-eMCtK--X86sw".to_owned()),
            controller: Known::Known(BrokerId(0)),
            brokers: (0..3).map(broker).collect(),
            topics: names.iter().map(|name| topic(name)).collect(),
            groups: Known::Known(groups()),
            defaults: Known::Known(defaults()),
            authorization: Known::Known(Authorization::Rules(Shared::new(rules()))),
            ..Inventory::unseen("kafka/demo".parse().unwrap())
        };
        let declared = Declared {
            environment: Some("dev".to_owned()),
            broker_total: 3,
            tenants: vec![tenant("orders", &["orders"]), tenant("payments", &["payments.", "sample-topic"])],
            bootstrap_servers: BTreeMap::from([("plain".to_owned(), "127.0.0.1:9092".to_owned())]),
            ..Declared::default()
        };
        estate.put(demo, declared);
        let silent = Inventory {
            reachability: Reachability::Unreachable { since: UnixMillis(1), reason: "connection refused".to_owned() },
            ..Inventory::unseen("kafka/silent".parse().unwrap())
        };
        estate.put(silent, Declared::default());
        estate.revise("kafka/demo", Section::Structure, 1);
        let vitals = Arc::<Vitals>::default();
        vitals.set_targets(targets());
        estate.vitals.lock().unwrap().insert("kafka/demo".parse().unwrap(), vitals);
        estate
    }

    pub(super) fn put(&self, mut inventory: Inventory, declared: Declared) {
        inventory.work_out_lags();
        let seen = Arc::new(ObservedCluster { inventory: Arc::new(inventory), declared });
        self.clusters.lock().unwrap().insert(seen.inventory.cluster.clone(), seen);
    }

    /// Makes a topic, as somebody does while others look at the list.
    pub(super) fn add_topic(&self, cluster: &str, name: &str) {
        self.change(cluster, |inventory| {
            inventory.topics.push(topic(name));
            inventory.topics.sort_by(|a, b| a.name.cmp(&b.name));
        });
    }

    /// Lets brokers say something else, at the next look or without anybody having noticed.
    pub(super) fn change(&self, cluster: &str, change: impl FnOnce(&mut Inventory)) {
        let seen = self.cluster(&cluster.parse().unwrap()).unwrap();
        let mut inventory = (*seen.inventory).clone();
        change(&mut inventory);
        self.put(inventory, seen.declared.clone());
    }

    /// The operator writes how far an operation is.
    pub(super) fn saw_operation(&self, operation: serde_json::Value) {
        self.declarations.saw_operation(&serde_json::from_value(operation).unwrap());
    }

    pub(super) fn revise(&self, cluster: &str, section: Section, revision: u64) {
        let cluster: ClusterRef = cluster.parse().unwrap();
        self.revisions.send_modify(|map| {
            Arc::make_mut(map).insert((cluster, section), revision);
        });
    }
}

impl Observations for Estate {
    fn clusters(&self) -> Vec<Arc<ObservedCluster>> {
        self.clusters.lock().unwrap().values().cloned().collect()
    }

    fn cluster(&self, cluster: &ClusterRef) -> Option<Arc<ObservedCluster>> {
        self.clusters.lock().unwrap().get(cluster).cloned()
    }

    fn vitals(&self, cluster: &ClusterRef) -> Option<Arc<Vitals>> {
        let is_there = self.clusters.lock().unwrap().contains_key(cluster);
        is_there.then(|| Arc::clone(self.vitals.lock().unwrap().entry(cluster.clone()).or_default()))
    }

    fn resource(&self, cluster: &ClusterRef) -> Option<Arc<KafkaCluster>> {
        (cluster.to_string() == "kafka/demo").then(|| Arc::clone(&self.demo))
    }

    fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        self.revisions.subscribe()
    }
}

/// The ConfigMap of `sample-topic`, and a user with the consent of its team.
fn declarations() -> Declarations {
    let declarations = Declarations::default();
    let config_map = json!({
        "metadata": {
            "name": "sample-topic", "namespace": "payments", "labels": { "config": "kafka-topic" },
            "annotations": { "klamm.dev/cluster": "kafka/demo", "klamm.dev/description": "</script><b>\"&'" },
            "managedFields": [{ "manager": "kubectl" }], "resourceVersion": "812",
        },
        "data": { "name": "sample-topic", "partitions": "2" },
    });
    declarations.saw_config_map(&serde_json::from_value(config_map).unwrap());
    let cluster = json!({ "name": "demo", "namespace": "kafka" });
    let user = json!({
        "metadata": { "name": "app", "namespace": "orders", "uid": "0d0f" },
        "spec": { "cluster": cluster }, "status": { "username": "orders.app" },
    });
    declarations.saw_user(&serde_json::from_value(user).unwrap());
    let grant = json!({
        "metadata": { "name": "to-orders", "namespace": "kafka" },
        "spec": {
            "cluster": cluster, "access": "consume", "topics": [{ "name": "sample-topic" }],
            "to": { "namespaces": ["orders"] },
        },
    });
    declarations.saw_grant(&serde_json::from_value(grant).unwrap());
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": "payments", "annotations": { "klamm.dev/team": "payments" } },
    });
    declarations.saw_namespace(&serde_json::from_value(namespace).unwrap());
    declarations.saw_operation(&serde_json::from_value(upgrade("waiting")).unwrap());
    declarations
}

/// As it is declared: three nodes, a soak of ten seconds.
fn demo() -> KafkaCluster {
    let node = |id: i32| json!({ "id": id, "pod": format!("demo-broker-{id}-0"), "pool": "main", "state": "running" });
    let demo = json!({
        "metadata": { "name": "demo", "namespace": "kafka", "generation": 3 },
        "spec": {
            "version": "4.1.2", "environment": "dev",
            "pools": [{
                "name": "main", "roles": ["broker", "controller"], "replicas": 3,
                "storage": { "type": "persistent", "size": "2Gi" },
            }],
            "listeners": [{ "name": "plain", "port": 9092, "exposure": "internal" }],
            "roll": { "soakSeconds": 10, "windows": [{ "from": "00:00", "to": "23:59" }] },
        },
        "status": { "kafkaVersion": "4.1.2", "brokers": [node(0), node(1), node(2)] },
    });
    serde_json::from_value(demo).unwrap()
}

/// An operation that is held back by a partition, with a word in it that a browser would run.
pub(super) fn upgrade(phase: &str) -> serde_json::Value {
    json!({
        "metadata": {
            "name": "upgrade-421", "namespace": "kafka", "uid": "0d0e", "creationTimestamp": "2026-11-28T12:00:00Z",
        },
        "spec": { "cluster": { "name": "demo" }, "kind": "upgrade", "version": "4.2.1" },
        "status": {
            "phase": phase, "progress": "1/3", "etaSeconds": 180, "started": "2026-11-28T12:02:00Z", "waitingTotal": 3,
            "steps": [
                {
                    "kind": "restartBroker", "target": "broker 0", "state": "done", "reason": "controller",
                    "startedAt": "2026-11-28T12:02:00Z", "endedAt": "2026-11-28T12:04:00Z", "oneWay": "nothing",
                },
                { "kind": "restartBroker", "target": "broker 1", "state": "running", "reason": "</script><b>\"&'" },
                { "kind": "electLeaders", "target": "demo", "state": "planned" },
            ],
            "waitingOn": [{
                "reason": "InSync", "message": "sample-topic-0 has 2 of 3 replicas in sync and needs 2 without broker 1",
                "partitions": ["sample-topic-0"], "partitionsTotal": 2, "brokers": [1], "topics": ["sample-topic"],
            }],
            "bytesLeft": 1_048_576, "partitionsLeft": 3, "remarks": ["There is one broker only."],
            "history": [
                { "at": "2026-11-28T12:02:00Z", "message": "Restarting node 0 as it is declared." },
                { "at": "2026-11-28T12:04:00Z", "message": "Node 0 is well again." },
            ],
        },
    })
}

fn rules() -> TopicRules {
    let rule = |name: &str, pattern, allows: &[TopicOperation], denies: &[TopicOperation]| TopicRule {
        name: name.into(),
        pattern,
        host: None,
        allows: allows.iter().copied().collect(),
        denies: denies.iter().copied().collect(),
    };
    let own = rule("sample-topic", RulePattern::Literal, &[TopicOperation::Read, TopicOperation::Describe], &[]);
    let hostile = rule("sample-", RulePattern::Prefixed, &[], &[TopicOperation::Write]);
    let by_principal = [("User:orders.app", own), ("User:<script>alert(1)</script>", hostile)];
    TopicRules {
        by_principal: by_principal.into_iter().map(|(principal, rule)| (principal.into(), vec![rule])).collect(),
        ..TopicRules::default()
    }
}

fn defaults() -> TopicDefaults {
    let entry = |value: &str, source| Known::Known(ConfigEntry { value: Some(value.to_owned()), source });
    let minimum = KeyDefault {
        usual: entry("2", ConfigSource::StaticBroker),
        elsewhere: [(BrokerId(1), entry("1", ConfigSource::DynamicBroker))].into(),
    };
    let retention = KeyDefault { usual: entry("604800000", ConfigSource::Default), elsewhere: BTreeMap::new() };
    TopicDefaults {
        told_by: (0..3).map(BrokerId).collect(),
        keys: [("min.insync.replicas".to_owned(), minimum), ("retention.ms".to_owned(), retention)].into(),
    }
}

/// One that tells numbers, and one that lies.
fn targets() -> Vec<TargetState> {
    let target = |id: i32, answer| {
        let (pod, address) = (format!("demo-broker-{id}-0").parse().unwrap(), format!("127.0.0.{id}:9779"));
        TargetState {
            answer,
            answered_at: Some(UnixMillis(1_700_000_000_000)),
            rejects: 3,
            reject: Some("kafka_server_replicamanager_leadercount -1 (below zero)".to_owned()),
            bytes: 52_000,
            millis: 41,
            ..TargetState::unseen(pod, Some(BrokerId(id)), TargetSource::Prometheus, address)
        }
    };
    let lies = TargetAnswer::Trouble {
        kind: TargetTrouble::Lies,
        reason: "3 of its numbers cannot be".to_owned(),
        since: UnixMillis(1_700_000_000_000),
    };
    vec![target(0, TargetAnswer::Numbers), target(1, lies)]
}

fn broker(id: i32) -> Broker {
    Broker {
        rack: Some(format!("zone-{id}")),
        version: Known::Known("4.1.2".to_owned()),
        ..Broker::unseen(BrokerId(id), BrokerState::Running, vec![NodeRole::Broker, NodeRole::Controller])
    }
}

fn tenant(namespace: &str, prefixes: &[&str]) -> DeclaredTenant {
    let prefixes: Vec<_> = prefixes.iter().map(ToString::to_string).collect();
    let namespace = namespace.parse().unwrap();
    let tenant = Tenant { namespace, topic_prefixes: prefixes.clone(), group_prefixes: prefixes };
    DeclaredTenant {
        team: Some("payments".parse().unwrap()).filter(|_| tenant.namespace.as_str() == "payments"),
        tenant,
    }
}

/// By id, as an inventory has them.
fn groups() -> Vec<Group> {
    let group = |id: &str, state: &str, offsets: &[(&str, i32, i64)]| Group {
        id: GroupId::new(id).unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known(state.to_owned()),
        members: Known::Unknown,
        offsets: Known::Known(
            offsets
                .iter()
                .map(|(topic, partition, committed)| GroupOffset {
                    topic: TopicName::new(*topic).unwrap(),
                    partition: PartitionId(*partition),
                    committed: *committed,
                })
                .collect(),
        ),
        lag: Known::Unknown,
    };
    let member = GroupMember { id: "m-1".to_owned(), client_id: "app".to_owned(), host: "/10.0.0.7".to_owned() };
    vec![
        group("100% \u{1f980}/%2F?#", "Empty", &[]),
        group("<script>alert(1)</script>", "Stable", &[("sample-topic", 0, 7)]),
        Group {
            members: Known::Known(vec![member]),
            ..group("orders", "PreparingRebalance", &[("orders.a", 0, 1), ("payments.a", 0, 20)])
        },
        group("payments.readers", "Stable", &[("payments.a", 0, 4), ("payments.a", 1, 2)]),
    ]
}

fn topic(name: &str) -> Topic {
    let entry = ConfigEntry { value: Some("</script><b>\"&'".to_owned()), source: ConfigSource::Topic };
    Topic {
        partitions: (0..2)
            .map(|id| Partition {
                earliest_offset: Known::Known(0),
                latest_offset: if id == 0 { Known::Known(10) } else { Known::Unknown },
                size_bytes: Known::Known(5),
                ..Partition::unseen(PartitionId(id), [BrokerId(id), BrokerId(2)].into())
            })
            .collect(),
        config: Known::Known(BTreeMap::from([("retention.ms".to_owned(), entry)])),
        size_bytes: Known::Known(10),
        records_per_second: Known::Known(98.0),
        owner: (!["__consumer_offsets", "payments.c"].contains(&name)).then(|| Owner {
            kind: OwnerKind::ConfigMap,
            namespace: "payments".parse().unwrap(),
            name: name.parse().unwrap(),
        }),
        team: name.split_once('.').and_then(|(team, _)| TeamName::new(team).ok()),
        ..Topic::unseen(TopicName::new(name).unwrap(), format!("id-{name}"))
    }
}
