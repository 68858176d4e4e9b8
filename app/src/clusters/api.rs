//! Server functions about clusters. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer};
#[cfg(feature = "ssr")]
use klamm_model::{BrokerId, BrokerVitals, ClusterOverview, GroupRow, Page, TopicRow, VolumeView};
use klamm_model::{ClusterView, UnixMillis};
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
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClusterDetail {
    /// The cluster.
    pub(crate) overview: ClusterOverview,
    /// How its brokers are doing.
    pub(crate) vitals: Vec<(BrokerId, BrokerVitals)>,
    /// How full its disks are.
    pub(crate) volumes: Vec<VolumeView>,
    /// The group that has most to read; none where there is none, or nobody could say.
    pub(crate) furthest: Option<GroupRow>,
    /// Its busiest topics.
    pub(crate) busiest: Page<TopicRow>,
    /// The operation that goes on, as the server draws it; empty where there is none.
    pub(crate) operation: String,
    /// The worst of what is wrong with it, as the server draws it; empty where nothing needs attention.
    pub(crate) findings: String,
}
