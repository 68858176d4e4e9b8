//! Server functions about placement. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer};
use klamm_model::{ClusterView, PlacementRequest, PlacementView, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// Where replicas are, and the cluster they are in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Placement {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// Where its replicas are.
    pub(crate) view: PlacementView,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// Placement in one cluster, by `namespace/name`.
#[server(name = AskPlacement, prefix = "/api/fn", endpoint = "placement", input = GetUrl, output = Answer)]
pub(crate) async fn placement(
    cluster: String,
    // What asks for nothing is not even written into the address.
    #[server(default)] request: PlacementRequest,
) -> Result<Placement, AppError> {
    let cluster = crate::door::parse_cluster(&cluster)?;
    crate::door::ask(|portal, actor| {
        Ok(Placement {
            cluster: portal.cluster_view(actor, &cluster)?,
            view: portal.placement(actor, &cluster, &request)?,
            now: portal.now(),
        })
    })
}
