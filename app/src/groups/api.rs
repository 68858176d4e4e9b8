//! Server functions about consumer groups. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer};
use klamm_model::{ClusterRef, ClusterView, GroupRow, GroupsRequest, Known, Page, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// A page of a cluster's groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupList {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// How many groups it has; unknown when nobody could say which there are.
    pub(crate) in_all: Known<u32>,
    /// Its groups, as asked for.
    pub(crate) groups: Page<GroupRow>,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// Groups of one cluster, by `namespace/name`.
#[server(name = AskGroups, prefix = "/api/fn", endpoint = "groups", input = GetUrl, output = Answer)]
pub(crate) async fn groups(cluster: String, request: GroupsRequest) -> Result<GroupList, AppError> {
    let cluster = crate::door::parse_cluster(&cluster)?;
    crate::door::ask(|portal, actor| {
        Ok(GroupList {
            in_all: portal.group_count(actor, &cluster)?,
            cluster: portal.cluster_view(actor, &cluster)?,
            groups: portal.groups(actor, &cluster, &request)?,
            now: portal.now(),
        })
    })
}

/// Groups of one cluster, as a part of something larger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterGroups {
    /// Whose groups.
    pub(crate) cluster: ClusterRef,
    /// How many groups it has; unknown when nobody could say which there are.
    pub(crate) in_all: Known<u32>,
    /// The first of them, and how many fit.
    pub(crate) page: Page<GroupRow>,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// Groups of all clusters whose ids contain `search`, those furthest behind of each cluster.
#[server(name = AskFoundGroups, prefix = "/api/fn", endpoint = "found-groups", input = GetUrl, output = Answer)]
pub(crate) async fn found_groups(search: String) -> Result<Vec<ClusterGroups>, AppError> {
    use klamm_model::{GroupSort, SortOrder};
    /// Enough to choose from; a cluster's own list has the rest.
    const SHOWN: u32 = 20;
    let request = GroupsRequest {
        search: Some(search).filter(|search| !search.is_empty()),
        sort: GroupSort::Lag,
        order: SortOrder::Desc,
        limit: Some(SHOWN),
        ..GroupsRequest::default()
    };
    crate::door::ask(|portal, actor| {
        let clusters = portal.clusters(actor)?;
        clusters
            .iter()
            .map(crate::clusters::cluster_ref)
            .map(|cluster| {
                let page = portal.groups(actor, &cluster, &request)?;
                Ok(ClusterGroups { in_all: portal.group_count(actor, &cluster)?, cluster, page, now: portal.now() })
            })
            .collect()
    })
}
