//! Topics: the list of a cluster, the search across clusters, and the page of one topic.

mod access;
mod access_words;
mod address;
mod api;
mod config;
mod config_tab;
mod list;
mod manifest;
mod overview;
mod page_query;
mod partitions;
mod table;
mod topic;
mod words;

pub(crate) use address::{TopicFilters, TopicsAddress};
pub(crate) use list::TopicsPage;
pub(crate) use partitions::TopicPlacementPanel;
pub(crate) use table::TopicTable;
pub(crate) use topic::TopicPage;
#[cfg(feature = "ssr")]
pub(crate) use words::owner as owner_words;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::{TopicDetail, TopicList, TopicShown},
        list::{TopicListView, TopicListViewProps},
        page_query::{TopicQuery, TopicTab},
        topic::{TopicDetailView, TopicDetailViewProps},
    };
}

use klamm_model::{ClusterRef, TopicName};

/// Characters of the longest object's name with its namespace, which no topic's name reaches.
pub(crate) const LONGEST_ABOUT: usize = 317;

/// The list of a cluster's topics.
pub(crate) fn list_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/topics")
}

/// The page of a topic. Names of topics and clusters need no escaping.
pub(crate) fn topic_href(cluster: &ClusterRef, topic: &TopicName) -> String {
    format!("/clusters/{cluster}/topics/{topic}")
}
