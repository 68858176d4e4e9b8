use super::SortOrder;
use crate::{Scope, TokenId, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many tokens of one person may work at a time.
pub const MAX_WORKING_TOKENS: u32 = 50;

/// An API token: an item of `GET /api/v1/tokens`. The token itself is known to nobody but its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Names it in lists and in the audit.
    pub id: TokenId,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UnixMillis>,
    /// When somebody ended it.
    pub revoked_at: Option<UnixMillis>,
    /// Whether it still opens the door.
    pub state: TokenState,
    /// Names of what the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// Whether a token still opens the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenState {
    /// It does.
    Working,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

/// What tokens can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenSort {
    /// By when they were made.
    #[default]
    CreatedAt,
}

/// Which part of the list of one's tokens is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokensRequest {
    /// What to sort by.
    pub sort: TokenSort,
    /// Which way; the newest first when nobody says.
    pub order: SortOrder,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

impl Default for TokensRequest {
    fn default() -> Self {
        Self { sort: TokenSort::CreatedAt, order: SortOrder::Desc, limit: None, cursor: None }
    }
}
