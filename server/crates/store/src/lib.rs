//! The database: people, teams, sessions, API tokens, requests, who is told of them, the audit, and what was measured over time.
//! Losing it loses no topic, no consent, no ownership.
//!
//! One pool serves SQLite and PostgreSQL alike, with the same queries: one file per noun, as methods of [`Store`]. No
//! decision is taken here (who may, what is allowed), no clock is read except where `tower-sessions` gives no other
//! way, and nothing from Kafka or Kubernetes is ever mirrored.

mod activity;
mod audit;
mod error;
mod findings;
mod ids;
mod measured;
mod outbox;
mod people;
mod pool;
mod repeats;
mod requests;
mod reveals;
mod sessions;
mod teams;
mod tokens;
mod webhooks;

pub use activity::ActivityRow;
pub use audit::{Attempt, AuditFilter, AuditId, AuditItem, AuditObject, AuditPage, AuditedAs, Decision, Outcome};
pub use error::StoreError;
pub use findings::{AcknowledgementRow, OpenFinding};
pub use ids::{first_id_at, new_id};
pub use klamm_model::TeamRole;
pub use measured::{MeasuredFilter, MeasuredRow, ROLLED_MILLIS};
pub use outbox::OutboxRow;
pub use people::{NewPerson, PasswordHash, Person};
pub use pool::{DatabaseUrl, Store};
pub use repeats::{KeptAnswer, Repeat};
pub use requests::{
    ApprovalRow, CommentRow, NewRequestRow, RequestBody, RequestChange, RequestFilter, RequestObject, RequestPage,
    RequestRow, SeenBy,
};
pub use reveals::RevealRow;
pub use sessions::{SESSION_AGENT, SESSION_PERSON, SessionRow, Sessions, session_id};
pub use tokens::{ApiToken, NewToken, TokenDigest, TokenOwner};
pub use webhooks::{
    DeliveryChange, DeliveryFilter, DeliveryPage, DeliveryRow, DueDelivery, NewDelivery, WebhookFigures,
};
