//! Messages to webhooks, with compare-and-set changes: of several who try one at the same time one does, and whoever is cut
//! short leaves it to the next.

mod list;

pub use list::{DeliveryFilter, DeliveryPage, WebhookFigures};

use crate::{Store, StoreError, new_id};
use klamm_model::{DeliveryId, DeliveryState, RequestId, UnixMillis, WebhookEvent, WebhookName};
use sqlx::Row;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use std::str::FromStr;

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Names it; see [`Store::new_delivery_id`].
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookName,
    /// What it tells.
    pub event: WebhookEvent,
    /// Of which request.
    pub request: Option<RequestId>,
    /// Exactly what is sent.
    pub body: String,
}

/// A message, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Names it.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookName,
    /// What it tells.
    pub event: WebhookEvent,
    /// Of which request.
    pub request: Option<RequestId>,
    /// Which version of the row this is.
    pub version: i64,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// While it is pending: not before.
    pub next_attempt_at: UnixMillis,
    /// What the last attempt was answered.
    pub status: Option<u16>,
    /// What went wrong with it.
    pub error: Option<String>,
    /// When it was last tried.
    pub attempted_at: Option<UnixMillis>,
    /// When it was made out.
    pub created_at: UnixMillis,
}

/// A message that is to be tried now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// The message.
    pub row: DeliveryRow,
    /// Exactly what is sent.
    pub body: String,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryChange {
    /// How far it is now.
    pub state: DeliveryState,
    /// What it was answered.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it is tried next, if it is.
    pub next_attempt_at: UnixMillis,
}

const COLUMNS: &str = "id, webhook, event, request, version, state, attempts, next_attempt_at, status, error, \
     attempted_at, created_at";

/// The statement that writes a message down.
pub(crate) fn insert(delivery: &NewDelivery, now: UnixMillis) -> Query<'_, Any, AnyArguments<'_>> {
    sqlx::query(
        "INSERT INTO webhook_deliveries (id, version, webhook, event, request, body, state, attempts, next_attempt_at, \
         created_at, changed_at) VALUES ($1, 1, $2, $3, $4, $5, $6, 0, $7, $8, $9)",
    )
    .bind(delivery.id.as_str())
    .bind(delivery.webhook.as_str())
    .bind(delivery.event.name())
    .bind(delivery.request.as_ref().map(RequestId::as_str))
    .bind(delivery.body.as_str())
    .bind(DeliveryState::Pending.name())
    .bind(now.0)
    .bind(now.0)
    .bind(now.0)
}

impl Store {
    /// An id for a message that is to be sent.
    pub fn new_delivery_id(now: UnixMillis) -> Result<DeliveryId, StoreError> {
        DeliveryId::new(new_id("dlv", now)).map_err(|_| StoreError::Corrupt { what: "delivery id" })
    }

