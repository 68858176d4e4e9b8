//! The pod of a node.

use super::{Blueprint, MadeFrom, Node, config_map, labels, services, stateful_set::node_labels, surroundings};
use crate::cluster::identity::{ClusterCredentials, Identity};
use k8s_openapi::{
    api::core::v1::{
        Affinity, Capabilities, ConfigMapVolumeSource, Container, ContainerPort, DownwardAPIVolumeFile,
        DownwardAPIVolumeSource, EmptyDirVolumeSource, EnvVar, EnvVarSource, ExecAction, KeyToPath,
        ObjectFieldSelector, PersistentVolumeClaimVolumeSource, PodAffinityTerm, PodAntiAffinity, PodSecurityContext,
        PodSpec, PodTemplateSpec, Probe, SeccompProfile, SecretVolumeSource, SecurityContext, TCPSocketAction,
        TopologySpreadConstraint, Volume, VolumeMount, WeightedPodAffinityTerm,
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use klamm_resources::{
    Exposure, PoolStorage, Readiness, managed,
    names::{annotation, label},
};

/// The user of the Kafka image (`appuser`).
const USER: i64 = 1000;
/// Readable by owner and group, which is the pod's.
const PRIVATE: i32 = 0o440;
/// A controlled shutdown hands over every leadership; cutting it off costs clients more than waiting.
const GRACE_SECONDS: i64 = 120;
/// Log recovery takes as long as it takes: a node is given weeks before anything restarts it for being slow.
const STARTUP_PERIOD: i32 = 2;
const STARTUP_FAILURES: i32 = 1_000_000;
/// The talk's readiness: the broker answers Klamm's own user on the listener between brokers.
const API_VERSIONS: &str = "exec env KAFKA_HEAP_OPTS=-Xmx64m /opt/kafka/bin/kafka-broker-api-versions.sh \
    --bootstrap-server \"$POD_IP:9091\" --command-config /run/klamm/admin.properties >/dev/null";
/// Where zones are named on nodes, unless the declaration names another label.
const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";

pub(super) fn template(blueprint: &Blueprint<'_>, node: &Node<'_>, made_from: &MadeFrom) -> PodTemplateSpec {
    let exporter = blueprint.managed.exporter_port.to_string();
    let annotations = [
        ("prometheus.io/scrape", "true".to_owned()),
        ("prometheus.io/path", "/metrics".to_owned()),
        ("prometheus.io/port", exporter),
        (labels::HASH, made_from.hash()),
        (labels::MADE_FROM, made_from.write()),
        (labels::KAFKA_VERSION, blueprint.managed.version.to_string()),
    ];
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(node_labels(blueprint, node)),
            annotations: Some(annotations.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ..ObjectMeta::default()
        }),
        spec: Some(spec(blueprint, node)),
    }
}

fn spec(blueprint: &Blueprint<'_>, node: &Node<'_>) -> PodSpec {
    let pool = node.pool;
    PodSpec {
        service_account_name: Some(surroundings::name(blueprint)),
        automount_service_account_token: Some(false),
        // Variables of Services could be read by Kafka's scripts as their own.
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            // Changing the owner of every file of a large volume would delay each start by minutes.
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        node_selector: (!pool.node_selector.is_empty()).then(|| pool.node_selector.clone()),
        tolerations: (!pool.tolerations.is_empty()).then(|| pool.tolerations.clone()),
        affinity: Some(pool.affinity.clone().unwrap_or_else(|| apart(blueprint))),
        topology_spread_constraints: Some(if pool.topology_spread_constraints.is_empty() {
            vec![over_zones(blueprint, node)]
        } else {
            pool.topology_spread_constraints.clone()
        }),
        containers: vec![container(blueprint, node)],
        volumes: Some(volumes(blueprint, node)),
        ..PodSpec::default()
    }
}

/// Prefers hosts without another node of the cluster, but starts anyway where there are too few.
fn apart(blueprint: &Blueprint<'_>) -> Affinity {
    Affinity {
        pod_anti_affinity: Some(PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(vec![WeightedPodAffinityTerm {
                weight: 100,
                pod_affinity_term: PodAffinityTerm {
                    topology_key: HOSTNAME.to_owned(),
                    label_selector: Some(LabelSelector {
                        match_labels: Some(labels::selector(blueprint.cluster)),
                        ..LabelSelector::default()
                    }),
                    ..PodAffinityTerm::default()
                },
            }]),
            ..PodAntiAffinity::default()
        }),
        ..Affinity::default()
    }
}

