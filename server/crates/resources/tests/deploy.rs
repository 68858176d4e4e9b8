//! What is shipped under `server/deploy` is YAML, is understood, and fits together.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::ConfigMap,
    rbac::v1::{ClusterRole, PolicyRule, RoleBinding},
};
use klamm_resources::{
    BindingSource, ClusterCandidate, Deletion, Dialect, Exposure, KafkaCluster, KafkaGrant, KafkaTopic, KafkaUser,
    ValidatedCluster, ValidatedGrant, ValidatedTopic, ValidatedUser, bind, crds, dialect,
    injection::{self, InjectionReading, Workload, WorkloadKind},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn deploy() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(deploy().join(file)).unwrap();
    let parts =
        text.split("\n---\n").filter(|part| part.lines().any(|line| !line.is_empty() && !line.starts_with('#')));
    parts.map(|part| serde_saphyr::from_str(part).unwrap_or_else(|error| panic!("{file}: {error}\n{part}"))).collect()
}

fn of_kind<T: DeserializeOwned>(documents: &[Value], kind: &str) -> Vec<T> {
    let found = documents.iter().filter(|document| document["kind"] == kind);
    found.map(|document| serde_json::from_value(document.clone()).unwrap()).collect()
}

#[test]
fn the_demo_cluster_is_what_the_demo_promises() {
    let clusters: Vec<KafkaCluster> = of_kind(&documents("demo/cluster.yaml"), "KafkaCluster");
    let valid = ValidatedCluster::from_resource(&clusters[0]).unwrap();
    assert_eq!(valid.cluster.to_string(), "kafka/demo");
    assert!(valid.is_default);
    assert_eq!(valid.environment.as_deref(), Some("dev"));
    assert!(valid.warnings.is_empty(), "{:?}", valid.warnings);
    let managed = valid.managed().unwrap();
    assert_eq!(managed.version.to_string(), "4.1.2");
    assert_eq!((managed.broker_count(), managed.controller_count(), managed.node_count()), (3, 3, 3));
    assert_eq!(managed.pools[0].heap_bytes, 256 << 20);
    assert_eq!(managed.config["min.insync.replicas"], "1");
    assert_eq!(managed.config["default.replication.factor"], "3");
    assert_eq!((managed.roll.soak.as_secs(), managed.roll.finalise_soak.as_secs()), (10, 60));
    assert_eq!(managed.listeners.iter().filter(|listener| listener.exposure == Exposure::Loopback).count(), 1);
    assert_eq!(valid.topics.deletion, Deletion::Retain);
}

#[test]
fn the_talks_topic_belongs_to_its_team() {
    let config_maps: Vec<ConfigMap> = of_kind(&documents("demo/topic.yaml"), "ConfigMap");
    let declaration = dialect::parse(&config_maps[0]).unwrap();
    assert_eq!(declaration.name.as_str(), "sample-topic");
    assert_eq!((declaration.partitions, declaration.replication_factor), (Some(20), Some(2)));
    assert_eq!(declaration.deletion, Some(Deletion::Delete));
    assert!(declaration.warnings.is_empty(), "{:?}", declaration.warnings);

    let clusters: Vec<KafkaCluster> = of_kind(&documents("demo/cluster.yaml"), "KafkaCluster");
    let cluster = ValidatedCluster::from_resource(&clusters[0]).unwrap();
    let candidates = [ClusterCandidate { cluster: cluster.cluster.clone(), is_default: cluster.is_default }];
    assert_eq!(bind(None, None, &candidates).unwrap().source, BindingSource::Default);
    let namespace = config_maps[0].metadata.namespace.as_deref().unwrap().parse().unwrap();
    assert!(cluster.may_declare(&namespace, &declaration.name));
}

#[test]
fn the_clients_use_the_secrets_of_the_users() {
    let users: Vec<KafkaUser> = of_kind(&documents("demo/users.yaml"), "KafkaUser");
    let mut secrets = BTreeSet::new();
    for user in &users {
        let valid = ValidatedUser::from_resource(user).unwrap();
        assert_eq!(valid.cluster.to_string(), "kafka/demo");
        assert_eq!(valid.namespace.as_str(), "payments");
        secrets.insert(valid.secret_name.to_string());
    }
    let clients: Vec<Deployment> = of_kind(&documents("demo/clients.yaml"), "Deployment");
    let mut mounted = BTreeSet::new();
    for client in clients {
        let spec = client.spec.unwrap().template.spec.unwrap();
        assert_eq!(spec.containers[0].image.as_deref(), Some("klamm.dev/kafka:4.1.2"));
        let volumes = spec.volumes.unwrap();
        mounted.extend(volumes.into_iter().filter_map(|volume| volume.secret?.secret_name));
    }
    assert_eq!(mounted, secrets);
    assert_eq!(mounted.len(), 2);
}

