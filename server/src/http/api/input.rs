//! Input as handlers want it, and refusals in our words where it is not.

use crate::http::limit::{MAX_BODY, too_large};
use crate::http::problem::Refusal;
use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use klamm_model::{
    BrokerId, ClusterRef, DeliveryId, ObjectName, PersonName, ProblemKind, RequestId, SessionId, TeamName, TokenId,
    TopicName, WebhookName,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let is_json =
            request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
                let kind = kind.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case("application/json")
            });
        if !is_json {
            return Err(invalid("Content-Type: send application/json"));
        }
        let body = to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| too_large())?;
        // The parser quotes no values, only names of fields and where it stopped: no secret comes back.
        serde_json::from_slice(&body).map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => invalid(format!(
                "body: a field is missing, unknown or of the wrong kind, at line {} column {}",
                error.line(),
                error.column()
            )),
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => {
                invalid(format!("body: not JSON, at line {} column {}", error.line(), error.column()))
            }
        })
    }
}

/// The parameters after `?`.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(params)| Self(params))
            .map_err(|rejection| invalid(rejection.body_text()))
    }
}

/// The cluster of the path. What cannot be the name of one is the name of none.
pub(crate) struct ClusterPath(pub(crate) ClusterRef);

#[derive(Deserialize)]
struct RawCluster {
    namespace: String,
    name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for ClusterPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawCluster { namespace, name } = raw(parts, state).await.map_err(|_| no_such("cluster"))?;
        match (namespace.parse(), name.parse()) {
            (Ok(namespace), Ok(name)) => Ok(Self(ClusterRef { namespace, name })),
            _ => Err(no_such("cluster")),
        }
    }
}

/// The topic of the path.
pub(crate) struct TopicPath(pub(crate) TopicName);

#[derive(Deserialize)]
struct RawTopic {
    topic: String,
}

impl<S: Send + Sync> FromRequestParts<S> for TopicPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawTopic { topic } = raw(parts, state).await.map_err(|_| no_such("topic"))?;
        topic.parse().map(Self).map_err(|_| no_such("topic"))
    }
}

/// The consumer group of the path: any text at all.
pub(crate) struct GroupPath(pub(crate) String);

#[derive(Deserialize)]
struct RawGroup {
    group: String,
}

impl<S: Send + Sync> FromRequestParts<S> for GroupPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawGroup { group } = raw(parts, state).await.map_err(|_| no_such("group"))?;
        Ok(Self(group))
    }
}

/// The node of the path.
pub(crate) struct BrokerPath(pub(crate) BrokerId);

#[derive(Deserialize)]
struct RawBroker {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for BrokerPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawBroker { id } = raw(parts, state).await.map_err(|_| no_such("broker"))?;
        id.parse().map(|id| Self(BrokerId(id))).map_err(|_| no_such("broker"))
    }
}

/// The finding of the path: whatever cannot be the id of one is the id of none.
pub(crate) struct FindingPath(pub(crate) String);

#[derive(Deserialize)]
struct RawFinding {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for FindingPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawFinding { id } = raw(parts, state).await.map_err(|_| no_such("finding"))?;
        Ok(Self(id))
    }
}

/// The operation of the path.
pub(crate) struct OperationPath(pub(crate) ObjectName);

#[derive(Deserialize)]
struct RawOperation {
    operation: String,
}

impl<S: Send + Sync> FromRequestParts<S> for OperationPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawOperation { operation } = raw(parts, state).await.map_err(|_| no_such("operation"))?;
        operation.parse().map(Self).map_err(|_| no_such("operation"))
    }
}

/// The token of the path.
pub(crate) struct TokenPath(pub(crate) TokenId);

#[derive(Deserialize)]
struct RawToken {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for TokenPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawToken { id } = raw(parts, state).await.map_err(|_| no_such("token"))?;
        id.parse().map(Self).map_err(|_| no_such("token"))
    }
}

/// The session of the path.
pub(crate) struct SessionPath(pub(crate) SessionId);

#[derive(Deserialize)]
struct RawSession {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for SessionPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawSession { id } = raw(parts, state).await.map_err(|_| no_such("session"))?;
        id.parse().map(Self).map_err(|_| no_such("session"))
    }
}

/// The request of the path.
pub(crate) struct RequestPath(pub(crate) RequestId);

#[derive(Deserialize)]
struct RawRequest {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for RequestPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawRequest { id } = raw(parts, state).await.map_err(|_| no_such("request"))?;
        id.parse().map(Self).map_err(|_| no_such("request"))
    }
}

/// The webhook of the path.
pub(crate) struct WebhookPath(pub(crate) WebhookName);

#[derive(Deserialize)]
struct RawWebhook {
    name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for WebhookPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawWebhook { name } = raw(parts, state).await.map_err(|_| no_such("webhook"))?;
        name.parse().map(Self).map_err(|_| no_such("webhook"))
    }
}

/// The delivery of the path.
pub(crate) struct DeliveryPath(pub(crate) DeliveryId);

#[derive(Deserialize)]
struct RawDelivery {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for DeliveryPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawDelivery { id } = raw(parts, state).await.map_err(|_| no_such("delivery"))?;
        id.parse().map(Self).map_err(|_| no_such("delivery"))
    }
}

/// The person of the path.
pub(crate) struct PersonPath(pub(crate) PersonName);

#[derive(Deserialize)]
struct RawPerson {
    person: String,
}

impl<S: Send + Sync> FromRequestParts<S> for PersonPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawPerson { person } = raw(parts, state).await.map_err(|_| no_such("person"))?;
        person.parse().map(Self).map_err(|_| no_such("person"))
    }
}

/// The team of the path.
pub(crate) struct TeamPath(pub(crate) TeamName);

#[derive(Deserialize)]
struct RawTeam {
    team: String,
}

impl<S: Send + Sync> FromRequestParts<S> for TeamPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let RawTeam { team } = raw(parts, state).await.map_err(|_| no_such("team"))?;
        team.parse().map(Self).map_err(|_| no_such("team"))
    }
}

async fn raw<T: DeserializeOwned + Send, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<T, PathRejection> {
    Path::<T>::from_request_parts(parts, state).await.map(|Path(raw)| raw)
}

fn no_such(what: &str) -> Refusal {
    Refusal::new(ProblemKind::NotFound, format!("There is no such {what}."))
}

pub(super) fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::new(ProblemKind::Invalid, detail)
}
