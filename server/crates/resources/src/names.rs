//! The words that are written on objects: group, labels, annotations, finalizer, field managers.

/// The API group of the custom resources.
pub const GROUP: &str = "klamm.dev";
/// Their version.
pub const VERSION: &str = "v1alpha1";
/// The finalizer on objects that have something outside Kubernetes to clean up.
pub const FINALIZER: &str = "klamm.dev/operator";

/// Who Klamm's operator is in server-side apply.
pub const MANAGER_OPERATOR: &str = "klamm-operator";
/// Who writes status in server-side apply.
pub const MANAGER_STATUS: &str = "klamm-operator-status";
/// Who applies approved requests.
pub const MANAGER_PORTAL: &str = "klamm-portal";

/// Annotations that people write and that Klamm writes.
pub mod annotation {
    /// `<namespace>/<name>` of the cluster an object, or all objects of a namespace, belong to.
    pub const CLUSTER: &str = "klamm.dev/cluster";
    /// `retain` or `delete`: what becomes of the topic when its ConfigMap goes.
    pub const DELETION: &str = "klamm.dev/deletion";
    /// On a namespace: the team that owns it.
    pub const TEAM: &str = "klamm.dev/team";
    /// What a topic is for, in a sentence.
    pub const DESCRIPTION: &str = "klamm.dev/description";
    /// Whom to ask.
    pub const CONTACT: &str = "klamm.dev/contact";
    /// Where more is written.
    pub const LINK: &str = "klamm.dev/link";
    /// Comma-separated words.
    pub const TAGS: &str = "klamm.dev/tags";
    /// On a pod of a broker: the zone of its node, written once it is bound.
    pub const RACK: &str = "klamm.dev/rack";
    /// On a pod of a broker: the version of Kafka in it.
    pub const KAFKA_VERSION: &str = "klamm.dev/kafka-version";
    /// On an object Klamm wrote: hash of what it was rendered from.
    pub const HASH: &str = "klamm.dev/hash";
    /// On the Secret of a KafkaUser: the value of `spec.rotate` that its password answers.
    pub const ROTATED: &str = "klamm.dev/rotated";
    /// On a ConfigMap of the talk: its conditions as JSON, since a ConfigMap has no status.
    pub const STATUS: &str = "klamm.dev/status";
    /// On a ConfigMap of the talk: `true` leaves it alone.
    pub const PAUSED: &str = "klamm.dev/paused";
    /// On a KafkaTopic that Klamm wrote for a topic it found in Kafka: when.
    pub const IMPORTED: &str = "klamm.dev/imported";
    /// On a KafkaUser that was made for a workload: `<kind>/<name>` of that workload.
    pub const INJECTED_FOR: &str = "klamm.dev/injected-for";
    /// On a pod of a broker without an exporter: the port of its Jolokia agent.
    pub const JOLOKIA_PORT: &str = "klamm.dev/jolokia-port";
    /// On such a pod: the Secret beside it with `username` and `password` for Jolokia.
    pub const JOLOKIA_SECRET: &str = "klamm.dev/jolokia-secret";
}

/// Labels that Klamm writes. None of them is read as input from people.
pub mod label {
    /// `klamm` on everything it made.
    pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
    /// `kafka`.
    pub const NAME: &str = "app.kubernetes.io/name";
    /// The cluster's name.
    pub const INSTANCE: &str = "app.kubernetes.io/instance";
    /// Name of the cluster.
    pub const CLUSTER: &str = "klamm.dev/cluster";
    /// Namespace of the cluster, on objects in other namespaces.
    pub const CLUSTER_NAMESPACE: &str = "klamm.dev/cluster-namespace";
    /// Pool of a broker.
    pub const POOL: &str = "klamm.dev/pool";
    /// Node id of a broker.
    pub const NODE_ID: &str = "klamm.dev/node-id";
    /// `true` on pods of brokers.
    pub const BROKER: &str = "klamm.dev/broker";
    /// `true` on pods of controllers.
    pub const CONTROLLER: &str = "klamm.dev/controller";
    /// What a Secret or ConfigMap is for.
    pub const COMPONENT: &str = "app.kubernetes.io/component";
    /// The team of the namespace.
    pub const TEAM: &str = "klamm.dev/team";
    /// On a ConfigMap of the journal of topics: the cluster.
    pub const TOPIC_JOURNAL: &str = "klamm.dev/topic-journal";
    /// The KafkaUser a Secret belongs to.
    pub const USER: &str = "klamm.dev/user";
    /// The value of [`MANAGED_BY`].
    pub const MANAGED_BY_KLAMM: &str = "klamm";
    /// The value of [`NAME`] on what belongs to a Kafka cluster.
    pub const NAME_KAFKA: &str = "kafka";
}
