//! The outbox: what happened to requests and has still to be made out for those who want to be told.

use crate::webhooks::{NewDelivery, insert};
use crate::{Store, StoreError, new_id};
use klamm_model::{RequestId, RequestState, UnixMillis};
use sqlx::any::{Any, AnyRow};
use sqlx::{Row, Transaction};
use std::str::FromStr;

/// A move of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    id: String,
    /// When.
    pub at: UnixMillis,
    /// Of which request.
    pub request: RequestId,
    /// How far it was; none when it was only then written down. The same as the state where another wish is asked for in it.
    pub before: Option<RequestState>,
    /// How far it came.
    pub state: RequestState,
    /// What there was to say.
    pub message: Option<String>,
}

/// Notes that a request was written down.
pub(crate) async fn note_new(
    transaction: &mut Transaction<'_, Any>,
    (request, state): (&RequestId, RequestState),
    now: UnixMillis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbox (id, at, request, state_before, state, message) VALUES ($1, $2, $3, NULL, $4, NULL)",
    )
    .bind(new_id("out", now))
    .bind(now.0)
    .bind(request.as_str())
    .bind(state.name())
    .execute(&mut **transaction)
    .await
    .map(drop)
}

/// A move of a request that is about to be made in the same transaction.
pub(crate) struct Move<'a> {
    pub(crate) request: &'a RequestId,
    pub(crate) seen_version: i64,
    pub(crate) state: RequestState,
    /// What is asked for then; none when that stays.
    pub(crate) hash: Option<&'a str>,
    pub(crate) message: Option<&'a str>,
}

/// Notes a move, if it is one, before it is made: only then is it known where it began. A request that somebody else has
/// moved meanwhile is no longer at the version that was seen, and whoever moves it finds that out.
pub(crate) async fn note_move(
    transaction: &mut Transaction<'_, Any>,
    wanted: &Move<'_>,
    now: UnixMillis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbox (id, at, request, state_before, state, message) \
         SELECT $1, $2, id, state, $3, $4 FROM requests WHERE id = $5 AND version = $6 \
         AND (state <> $7 OR hash <> COALESCE($8, hash))",
    )
    .bind(new_id("out", now))
    .bind(now.0)
    .bind(wanted.state.name())
    .bind(wanted.message)
    .bind(wanted.request.as_str())
    .bind(wanted.seen_version)
    .bind(wanted.state.name())
    .bind(wanted.hash)
    .execute(&mut **transaction)
    .await
    .map(drop)
}

impl Store {
    /// What nobody has been told yet, the oldest first.
    pub async fn outbox(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query("SELECT id, at, request, state_before, state, message FROM outbox ORDER BY id LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        rows.iter().map(read).collect()
    }

    /// Makes out a move for those who want to be told, who may be none; [`StoreError::Changed`] when somebody else has.
    pub async fn make_out(
        &self,
        moved: &OutboxRow,
        deliveries: &[NewDelivery],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "make out what happened to a request";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let taken = sqlx::query("DELETE FROM outbox WHERE id = $1")
            .bind(&moved.id)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        if taken.rows_affected() == 0 {
            return Err(StoreError::Changed { what: "outbox" });
        }
        for delivery in deliveries {
            insert(delivery, now).execute(&mut *transaction).await.map_err(StoreError::insert(WHAT, "delivery"))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }
}

const WHAT: &str = "read the outbox";

fn read(row: &AnyRow) -> Result<OutboxRow, StoreError> {
    let state = |name: String| RequestState::named(&name).ok_or(StoreError::Corrupt { what: "outbox" });
    let before: Option<String> = row.try_get("state_before").map_err(StoreError::query(WHAT))?;
    let request: String = row.try_get("request").map_err(StoreError::query(WHAT))?;
    Ok(OutboxRow {
        id: row.try_get("id").map_err(StoreError::query(WHAT))?,
        at: UnixMillis(row.try_get("at").map_err(StoreError::query(WHAT))?),
        request: RequestId::from_str(&request).map_err(|_| StoreError::Corrupt { what: "outbox" })?,
        before: before.map(state).transpose()?,
        state: state(row.try_get("state").map_err(StoreError::query(WHAT))?)?,
        message: row.try_get("message").map_err(StoreError::query(WHAT))?,
    })
}