/// Spreads a pool over zones where it can.
fn over_zones(blueprint: &Blueprint<'_>, node: &Node<'_>) -> TopologySpreadConstraint {
    let mut pods = labels::selector(blueprint.cluster);
    pods.insert(label::POOL.to_owned(), node.pool.name.to_string());
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: blueprint.managed.rack_topology_key.clone().unwrap_or_else(|| ZONE.to_owned()),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(pods), ..LabelSelector::default() }),
        ..TopologySpreadConstraint::default()
    }
}

fn container(blueprint: &Blueprint<'_>, node: &Node<'_>) -> Container {
    let open = if node.pool.is_broker() { managed::INTERNAL_PORT } else { managed::CONTROLLER_PORT };
    Container {
        name: "kafka".to_owned(),
        image: Some(blueprint.image()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(vec!["/bin/sh".to_owned(), "/opt/klamm/config/start.sh".to_owned()]),
        env: Some(environment(blueprint, node)),
        ports: Some(ports(blueprint, node)),
        resources: node.pool.resources.clone(),
        startup_probe: Some(Probe {
            period_seconds: Some(STARTUP_PERIOD),
            failure_threshold: Some(STARTUP_FAILURES),
            ..tcp(open)
        }),
        readiness_probe: Some(readiness(blueprint, node, open)),
        liveness_probe: Some(Probe { period_seconds: Some(10), failure_threshold: Some(6), ..tcp(open) }),
        // The last lines of a node that ended say why; they are shown where people look.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(mounts(blueprint)),
        ..Container::default()
    }
}

fn readiness(blueprint: &Blueprint<'_>, node: &Node<'_>, open: u16) -> Probe {
    match (blueprint.managed.readiness, node.pool.is_broker()) {
        // Only brokers answer clients.
        (Readiness::Tcp, _) | (Readiness::BrokerApiVersions, false) => {
            Probe { period_seconds: Some(5), failure_threshold: Some(2), ..tcp(open) }
        }
        (Readiness::BrokerApiVersions, true) => Probe {
            exec: Some(ExecAction {
                command: Some(["/bin/sh", "-c", API_VERSIONS].into_iter().map(str::to_owned).collect()),
            }),
            // A Java process each time.
            period_seconds: Some(20),
            timeout_seconds: Some(15),
            failure_threshold: Some(3),
            ..Probe::default()
        },
    }
}

fn tcp(port: u16) -> Probe {
    Probe {
        tcp_socket: Some(TCPSocketAction { port: IntOrString::Int(i32::from(port)), host: None }),
        timeout_seconds: Some(3),
        ..Probe::default()
    }
}

fn environment(blueprint: &Blueprint<'_>, node: &Node<'_>) -> Vec<EnvVar> {
    let field = |name: &str, path: &str| EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector { field_path: path.to_owned(), api_version: None }),
            ..EnvVarSource::default()
        }),
        value: None,
    };
    let value = |name: &str, value: String| EnvVar { name: name.to_owned(), value: Some(value), value_from: None };
    let founder = blueprint
        .identity
        .voters()
        .any(|(id, founder)| id == node.id && founder.pool == node.pool.name && founder.directory_id.is_some());
    let heap = node.pool.heap_bytes >> 20;
    let logging = config_map::logging(blueprint);
    let mut variables = vec![
        field("POD_IP", "status.podIP"),
        field("POD_NAME", "metadata.name"),
        value("NODE_ID", node.id.to_string()),
        value("FOUNDER", founder.to_string()),
        value("RACK_AWARE", is_rack_aware(blueprint).to_string()),
        value("EXPORTER_PORT", blueprint.managed.exporter_port.to_string()),
        value("JOLOKIA_PORT", blueprint.managed.jolokia_port.to_string()),
        value("KAFKA_HEAP_OPTS", format!("-Xms{heap}m -Xmx{heap}m")),
        value("KAFKA_LOG4J_OPTS", format!("-D{}=file:/opt/klamm/config/{}", logging.property, logging.file)),
        // Where Kafka's scripts put what is not asked for, and which options they would add: a log of the collector on
        // a file system that is read-only here.
        value("LOG_DIR", "/tmp".to_owned()),
        value("EXTRA_ARGS", "-name kafkaServer".to_owned()),
    ];
    if !node.pool.jvm_options.is_empty() {
        variables.push(value("JVM_OPTIONS", node.pool.jvm_options.join(" ")));
    }
    if let Some(node_ports) = services::node_ports_variable(blueprint, node) {
        variables.push(field("HOST_IP", "status.hostIP"));
        variables.push(value("NODE_PORTS", node_ports));
    }
    variables
}

fn is_rack_aware(blueprint: &Blueprint<'_>) -> bool {
    blueprint.managed.rack_topology_key.is_some()
}

