use super::{
    Authentication, Disruption, Exposure, ExternalCluster, KafkaCluster, KafkaClusterSpec, NetworkPolicyKind,
    Readiness, Roll, Tenancy, TopicPolicy, ValidatedPool, ValidatedTenant, Window, external, is_reserved_setting,
    policy, pool, tenancy,
};
use crate::{
    invalid::{InvalidSpec, Problems},
    version::{KafkaVersion, MetadataVersion},
};
use klamm_model::{ClusterRef, Namespace, ObjectName, TopicName, UnixMillis};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const MILLIS_PER_MINUTE: i64 = 60_000;
const MINUTES_PER_WEEK: i64 = 7 * 24 * 60;

/// A KafkaCluster whose declaration was understood. The raw spec need not be read again.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedCluster {
    /// Which cluster.
    pub cluster: ClusterRef,
    /// The `metadata.generation` it was read from.
    pub generation: Option<i64>,
    /// Whether objects that name no cluster mean this one.
    pub is_default: bool,
    /// The environment.
    pub environment: Option<String>,
    /// Run by Klamm, or not.
    pub shape: ClusterShape,
    /// Who may use it.
    pub tenants: Vec<ValidatedTenant>,
    /// What is allowed of topics and what happens to them.
    pub topics: TopicPolicy,
    /// Whether Klamm leaves everything as it is.
    pub paused: bool,
    /// What is allowed but probably not meant, in sentences.
    pub warnings: Vec<String>,
}

/// Run by Klamm, or not.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterShape {
    /// Klamm runs its nodes.
    Managed(Box<ManagedCluster>),
    /// Klamm only connects.
    External(ExternalCluster),
}

/// What Klamm runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ManagedCluster {
    /// The version the nodes run.
    pub version: KafkaVersion,
    /// The metadata version to finalise; none: stay where it is.
    pub metadata_version: Option<MetadataVersion>,
    /// The image; none means the one for the version.
    pub image: Option<String>,
    /// In the order of the spec.
    pub pools: Vec<ValidatedPool>,
    /// The node label that names the rack.
    pub rack_topology_key: Option<String>,
    /// Broker settings of the spec, none of them reserved.
    pub config: BTreeMap<String, String>,
    /// For clients, in the order of the spec.
    pub listeners: Vec<ValidatedListener>,
    /// Principals, `User:…`.
    pub super_users: Vec<String>,
    /// Of the JMX exporter.
    pub exporter_port: u16,
    /// Of Jolokia.
    pub jolokia_port: u16,
    /// How evictions are answered.
    pub disruption: Disruption,
    /// When a node counts as ready.
    pub readiness: Readiness,
    /// Who may connect to the nodes.
    pub network_policy: NetworkPolicyKind,
    /// How restarts go.
    pub roll: ValidatedRoll,
}

impl ManagedCluster {
    /// How many nodes store partitions.
    pub fn broker_count(&self) -> u32 {
        self.pools.iter().filter(|pool| pool.is_broker()).map(|pool| pool.replicas).sum()
    }

    /// How many nodes vote.
    pub fn controller_count(&self) -> u32 {
        self.pools.iter().filter(|pool| pool.is_controller()).map(|pool| pool.replicas).sum()
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> u32 {
        self.pools.iter().map(|pool| pool.replicas).sum()
    }
}

/// A listener for clients, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedListener {
    /// Its name, lower case.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// How clients prove who they are.
    pub authentication: Authentication,
    /// From where it can be reached.
    pub exposure: Exposure,
}

/// How restarts go, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedRoll {
    /// In-sync replicas that must be left above `min.insync.replicas`.
    pub isr_headroom: u32,
    /// How long everything must have been well before the next node.
    pub soak: Duration,
    /// How long a new version must have run before finalising is offered.
    pub finalise_soak: Duration,
    /// Under-replicated partitions elsewhere that do not stop a roll.
    pub max_under_replicated: u32,
    /// When steps may begin; none means always.
    pub windows: Vec<Window>,
}

impl ValidatedRoll {
    /// Whether a step may begin at that moment.
    pub fn is_open_at(&self, now: UnixMillis) -> bool {
        self.windows.is_empty() || self.windows.iter().any(|window| window.is_open_at(now))
    }

