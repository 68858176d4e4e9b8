//! Consumer groups: the list of a cluster, the page of one, and who reads a topic.

mod address;
mod api;
#[cfg(feature = "ssr")]
mod consumers;
mod found;
#[cfg(feature = "ssr")]
mod group;
#[cfg(feature = "ssr")]
mod group_words;
mod list;
mod words;

#[cfg(feature = "ssr")]
pub(crate) use address::{GroupFilters, GroupsAddress};
#[cfg(feature = "ssr")]
pub(crate) use consumers::ConsumersPanel;
pub(crate) use found::FoundGroupsPage;
#[cfg(feature = "ssr")]
pub(crate) use group::page;
pub(crate) use list::GroupsPage;
#[cfg(feature = "ssr")]
pub(crate) use words::{late as late_words, state as state_words};

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::{ClusterGroups, GroupList},
        found::{FoundGroupsView, FoundGroupsViewProps},
        group::{GroupDetail, drawn as group},
        list::{GroupListView, GroupListViewProps},
    };
}

use crate::ui::{encode, harmless};
use klamm_model::{ClusterRef, GroupId};
use leptos::prelude::*;

/// Characters of the longest id.
const LONGEST_ID: usize = 1000;

/// The list of a cluster's groups.
pub(crate) fn list_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/groups")
}

/// The page of a group, whatever its id holds.
pub(crate) fn group_href(cluster: &ClusterRef, group: &GroupId) -> String {
    format!("{}/{}", list_href(cluster), encode(group.as_str()))
}

/// A group's id, linked to its page. The router takes a part of the encoding back when it follows a link by itself, so that
/// only the browser leads to ids that need it.
pub(crate) fn group_link(cluster: &ClusterRef, group: &GroupId) -> impl IntoView + use<> {
    let needs_encoding = encode(group.as_str()) != group.as_str();
    view! {
        <a class="name" href=group_href(cluster, group) rel=needs_encoding.then_some("external")>
            {harmless(group.as_str())}
        </a>
    }
}
