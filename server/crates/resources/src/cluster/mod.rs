//! `KafkaCluster`: what people declare, what Klamm reports, and the declaration once it has been checked.
//!
//! The spec is plain serde data that never fails to read for a reason the API server would let through; every judgement
//! beyond the schema is in `validated`.

mod access;
mod dynamic;
mod external;
mod node;
mod policy;
mod pool;
mod rules;
mod settings;
mod spec;
mod status;
mod tenancy;
#[cfg(test)]
mod tests;
mod validated;
mod window;

pub use access::{Authentication, Authorization, Exposure, External, Listener, Monitoring, Rack, Tenant};
pub use dynamic::is_dynamic_setting;
pub use external::{Address, ExternalCluster};
pub use node::{Jvm, NodePool, PoolRole, Storage, StorageType};
pub use policy::TopicPolicy;
pub use pool::{PoolStorage, ValidatedPool};
pub use rules::{
    Disruption, Drift, Import, MaintenanceWindow, NetworkPolicyKind, Readiness, Roll, TopicDefaults, TopicRules,
    UserRules, Weekday,
};
pub use settings::is_reserved_setting;
pub use spec::{KafkaCluster, KafkaClusterSpec};
pub use status::{BrokerStatus, KafkaClusterStatus, NodeState};
pub use tenancy::{Tenancy, ValidatedTenant};
pub use validated::{ClusterShape, ManagedCluster, ValidatedCluster, ValidatedListener, ValidatedRoll};
pub use window::Window;