fn ports(blueprint: &Blueprint<'_>, node: &Node<'_>) -> Vec<ContainerPort> {
    let port = |name: String, number: u16| ContainerPort {
        name: Some(name),
        container_port: i32::from(number),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    };
    let mut ports = Vec::new();
    if node.pool.is_controller() {
        ports.push(port("tcp-controller".to_owned(), managed::CONTROLLER_PORT));
    }
    if node.pool.is_broker() {
        ports.push(port("tcp-internal".to_owned(), managed::INTERNAL_PORT));
        for listener in &blueprint.managed.listeners {
            match listener.exposure {
                Exposure::Internal | Exposure::NodePort | Exposure::Loopback => {
                    ports.push(port(services::port_name(listener), listener.port));
                }
            }
        }
    }
    ports.push(port("metrics".to_owned(), blueprint.managed.exporter_port));
    ports.push(port("jolokia".to_owned(), blueprint.managed.jolokia_port));
    ports
}

fn mounts(blueprint: &Blueprint<'_>) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: Option<bool>| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only,
        ..VolumeMount::default()
    };
    let mut mounts = vec![
        mount("config", "/opt/klamm/config", Some(true)),
        mount("identity", "/opt/klamm/identity", Some(true)),
        mount("admin", "/opt/klamm/admin", Some(true)),
        mount("credentials", "/opt/klamm/credentials", Some(true)),
        mount("run", "/run/klamm", None),
        mount("tmp", "/tmp", None),
        mount("data", "/var/lib/kafka/data", None),
    ];
    if is_rack_aware(blueprint) {
        mounts.push(mount("pod", "/opt/klamm/pod", Some(true)));
    }
    mounts
}

fn volumes(blueprint: &Blueprint<'_>, node: &Node<'_>) -> Vec<Volume> {
    let named = |name: &str| Volume { name: name.to_owned(), ..Volume::default() };
    let keys = |keys: &[&str]| {
        keys.iter()
            .map(|key| KeyToPath { key: (*key).to_owned(), path: (*key).to_owned(), mode: None })
            .collect::<Vec<_>>()
    };
    let config = blueprint.config_map(node.pool).metadata.name.unwrap_or_default();
    let mut volumes = vec![
        Volume {
            config_map: Some(ConfigMapVolumeSource { name: config, ..ConfigMapVolumeSource::default() }),
            ..named("config")
        },
        Volume {
            config_map: Some(ConfigMapVolumeSource {
                name: Identity::name(blueprint.cluster),
                items: Some(keys(&["cluster-id", "initial-controllers", "release-version", "formed"])),
                ..ConfigMapVolumeSource::default()
            }),
            ..named("identity")
        },
        Volume {
            secret: Some(SecretVolumeSource {
                secret_name: Some(managed::admin_secret(blueprint.cluster.name.as_str())),
                items: Some(keys(&["password"])),
                default_mode: Some(PRIVATE),
                optional: None,
            }),
            ..named("admin")
        },
        Volume {
            secret: Some(SecretVolumeSource {
                secret_name: Some(ClusterCredentials::nodes_secret(blueprint.cluster)),
                default_mode: Some(PRIVATE),
                ..SecretVolumeSource::default()
            }),
            ..named("credentials")
        },
        Volume {
            empty_dir: Some(EmptyDirVolumeSource {
                medium: Some("Memory".to_owned()),
                size_limit: Some(Quantity("4Mi".to_owned())),
            }),
            ..named("run")
        },
        Volume { empty_dir: Some(EmptyDirVolumeSource::default()), ..named("tmp") },
    ];
    volumes.push(match &node.pool.storage {
        PoolStorage::Persistent { .. } => Volume {
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: managed::claim(blueprint.cluster.name.as_str(), node.pool.name.as_str(), node.id),
                read_only: None,
            }),
            ..named("data")
        },
        PoolStorage::Ephemeral { size, .. } => Volume {
            empty_dir: Some(EmptyDirVolumeSource {
                size_limit: size.as_ref().map(|size| Quantity(size.clone())),
                medium: None,
            }),
            ..named("data")
        },
    });
    if is_rack_aware(blueprint) {
        volumes.push(Volume {
            downward_api: Some(DownwardAPIVolumeSource {
                items: Some(vec![DownwardAPIVolumeFile {
                    path: "rack".to_owned(),
                    field_ref: Some(ObjectFieldSelector {
                        field_path: format!("metadata.annotations['{}']", annotation::RACK),
                        api_version: None,
                    }),
                    ..DownwardAPIVolumeFile::default()
                }]),
                default_mode: None,
            }),
            ..named("pod")
        });
    }
    volumes
}
