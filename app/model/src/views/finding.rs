use serde::{Deserialize, Serialize};

/// Which part of what is wrong with a cluster is wanted. The worst comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FindingsRequest {
    /// Keep those of this severity.
    pub severity: Option<String>,
    /// Keep those of this rule.
    pub rule: Option<String>,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
