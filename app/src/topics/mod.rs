//! Topics: the list of a cluster, the search across clusters, and the page of one topic.

#[cfg(feature = "ssr")]
mod access;
#[cfg(feature = "ssr")]
mod access_words;
mod address;
mod api;
#[cfg(feature = "ssr")]
mod config;
#[cfg(feature = "ssr")]
mod config_tab;
mod list;
#[cfg(feature = "ssr")]
mod manifest;
#[cfg(feature = "ssr")]
mod overview;
#[cfg(feature = "ssr")]
mod page_query;
#[cfg(feature = "ssr")]
mod partition_table;
mod partitions;
mod table;
#[cfg(feature = "ssr")]
mod topic;
mod words;

#[cfg(feature = "ssr")]
pub(crate) use address::{TopicFilters, TopicsAddress};
pub(crate) use list::TopicsPage;
pub(crate) use partitions::TopicPlacementPanel;
pub(crate) use table::TopicTable;
#[cfg(feature = "ssr")]
pub(crate) use topic::TopicTabs;
#[cfg(feature = "ssr")]
pub(crate) use topic::page;
#[cfg(feature = "ssr")]
pub(crate) use words::{growth as growth_words, owner as owner_words};

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::TopicList,
        list::{TopicListView, TopicListViewProps},
        page_query::{TopicQuery, TopicTab},
        topic::{TopicDetail, TopicShown, drawn as topic},
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