    /// When that is no longer so, or is so again; none when it stays as it is.
    pub fn turns_at(&self, now: UnixMillis) -> Option<UnixMillis> {
        let is_open = self.is_open_at(now);
        // Windows begin and end with a minute, and come again every week.
        let this_minute = now.0.div_euclid(MILLIS_PER_MINUTE);
        (1..=MINUTES_PER_WEEK)
            .map(|minutes| UnixMillis((this_minute + minutes) * MILLIS_PER_MINUTE))
            .find(|then| self.is_open_at(*then) != is_open)
    }
}

impl ValidatedCluster {
    /// Reads a declaration; every problem is named.
    pub fn from_resource(resource: &KafkaCluster) -> Result<Self, InvalidSpec> {
        let spec = &resource.spec;
        let mut problems = Problems::default();
        let mut warnings = Vec::new();
        let name: Option<ObjectName> =
            problems.take("metadata.name", resource.metadata.name.as_deref().unwrap_or_default().parse());
        let namespace: Option<Namespace> =
            problems.take("metadata.namespace", resource.metadata.namespace.as_deref().unwrap_or_default().parse());
        let tenants = tenancy::validate(&mut problems, &spec.tenants);
        let topics = policy::validate(&mut problems, &spec.topics);
        let shape = match &spec.external {
            Some(_) if !spec.pools.is_empty() => {
                problems.invalid("spec.external", "a cluster has either pools or external, not both: remove one");
                None
            }
            Some(given) => external::validate(&mut problems, given).map(ClusterShape::External),
            None => {
                let cluster = name.as_ref().map_or("", ObjectName::as_str);
                managed(&mut problems, &mut warnings, cluster, spec).map(|shape| ClusterShape::Managed(Box::new(shape)))
            }
        };
        match (name, namespace, shape) {
            (Some(name), Some(namespace), Some(shape)) if problems.is_empty() => Ok(Self {
                cluster: ClusterRef { namespace, name },
                generation: resource.metadata.generation,
                is_default: spec.default,
                environment: spec.environment.clone(),
                shape,
                tenants,
                topics,
                paused: spec.paused,
                warnings,
            }),
            _ => Err(problems.into_error()),
        }
    }

    /// What Klamm runs; none for an external cluster.
    pub fn managed(&self) -> Option<&ManagedCluster> {
        match &self.shape {
            ClusterShape::Managed(managed) => Some(managed),
            ClusterShape::External(_) => None,
        }
    }

    /// What a namespace is to this cluster.
    pub fn tenancy(&self, namespace: &Namespace) -> Tenancy<'_> {
        if *namespace == self.cluster.namespace {
            return Tenancy::Owner;
        }
        let tenant = self.tenants.iter().find(|tenant| tenant.namespace == *namespace);
        tenant.map_or(Tenancy::Stranger, Tenancy::Tenant)
    }

    /// The namespace that a topic belongs to: that of the longest matching prefix, else the cluster's own.
    pub fn owner_of_topic(&self, topic: &TopicName) -> &Namespace {
        tenancy::owner_of_topic(&self.tenants, topic).map_or(&self.cluster.namespace, |tenant| &tenant.namespace)
    }

    /// The tenant that a consumer group belongs to by its longest matching prefix.
    pub fn owner_of_group(&self, group: &str) -> Option<&Namespace> {
        tenancy::owner_of_group(&self.tenants, group).map(|tenant| &tenant.namespace)
    }

    /// Whether objects of a namespace may declare a topic: the cluster's own may everything, others what is theirs.
    pub fn may_declare(&self, namespace: &Namespace, topic: &TopicName) -> bool {
        match self.tenancy(namespace) {
            Tenancy::Owner => true,
            Tenancy::Tenant(tenant) => self.owner_of_topic(topic) == &tenant.namespace,
            Tenancy::Stranger => false,
        }
    }
}

