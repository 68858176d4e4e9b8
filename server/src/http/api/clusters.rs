use super::input::{BrokerPath, ClusterPath, Params};
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{
    Actor, BrokerDetail, BrokerView, ClientsView, ClusterOverview, ClusterRef, ClusterView, Page, PageRequest,
    PlacementRequest, PlacementView, TargetState,
};
use klamm_portal::Portal;
use serde::Serialize;

/// An item with the names of what the caller may do with it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item<T> {
    #[serde(flatten)]
    pub(super) item: T,
    pub(super) allowed_actions: Vec<String>,
}

pub(super) fn with_actions<T>(page: Page<T>, actions: impl Fn(&T) -> Vec<String>) -> Json<Page<Item<T>>> {
    let Page { items, total, next_cursor } = page;
    let items = items.into_iter().map(|item| Item { allowed_actions: actions(&item), item }).collect();
    Json(Page { items, total, next_cursor })
}

fn cluster_actions(portal: &Portal, actor: &Actor, cluster: &ClusterView) -> Vec<String> {
    let cluster = ClusterRef { namespace: cluster.namespace.clone(), name: cluster.name.clone() };
    portal.cluster_actions(actor, &cluster)
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<PageRequest>,
) -> Result<Json<Page<Item<ClusterView>>>, Refusal> {
    let page = edge.portal.cluster_page(&actor, &request)?;
    Ok(with_actions(page, |cluster| cluster_actions(&edge.portal, &actor, cluster)))
}

pub(super) async fn overview(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
) -> Result<Json<Item<ClusterOverview>>, Refusal> {
    let item = edge.portal.cluster(&actor, &cluster)?;
    Ok(Json(Item { allowed_actions: edge.portal.cluster_actions(&actor, &cluster), item }))
}

pub(super) async fn brokers(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<PageRequest>,
) -> Result<Json<Page<Item<BrokerView>>>, Refusal> {
    let page = edge.portal.brokers(&actor, &cluster, &request)?;
    // What one may do with a broker is what one may do with its cluster.
    Ok(with_actions(page, |_| edge.portal.cluster_actions(&actor, &cluster)))
}

pub(super) async fn broker(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    BrokerPath(id): BrokerPath,
    Params(request): Params<PageRequest>,
) -> Result<Json<Item<BrokerDetail>>, Refusal> {
    let item = edge.portal.broker(&actor, &cluster, id, &request)?;
    Ok(Json(Item { allowed_actions: edge.portal.cluster_actions(&actor, &cluster), item }))
}

pub(super) async fn targets(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<PageRequest>,
) -> Result<Json<Page<Item<TargetState>>>, Refusal> {
    let page = edge.portal.targets(&actor, &cluster, &request)?;
    // Nobody does anything with a target.
    Ok(with_actions(page, |_| Vec::new()))
}

pub(super) async fn placement(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<PlacementRequest>,
) -> Result<Json<PlacementView>, Refusal> {
    Ok(Json(edge.portal.placement(&actor, &cluster, &request)?))
}

pub(super) async fn clients(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
) -> Result<Json<ClientsView>, Refusal> {
    Ok(Json(edge.portal.clients(&actor, &cluster)?))
}
