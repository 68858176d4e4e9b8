//! The log of deliveries, filtered, counted and cut in the database, and how webhooks fare.

use super::{COLUMNS, DeliveryRow, read};
use crate::requests::Conditions;
use crate::{Store, StoreError};
use klamm_model::{DeliveryId, DeliveryState, RequestId, UnixMillis, WebhookName};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only to this webhook.
    pub webhook: Option<WebhookName>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only about this request.
    pub request: Option<RequestId>,
    /// Only those older than this one: the last of the page before.
    pub before: Option<DeliveryId>,
    /// At most this many.
    pub limit: u32,
}

/// A part of the log.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// The newest first.
    pub items: Vec<DeliveryRow>,
    /// How many there are on all pages.
    pub total: u64,
}

/// How many deliveries to a webhook are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookFigures {
    /// Which webhook.
    pub webhook: WebhookName,
    /// In which state.
    pub state: DeliveryState,
    /// How many.
    pub count: u64,
    /// How many of them failed when they were last tried.
    pub failed: u64,
    /// When something last happened to one of them.
    pub changed_at: UnixMillis,
}

impl DeliveryFilter {
    fn conditions(&self) -> Conditions {
        let mut all = Conditions::default();
        if let Some(webhook) = &self.webhook {
            all.and("webhook = ?", [webhook.to_string()]);
        }
        if let Some(state) = self.state {
            all.and("state = ?", [state.name().to_owned()]);
        }
        if let Some(request) = &self.request {
            all.and("request = ?", [request.to_string()]);
        }
        all
    }
}

impl Store {
    /// A part of the log of deliveries, and how many there are.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<DeliveryPage, StoreError> {
        const WHAT: &str = "list deliveries";
        let mut conditions = filter.conditions();
        let sql = format!("SELECT COUNT(*) AS n FROM webhook_deliveries WHERE 1 = 1{}", conditions.sql);
        let mut query = sqlx::query(&sql);
        for value in &conditions.values {
            query = query.bind(value);
        }
        let counted = query.fetch_one(&self.pool).await.map_err(StoreError::query(WHAT))?;
        let total: i64 = counted.try_get("n").map_err(StoreError::query(WHAT))?;
        if let Some(before) = &filter.before {
            conditions.and("id < ?", [before.to_string()]);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_deliveries WHERE 1 = 1{} ORDER BY id DESC LIMIT ${}",
            conditions.sql,
            conditions.values.len() + 1
        );
        let mut query = sqlx::query(&sql);
        for value in &conditions.values {
            query = query.bind(value);
        }
        let rows = query.bind(i64::from(filter.limit)).fetch_all(&self.pool).await.map_err(StoreError::query(WHAT))?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(DeliveryPage { items, total: u64::try_from(total).unwrap_or(0) })
    }

    /// How many deliveries to each webhook are still to arrive.
    pub async fn pending_deliveries(&self) -> Result<BTreeMap<WebhookName, u64>, StoreError> {
        const WHAT: &str = "count pending deliveries";
        let rows = sqlx::query(
            "SELECT webhook, COUNT(*) AS n FROM webhook_deliveries WHERE state = 'pending' GROUP BY webhook",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let read = |row: &AnyRow| {
            let name: String = row.try_get("webhook").map_err(StoreError::query(WHAT))?;
            let name = WebhookName::new(name).map_err(|_| StoreError::Corrupt { what: "delivery" })?;
            Ok((name, count(row, "n", WHAT)?))
        };
        rows.iter().map(read).collect()
    }

    /// How all webhooks fare of which deliveries are kept.
    pub async fn webhook_figures(&self) -> Result<Vec<WebhookFigures>, StoreError> {
        const WHAT: &str = "count deliveries";
        let rows = sqlx::query(
            "SELECT webhook, state, COUNT(*) AS n, SUM(CASE WHEN error IS NULL THEN 0 ELSE 1 END) AS failed, \
             MAX(changed_at) AS at FROM webhook_deliveries GROUP BY webhook, state ORDER BY webhook, state",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let figures = |row: &AnyRow| {
            let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::query(WHAT));
            let corrupt = || StoreError::Corrupt { what: "delivery" };
            Ok(WebhookFigures {
                webhook: WebhookName::new(text("webhook")?).map_err(|_| corrupt())?,
                state: DeliveryState::named(&text("state")?).ok_or_else(corrupt)?,
                count: count(row, "n", WHAT)?,
                failed: count(row, "failed", WHAT)?,
                changed_at: UnixMillis(row.try_get("at").map_err(StoreError::query(WHAT))?),
            })
        };
        rows.iter().map(figures).collect()
    }
}

fn count(row: &AnyRow, column: &str, what: &'static str) -> Result<u64, StoreError> {
    let count: i64 = row.try_get(column).map_err(StoreError::query(what))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
