//! What people tried and what became of it, as pages and the API show it.

use crate::UnixMillis;
use serde::{Deserialize, Serialize};

/// Something that somebody tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// Names it.
    pub id: String,
    /// When.
    pub at: UnixMillis,
    /// Who.
    pub actor: String,
    /// The address they came from.
    pub source: Option<String>,
    /// For which team.
    pub team: Option<String>,
    /// What they tried: `create`, `approve`.
    pub action: String,
    /// On what.
    pub object: AuditedObject,
    /// The request it belongs to.
    pub request: Option<String>,
    /// `allowed` or `denied`.
    pub decision: String,
    /// Which rule said so.
    pub rule: String,
    /// `done`, `refused` or `failed`; null while it is going on, or where it was cut short.
    pub outcome: Option<String>,
    /// What there is to say about the outcome.
    pub message: Option<String>,
}

/// What an attempt was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditedObject {
    /// `KafkaTopic`, `token`, `person` …
    pub kind: String,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Which part of the audit is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditRequest {
    /// Keep what this person did.
    pub actor: Option<String>,
    /// Keep what concerns this team.
    pub team: Option<String>,
    /// Keep what is about this kind of object.
    pub kind: Option<String>,
    /// Keep what is about objects in this namespace.
    pub namespace: Option<String>,
    /// Keep what is about objects of this name.
    pub name: Option<String>,
    /// Keep what was tried so: `approve`, `create`.
    pub action: Option<String>,
    /// Keep what belongs to this request.
    pub request: Option<String>,
    /// Keep what was `allowed` or `denied`.
    pub decision: Option<String>,
    /// Not before this moment, in milliseconds since 1970.
    pub from: Option<i64>,
    /// Before this moment.
    pub until: Option<i64>,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
