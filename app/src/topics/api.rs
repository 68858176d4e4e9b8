//! Server functions about topics. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer};
use klamm_model::{ClusterView, Page, PageRequest, TopicRow, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// A page of a cluster's topics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TopicList {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// Its topics, as asked for.
    pub(crate) topics: Page<TopicRow>,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// Topics of one cluster, by `namespace/name`.
#[server(name = AskTopics, prefix = "/api/fn", endpoint = "topics", input = GetUrl, output = Answer)]
pub(crate) async fn topics(cluster: String, request: PageRequest) -> Result<TopicList, AppError> {
    let cluster = crate::door::parse_cluster(&cluster)?;
    crate::door::ask(|portal, actor| {
        Ok(TopicList {
            cluster: portal.cluster_view(actor, &cluster)?,
            topics: portal.topic_rows(actor, &cluster, &request)?,
            now: portal.now(),
        })
    })
}
