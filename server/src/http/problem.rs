use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use klamm_model::{Problem, ProblemKind};
use klamm_portal::RETRY_AFTER_SECONDS;
use serde_json::json;
use std::any::Any;

/// A [`Problem`] as `application/problem+json`. Beside what RFC 9457 names it carries `kind`, so that the model's own type
/// can read it back.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Refusal {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Problem { kind, detail } = self.0;
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({
            "type": kind.type_uri(),
            "title": kind.title(),
            "status": status.as_u16(),
            "detail": detail,
            "kind": kind,
        });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match kind {
            ProblemKind::TooManyAttempts => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
            }
            ProblemKind::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            ProblemKind::WrongCredentials
            | ProblemKind::Forbidden
            | ProblemKind::ForeignOrigin
            | ProblemKind::NotFound
            | ProblemKind::MethodNotAllowed
            | ProblemKind::Conflict
            | ProblemKind::Invalid
            | ProblemKind::TooLarge
            | ProblemKind::Unavailable
            | ProblemKind::Internal => {}
        }
        response
    }
}

/// A panic is a fault of ours: the caller learns that much, the log learns the rest.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn after_panic(payload: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    Refusal::new(ProblemKind::Internal, "Something went wrong inside Klamm. The log has more under the request id.")
        .into_response()
}
