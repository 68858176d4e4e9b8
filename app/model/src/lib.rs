//! The words of Klamm as types: validated names, what was observed of a cluster, and what pages and the API show.
//!
//! Everything here is plain data that both the server and the browser understand. No IO, no clock, no Kubernetes and
//! no Kafka client may enter: the crate builds for `wasm32-unknown-unknown` with serde alone.

mod access;
mod actor;
mod clients;
mod defaults;
mod error_chain;
mod findings;
mod inventory;
mod known;
mod lag;
mod live;
mod metrics;
mod moves;
mod names;
mod operations;
mod problem;
mod racks;
mod requests;
mod shared;
mod targets;
mod throttle;
mod time;
mod units;
mod unseen;
mod views;
mod webhooks;

pub use access::{Authorization, Operations, RulePattern, TopicOperation, TopicRule, TopicRules, Unmentioned};
pub use actor::{Actor, ActorKind, CsrfToken, Role, Scope, TeamRole};
pub use clients::{ClientVersions, OldRequests, QuotaRate, QuotaResource};
pub use defaults::{KeyDefault, MinInSync, TopicDefaults, commonest};
pub use error_chain::error_chain;
pub use findings::{Acknowledgement, ClusterFinding, FindingRule, FindingSeverity, FindingSubject, NamedPartition};
pub use inventory::{
    Broker, BrokerState, ConfigEntry, ConfigSource, Gap, GapCause, Group, GroupKind, GroupMember, GroupOffset,
    Inventory, LogDir, NodeRole, Owner, OwnerKind, Part, Partition, Quorum, QuorumVoter, Reachability, Revisions,
    Topic,
};
pub use known::Known;
pub use lag::{Ends, behind, total_lag};
pub use live::{Section, SectionRevision};
pub use metrics::{Breakdown, Measured, Measurement, Metric, MetricUnit};
pub use moves::{BrokerThrottle, Reassignment};
pub use names::{
    BrokerId, ClusterRef, DeliveryId, GroupId, InvalidName, ManifestHash, Namespace, ObjectName, PartitionId,
    PersonName, PoolName, RequestId, SessionId, TeamName, TokenId, TopicName, WebhookName,
};
pub use operations::{OperationKind, OperationPhase, OperationStepState};
pub use problem::{Problem, ProblemKind};
pub use racks::Racks;
pub use requests::{Finding, RequestKind, RequestState, Severity, TopicPart};
pub use shared::Shared;
pub use targets::{TargetAnswer, TargetSource, TargetState, TargetTrouble};
pub use throttle::{BySide, InvalidReplica, Throttle, ThrottleSide, ThrottledMove, ThrottledReplica};
pub use time::UnixMillis;
pub use units::{human_bytes, human_count, human_duration, human_rate};
pub use views::FindingsRequest;
pub use views::{Aggregate, Series, SeriesRequest, SeriesView};
pub use views::{
    AppliedRule, Approval, AskedOf, AuditRequest, AuditView, AuditedObject, BrokerCounts, BrokerDetail, BrokerHit,
    BrokerPlacement, BrokerValue, BrokerView, BrokerVitals, CatalogueEntry, CatalogueFinding, CatalogueNote,
    CatalogueRequest, CatalogueTopic, Change, Closeness, ClusterHit, ClusterOverview, ClusterView, CommentView,
    Comparison, ConfigKey, ConfigLine, ConfigRequest, ConfigSubject, ConfigValue, Consent, ConsentRef, CredentialGrant,
    CredentialState, CredentialUses, CredentialView, DecidedBy, DeliveriesRequest, DeliveryView, Effect,
    EnvironmentRules, FoundBy, FreezeView, GroupPartition, GroupRow, GroupSort, GroupUse, GroupView, GroupsRequest,
    Harmed, HarmedPartition, Health, HeldPartition, Hit, Hits, KindSentence, LagTrend, Loss, Lost, MAX_WORKING_TOKENS,
    Me, OffsetChange, OffsetsEffect, OffsetsStage, OtherValue, PARTITIONS_SHOWN, Page, PageRequest, PartitionSpread,
    PartitionView, PlacementRequest, PlacementView, PoliciesView, PolicyProblem, PreviousUser, PrincipalAccess,
    PromotedTopic, Promotion, QuorumPart, QuorumRole, QuorumView, QuotaUse, Reminder, ReplicaRole, RequestView,
    RequestsRequest, ResetOffer, Revealed, Right, RuleEffect, SearchKind, SearchRequest, SearchView, SortOrder,
    TeamView, TenantView, TokenSort, TokenState, TokenView, TokensRequest, TopicAbout, TopicAccess, TopicConfig,
    TopicConsumer, TopicManifest, TopicOffer, TopicOverview, TopicPlace, TopicRow, TopicSetting, TopicSort, TopicUser,
    TopicView, TopicWishSpec, Turn, Unsearched, UserRef, WebhookView, WishOutcome, WishRequest, WishValue, WishVerdict,
    WorkloadUse, checked_limit,
};
pub use views::{BrokerConnections, ClientRate, ClientSoftware, ClientsView, Connected, OldRequestsView};
pub use views::{
    BrokerDisks, DiskSort, DiskTile, DisksRequest, DisksView, Filling, ForecastConfidence, RetentionAdvice, TopicDisks,
    VolumeView, WhatIf,
};
pub use views::{BrokerFate, PlanOutcome, PlanView, PlannedBroker};
pub use views::{
    FinaliseAhead, Headroom, OperationAsked, OperationDetail, OperationEvent, OperationSafety, OperationSort,
    OperationStepView, OperationView, OperationWait, OperationWindow, OperationWish, OperationsRequest,
};
pub use views::{Holdings, Membership, PersonView, SessionView, TeamDetail, Tenancy};
pub use views::{
    Isolation, MessageForm, MessageHeader, MessagePart, MessageView, MessagesRequest, MessagesStart, MessagesView,
    PeekedPartition, Stopped, UnreadablePart,
};
pub use webhooks::{DeliveryState, WebhookEvent};