    /// Writes a message down that tells of no request.
    pub async fn add_delivery(&self, delivery: &NewDelivery, now: UnixMillis) -> Result<(), StoreError> {
        insert(delivery, now)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::insert("write a delivery down", "delivery"))
    }

    /// The message of that id.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
        sqlx::query(&format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE id = $1"))
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query("look up a delivery"))?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// Messages to a webhook that are to be tried now, those that have waited longest first.
    pub async fn deliveries_due(
        &self,
        webhook: &WebhookName,
        now: UnixMillis,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        const WHAT: &str = "look for deliveries that are due";
        let rows = sqlx::query(&format!(
            "SELECT {COLUMNS}, body FROM webhook_deliveries WHERE webhook = $1 AND state = 'pending' \
             AND next_attempt_at <= $2 ORDER BY next_attempt_at, id LIMIT $3"
        ))
        .bind(webhook.as_str())
        .bind(now.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let due = |row: &AnyRow| {
            Ok(DueDelivery { row: read(row)?, body: row.try_get("body").map_err(StoreError::query(WHAT))? })
        };
        rows.iter().map(due).collect()
    }

    /// Takes a message for an attempt; nobody else tries it before `until`. [`StoreError::Changed`] when somebody was quicker.
    pub async fn take_delivery(&self, row: &DeliveryRow, until: UnixMillis, now: UnixMillis) -> Result<(), StoreError> {
        let taken = sqlx::query(
            "UPDATE webhook_deliveries SET version = version + 1, attempts = attempts + 1, next_attempt_at = $3, \
             attempted_at = $4, changed_at = $5 WHERE id = $1 AND version = $2 AND state = 'pending'",
        )
        .bind(row.id.as_str())
        .bind(row.version)
        .bind(until.0)
        .bind(now.0)
        .bind(now.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("take a delivery"))?;
        if taken.rows_affected() == 0 { Err(StoreError::Changed { what: "delivery" }) } else { Ok(()) }
    }

    /// Writes down what became of the attempt that a message was taken for. [`StoreError::Changed`] when it took too long and
    /// somebody else has taken it since.
    pub async fn settle_delivery(
        &self,
        taken: &DeliveryRow,
        change: &DeliveryChange,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let settled = sqlx::query(
            "UPDATE webhook_deliveries SET version = version + 1, state = $3, status = $4, error = $5, \
             next_attempt_at = $6, changed_at = $7 WHERE id = $1 AND version = $2",
        )
        .bind(taken.id.as_str())
        .bind(taken.version + 1)
        .bind(change.state.name())
        .bind(change.status.map(i64::from))
        .bind(change.error.as_deref())
        .bind(change.next_attempt_at.0)
        .bind(now.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("write down what became of a delivery"))?;
        if settled.rows_affected() == 0 { Err(StoreError::Changed { what: "delivery" }) } else { Ok(()) }
    }

    /// Has a message sent again, from the beginning, whatever became of it.
    pub async fn resend_delivery(&self, row: &DeliveryRow, now: UnixMillis) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "UPDATE webhook_deliveries SET version = version + 1, state = 'pending', attempts = 0, \
             next_attempt_at = $3, changed_at = $4 WHERE id = $1 AND version = $2",
        )
        .bind(row.id.as_str())
        .bind(row.version)
        .bind(now.0)
        .bind(now.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("have a delivery sent again"))?;
        if changed.rows_affected() == 0 { Err(StoreError::Changed { what: "delivery" }) } else { Ok(()) }
    }

    /// Forgets messages of which nothing was heard since `before`, at most so many; says how many those were. One that is
    /// tried is heard of more often than that; one to a webhook that is no longer configured is not.
    pub async fn forget_deliveries(&self, before: UnixMillis, at_most: u32) -> Result<u64, StoreError> {
        let forgotten = sqlx::query(
            "DELETE FROM webhook_deliveries WHERE id IN \
             (SELECT id FROM webhook_deliveries WHERE changed_at < $1 ORDER BY changed_at LIMIT $2)",
        )
        .bind(before.0)
        .bind(i64::from(at_most))
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("forget old deliveries"))?;
        Ok(forgotten.rows_affected())
    }
}

fn read(row: &AnyRow) -> Result<DeliveryRow, StoreError> {
    const WHAT: &str = "read a delivery";
    let corrupt = || StoreError::Corrupt { what: "delivery" };
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::query(WHAT));
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(StoreError::query(WHAT));
    let maybe = |column: &str| row.try_get::<Option<i64>, _>(column).map_err(StoreError::query(WHAT));
    let request: Option<String> = row.try_get("request").map_err(StoreError::query(WHAT))?;
    Ok(DeliveryRow {
        id: DeliveryId::new(text("id")?).map_err(|_| corrupt())?,
        webhook: WebhookName::new(text("webhook")?).map_err(|_| corrupt())?,
        event: WebhookEvent::named(&text("event")?).ok_or_else(corrupt)?,
        request: request.map(|id| RequestId::from_str(&id).map_err(|_| corrupt())).transpose()?,
        version: number("version")?,
        state: DeliveryState::named(&text("state")?).ok_or_else(corrupt)?,
        attempts: number("attempts")?,
        next_attempt_at: UnixMillis(number("next_attempt_at")?),
        status: maybe("status")?.map(|status| u16::try_from(status).map_err(|_| corrupt())).transpose()?,
        error: row.try_get("error").map_err(StoreError::query(WHAT))?,
        attempted_at: maybe("attempted_at")?.map(UnixMillis),
        created_at: UnixMillis(number("created_at")?),
    })
}
