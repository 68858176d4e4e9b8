//! Where a request comes from. Headers of proxies count only when a trusted proxy sent them.

use super::edge::{Edge, EdgeOptions};
use super::exposure::SiteOrigin;
use super::problem::Refusal;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use klamm_model::{Problem, ProblemKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The other end of a request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The address of whoever asks, behind trusted proxies.
    pub(crate) address: IpAddr,
    /// The origin that pages of this site have, for this client.
    pub(crate) origin: Option<SiteOrigin>,
    /// The request id that a trusted proxy gave.
    pub(crate) request_id: Option<String>,
    /// How the browser or program calls itself.
    pub(crate) agent: Option<String>,
}

/// More of what a browser calls itself says nothing.
const LONGEST_AGENT: usize = 200;

/// Puts the [`Client`] beside the request. Where a proxy is meant to stand in front, nobody gets past it.
pub(crate) async fn recognise(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical());
    let options = &edge.options;
    if options.is_secure() && !options.trusted_proxies.contains(&peer) && !peer.is_loopback() {
        let detail = "This address is for the proxy in front of Klamm only. Use the public one.";
        return Refusal(Problem::new(ProblemKind::Forbidden, detail)).into_response();
    }
    let host = request.uri().authority().map(ToString::to_string);
    let client = Client::of(options, peer, request.headers(), host);
    request.extensions_mut().insert(client);
    next.run(request).await
}

impl Client {
    fn of(options: &EdgeOptions, peer: IpAddr, headers: &HeaderMap, authority: Option<String>) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is_proxied = options.trusted_proxies.contains(&peer);
        let address = if is_proxied { forwarded_for(options, headers).unwrap_or(peer) } else { peer };
        let origin = match &options.public_origin {
            Some(origin) => Some(origin.clone()),
            None => text(header::HOST.as_str())
                .map(str::to_owned)
                .or(authority)
                .and_then(|host| SiteOrigin::of_parts("http", &host)),
        };
        let request_id = text("x-request-id").filter(|id| is_proxied && is_tame(id)).map(str::to_owned);
        let agent = text(header::USER_AGENT.as_str()).map(|agent| agent.chars().take(LONGEST_AGENT).collect());
        Self { address, origin, request_id, agent }
    }
}

/// The last address that no trusted proxy has: everything before it could be made up by whoever has it.
fn forwarded_for(options: &EdgeOptions, headers: &HeaderMap) -> Option<IpAddr> {
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    hops.into_iter()
        .rev()
        .map_while(|hop| hop.parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .find(|address| !options.trusted_proxies.contains(address))
}

fn is_tame(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