#[test]
fn every_binding_of_the_demo_binds_a_shipped_role_to_the_shipped_account() {
    let shipped = documents("rbac/klamm.yaml");
    let roles: BTreeSet<String> =
        of_kind::<ClusterRole>(&shipped, "ClusterRole").into_iter().filter_map(|role| role.metadata.name).collect();
    let namespaces = documents("demo/namespaces.yaml");
    let bindings: Vec<RoleBinding> = of_kind(&namespaces, "RoleBinding");
    for binding in &bindings {
        assert!(roles.contains(&binding.role_ref.name), "{}", binding.role_ref.name);
        let subject = &binding.subjects.as_ref().unwrap()[0];
        let has_account = shipped.iter().any(|document| {
            document["kind"] == "ServiceAccount"
                && document["metadata"]["name"] == subject.name.as_str()
                && document["metadata"]["namespace"].as_str() == subject.namespace.as_deref()
        });
        assert!(has_account, "{subject:?}");
    }
    let bound: BTreeSet<_> = bindings.iter().filter_map(|binding| binding.metadata.namespace.as_deref()).collect();
    let made: BTreeSet<_> = namespaces
        .iter()
        .filter(|document| document["kind"] == "Namespace")
        .filter_map(|document| document["metadata"]["name"].as_str())
        .collect();
    assert_eq!(bound, made);
}

#[test]
fn the_roles_name_every_resource_of_ours_and_no_secret_is_read_everywhere() {
    let roles: Vec<ClusterRole> = of_kind(&documents("rbac/klamm.yaml"), "ClusterRole");
    let everywhere = roles.iter().find(|role| role.metadata.name.as_deref() == Some("klamm")).unwrap();
    let allowed: &[PolicyRule] = everywhere.rules.as_deref().unwrap();
    let named: BTreeSet<&str> = allowed
        .iter()
        .filter(|rule| rule.api_groups.as_ref().is_some_and(|groups| groups.iter().any(|group| group == "klamm.dev")))
        .flat_map(|rule| rule.resources.iter().flatten())
        .map(String::as_str)
        .collect();
    for crd in crds() {
        let plural = crd.spec.names.plural;
        assert!(named.contains(plural.as_str()), "{plural}");
        assert!(named.contains(format!("{plural}/status").as_str()), "{plural}/status");
    }
    let reads_secrets = allowed.iter().flat_map(|rule| rule.resources.iter().flatten()).any(|name| name == "secrets");
    assert!(!reads_secrets, "Secrets are for RoleBindings");
    let wildcard = roles
        .iter()
        .flat_map(|role| role.rules.iter().flatten())
        .any(|rule| rule.verbs.iter().chain(rule.resources.iter().flatten()).any(|word| word == "*"));
    assert!(!wildcard, "a role names what it needs");
}

#[test]
fn both_roles_let_workloads_be_watched_and_their_cluster_be_written_on_them() {
    let roles: Vec<ClusterRole> = of_kind(&documents("rbac/klamm.yaml"), "ClusterRole");
    for name in ["klamm-cluster", "klamm-tenant"] {
        let role = roles.iter().find(|role| role.metadata.name.as_deref() == Some(name)).unwrap();
        for resource in ["deployments", "statefulsets", "jobs", "cronjobs"] {
            for verb in ["get", "list", "watch", "patch"] {
                let may = role.rules.iter().flatten().any(|rule| {
                    rule.verbs.iter().any(|found| found == verb)
                        && rule.resources.iter().flatten().any(|found| found == resource)
                });
                assert!(may, "{name} may not {verb} {resource}");
            }
        }
    }
}

#[test]
fn the_talks_workloads_ask_for_what_they_do_and_mount_the_secret_that_appears() {
    let found = documents("examples/workloads.yaml");
    let grants: Vec<KafkaGrant> = of_kind(&found, "KafkaGrant");
    let granted = ValidatedGrant::from_resource(&grants[0]).unwrap();
    let config_maps: Vec<ConfigMap> = of_kind(&found, "ConfigMap");
    let topic = dialect::parse(&config_maps[0]).unwrap().name;
    let deployments: Vec<Deployment> = of_kind(&found, "Deployment");
    assert_eq!(deployments.len(), 2);
    for deployment in deployments {
        let meta = deployment.metadata;
        assert_eq!(meta.labels.unwrap()[injection::LABEL.0], injection::LABEL.1);
        let reading = InjectionReading::of(&meta.annotations.unwrap());
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
        let InjectionReading { injection: asked, .. } = reading;
        assert!(asked.consumes.iter().chain(&asked.produces).all(|name| *name == topic), "{asked:?}");
        let consents = granted.topics.iter().any(|granted| granted.matches(&topic));
        assert!(consents && granted.to_namespaces.iter().any(|namespace| namespace.as_str() == "orders"));
        let workload = Workload { kind: WorkloadKind::Deployment, name: meta.name.unwrap().parse().unwrap() };
        let volumes = deployment.spec.unwrap().template.spec.unwrap().volumes.unwrap();
        let mounted: Vec<_> = volumes.into_iter().filter_map(|volume| volume.secret?.secret_name).collect();
        assert_eq!(mounted, [workload.default_secret_name().unwrap().to_string()]);
    }
}

