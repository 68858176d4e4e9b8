//! Everything that is said to brokers: one client, admin calls, inventory collection.
//!
//! Begin with [`Client`]. Calls come in two levels of failure: [`ClientError`] when a whole call failed, [`KafkaError`]
//! when brokers refused one item of it. Changes that may have been carried out are never sent twice: the caller looks
//! again. Names are checked by klamm-model before they come here.
//!
//! Nothing of Kubernetes may enter, no policy and no decision: who asks knows why.

mod address;
mod admin;
mod client;
pub mod collect;
mod connection;
mod credentials;
mod error;
mod error_code;
mod features;
mod ids;
mod scram;
#[cfg(test)]
mod stand_in;
mod wire;

pub use address::{Address, Addresses, InvalidAddress};
pub use admin::{
    Acl, AclFilter, AclOperation, AclPattern, AclPermission, AclResource, Apply, ClusterDescription, ClusterNode,
    ConfigChange, ConfigDetail, ConfigEdit, ConfigResource, ConfigSynonym, ConfigType, ConfigValue, CreatedTopic,
    FeatureChange, FeatureUpdate, Features, GroupDescription, GroupListing, GroupListings, GroupMemberDescription,
    LogDirDescription, NewTopic, NewVoter, OffsetListing, OffsetSpec, PartitionDescription, PartitionsByLeader,
    PatternFilter, PerTopic, QuorumDescription, QuorumReplica, QuotaKey, QuotaSelection, Removed, ReplicaSize,
    ScramChange, ScramInfo, ScramIterations, ScramMechanism, TopicDescription, TopicPartition, TopicSelection,
    VoterEndpoint,
};
pub use client::{Client, ClientConfig, Timeouts};
pub use credentials::{Authentication, Credentials, Password, Transport};
pub use error::{ClientError, ConnectError, KafkaError, ProtocolError};
pub use error_code::{ErrorCode, Retry};
pub use features::{MetadataVersion, SoftwareLine, UnknownMetadataVersion};
pub use ids::{DirectoryId, InvalidId, TopicId};
pub use wire::{ApiTable, FeatureRange, VersionRange};
