//! Operations as pages show them: the list, and one of them. All of it is said on the server.

mod fields;
mod list;
mod one;
mod plan;
mod words;

pub(crate) use fields::fields;
#[cfg(test)]
pub(crate) use list::{Listed, drawn as list_drawn};
pub(crate) use list::{list, of_cluster};
pub(crate) use one::one;
#[cfg(test)]
pub(crate) use one::{Content, MayAsk, drawn};
pub(crate) use plan::panels as plan_panels;

use crate::ui::Query;
use klamm_model::{ClusterRef, ObjectName, OperationKind};

/// Where the operations of a cluster are.
pub(crate) fn list_href(cluster: &ClusterRef) -> String {
    format!("/clusters/{cluster}/operations")
}

/// Where one of them is.
pub(crate) fn operation_href(cluster: &ClusterRef, name: &ObjectName) -> String {
    format!("/clusters/{cluster}/operations/{name}")
}

/// Where one is asked for.
pub(crate) fn ask_href(cluster: &ClusterRef, kind: OperationKind) -> Query {
    Query::default().with("kind", kind.name()).with("cluster", &cluster.to_string())
}
