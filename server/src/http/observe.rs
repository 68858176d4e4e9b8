use super::client::Client;
use super::edge::Edge;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

/// Gives the request an id, a span and a place in the metrics. Neither query nor headers are written down: they may hold
/// what nobody should read.
pub(crate) async fn request(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request
        .extensions()
        .get::<Client>()
        .and_then(|client| client.request_id.clone())
        .unwrap_or_else(|| klamm_store::new_id("req", edge.portal.now()));
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = %method,
        http.path = request.uri().path(),
        actor = tracing::field::Empty,
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, elapsed) = (response.status(), began.elapsed());
    span.in_scope(|| tracing::debug!(http.status = status.as_u16(), elapsed_ms = elapsed.as_millis(), "answered"));
    edge.metrics.count(&method, route.as_deref(), status, elapsed);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
