use axum::body::Body;
use axum::http::request::Parts;
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
            | ProblemKind::Gone
            | ProblemKind::Invalid
            | ProblemKind::TooLarge
            | ProblemKind::Unavailable
            | ProblemKind::Internal => {}
        }
        response
    }
}

/// The same for whoever asked: programs get the problem, people who would see it in a browser get a page with its words.
pub(crate) fn for_asker(refusal: Refusal, asked: &Parts) -> Response {
    let wants_page = !asked.uri.path().starts_with("/api/")
        && asked.headers.get(header::ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/html"));
    if !wants_page {
        return refusal.into_response();
    }
    let Problem { kind, detail } = refusal.0.clone();
    let mut response = refusal.into_response();
    let (title, detail) = (escaped(kind.title()), escaped(&detail));
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Klamm</title></head>\
         <body><main><h1>{title}</h1><p>{detail}</p><p><a href=\"/\">To the start page</a></p></main></body></html>\n"
    );
    *response.body_mut() = Body::from(page);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
