use super::input::{ClusterPath, JsonBody, TopicPath};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{Actor, MessagesRequest};

/// Asked with a body: what somebody looks for does not belong into addresses, which are written down everywhere.
pub(super) async fn peek(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    TopicPath(topic): TopicPath,
    JsonBody(request): JsonBody<MessagesRequest>,
) -> Result<Response, Refusal> {
    let seen = edge.portal.messages(&actor, &cluster, &topic, &request, Some(client.address)).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(seen)).into_response())
}
