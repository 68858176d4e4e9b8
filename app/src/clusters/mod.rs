//! Clusters: the list, and the page of one with its brokers and where replicas are.

mod api;
mod list;
#[cfg(feature = "ssr")]
mod overview;
mod parts;
#[cfg(feature = "ssr")]
mod tenants;
#[cfg(feature = "ssr")]
mod tiles;
mod words;

pub(crate) use list::{ClusterTable, ClustersPage, clusters_sentence};
#[cfg(feature = "ssr")]
pub(crate) use overview::page;
#[cfg(feature = "ssr")]
pub(crate) use parts::cluster_head;
pub(crate) use parts::{ClusterTab, ClusterTabs, StaleNotice, cluster_name};
pub(crate) use words::{broker_status, counted, health_status, health_word, in_racks};
#[cfg(feature = "ssr")]
pub(crate) use words::{roles, severity_status};

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::{ClusterDetail, ClusterList},
        list::{ClusterListView, ClusterListViewProps},
        overview::drawn,
    };
}

use klamm_model::{ClusterRef, ClusterView, Page, TeamName, TopicRow};
use leptos::prelude::{Memo, With};
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

/// Topics of one cluster, as a part of something larger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterTopics {
    /// Whose topics.
    pub(crate) cluster: ClusterRef,
    /// Of this team only.
    pub(crate) team: Option<TeamName>,
    /// The first of them, and how many there are.
    pub(crate) page: Page<TopicRow>,
}

/// The name others know a cluster by.
pub(crate) fn cluster_ref(view: &ClusterView) -> ClusterRef {
    ClusterRef { namespace: view.namespace.clone(), name: view.name.clone() }
}

/// The page of a cluster.
pub(crate) fn href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}")
}

/// The page of what is wrong with it.
pub(crate) fn findings_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/findings")
}

/// The cluster that the address names, as `namespace/name`; not checked yet.
pub(crate) fn use_cluster() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| {
        params.with(|params| {
            format!("{}/{}", params.get("namespace").unwrap_or_default(), params.get("name").unwrap_or_default())
        })
    })
}
