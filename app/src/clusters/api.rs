//! Server functions about clusters. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer};
use klamm_model::{ClusterOverview, ClusterView, Page, TopicRow, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// All clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterList {
    /// In the order of the portal.
    pub(crate) clusters: Vec<ClusterView>,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// Every cluster there is.
#[server(name = AskClusters, prefix = "/api/fn", endpoint = "clusters", input = GetUrl, output = Answer)]
pub(crate) async fn clusters() -> Result<ClusterList, AppError> {
    crate::door::ask(|portal, actor| Ok(ClusterList { clusters: portal.clusters(actor)?, now: portal.now() }))
}

/// What the page of a cluster shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterDetail {
    /// The cluster.
    pub(crate) overview: ClusterOverview,
    /// Its busiest topics.
    pub(crate) busiest: Page<TopicRow>,
}

/// One cluster, by `namespace/name`.
#[server(name = AskCluster, prefix = "/api/fn", endpoint = "cluster", input = GetUrl, output = Answer)]
pub(crate) async fn cluster(cluster: String) -> Result<ClusterDetail, AppError> {
    use klamm_model::{PageRequest, SortOrder, TopicSort};
    /// As many as fit below the brokers without scrolling far.
    const BUSIEST: u32 = 6;
    let cluster = crate::door::parse_cluster(&cluster)?;
    let request = PageRequest {
        sort: TopicSort::RecordsPerSecond,
        order: SortOrder::Desc,
        limit: Some(BUSIEST),
        ..PageRequest::default()
    };
    crate::door::ask(|portal, actor| {
        Ok(ClusterDetail {
            overview: portal.cluster(actor, &cluster)?,
            busiest: portal.topic_rows(actor, &cluster, &request)?,
        })
    })
}
