//! Disks of a cluster: how full they are and when they will be, what is on them, and what retention would do. Said on the server.

mod map;
mod page;
mod silent;
mod words;

pub(crate) use page::page;
#[cfg(test)]
pub(crate) use page::{Content, drawn};
#[cfg(test)]
pub(crate) use silent::{Remembered, Silent};
pub(crate) use words::{SOON, filling};

use klamm_model::{BrokerId, ClusterRef};

/// The page of a cluster's disks.
pub(crate) fn page_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/disks")
}

/// The same, with the disks of one broker.
pub(crate) fn broker_href(cluster: &ClusterRef, broker: BrokerId) -> String {
    format!("{}?broker={broker}", page_href(cluster))
}
