//! What can be asked of a cluster, one file for each subject. Every call is a method of [`crate::Client`].
//!
//! Requests are built here, answers turned into our own types at once; nothing outside sees a protocol message. Calls
//! take any number of items and cut them into requests themselves.

mod acls;
mod alter_configs;
mod batch;
mod cluster;
mod commits;
mod configs;
mod cordons;
mod elections;
mod features;
mod fetch;
mod group_offsets;
mod groups;
mod log_dirs;
mod offsets;
mod partitions;
mod quorum;
mod quotas;
mod reassignments;
mod topics;
mod users;
mod words;

pub use acls::{Acl, AclFilter, AclOperation, AclPattern, AclPermission, AclResource, PatternFilter, Removed};
pub use alter_configs::{ConfigChange, ConfigEdit};
pub use cluster::{ClusterDescription, ClusterNode};
pub use commits::TopicPartition;
pub use configs::{AskedOf, ConfigDetail, ConfigResource, ConfigSynonym, ConfigType, ConfigValue};
pub use cordons::Cordon;
pub use elections::Elected;
pub use features::{FeatureChange, FeatureUpdate, Features};
pub use fetch::{AbortedTransaction, FetchPlace, FetchQuestion, Fetched};
pub use groups::{GroupDescription, GroupListing, GroupListings, GroupMemberDescription};
pub use log_dirs::{Holdings, LogDirDescription, ReplicaSize};
pub use offsets::{NewestListing, NewestRecord, OffsetListing, OffsetSpec, PartitionsByLeader};
pub use quorum::{NewVoter, QuorumDescription, QuorumReplica, VoterEndpoint};
pub use quotas::{QuotaKey, QuotaSelection};
pub use reassignments::{Cancelled, FactorRule};
pub use topics::{CreatedTopic, NewTopic, PartitionDescription, TopicDescription, TopicSelection};
pub use users::{ScramChange, ScramInfo, ScramIterations, ScramMechanism};

use crate::KafkaError;
use klamm_model::TopicName;
use std::collections::BTreeMap;

/// Whether a change is made or only examined by the brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// Make it.
    Commit,
    /// Say whether it would be accepted.
    ValidateOnly,
}

impl Apply {
    fn is_validation(self) -> bool {
        self == Self::ValidateOnly
    }
}

/// One outcome for each topic asked about.
pub type PerTopic<T> = BTreeMap<TopicName, Result<T, KafkaError>>;
