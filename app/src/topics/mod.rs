//! Topics: the list of a cluster, the search across clusters, and the page of one topic.

mod access;
mod access_words;
mod api;
mod config;
mod config_tab;
mod found;
mod list;
mod manifest;
mod overview;
mod page_query;
mod partitions;
mod query;
mod table;
mod topic;
mod words;

pub(crate) use found::FoundTopicsPage;
pub(crate) use list::TopicsPage;
pub(crate) use partitions::TopicPlacementPanel;
pub(crate) use query::ListQuery;
pub(crate) use table::TopicTable;
pub(crate) use topic::TopicPage;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::{TopicDetail, TopicList, TopicShown},
        found::{FoundView, FoundViewProps},
        list::{TopicListView, TopicListViewProps},
        page_query::{TopicQuery, TopicTab},
        query::ListQuery,
        topic::{TopicDetailView, TopicDetailViewProps},
    };
}

use klamm_model::{ClusterRef, TopicName};

/// The list of a cluster's topics.
pub(crate) fn list_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/topics")
}

/// The page of a topic. Names of topics and clusters need no escaping.
pub(crate) fn topic_href(cluster: &ClusterRef, topic: &TopicName) -> String {
    format!("/clusters/{cluster}/topics/{topic}")
}
