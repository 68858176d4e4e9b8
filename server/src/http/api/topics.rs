use super::input::{ClusterPath, Params, TopicPath};
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{
    Actor, ConfigRequest, Page, PageRequest, ProblemKind, TopicAccess, TopicConfig, TopicManifest, TopicView,
};

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<PageRequest>,
) -> Result<Json<Page<TopicView>>, Refusal> {
    Ok(Json(edge.portal.topics(&actor, &cluster, &request)?))
}

pub(super) async fn topic(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    TopicPath(topic): TopicPath,
) -> Result<Json<TopicView>, Refusal> {
    Ok(Json(edge.portal.topic(&actor, &cluster, &topic)?))
}

pub(super) async fn config(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    TopicPath(topic): TopicPath,
    Params(request): Params<ConfigRequest>,
) -> Result<Json<TopicConfig>, Refusal> {
    Ok(Json(edge.portal.topic_config(&actor, &cluster, &topic, &request)?))
}

pub(super) async fn access(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    TopicPath(topic): TopicPath,
    Params(request): Params<PageRequest>,
) -> Result<Json<TopicAccess>, Refusal> {
    Ok(Json(edge.portal.topic_access(&actor, &cluster, &topic, &request)?))
}

/// The object that declares the topic, or the one that would; as text, for `kubectl apply -f -`.
pub(super) async fn manifest(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    TopicPath(topic): TopicPath,
) -> Result<Response, Refusal> {
    match edge.portal.topic_manifest(&actor, &cluster, &topic)? {
        TopicManifest::Declared { yaml, .. } | TopicManifest::Adoption { yaml, .. } => {
            Ok(([(header::CONTENT_TYPE, "application/yaml")], yaml).into_response())
        }
        TopicManifest::KafkasOwn => {
            Err(Refusal::new(ProblemKind::NotFound, format!("{topic} is Kafka's own topic: no object declares it.")))
        }
        TopicManifest::NotAtHand { .. } => Err(Refusal::new(
            ProblemKind::Unavailable,
            format!("The object that declares {topic} has just changed or gone. Try again in a moment."),
        )),
    }
}
