use super::input::{JsonBody, Params, RequestPath};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{
    Actor, ClusterRef, InvalidName, ManifestHash, Page, RequestKind, RequestView, RequestsRequest, TeamName,
};
use klamm_portal::{EditedRequest, Filing, NewRequest, asking_team};
use serde::Deserialize;
use serde_json::Value;

/// A request as programs write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    kind: RequestKind,
    cluster: Cluster,
    #[serde(default)]
    team: Option<TeamName>,
    spec: Value,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    draft: bool,
}

/// `{"namespace": "kafka", "name": "prod"}`, or `"kafka/prod"` for short.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cluster {
    Full(ClusterRef),
    Short(String),
}

impl Cluster {
    fn parsed(self) -> Result<ClusterRef, InvalidName> {
        match self {
            Self::Full(cluster) => Ok(cluster),
            Self::Short(text) => text.parse(),
        }
    }
}

/// What is asked for instead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    spec: Value,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    hash: ManifestHash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct No {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    text: String,
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<RequestsRequest>,
) -> Result<Json<Page<RequestView>>, Refusal> {
    Ok(Json(edge.portal.request_page(&actor, &request).await?))
}

pub(super) async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Response, Refusal> {
    let cluster = wish
        .cluster
        .parsed()
        .map_err(|error| Refusal::new(klamm_model::ProblemKind::Invalid, format!("cluster: {error}")))?;
    let new = NewRequest {
        kind: wish.kind,
        cluster,
        team: asking_team(wish.kind, wish.team)?,
        spec: wish.spec,
        reason: wish.reason,
        filing: if wish.draft { Filing::Draft } else { Filing::Submit },
    };
    let view = edge.portal.create_request(&actor, &new, Some(client.address)).await?;
    let mut response = (StatusCode::CREATED, Json(&view)).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/requests/{}", view.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

pub(super) async fn request(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.request(&actor, &id).await?))
}

pub(super) async fn submit(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.submit_request(&actor, &id, Some(client.address)).await?))
}

pub(super) async fn edit(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
    JsonBody(Edit { spec, reason }): JsonBody<Edit>,
) -> Result<Json<RequestView>, Refusal> {
    let edited = EditedRequest { spec, reason, about: None };
    Ok(Json(edge.portal.edit_request(&actor, &id, edited, Some(client.address)).await?))
}

/// The object that would be written, or would go, as text: for `kubectl`, or to be kept in Git.
pub(super) async fn manifest(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
) -> Result<Response, Refusal> {
    let view = edge.portal.request(&actor, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], view.manifest).into_response())
}

pub(super) async fn approve(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
    JsonBody(Consent { hash }): JsonBody<Consent>,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.approve_request(&actor, &id, &hash, Some(client.address)).await?))
}

pub(super) async fn decline(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
    JsonBody(No { reason }): JsonBody<No>,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.decline_request(&actor, &id, &reason, Some(client.address)).await?))
}

pub(super) async fn cancel(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.cancel_request(&actor, &id, Some(client.address)).await?))
}

pub(super) async fn retry(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.retry_request(&actor, &id, Some(client.address)).await?))
}

pub(super) async fn comment(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    RequestPath(id): RequestPath,
    JsonBody(Comment { text }): JsonBody<Comment>,
) -> Result<Json<RequestView>, Refusal> {
    Ok(Json(edge.portal.comment_request(&actor, &id, &text, Some(client.address)).await?))
}
