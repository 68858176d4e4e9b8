//! Server functions about topics. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use super::page_query::TopicQuery;
use crate::{AppError, encoding::Answer};
use klamm_model::{
    ClusterView, Known, Page, PageRequest, Revisions, TopicAccess, TopicConfig, TopicConsumer, TopicManifest,
    TopicOverview, TopicRow, UnixMillis,
};
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

/// A topic and the cluster it is in, with the part of it that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TopicDetail {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// The topic in a line.
    pub(crate) topic: TopicRow,
    /// The rest.
    pub(crate) shown: TopicShown,
    /// Revisions this was made from.
    pub(crate) revisions: Revisions,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// What is shown of a topic, by the part of its page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum TopicShown {
    Overview {
        overview: TopicOverview,
        /// The groups that read it, the first of them.
        consumers: Known<Page<TopicConsumer>>,
    },
    Config(TopicConfig),
    /// The groups that read it.
    Consumers(Known<Page<TopicConsumer>>),
    Access(TopicAccess),
    Yaml(TopicManifest),
}

/// One topic, with what the part of its page needs that is asked for.
#[server(name = AskTopic, prefix = "/api/fn", endpoint = "topic", input = GetUrl, output = Answer)]
pub(crate) async fn topic(
    cluster: String,
    topic: String,
    #[server(default)] query: TopicQuery,
) -> Result<TopicDetail, AppError> {
    use super::page_query::TopicTab;
    use klamm_model::{Problem, ProblemKind, TopicName};
    /// Enough to see who is furthest behind.
    const FEW_CONSUMERS: u32 = 5;
    /// The list of groups has the rest.
    const CONSUMERS: u32 = 100;
    let cluster = crate::door::parse_cluster(&cluster)?;
    let topic = TopicName::new(topic)
        .map_err(|_| crate::door::refuse(Problem::new(ProblemKind::NotFound, "There is no such topic.")))?;
    crate::door::ask(|portal, actor| {
        // Before the rest: what changes meanwhile is in it, and the page asks again.
        let revisions = portal.cluster_revisions(actor, &cluster)?;
        let shown = match query.tab {
            TopicTab::Overview => TopicShown::Overview {
                overview: portal.topic_overview(actor, &cluster, &topic, query.from)?,
                consumers: portal.topic_consumers(actor, &cluster, &topic, FEW_CONSUMERS)?,
            },
            TopicTab::Config => TopicShown::Config(portal.topic_config(actor, &cluster, &topic, &query.config())?),
            TopicTab::Consumers => TopicShown::Consumers(portal.topic_consumers(actor, &cluster, &topic, CONSUMERS)?),
            TopicTab::Access => {
                TopicShown::Access(portal.topic_access(actor, &cluster, &topic, &query.principals())?)
            }
            TopicTab::Yaml => TopicShown::Yaml(portal.topic_manifest(actor, &cluster, &topic)?),
        };
        Ok(TopicDetail {
            cluster: portal.cluster_view(actor, &cluster)?,
            topic: portal.topic_row(actor, &cluster, &topic)?,
            shown,
            revisions,
            now: portal.now(),
        })
    })
}
