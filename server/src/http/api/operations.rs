use super::clusters::{Item, with_actions};
use super::input::{ClusterPath, JsonBody, OperationPath, Params, invalid};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, OperationDetail, OperationKind, OperationView, OperationsRequest, Page, PlanView};
use klamm_portal::Steer;
use serde_json::{Map, Value};

/// What an operation would do: its kind, and beside it what a request of that kind has in `spec`.
pub(super) async fn plan(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    JsonBody(mut wish): JsonBody<Map<String, Value>>,
) -> Result<Json<PlanView>, Refusal> {
    let kind = wish.remove("kind");
    let kind = kind.as_ref().and_then(Value::as_str).and_then(OperationKind::named).ok_or_else(|| {
        let kinds = OperationKind::ALL.map(OperationKind::name).join(", ");
        invalid(format!("kind: one of {kinds}"))
    })?;
    Ok(Json(edge.portal.plan(&actor, &cluster, (kind, Value::Object(wish))).await?))
}

type Asked = (State<Edge>, Extension<Client>, Extension<Actor>);

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<OperationsRequest>,
) -> Result<Json<Page<Item<OperationView>>>, Refusal> {
    let page = edge.portal.operation_page(&actor, &cluster, &request)?;
    Ok(with_actions(page, |operation| edge.portal.operation_actions(&actor, &cluster, operation)))
}

pub(super) async fn operation(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    OperationPath(name): OperationPath,
) -> Result<Json<Item<OperationDetail>>, Refusal> {
    let item = edge.portal.operation(&actor, &cluster, &name).await?;
    Ok(Json(Item { allowed_actions: edge.portal.operation_actions(&actor, &cluster, &item.operation), item }))
}

pub(super) async fn pause(
    edge: State<Edge>,
    client: Extension<Client>,
    actor: Extension<Actor>,
    cluster: ClusterPath,
    operation: OperationPath,
) -> Result<Json<Item<OperationView>>, Refusal> {
    steer((edge, client, actor), cluster, operation, Steer::Pause).await
}

pub(super) async fn resume(
    edge: State<Edge>,
    client: Extension<Client>,
    actor: Extension<Actor>,
    cluster: ClusterPath,
    operation: OperationPath,
) -> Result<Json<Item<OperationView>>, Refusal> {
    steer((edge, client, actor), cluster, operation, Steer::Resume).await
}

pub(super) async fn cancel(
    edge: State<Edge>,
    client: Extension<Client>,
    actor: Extension<Actor>,
    cluster: ClusterPath,
    operation: OperationPath,
) -> Result<Json<Item<OperationView>>, Refusal> {
    steer((edge, client, actor), cluster, operation, Steer::Cancel).await
}

async fn steer(
    (State(edge), Extension(client), Extension(actor)): Asked,
    ClusterPath(cluster): ClusterPath,
    OperationPath(name): OperationPath,
    steer: Steer,
) -> Result<Json<Item<OperationView>>, Refusal> {
    let item = edge.portal.steer_operation(&actor, (&cluster, &name), steer, Some(client.address)).await?;
    Ok(Json(Item { allowed_actions: edge.portal.operation_actions(&actor, &cluster, &item), item }))
}