#[test]
fn the_chart_ships_the_same_definitions_and_roles() {
    let chart = deploy().join("charts/klamm");
    for crd in crds() {
        let file = format!("{}.yaml", crd.spec.names.plural);
        let shipped = fs::read_to_string(chart.join("crds").join(&file)).unwrap();
        assert_eq!(shipped, fs::read_to_string(deploy().join("crds").join(&file)).unwrap());
    }
    let roles = fs::read_to_string(chart.join("files/rbac.yaml")).unwrap();
    assert_eq!(roles, fs::read_to_string(deploy().join("rbac/klamm.yaml")).unwrap());
    let alerts = fs::read_to_string(chart.join("files/alerts.yaml")).unwrap();
    assert_eq!(alerts, fs::read_to_string(deploy().join("alerts/klamm.yaml")).unwrap());
    for file in ["charts/klamm/Chart.yaml", "charts/klamm/values.yaml"] {
        assert_eq!(documents(file).len(), 1, "{file}");
    }
}

/// As much of Prometheus' rule files as is used here.
#[test]
fn alerts_are_of_metrics_that_there_are_and_say_what_to_do() {
    let metrics = fs::read_to_string(deploy().join("../../docs/metrics.md")).unwrap();
    let file = documents("alerts/klamm.yaml").remove(0);
    let mut names = BTreeSet::new();
    for group in file["groups"].as_array().unwrap() {
        assert!(group["name"].is_string(), "{group}");
        for rule in group["rules"].as_array().unwrap() {
            let known = ["alert", "expr", "for", "labels", "annotations"];
            assert!(rule.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{rule}");
            assert!(names.insert(rule["alert"].as_str().unwrap().to_owned()), "{rule}");
            assert!(["critical", "warning"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{rule}");
            assert!(["summary", "description"].iter().all(|text| rule["annotations"][text].is_string()), "{rule}");
            let expression = rule["expr"].as_str().unwrap();
            let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let series: Vec<&str> =
                words.filter(|word| word.starts_with("klamm_") || word.starts_with("operator_")).collect();
            assert!(!series.is_empty(), "{expression}");
            for series in series {
                assert!(metrics.contains(&format!("`{series}`")), "{series} is not in docs/metrics.md");
            }
        }
    }
    assert!(names.contains("KlammFindingCritical"));
}

#[test]
fn that_no_klamm_runs_is_alerted_though_nobody_tells_of_it() {
    let file = documents("alerts/klamm.yaml").remove(0);
    let rules = file["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    let expressions: Vec<&str> = rules.filter_map(|rule| rule["expr"].as_str()).collect();
    // Without a series a comparison is empty; only this says that there is none.
    assert!(expressions.iter().any(|expression| expression.ends_with(" or absent(operator_state)")), "{expressions:?}");
    let shown = fs::read_to_string(deploy().join("../../docs/metrics.md")).unwrap();
    let of_state = *expressions.iter().find(|expression| expression.contains("operator_state")).unwrap();
    assert!(shown.contains(of_state), "docs/metrics.md shows another one than {of_state}");
}

#[test]
fn every_example_is_understood() {
    let mut names = Vec::new();
    for file in ["separate-roles", "external", "topic-and-users"] {
        let found = documents(&format!("examples/{file}.yaml"));
        for cluster in of_kind::<KafkaCluster>(&found, "KafkaCluster") {
            let valid = ValidatedCluster::from_resource(&cluster).unwrap();
            assert!(valid.warnings.is_empty(), "{:?}", valid.warnings);
            names.push(valid.cluster.to_string());
        }
        for topic in of_kind::<KafkaTopic>(&found, "KafkaTopic") {
            names.push(ValidatedTopic::from_resource(&topic).unwrap().declaration.name.to_string());
        }
        for user in of_kind::<KafkaUser>(&found, "KafkaUser") {
            names.push(ValidatedUser::from_resource(&user).unwrap().username);
        }
        for grant in of_kind::<KafkaGrant>(&found, "KafkaGrant") {
            names.push(ValidatedGrant::from_resource(&grant).unwrap().namespace.to_string());
        }
    }
    assert_eq!(names, ["kafka/events", "kafka/legacy", "payments.settled", "payments.settlement", "payments"]);
}

#[test]
fn the_three_dialects_say_the_same() {
    let config_maps: Vec<ConfigMap> = of_kind(&documents("examples/config-maps.yaml"), "ConfigMap");
    let read: Vec<_> = config_maps.iter().map(|config_map| dialect::parse(config_map).unwrap()).collect();
    assert_eq!(read.iter().map(|d| d.dialect).collect::<Vec<_>>(), [Dialect::Nb, Dialect::NbAlpha, Dialect::Strimzi02]);
    for declaration in &read {
        assert!(declaration.warnings.is_empty(), "{:?}", declaration.warnings);
        assert_eq!(declaration.partitions, read[0].partitions);
        assert_eq!(declaration.replication_factor, read[0].replication_factor);
        assert_eq!(declaration.config, read[0].config);
    }
}
