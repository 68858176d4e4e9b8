//! Requests, with compare-and-set changes: whoever changes one says which version they saw.

mod consents;
mod list;
mod row;

pub use consents::{ApprovalRow, CommentRow};
pub use list::{RequestFilter, RequestPage, SeenBy};

pub(crate) use list::Conditions;

use crate::outbox::{Move, note_move, note_new};
use crate::{Store, StoreError, new_id};
use klamm_model::{
    ClusterRef, ManifestHash, Namespace, PersonName, RequestId, RequestKind, RequestState, TeamName, UnixMillis,
};
use row::{COLUMNS, read};
use sqlx::Row;

/// The object that a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObject {
    /// `KafkaTopic`, `ConfigMap`, `KafkaUser`, `KafkaGrant` or `Group`.
    pub kind: String,
    /// Where it is.
    pub namespace: Namespace,
    /// Its name.
    pub name: String,
}

/// What is asked for, and what follows from it. Texts that end in `json` are the portal's to understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBody {
    /// Why, in their words.
    pub reason: Option<String>,
    /// What was asked for, as it was written.
    pub spec_json: String,
    /// What would be applied.
    pub manifest_json: String,
    /// What that was made from.
    pub base_json: Option<String>,
    /// Digest of both.
    pub hash: ManifestHash,
    /// What the rules say.
    pub findings_json: String,
    /// What it would do.
    pub effect_json: String,
    /// Who has to agree.
    pub asks_json: String,
    /// The same as words: `operators`, `team:payments`.
    pub deciders: Vec<String>,
    /// When it stops waiting.
    pub expires_at: Option<UnixMillis>,
}

/// A request that is to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequestRow {
    /// Will name it; see [`Store::new_request_id`].
    pub id: RequestId,
    /// What is asked for.
    pub kind: RequestKind,
    /// How far it is.
    pub state: RequestState,
    /// On which cluster.
    pub cluster: ClusterRef,
    /// Who asks.
    pub team: TeamName,
    /// Whose it is.
    pub owner: TeamName,
    /// Who wrote it.
    pub requester: PersonName,
    /// For people: the name of what it is about.
    pub subject: String,
    /// The object.
    pub object: RequestObject,
    /// The rest.
    pub body: RequestBody,
}

/// A request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// What was written down, with what has become of it.
    pub request: NewRequestRow,
    /// Which version of the row this is.
    pub version: i64,
    /// What became of it.
    pub message: Option<String>,
    /// When it was written down.
    pub created_at: UnixMillis,
    /// When it last changed.
    pub changed_at: UnixMillis,
    /// Which generation of the object the applier wrote.
    pub generation: Option<i64>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: UnixMillis,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestChange {
    /// How far it is now.
    pub state: RequestState,
    /// What there is to say.
    pub message: Option<String>,
    /// Another wish, or the same judged anew; none leaves it.
    pub body: Option<RequestBody>,
    /// Which generation the applier wrote.
    pub generation: Option<i64>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_attempt_at: UnixMillis,
}

impl RequestChange {
    /// Another state, and everything else as it was.
    pub fn to(state: RequestState, row: &RequestRow) -> Self {
        Self {
            state,
            message: None,
            body: None,
            generation: row.generation,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
        }
    }
}

impl Store {
    /// An id for a request that is to be written down.
    pub fn new_request_id(now: UnixMillis) -> Result<RequestId, StoreError> {
        RequestId::new(new_id("req", now)).map_err(|_| StoreError::Corrupt { what: "request id" })
    }

