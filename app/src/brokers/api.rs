//! Server functions about brokers. Each is open to the world: the portal decides who may ask.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer};
use klamm_model::{BrokerDetail, BrokerView, ClusterView, PageRequest, Revisions, UnixMillis};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// The nodes of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BrokerList {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// Its nodes, by id.
    pub(crate) brokers: Vec<BrokerView>,
    /// Racks with a broker that serves.
    pub(crate) racks: u32,
    /// Revisions this was made from.
    pub(crate) revisions: Revisions,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// Brokers of one cluster, by `namespace/name`.
#[server(name = AskBrokers, prefix = "/api/fn", endpoint = "brokers", input = GetUrl, output = Answer)]
pub(crate) async fn brokers(cluster: String) -> Result<BrokerList, AppError> {
    let cluster = crate::door::parse_cluster(&cluster)?;
    crate::door::ask(|portal, actor| {
        let overview = portal.cluster(actor, &cluster)?;
        Ok(BrokerList {
            cluster: overview.cluster,
            brokers: overview.nodes,
            racks: overview.racks,
            revisions: overview.revisions,
            now: overview.now,
        })
    })
}

/// A broker and the cluster it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BrokerPart {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// The broker, with a page of what it holds.
    pub(crate) broker: BrokerDetail,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// One broker.
#[server(name = AskBroker, prefix = "/api/fn", endpoint = "broker", input = GetUrl, output = Answer)]
pub(crate) async fn broker(cluster: String, id: String, request: PageRequest) -> Result<BrokerPart, AppError> {
    use klamm_model::{BrokerId, Problem, ProblemKind};
    let cluster = crate::door::parse_cluster(&cluster)?;
    let id = id
        .parse()
        .map(BrokerId)
        .map_err(|_| crate::door::refuse(Problem::new(ProblemKind::NotFound, "There is no such broker.")))?;
    crate::door::ask(|portal, actor| {
        Ok(BrokerPart {
            cluster: portal.cluster_view(actor, &cluster)?,
            broker: portal.broker(actor, &cluster, id, &request)?,
            now: portal.now(),
        })
    })
}
