//! Who agreed to what, and what was said.

use crate::{Store, StoreError, new_id};
use klamm_model::{ManifestHash, PersonName, RequestId, UnixMillis};
use sqlx::Row;
use std::collections::BTreeMap;

/// Somebody's consent to one hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Whose.
    pub person: PersonName,
    /// When.
    pub at: UnixMillis,
}

/// Something that was said about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentRow {
    /// By whom.
    pub person: PersonName,
    /// When.
    pub at: UnixMillis,
    /// What.
    pub text: String,
}

impl Store {
    /// Notes somebody's consent to a hash, once.
    pub async fn add_approval(
        &self,
        id: &RequestId,
        hash: &ManifestHash,
        person: &PersonName,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let added = sqlx::query("INSERT INTO request_approvals (request, hash, person, at) VALUES ($1, $2, $3, $4)")
            .bind(id.as_str())
            .bind(hash.as_str())
            .bind(person.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::insert("note a consent", "consent"));
        match added {
            Ok(_) | Err(StoreError::Exists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Who consented to what these requests are now, in order.
    pub async fn approvals_of(&self, ids: &[RequestId]) -> Result<BTreeMap<RequestId, Vec<ApprovalRow>>, StoreError> {
        const WHAT: &str = "read consents";
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT a.request, a.person, a.at FROM request_approvals a JOIN requests r ON r.id = a.request \
             AND r.hash = a.hash WHERE a.request IN ({}) ORDER BY a.at, a.person",
            places.join(", ")
        );
        let mut query = sqlx::query(&sql);
        for id in ids {
            query = query.bind(id.as_str());
        }
        let rows = query.fetch_all(&self.pool).await.map_err(StoreError::query(WHAT))?;
        let mut all: BTreeMap<RequestId, Vec<ApprovalRow>> = BTreeMap::new();
        for row in &rows {
            let id: String = row.try_get("request").map_err(StoreError::query(WHAT))?;
            let id = RequestId::new(id).map_err(|_| StoreError::Corrupt { what: "request id" })?;
            all.entry(id).or_default().push(read_approval(row)?);
        }
        Ok(all)
    }

    /// Who consented to a hash, in order.
    pub async fn approvals(&self, id: &RequestId, hash: &ManifestHash) -> Result<Vec<ApprovalRow>, StoreError> {
        const WHAT: &str = "read consents";
        let rows = sqlx::query(
            "SELECT person, at FROM request_approvals WHERE request = $1 AND hash = $2 ORDER BY at, person",
        )
        .bind(id.as_str())
        .bind(hash.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        rows.iter().map(read_approval).collect()
    }

    /// Keeps something that somebody said about a request.
    pub async fn add_comment(
        &self,
        id: &RequestId,
        person: &PersonName,
        text: &str,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO request_comments (id, request, person, at, text) VALUES ($1, $2, $3, $4, $5)")
            .bind(new_id("com", now))
            .bind(id.as_str())
            .bind(person.as_str())
            .bind(now.0)
            .bind(text)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::insert("keep a comment", "request"))
    }

    /// What was said about a request, in order; at most the last thousand.
    pub async fn comments(&self, id: &RequestId) -> Result<Vec<CommentRow>, StoreError> {
        const WHAT: &str = "read comments";
        let rows =
            sqlx::query("SELECT person, at, text FROM request_comments WHERE request = $1 ORDER BY id DESC LIMIT 1000")
                .bind(id.as_str())
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::query(WHAT))?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(CommentRow {
                person: crate::people::parse_person(row.try_get("person").map_err(StoreError::query(WHAT))?)?,
                at: UnixMillis(row.try_get("at").map_err(StoreError::query(WHAT))?),
                text: row.try_get("text").map_err(StoreError::query(WHAT))?,
            })
        };
        rows.iter().rev().map(read).collect()
    }
}

fn read_approval(row: &sqlx::any::AnyRow) -> Result<ApprovalRow, StoreError> {
    const WHAT: &str = "read a consent";
    Ok(ApprovalRow {
        person: crate::people::parse_person(row.try_get("person").map_err(StoreError::query(WHAT))?)?,
        at: UnixMillis(row.try_get("at").map_err(StoreError::query(WHAT))?),
    })
}
