//! Server functions about topics. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, clusters::ClusterTopics};
use klamm_model::{ClusterView, Known, Page, PageRequest, TopicConsumer, TopicRow, TopicView, UnixMillis};
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
#[server(name = AskTopics, prefix = "/api/fn", endpoint = "topics", input = GetUrl)]
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

/// A topic and the cluster it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TopicDetail {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// The topic.
    pub(crate) topic: TopicView,
    /// The groups that read it, the first of them.
    pub(crate) consumers: Known<Page<TopicConsumer>>,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// One topic.
#[server(name = AskTopic, prefix = "/api/fn", endpoint = "topic", input = GetUrl)]
pub(crate) async fn topic(cluster: String, topic: String) -> Result<TopicDetail, AppError> {
    use klamm_model::{Problem, ProblemKind, TopicName};
    /// Enough to see who is behind; the list of groups has the rest.
    const CONSUMERS: u32 = 50;
    let cluster = crate::door::parse_cluster(&cluster)?;
    let topic = TopicName::new(topic)
        .map_err(|_| crate::door::refuse(Problem::new(ProblemKind::NotFound, "There is no such topic.")))?;
    crate::door::ask(|portal, actor| {
        Ok(TopicDetail {
            cluster: portal.cluster_view(actor, &cluster)?,
            topic: portal.topic(actor, &cluster, &topic)?,
            consumers: portal.topic_consumers(actor, &cluster, &topic, CONSUMERS)?,
            now: portal.now(),
        })
    })
}

/// Topics of all clusters that are about `search`, by name, team or declaring object; the first of each cluster.
#[server(name = AskFoundTopics, prefix = "/api/fn", endpoint = "found-topics", input = GetUrl)]
pub(crate) async fn found_topics(search: String) -> Result<Vec<ClusterTopics>, AppError> {
    /// Enough to choose from; a cluster's own list has the rest.
    const SHOWN: u32 = 20;
    let request =
        PageRequest { about: Some(search).filter(|s| !s.is_empty()), limit: Some(SHOWN), ..PageRequest::default() };
    crate::door::ask(|portal, actor| {
        let clusters = portal.clusters(actor)?;
        clusters
            .iter()
            .map(crate::clusters::cluster_ref)
            .map(|cluster| {
                let page = portal.topic_rows(actor, &cluster, &request)?;
                Ok(ClusterTopics { cluster, team: None, page })
            })
            .collect()
    })
}