fn managed(
    problems: &mut Problems,
    warnings: &mut Vec<String>,
    cluster: &str,
    spec: &KafkaClusterSpec,
) -> Option<ManagedCluster> {
    let version: Option<KafkaVersion> =
        problems.take("spec.version", spec.version.as_deref().unwrap_or_default().parse());
    if let Some(version) = version
        && version < KafkaVersion::OLDEST
    {
        problems.not_supported("spec.version", format!("Klamm runs Kafka {} and newer", KafkaVersion::OLDEST));
    }
    let metadata_version = match &spec.metadata_version {
        Some(text) => problems.take("spec.metadataVersion", text.parse()),
        None => None,
    };
    let pools: Vec<_> = spec.pools.iter().filter_map(|given| pool::validate(problems, cluster, given)).collect();
    let listeners = listeners(problems, spec);
    let config = problems.config("spec.config", &spec.config);
    for key in config.keys() {
        if let Some(instead) = is_reserved_setting(key) {
            problems.invalid(format!("spec.config[{key}]"), instead);
        }
    }
    let shape = ManagedCluster {
        version: version?,
        metadata_version,
        image: spec.image.clone(),
        pools,
        rack_topology_key: spec.rack.topology_key.clone(),
        config,
        listeners,
        super_users: spec.authorization.super_users.clone(),
        exporter_port: port(problems, "spec.monitoring.exporterPort", spec.monitoring.exporter_port)?,
        jolokia_port: port(problems, "spec.monitoring.jolokiaPort", spec.monitoring.jolokia_port)?,
        disruption: spec.disruption,
        readiness: spec.readiness,
        network_policy: spec.network_policy,
        roll: roll(problems, &spec.roll),
    };
    // Judged only when every pool was understood, or a mistake elsewhere would look like a missing pool.
    if shape.pools.len() == spec.pools.len() {
        if shape.controller_count() == 0 {
            problems.invalid("spec.pools", "at least one pool needs the role controller and a replica");
        }
        if shape.broker_count() == 0 {
            problems.invalid("spec.pools", "at least one pool needs the role broker and a replica");
        }
    }
    if shape.controller_count() > 0 && shape.controller_count().is_multiple_of(2) {
        warnings.push(format!(
            "{} controllers tolerate no more failures than {}: use an odd number",
            shape.controller_count(),
            shape.controller_count() - 1
        ));
    }
    Some(shape)
}

fn listeners(problems: &mut Problems, spec: &KafkaClusterSpec) -> Vec<ValidatedListener> {
    let mut ports = BTreeSet::from([9091, 9093, spec.monitoring.exporter_port, spec.monitoring.jolokia_port]);
    let mut names = BTreeSet::from(["controller", "internal"]);
    let mut validated = Vec::with_capacity(spec.listeners.len());
    for listener in &spec.listeners {
        let field = format!("spec.listeners[{}]", listener.name);
        if listener.tls {
            problems.not_supported(format!("{field}.tls"), "Klamm cannot encrypt listeners yet: leave tls out");
        }
        if !names.insert(&listener.name) {
            problems.invalid(format!("{field}.name"), "this name is taken: choose another, such as clients");
        }
        let is_word = listener.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if listener.name.is_empty() || listener.name.len() > 11 || !is_word {
            problems.invalid(format!("{field}.name"), "a listener name is 1 to 11 lower-case letters and digits");
        }
        if !ports.insert(listener.port) {
            problems.invalid(format!("{field}.port"), "this port is taken: choose another, such as 9092");
        }
        if let Some(port) = port(problems, &format!("{field}.port"), listener.port) {
            validated.push(ValidatedListener {
                name: listener.name.clone(),
                port,
                authentication: listener.authentication,
                exposure: listener.exposure,
            });
        }
    }
    validated
}

fn port(problems: &mut Problems, field: &str, port: i32) -> Option<u16> {
    let port = u16::try_from(port).ok().filter(|port| *port >= 1024);
    if port.is_none() {
        problems.invalid(field, "a port must be from 1024 to 65535");
    }
    port
}

fn roll(problems: &mut Problems, roll: &Roll) -> ValidatedRoll {
    let mut windows = Vec::with_capacity(roll.windows.len());
    for (i, window) in roll.windows.iter().enumerate() {
        windows.extend(problems.take(format!("spec.roll.windows[{i}]"), Window::parse(window)));
    }
    let mut seconds = |field: &str, value: i64| {
        let seconds = u64::try_from(value);
        Duration::from_secs(problems.take(field, seconds.map_err(|_| "a time is not negative")).unwrap_or(0))
    };
    let soak = seconds("spec.roll.soakSeconds", roll.soak_seconds);
    let finalise_soak = seconds("spec.roll.finaliseSoakSeconds", roll.finalise_soak_seconds);
    let mut count = |field: &str, value: i32| {
        problems.take(field, u32::try_from(value).map_err(|_| "a number of replicas is not negative")).unwrap_or(0)
    };
    ValidatedRoll {
        isr_headroom: count("spec.roll.isrHeadroom", roll.isr_headroom),
        soak,
        finalise_soak,
        max_under_replicated: count("spec.roll.maxUnderReplicated", roll.max_under_replicated),
        windows,
    }
}
