use super::{NewRequestRow, RequestBody, RequestObject, RequestRow};
use crate::StoreError;
use klamm_model::{ClusterRef, RequestKind, RequestState, UnixMillis};
use sqlx::{Row, any::AnyRow};
use std::str::FromStr;

/// In the order of the insert.
pub(super) const COLUMNS: &str = "id, version, kind, state, cluster_namespace, cluster_name, team, owner, requester, \
     subject, object_kind, object_namespace, object_name, reason, spec, manifest, base, hash, findings, effect, asks, \
     deciders, message, created_at, changed_at, expires_at, generation, attempts, next_attempt_at";

const WHAT: &str = "read a request";

/// `|operators|team:payments|`
pub(super) fn deciders(names: &[String]) -> String {
    names.iter().fold("|".to_owned(), |all, name| all + name + "|")
}

pub(super) fn cluster(row: &AnyRow) -> Result<ClusterRef, StoreError> {
    Ok(ClusterRef { namespace: parsed(row, "cluster_namespace")?, name: parsed(row, "cluster_name")? })
}

pub(super) fn read(row: &AnyRow) -> Result<RequestRow, StoreError> {
    let body = RequestBody {
        reason: maybe(row, "reason")?,
        spec_json: text(row, "spec")?,
        manifest_json: text(row, "manifest")?,
        base_json: maybe(row, "base")?,
        hash: parsed(row, "hash")?,
        findings_json: text(row, "findings")?,
        effect_json: text(row, "effect")?,
        asks_json: text(row, "asks")?,
        deciders: text(row, "deciders")?.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        expires_at: row.try_get::<Option<i64>, _>("expires_at").map_err(StoreError::query(WHAT))?.map(UnixMillis),
    };
    let request = NewRequestRow {
        id: parsed(row, "id")?,
        kind: RequestKind::named(&text(row, "kind")?).ok_or(StoreError::Corrupt { what: "request" })?,
        state: RequestState::named(&text(row, "state")?).ok_or(StoreError::Corrupt { what: "request" })?,
        cluster: cluster(row)?,
        team: parsed(row, "team")?,
        owner: parsed(row, "owner")?,
        requester: parsed(row, "requester")?,
        subject: text(row, "subject")?,
        object: RequestObject {
            kind: text(row, "object_kind")?,
            namespace: parsed(row, "object_namespace")?,
            name: text(row, "object_name")?,
        },
        body,
    };
    Ok(RequestRow {
        request,
        version: number(row, "version")?,
        message: maybe(row, "message")?,
        created_at: UnixMillis(number(row, "created_at")?),
        changed_at: UnixMillis(number(row, "changed_at")?),
        generation: row.try_get("generation").map_err(StoreError::query(WHAT))?,
        attempts: number(row, "attempts")?,
        next_attempt_at: UnixMillis(number(row, "next_attempt_at")?),
    })
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::query(WHAT))
}

fn maybe(row: &AnyRow, column: &str) -> Result<Option<String>, StoreError> {
    row.try_get(column).map_err(StoreError::query(WHAT))
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::query(WHAT))
}

fn parsed<T: FromStr>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    text(row, column)?.parse().map_err(|_| StoreError::Corrupt { what: "request" })
}
