//! Brokers: the nodes of a cluster, and the page of one with its disks and what it holds.

mod api;
mod broker;
mod list;
mod table;
mod words;

pub(crate) use broker::BrokerPage;
pub(crate) use list::BrokersPage;
pub(crate) use table::BrokersPanel;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::{BrokerList, BrokerPart},
        broker::{BrokerDetailView, BrokerDetailViewProps},
        list::{BrokerListView, BrokerListViewProps},
    };
}

use klamm_model::{BrokerId, ClusterRef};

/// The list of a cluster's brokers.
pub(crate) fn list_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/brokers")
}

/// The page of a broker.
pub(crate) fn broker_href(cluster: &ClusterRef, broker: BrokerId) -> String {
    format!("{}/{broker}", list_href(cluster))
}
