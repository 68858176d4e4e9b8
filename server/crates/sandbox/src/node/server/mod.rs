//! The kubelet's own HTTPS server, for what the API server passes on: `kubectl logs`. Callers show a certificate of the
//! cluster's client authority.

mod read;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;
use tower::ServiceExt as _;

use super::layout::Layout;
use super::{NodeConfig, NodeError};

const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(200);

/// Listens; serves for as long as the handle lives.
pub(super) async fn serve(config: &NodeConfig, layout: Layout) -> Result<AbortOnDropHandle<()>, NodeError> {
    let acceptor = acceptor(config).map_err(|reason| NodeError::Certificates { node: config.name.clone(), reason })?;
    let (address, port) = (config.address, config.kubelet_port);
    let listener = TcpListener::bind((address, port)).await;
    let listener = listener.map_err(|source| NodeError::Listen { node: config.name.clone(), address, port, source })?;
    let router = router(layout.all_logs());
    Ok(AbortOnDropHandle::new(tokio::spawn(accept(listener, acceptor, router))))
}

fn acceptor(config: &NodeConfig) -> Result<TlsAcceptor, String> {
    let certificates = |pem: &str| {
        let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        parsed.map_err(|error| error.to_string())
    };
    let mut authorities = RootCertStore::empty();
    for authority in certificates(&config.client_ca_pem)? {
        authorities.add(authority).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let callers = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider.clone());
    let callers = callers.build().map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(config.serving_key_pem.as_bytes()).map_err(|error| error.to_string())?;
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?.with_client_cert_verifier(callers);
    let server =
        builder.with_single_cert(certificates(&config.serving_cert_pem)?, key).map_err(|error| error.to_string())?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, router: Router) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let stream = match stream {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "the kubelet's server cannot take a connection");
                sleep(AFTER_ACCEPT_ERROR).await;
                continue;
            }
        };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        connections.spawn(async move {
            let stream = match timeout(HANDSHAKE_PATIENCE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(%error, "a caller of the kubelet's server was refused"),
                Err(_) => return,
            };
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                router.clone().oneshot(request.map(Body::new))
            });
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                tracing::trace!(%error, "a connection of the kubelet's server");
            }
        });
    }
}

fn router(logs: PathBuf) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/containerLogs/{namespace}/{pod}/{container}", get(container_logs))
        .route("/exec/{*rest}", any(not_here))
        .route("/attach/{*rest}", any(not_here))
        .route("/run/{*rest}", any(not_here))
        .route("/portForward/{*rest}", any(not_here))
        .with_state(Arc::new(logs))
}

async fn not_here() -> Response {
    let message = "the sandbox's nodes know no exec, attach and port-forward: pods are local processes, reach them at their pod IP";
    (StatusCode::NOT_IMPLEMENTED, message).into_response()
}

/// The options of `kubectl logs`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogOptions {
    follow: Option<String>,
    previous: Option<String>,
    timestamps: Option<String>,
    tail_lines: Option<usize>,
    limit_bytes: Option<usize>,
    since_seconds: Option<i64>,
    since_time: Option<jiff::Timestamp>,
}

fn is_set(option: Option<&str>) -> bool {
    matches!(option, Some("true" | "1" | ""))
}

async fn container_logs(
    State(logs): State<Arc<PathBuf>>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    Query(options): Query<LogOptions>,
) -> Response {
    let back = usize::from(is_set(options.previous.as_deref()));
    let now = jiff::Timestamp::now();
    let since_seconds =
        options.since_seconds.and_then(|seconds| now.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok());
    let wanted = read::Wanted {
        tail: options.tail_lines,
        limit: options.limit_bytes,
        since: options.since_time.or(since_seconds),
        stamps: if is_set(options.timestamps.as_deref()) { read::Stamps::Shown } else { read::Stamps::Hidden },
    };
    let found = read::find(&logs, &namespace, &pod, &container, back);
    let file = match found {
        Ok(Some(file)) => file,
        Ok(None) => {
            let why = if back == 1 { "has no previous run" } else { "has not started yet" };
            let message = format!("container \"{container}\" in pod \"{pod}\" {why}");
            return (StatusCode::BAD_REQUEST, message).into_response();
        }
        Err(error) => return unreadable(&error),
    };
    if is_set(options.follow.as_deref()) && back == 0 {
        return Body::from_stream(read::follow(file, wanted)).into_response();
    }
    match read::all(&file, &wanted) {
        Ok(text) => text.into_response(),
        Err(error) => unreadable(&error),
    }
}

fn unreadable(error: &io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("the log cannot be read: {error}")).into_response()
}
