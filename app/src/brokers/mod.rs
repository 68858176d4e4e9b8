//! Brokers: the nodes of a cluster, and the page of one with its disks and what it holds. All of it is said on the server.

#[cfg(feature = "ssr")]
mod broker;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod replicas;
#[cfg(feature = "ssr")]
mod table;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub(crate) use broker::page;
#[cfg(feature = "ssr")]
pub(crate) use list::page as list;
#[cfg(feature = "ssr")]
pub(crate) use table::{BrokersPanel, of_vitals};

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        broker::{BrokerPart, drawn as broker},
        list::{BrokerList, drawn as list},
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
