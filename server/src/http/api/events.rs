use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::guard::Credential;
use crate::http::problem::Refusal;
use crate::http::session;
use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use klamm_model::{Actor, SectionRevision};
use klamm_store::session_id;
use std::convert::Infallible;
use std::net::IpAddr;

/// Current revisions, then every change, until the session, the token or the server ends.
pub(super) async fn stream(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Extension(credential): Extension<Credential>,
) -> Result<impl IntoResponse, Refusal> {
    let heartbeat = edge.options.heartbeat;
    let revisions = edge.portal.live(&actor)?;
    let events = events(revisions, edge, credential, client.address);
    // Proxies would otherwise hold events back until a buffer is full.
    let headers = [("x-accel-buffering", "no")];
    Ok((headers, Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat))))
}

fn events(
    revisions: impl Stream<Item = SectionRevision> + Send + 'static,
    edge: Edge,
    credential: Credential,
    from: IpAddr,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let open = edge.metrics.stream();
    revisions
        .filter_map(move |revision| {
            // Lives as long as the stream does.
            let _open = &open;
            let event = Event::default().json_data(revision);
            async move { event.ok().map(Ok) }
        })
        .take_until(Box::pin(until_over(edge, credential, from)))
}

/// Waits until whoever listens should no longer.
async fn until_over(edge: Edge, credential: Credential, from: IpAddr) {
    let signed_out = async {
        match &credential {
            Credential::Session(id, _) => edge.ended.of(session_id(id)).await,
            Credential::Token(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = edge.stop.cancelled() => {}
        () = signed_out => {}
        () = until_invalid(&edge, &credential, from) => {}
    }
}

async fn until_invalid(edge: &Edge, credential: &Credential, from: IpAddr) {
    let mut heartbeat = tokio::time::interval(edge.options.heartbeat);
    loop {
        heartbeat.tick().await;
        let is_valid = match credential {
            Credential::Session(id, _) => session::is_alive(edge, *id).await,
            Credential::Token(token) => edge.portal.actor_of_token(token, from).await.is_ok(),
        };
        if !is_valid {
            return;
        }
    }
}
