//! Everything that is said to brokers: one client, admin calls, inventory collection.
//!
//! Begin with [`Client`]; what it reads of logs is opened in [`records`]. Calls come in two levels of failure: [`ClientError`] when a whole call failed, [`KafkaError`]
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
mod fresh;
mod ids;
pub mod records;
mod scram;
#[cfg(test)]
mod stand_in;
mod throttles;
mod wire;

pub use address::{Address, Addresses, InvalidAddress};
pub use admin::{
    AbortedTransaction, Acl, AclFilter, AclOperation, AclPattern, AclPermission, AclResource, Apply, AskedOf,
    Cancelled, ClusterDescription, ClusterNode, ConfigChange, ConfigDetail, ConfigEdit, ConfigResource, ConfigSynonym,
    ConfigType, ConfigValue, Cordon, CreatedTopic, Elected, FactorRule, FeatureChange, FeatureUpdate, Features,
    FetchPlace, FetchQuestion, Fetched, GroupDescription, GroupListing, GroupListings, GroupMemberDescription,
    Holdings, LogDirDescription, NewTopic, NewVoter, NewestListing, NewestRecord, OffsetListing, OffsetSpec,
    PartitionDescription, PartitionsByLeader, PatternFilter, PerTopic, QuorumDescription, QuorumReplica, QuotaKey,
    QuotaSelection, Removed, ReplicaSize, ScramChange, ScramInfo, ScramIterations, ScramMechanism, TopicDescription,
    TopicPartition, TopicSelection, VoterEndpoint,
};
pub use client::{Client, ClientConfig, Timeouts};
pub use credentials::{Authentication, Credentials, Password, Transport};
pub use error::{ClientError, ConnectError, KafkaError, ProtocolError};
pub use error_code::{ErrorCode, Retry};
pub use features::{MetadataVersion, SoftwareLine, UnknownMetadataVersion};
pub use fresh::{FreshBroker, FreshLook, FreshPart, FreshTopic, OfBrokers, Unseen, Wanted};
pub use ids::{DirectoryId, InvalidId, TopicId};
pub use throttles::{LeftAlone, ListSeen, RateSeen, TakenAway, ThrottlePlan, ThrottlesSeen};
pub use wire::{ApiTable, FeatureRange, VersionRange};