    /// Writes a request down, and into the outbox that it was. Another one that is open about the same object is in the way.
    pub async fn add_request(&self, request: &NewRequestRow, now: UnixMillis) -> Result<(), StoreError> {
        const WHAT: &str = "write a request down";
        let body = &request.body;
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        sqlx::query(&format!(
            "INSERT INTO requests ({COLUMNS}) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
             $15, $16, $17, $18, $19, $20, $21, NULL, $22, $23, $24, NULL, 0, 0)"
        ))
        .bind(request.id.as_str())
        .bind(request.kind.name())
        .bind(request.state.name())
        .bind(request.cluster.namespace.as_str())
        .bind(request.cluster.name.as_str())
        .bind(request.team.as_str())
        .bind(request.owner.as_str())
        .bind(request.requester.as_str())
        .bind(&request.subject)
        .bind(&request.object.kind)
        .bind(request.object.namespace.as_str())
        .bind(&request.object.name)
        .bind(&body.reason)
        .bind(&body.spec_json)
        .bind(&body.manifest_json)
        .bind(&body.base_json)
        .bind(body.hash.as_str())
        .bind(&body.findings_json)
        .bind(&body.effect_json)
        .bind(&body.asks_json)
        .bind(row::deciders(&body.deciders))
        .bind(now.0)
        .bind(now.0)
        .bind(body.expires_at.map(|at| at.0))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::insert(WHAT, "open request"))?;
        let state = (&request.id, request.state);
        note_new(&mut transaction, state, now).await.map_err(StoreError::query(WHAT))?;
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// The request of that id.
    pub async fn request(&self, id: &RequestId) -> Result<Option<RequestRow>, StoreError> {
        sqlx::query(&format!("SELECT {COLUMNS} FROM requests WHERE id = $1"))
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query("look up a request"))?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// The open request about an object, if there is one.
    pub async fn open_request_about(
        &self,
        cluster: &ClusterRef,
        object: &RequestObject,
    ) -> Result<Option<RequestRow>, StoreError> {
        sqlx::query(&format!(
            "SELECT {COLUMNS} FROM requests WHERE cluster_namespace = $1 AND cluster_name = $2 AND object_kind = $3 \
             AND object_namespace = $4 AND object_name = $5 \
             AND state IN ('submitted', 'needsApproval', 'approved', 'applying')"
        ))
        .bind(cluster.namespace.as_str())
        .bind(cluster.name.as_str())
        .bind(&object.kind)
        .bind(object.namespace.as_str())
        .bind(&object.name)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::query("look for an open request"))?
        .as_ref()
        .map(read)
        .transpose()
    }

    /// Changes a request that is still as it was seen, and notes in the outbox where it moved; [`StoreError::Changed`] when
    /// somebody was quicker.
    pub async fn change_request(
        &self,
        id: &RequestId,
        seen_version: i64,
        change: &RequestChange,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "change a request";
        let moved = sqlx::query(
            "UPDATE requests SET version = version + 1, state = $3, message = $4, generation = $5, attempts = $6, \
             next_attempt_at = $7, changed_at = $8 WHERE id = $1 AND version = $2",
        );
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let wanted = Move {
            request: id,
            seen_version,
            state: change.state,
            hash: change.body.as_ref().map(|body| body.hash.as_str()),
            message: change.message.as_deref(),
        };
        note_move(&mut transaction, &wanted, now).await.map_err(StoreError::query(WHAT))?;
        let changed = moved
            .bind(id.as_str())
            .bind(seen_version)
            .bind(change.state.name())
            .bind(&change.message)
            .bind(change.generation)
            .bind(change.attempts)
            .bind(change.next_attempt_at.0)
            .bind(now.0)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::insert(WHAT, "open request"))?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Changed { what: "request" });
        }
        if let Some(body) = &change.body {
            sqlx::query(
                "UPDATE requests SET reason = $2, spec = $3, manifest = $4, base = $5, hash = $6, findings = $7, \
                 effect = $8, asks = $9, deciders = $10, expires_at = $11 WHERE id = $1",
            )
            .bind(id.as_str())
            .bind(&body.reason)
            .bind(&body.spec_json)
            .bind(&body.manifest_json)
            .bind(&body.base_json)
            .bind(body.hash.as_str())
            .bind(&body.findings_json)
            .bind(&body.effect_json)
            .bind(&body.asks_json)
            .bind(row::deciders(&body.deciders))
            .bind(body.expires_at.map(|at| at.0))
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// Notes when a request is looked at next, and nothing that anybody would have to read.
    pub async fn postpone_request(
        &self,
        id: &RequestId,
        seen_version: i64,
        change: &RequestChange,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE requests SET generation = $3, attempts = $4, next_attempt_at = $5 WHERE id = $1 AND version = $2",
        )
        .bind(id.as_str())
        .bind(seen_version)
        .bind(change.generation)
        .bind(change.attempts)
        .bind(change.next_attempt_at.0)
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(StoreError::query("postpone a request"))
    }

    /// Whether there ever was a request about an object.
    pub async fn was_asked(&self, cluster: &ClusterRef, object: &RequestObject) -> Result<bool, StoreError> {
        const WHAT: &str = "look whether something was asked";
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM requests WHERE cluster_namespace = $1 AND cluster_name = $2 \
             AND object_kind = $3 AND object_namespace = $4 AND object_name = $5",
        )
        .bind(cluster.namespace.as_str())
        .bind(cluster.name.as_str())
        .bind(&object.kind)
        .bind(object.namespace.as_str())
        .bind(&object.name)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        Ok(row.try_get::<i64, _>("n").map_err(StoreError::query(WHAT))? > 0)
    }

    /// Requests that something has to be done about by itself: judge, expire, apply. Those that have waited longest come first, so
    /// that many which are followed hold back no other.
    pub async fn requests_due(&self, now: UnixMillis, limit: u32) -> Result<Vec<RequestRow>, StoreError> {
        let rows = sqlx::query(&format!(
            "SELECT {COLUMNS} FROM requests WHERE (state IN ('submitted', 'approved', 'applying') \
             AND next_attempt_at <= $1) OR (state = 'needsApproval' AND expires_at <= $1) ORDER BY next_attempt_at, id LIMIT $2"
        ))
        .bind(now.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query("look for requests that are due"))?;
        rows.iter().map(read).collect()
    }

    /// When a request of each cluster last changed: what tells open pages to read again.
    pub async fn requests_changed_at(&self) -> Result<Vec<(ClusterRef, UnixMillis)>, StoreError> {
        const WHAT: &str = "look when requests changed";
        let rows = sqlx::query(
            "SELECT cluster_namespace, cluster_name, MAX(changed_at) AS at FROM requests \
             GROUP BY cluster_namespace, cluster_name",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let read = |row: &sqlx::any::AnyRow| {
            let at: i64 = row.try_get("at").map_err(StoreError::query(WHAT))?;
            Ok((row::cluster(row)?, UnixMillis(at)))
        };
        rows.iter().map(read).collect()
    }
}
