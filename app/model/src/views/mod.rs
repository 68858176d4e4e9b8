//! What pages and `/api/v1` show: shapes that others rely on, derived from the inventory by the portal.

mod access;
mod audit;
mod broker;
mod catalogue;
mod clients;
mod cluster;
mod credential;
mod disks;
mod finding;
mod group;
mod message;
mod offsets;
mod operation;
mod paging;
mod people;
mod placement;
mod plan;
mod policy;
mod request;
mod search;
mod series;
mod token;
mod topic;
mod topic_config;
mod topic_page;
mod webhook;

pub use access::{
    AppliedRule, Consent, ConsentRef, DecidedBy, PrincipalAccess, Right, RuleEffect, TopicAccess, Turn, UserRef,
};
pub use audit::{AuditRequest, AuditView, AuditedObject};
pub use broker::{BrokerDetail, BrokerView, BrokerVitals, HeldPartition, QuorumPart, QuorumRole, ReplicaRole};
pub use catalogue::{
    CatalogueEntry, CatalogueFinding, CatalogueNote, CatalogueRequest, CatalogueTopic, Comparison, PromotedTopic,
    Promotion, TopicAbout, TopicPlace, TopicSetting, TopicUser,
};
pub use clients::{BrokerConnections, ClientRate, ClientSoftware, ClientsView, Connected, OldRequestsView};
pub use cluster::{BrokerCounts, ClusterOverview, ClusterView, QuorumView, TenantView};
pub use credential::{
    CredentialGrant, CredentialState, CredentialUses, CredentialView, GroupUse, PreviousUser, Reminder, Revealed,
    TeamView, WorkloadUse,
};
pub use disks::{
    BrokerDisks, DiskSort, DiskTile, DisksRequest, DisksView, Filling, ForecastConfidence, RetentionAdvice, TopicDisks,
    VolumeView, WhatIf,
};
pub use finding::FindingsRequest;
pub use group::{GroupPartition, GroupRow, GroupSort, GroupView, GroupsRequest, LagTrend, TopicConsumer};
pub use message::{
    Isolation, MessageForm, MessageHeader, MessagePart, MessageView, MessagesRequest, MessagesStart, MessagesView,
    PeekedPartition, Stopped, UnreadablePart,
};
pub use offsets::{OffsetChange, OffsetsEffect, OffsetsStage, ResetOffer};
pub use operation::{
    FinaliseAhead, Headroom, OperationAsked, OperationDetail, OperationEvent, OperationSafety, OperationSort,
    OperationStepView, OperationView, OperationWait, OperationWindow, OperationWish, OperationsRequest,
};
pub use paging::{Page, PageRequest, SortOrder, TopicSort, checked_limit};
pub use people::{Holdings, Membership, PersonView, SessionView, TeamDetail, Tenancy};
pub use placement::{BrokerPlacement, Harmed, HarmedPartition, Loss, Lost, PlacementRequest, PlacementView};
pub use plan::{BrokerFate, PlanOutcome, PlanView, PlannedBroker};
pub use policy::{
    EnvironmentRules, FreezeView, KindSentence, PoliciesView, PolicyProblem, TopicWishSpec, WishOutcome, WishRequest,
    WishValue, WishVerdict,
};
pub use request::{Approval, AskedOf, Change, CommentView, Effect, QuotaUse, RequestView, RequestsRequest};
pub use search::{
    BrokerHit, Closeness, ClusterHit, FoundBy, Hit, Hits, SearchKind, SearchRequest, SearchView, Unsearched,
};
pub use series::{Aggregate, Series, SeriesRequest, SeriesView};
pub use token::{MAX_WORKING_TOKENS, TokenSort, TokenState, TokenView, TokensRequest};
pub use topic::{ConfigValue, PartitionView, TopicRow, TopicView};
pub use topic_config::{BrokerValue, ConfigKey, ConfigRequest, ConfigSubject, OtherValue, TopicConfig};
pub use topic_page::{ConfigLine, PARTITIONS_SHOWN, PartitionSpread, TopicManifest, TopicOffer, TopicOverview};
pub use webhook::{DeliveriesRequest, DeliveryView, WebhookView};

use crate::Actor;
use serde::{Deserialize, Serialize};

/// How something is, in one word. Never shown as a colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Health {
    /// Everything is as it should be.
    Healthy,
    /// It serves, with less safety than asked for.
    Degraded,
    /// Part of it does not serve.
    Unavailable,
    /// Nobody could say.
    Unknown,
}

/// Who is signed in: `GET /api/v1/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The caller.
    #[serde(flatten)]
    pub actor: Actor,
    /// To be sent as `X-Csrf-Token` with every mutation of a cookie session; none for tokens.
    pub csrf_token: Option<String>,
}
