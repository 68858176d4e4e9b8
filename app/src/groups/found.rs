use super::{
    LONGEST_ID,
    address::{GroupFilters, GroupsAddress},
    api::{ClusterGroups, found_groups},
    list::table,
    list_href,
};
use crate::ui::Erase;
use crate::{
    clusters::counted,
    lists::{FoundCluster, FoundFrame, found_page},
};
use klamm_model::Known;
use leptos::prelude::*;

/// `/groups`: consumer groups of all clusters.
#[component]
pub(crate) fn FoundGroupsPage() -> impl IntoView {
    found_page("consumer groups", found_groups, |found, search| view! { <FoundGroupsView found search /> }.erased())
}

/// What was found, cluster by cluster.
#[component]
pub(crate) fn FoundGroupsView(found: Vec<ClusterGroups>, search: String) -> impl IntoView {
    let total: u64 = found.iter().map(|cluster| cluster.page.total).sum();
    let clusters = counted(found.len() as u64, "cluster", "clusters");
    let groups = counted(total, "consumer group", "consumer groups");
    let sentence = match (search.is_empty(), total) {
        (true, _) => format!("{groups} in {clusters}"),
        (false, 0) => format!("No consumer group is called “{search}”"),
        (false, _) => format!("{groups} found"),
    };
    let facts = match found.iter().filter(|cluster| cluster.in_all == Known::Unknown).count() as u64 {
        0 => "Those furthest behind of every cluster; search, or open a cluster for all of them".to_owned(),
        silent => {
            format!("{} not counted: nobody could say which groups there are", counted(silent, "cluster", "clusters"))
        }
    };
    let all = GroupsAddress::of(&search, GroupFilters::default());
    let found = found.into_iter().filter(|cluster| cluster.page.total > 0);
    let found = found.map(|ClusterGroups { cluster, page, now, .. }| FoundCluster {
        total: page.total,
        counted: counted(page.total, "group", "groups"),
        all: all.href(&list_href(&cluster)),
        table: table(&cluster, page.items, now, None),
        cluster,
    });
    view! {
        <FoundFrame
            title="Consumer groups"
            sentence
            facts
            path="/groups"
            field="Id contains"
            longest=LONGEST_ID
            search
            found=found.collect()
            way_on=("Show groups of all clusters", ", or search for a shorter part of the id.")
        />
    }
}
