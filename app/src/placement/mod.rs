//! Where replicas are: a square for every so many of them, a page for all of a cluster or one topic, and what the loss of a
//! broker or a rack would do.

mod api;
mod loss;
mod page;
mod query;
mod squares;

pub(crate) use page::PlacementPage;
#[cfg(feature = "ssr")]
pub(crate) use squares::{Held, PlacementPanel};

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::Placement,
        page::{PlacementBody, PlacementBodyProps},
        query::PlacementQuery,
    };
}

use klamm_model::ClusterRef;

/// Where the replicas of a cluster are.
pub(crate) fn page_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/placement")
}
