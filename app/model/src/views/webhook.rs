//! Webhooks and their deliveries as pages and the API show them.

use crate::{DeliveryId, DeliveryState, RequestId, TeamName, UnixMillis, WebhookEvent, WebhookName};
use serde::{Deserialize, Serialize};

/// A webhook that is configured, and how it fares. Numbers are those of the deliveries that are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookView {
    /// Names it.
    pub name: WebhookName,
    /// Scheme, host and port of its address: what follows may be a secret.
    pub origin: String,
    /// What it is told.
    pub events: Vec<WebhookEvent>,
    /// Only what concerns these teams; empty means all.
    pub teams: Vec<TeamName>,
    /// Deliveries that are still to arrive.
    pub pending: u64,
    /// Those among them that have failed before.
    pub retrying: u64,
    /// Deliveries that arrived.
    pub delivered: u64,
    /// Deliveries that are not tried any more.
    pub gave_up: u64,
    /// When one last arrived.
    pub delivered_at: Option<UnixMillis>,
    /// What the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// A message to a webhook, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// Names it; the receiver gets it as `webhook-id`, the same for every attempt.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookName,
    /// What it tells.
    pub event: WebhookEvent,
    /// Of which request; null for a test.
    pub request: Option<RequestId>,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u64,
    /// What the last attempt was answered; null when it was not answered.
    pub status: Option<u16>,
    /// What went wrong with the last attempt, in a few words.
    pub error: Option<String>,
    /// When it was made out.
    pub created_at: UnixMillis,
    /// When it was last tried.
    pub attempted_at: Option<UnixMillis>,
    /// When it is tried next; null when it is not.
    pub next_attempt_at: Option<UnixMillis>,
    /// What the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// Which part of the log of deliveries is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliveriesRequest {
    /// Keep those to this webhook.
    pub webhook: Option<String>,
    /// Keep those in this state.
    pub state: Option<String>,
    /// Keep those about this request.
    pub request: Option<String>,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
