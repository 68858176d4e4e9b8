use super::problem::Refusal;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use klamm_model::ProblemKind;

/// Larger than any form, manifest or list of ids; small enough that many at once do no harm.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// Refuses large bodies by what they announce, and cuts those off that announce nothing.
pub(crate) async fn body(request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return too_large().into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, MAX_BODY)))).await
}

pub(crate) fn too_large() -> Refusal {
    Refusal::new(ProblemKind::TooLarge, format!("The body is larger than {MAX_BODY} bytes."))
}
