//! The words of Klamm as types: validated names, what was observed of a cluster, and what pages and the API show.
//!
//! Everything here is plain data that both the server and the browser understand. No IO, no clock, no Kubernetes and
//! no Kafka client may enter: the crate builds for `wasm32-unknown-unknown` with serde alone.

mod actor;
mod inventory;
mod known;
mod live;
mod names;
mod problem;
mod time;
mod units;
mod views;

pub use actor::{Actor, ActorKind, CsrfToken, Role, Scope};
pub use inventory::{
    Broker, BrokerState, ConfigEntry, ConfigSource, Gap, GapCause, Group, GroupKind, GroupMember, GroupOffset,
    Inventory, LogDir, NodeRole, Owner, OwnerKind, Part, Partition, Quorum, QuorumVoter, Reachability, Revisions,
    Topic,
};
pub use known::Known;
pub use live::{Section, SectionRevision};
pub use names::{
    BrokerId, ClusterRef, GroupId, InvalidName, Namespace, ObjectName, PartitionId, PersonName, PoolName, TeamName,
    TokenId, TopicName,
};
pub use problem::{Problem, ProblemKind};
pub use time::UnixMillis;
pub use units::{human_bytes, human_count, human_rate};
pub use views::{
    BrokerCounts, BrokerDetail, BrokerHit, BrokerPlacement, BrokerView, Closeness, ClusterHit, ClusterOverview,
    ClusterView, ConfigValue, FoundBy, GroupPartition, GroupRow, GroupSort, GroupView, GroupsRequest, Harmed,
    HarmedPartition, Health, HeldPartition, Hit, Hits, Loss, Lost, MAX_WORKING_TOKENS, Me, Page, PageRequest,
    PartitionView, PlacementRequest, PlacementView, QuorumPart, QuorumRole, ReplicaRole, SearchKind, SearchRequest,
    SearchView, SortOrder, TenantView, TokenSort, TokenState, TokenView, TokensRequest, TopicConsumer, TopicRow,
    TopicSort, TopicView, Unsearched, checked_limit,
};
