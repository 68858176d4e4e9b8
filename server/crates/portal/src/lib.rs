//! Who asks, and may they? Everything that pages, server functions, the HTTP API and event streams do goes through
//! [`Portal`], and its methods authorise.
//!
//! Inside: one authorisation function ([`authorise`]), views made from the inventory, sign-in, tokens, people and teams,
//! requests and who decides them, the [`Applier`] that writes what was agreed to, the [`Messenger`] that tells webhooks of them,
//! the audit around every change. A change cannot be made without the [`Permit`] that the authorisation gave. Nothing of
//! HTTP as it is served may enter here, and no desired state is kept: that lives in Kubernetes.

mod applier;
mod audit;
mod audited;
mod authorise;
mod brokers;
mod catalogue;
mod clock;
mod credentials;
mod edition;
mod live;
mod observations;
mod password;
mod people;
mod policies;
mod portal;
mod requests;
mod search;
mod sessions;
mod sign_in;
mod teams;
mod throttle;
mod tokens;
mod topics;
mod views;
mod webhooks;

pub use applier::Applier;
pub use audit::ExportFormat;
pub use authorise::{Action, Asker, Audience, Denial, Kind, Object, Permit, RequestFacts, authorise};
pub use brokers::{Brokers, BrokersError, GroupLook, GroupQuestion, KafkaBrokers, Logs, TopicPartition};
pub use clock::Clock;
pub use credentials::RevealedCredential;
pub use edition::Edition;
pub use klamm_monitor::{Declarations, Declared, DeclaredTenant, ObservedCluster, RevisionMap, Vitals};
pub use klamm_planner::offsets::{AtMoment, Log};
pub use klamm_planner::tenancy::Tenant;
pub use observations::{NothingObserved, Observations};
pub use password::{Password, random_password};
pub use people::{IssuedPassword, NewUser, PersonChange, PersonWish, Standing};
pub use policies::Taken;
pub use portal::Portal;
pub use requests::{EditedRequest, Filing, NewRequest, Preview};
pub use throttle::RETRY_AFTER_SECONDS;
pub use tokens::{IssuedToken, TokenRequest, TokenWish};
pub use webhooks::{
    AttemptOutcome, InvalidWebhook, Messenger, MessengerError, SecretError, Told, Webhook, WebhookCounts,
};
