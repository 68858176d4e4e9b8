use super::{
    LONGEST_ABOUT,
    address::{TopicFilters, TopicsAddress},
    api::found_topics,
    list_href,
    table::TopicTable,
};
use crate::ui::Erase;
use crate::{
    clusters::{ClusterTopics, counted},
    lists::{FoundCluster, FoundFrame, found_page},
};
use leptos::prelude::*;

/// `/topics`: topics of all clusters.
#[component]
pub(crate) fn FoundTopicsPage() -> impl IntoView {
    found_page("topics", found_topics, |found, search| view! { <FoundView found search /> }.erased())
}

/// What was found, cluster by cluster.
#[component]
pub(crate) fn FoundView(found: Vec<ClusterTopics>, search: String) -> impl IntoView {
    let total: u64 = found.iter().map(|cluster| cluster.page.total).sum();
    let clusters = counted(found.len() as u64, "cluster", "clusters");
    let sentence = match (search.is_empty(), total) {
        (true, _) => format!("{} in {clusters}", counted(total, "topic", "topics")),
        (false, 0) => format!("No topic is called “{search}”"),
        (false, _) => format!("{} found", counted(total, "topic", "topics")),
    };
    let facts = if search.is_empty() {
        "The first of every cluster; search, or open a cluster for all of them".to_owned()
    } else {
        format!("Name, team or declaring object contains “{search}”, in {clusters}")
    };
    let all = TopicsAddress::of(&search, TopicFilters::default());
    let found = found.into_iter().filter(|cluster| cluster.page.total > 0);
    let found = found.map(|ClusterTopics { cluster, page, .. }| FoundCluster {
        total: page.total,
        counted: counted(page.total, "topic", "topics"),
        all: all.href(&list_href(&cluster)),
        table: view! { <TopicTable cluster=cluster.clone() topics=page.items empty=|| ().erased() /> }.erased(),
        cluster,
    });
    view! {
        <FoundFrame
            title="Topics"
            sentence
            facts
            path="/topics"
            field="Name, team or object contains"
            longest=LONGEST_ABOUT
            search
            found=found.collect()
            way_on=("Show topics of all clusters", ", or search for a shorter part of the name.")
        />
    }
}
