//! Who asks, and may they? Everything that pages, server functions, the HTTP API and event streams do goes through
//! [`Portal`], and its methods authorise.
//!
//! Inside: one authorisation function ([`authorise`]), views made from the inventory, sign-in, tokens, people and teams,
//! requests and who decides them, the look at messages, the [`Applier`] that writes what was agreed to, the [`Messenger`] that tells webhooks of them,
//! the audit around every change. A change cannot be made without the [`Permit`] that the authorisation gave. Nothing of
//! HTTP as it is served may enter here, and no desired state is kept: that lives in Kubernetes.

mod applier;
mod audit;
mod audited;
mod authorise;
mod brokers;
mod catalogue;
mod clients;
mod clock;
mod credentials;
mod csv;
mod disks;
mod edition;
mod findings;
mod live;
mod messages;
mod observations;
mod operations;
mod password;
mod people;
mod policies;
mod portal;
mod requests;
mod search;
mod series;
mod sessions;
mod sign_in;
mod targets;
mod teams;
mod throttle;
mod tokens;
mod topics;
mod views;
mod webhooks;

pub use applier::Applier;
pub use audit::ExportFormat;
pub use authorise::{Action, Asker, Audience, Denial, Kind, Object, Permit, Reach, RequestFacts, authorise};
pub use brokers::{
    Brokers, BrokersError, FetchedLogs, GroupLook, GroupQuestion, KafkaBrokers, Logs, LogsFetch, LogsQuestion,
    TopicLog, TopicLogs, TopicPartition, TopicTrial,
};
pub use clock::Clock;
pub use credentials::{CredentialSnippets, RevealedCredential};
pub use edition::Edition;
pub use findings::{FindingCount, FindingWish};
pub use klamm_kafka::{FetchPlace, FetchQuestion, Fetched};
pub use klamm_monitor::{Declarations, Declared, DeclaredTenant, ObservedCluster, RevisionMap, Vitals};
pub use klamm_planner::offsets::{AtMoment, Log};
pub use klamm_planner::tenancy::Tenant;
pub use messages::{MessagesDoor, MessagesStanding, moment_in};
pub use observations::{NothingObserved, Observations};
pub use operations::{NodeUse, OperationChoices, OperationMark, Steer};
pub use password::{Password, random_password};
pub use people::{IssuedPassword, NewUser, PersonChange, PersonWish, Standing};
pub use policies::Taken;
pub use portal::Portal;
pub use requests::{About, DeclaredTopic, EditedRequest, Filing, NewRequest, Preview, Subject, asking_team};
pub use throttle::RETRY_AFTER_SECONDS;
pub use tokens::{IssuedToken, TokenRequest, TokenWish};
pub use webhooks::{
    AttemptOutcome, InvalidWebhook, Messenger, MessengerError, SecretError, Told, Webhook, WebhookCounts,
};
