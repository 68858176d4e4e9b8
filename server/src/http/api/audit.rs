use super::input::Params;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::StreamExt;
use klamm_model::{Actor, AuditRequest, AuditView, Page};
use klamm_portal::ExportFormat;

pub(super) async fn page(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<AuditRequest>,
) -> Result<Json<Page<AuditView>>, Refusal> {
    Ok(Json(edge.portal.audit_page(&actor, &request).await?))
}

pub(super) async fn csv(
    edge: State<Edge>,
    actor: Extension<Actor>,
    request: Params<AuditRequest>,
) -> Result<Response, Refusal> {
    export(edge, actor, request, ExportFormat::Csv)
}

pub(super) async fn json_lines(
    edge: State<Edge>,
    actor: Extension<Actor>,
    request: Params<AuditRequest>,
) -> Result<Response, Refusal> {
    export(edge, actor, request, ExportFormat::JsonLines)
}

fn export(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<AuditRequest>,
    format: ExportFormat,
) -> Result<Response, Refusal> {
    let (kind, name) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        ExportFormat::JsonLines => ("application/jsonl", "attachment; filename=\"audit.jsonl\""),
    };
    let pieces = edge.portal.audit_export(&actor, &request, format)?;
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pieces.map(|piece| piece.map_err(std::io::Error::other)))).into_response())
}
