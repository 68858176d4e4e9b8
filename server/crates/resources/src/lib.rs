//! What people write and Kubernetes keeps: the custom resources of `klamm.dev`, and the ConfigMaps, annotations and
//! Secrets that the systems before Klamm used.
//!
//! Everything here is pure: parse, validate, print. No client, no clock, no task may enter; those who have them bring
//! the objects and the time. Each kind has its raw spec, as serde reads it, and a `Validated…` made from it with every
//! problem named; whoever acts takes the latter.

mod binding;
mod cluster;
mod condition;
mod crds;
pub mod dialect;
mod grant;
pub mod injection;
mod invalid;
pub mod managed;
mod manifest;
pub mod names;
mod operation;
mod quantity;
mod reference;
mod scalar;
mod schema;
mod topic;
mod user;
mod version;

pub use binding::{AnnotationHolder, Binding, BindingError, BindingSource, ClusterCandidate, bind};
pub use cluster::{
    Address, Authentication, Authorization, BrokerStatus, ClusterShape, Disruption, Drift, Exposure, External,
    ExternalCluster, Import, Jvm, KafkaCluster, KafkaClusterSpec, KafkaClusterStatus, Listener, MaintenanceWindow,
    ManagedCluster, Monitoring, NetworkPolicyKind, NodePool, NodeState, PoolRole, PoolStorage, Rack, Readiness, Roll,
    Storage, StorageType, Tenancy, Tenant, TopicDefaults, TopicPolicy, TopicRules, UserRules, ValidatedCluster,
    ValidatedListener, ValidatedPool, ValidatedRoll, ValidatedTenant, Weekday, Window, is_dynamic_setting,
    is_reserved_setting,
};
pub use condition::{
    ClusterReason, ConditionStatus, ConditionType, ConditionUpdate, GrantReason, InjectionReason, OperationReason,
    Reason, TopicReason, UserReason, clear_condition, condition, holds, set_condition,
};
pub use crds::{CrdYamlError, crd_yaml, crds, crds_yaml};
pub use grant::{GrantedTopic, GrantedUser, Grantees, KafkaGrant, KafkaGrantSpec, KafkaGrantStatus, ValidatedGrant};
pub use invalid::{FieldProblem, InvalidSpec, Refusal};
pub use manifest::{
    ManifestError, ObjectManifest, config_map_manifest, kafka_cluster_part, kafka_grant_manifest,
    kafka_operation_manifest, kafka_topic_manifest, kafka_user_manifest,
};
pub use operation::{
    KafkaOperation, KafkaOperationSpec, KafkaOperationStatus, MoveLanes, MovingPartition, OperationEvent,
    OperationKind, OperationOurs, OperationPhase, OperationStep, OwnThrottle, StepState, ThrottledTopic,
    TopicPartitions, WaitingOn,
};
pub use quantity::{InvalidQuantity, bytes_of_heap, bytes_of_quantity};
pub use reference::{Access, ClusterReference, Deletion, NamePattern};
pub use scalar::{Config, Scalar};
pub use topic::{
    Dialect, FieldOutcome, FieldState, KafkaTopic, KafkaTopicSpec, KafkaTopicStatus, TopicDeclaration, ValidatedTopic,
};
pub use user::{
    Acl, AclEffect, AclOperation, AclResource, AclResourceType, KEY_BOOTSTRAP_SERVER, KEY_JAAS_FILE, KEY_PASSWORD,
    KEY_SASL_JAAS_CONFIG, KEY_USERNAME, KafkaUser, KafkaUserSpec, KafkaUserStatus, PatternedName, Quotas, TopicGrant,
    TopicPattern, Unquotable, ValidatedTopicGrant, ValidatedUser, jaas_file, sasl_jaas_config, second_username,
    secret_data, username,
};
pub use version::{InvalidVersion, KafkaVersion, MetadataVersion};
