//! The real router over a fresh database and an inventory built by hand.

mod api;
mod away;
mod conditional;
mod credentials;
mod door;
mod estate;
mod events;
mod findings;
mod forms;
mod groups;
mod hostile;
mod links;
mod matrix;
mod messages;
mod openapi;
mod operations;
mod pages;
mod people;
mod proxy;
mod repeats;
mod requests;
mod resets;
mod search;
mod series;
mod sessions;
mod team_tokens;
mod tokens;
mod topics;
mod webhooks;
mod wire;

use super::edge::{Edge, EdgeOptions};
use super::{Site, assemble};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use estate::Estate;
use klamm_model::{PersonName, Role, Scope, TeamName, TokenId, UnixMillis};
use klamm_portal::{Asker, Clock, NewUser, Password, Portal, TokenRequest};
use klamm_store::{Store, TeamRole};
use klamm_testkit::TestDatabase;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const HOST: &str = "127.0.0.1:3000";
const ORIGIN: &str = "http://127.0.0.1:3000";
const PASSWORD: &str = "a password for tests";

/// Klamm's HTTP edge, and what tests turn.
struct Bench {
    pages: Router,
    metrics: Router,
    portal: Arc<Portal>,
    store: Store,
    estate: Arc<Estate>,
    stop: CancellationToken,
    /// How far the portal's clock is ahead of the machine's.
    ahead_seconds: Arc<AtomicI64>,
    peer: SocketAddr,
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut EdgeOptions)) -> Self {
        let database = TestDatabase::fresh().unwrap();
        let store = Store::open(&database.url().parse().unwrap()).await.unwrap();
        Self::over(database, store, change)
    }

    /// As good as unwilling to wait for somebody else who writes to the database.
    async fn impatient() -> Self {
        let database = TestDatabase::fresh().unwrap();
        let store = Store::open_with(&database.url().parse().unwrap(), Duration::from_millis(1)).await.unwrap();
        let bench = Self::over(database, store, |_| {});
        bench.add("dev", &[], Some(TeamRole::Member)).await;
        bench
    }

    fn over(database: TestDatabase, store: Store, change: impl FnOnce(&mut EdgeOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let estate = Arc::new(Estate::demo());
        let ahead_seconds = Arc::new(AtomicI64::new(0));
        let ahead = Arc::clone(&ahead_seconds);
        let clock = Clock::from_fn(move || {
            let now = jiff::Timestamp::now().as_millisecond();
            UnixMillis(now + ahead.load(Ordering::Relaxed) * 1000)
        });
        let portal = Portal::new(store.clone(), Arc::clone(&estate) as Arc<_>, clock);
        let mut options = EdgeOptions {
            site: folder.path().join("site"),
            trusted_proxies: Vec::new(),
            public_origin: None,
            cookie: "klamm-3000".to_owned(),
            heartbeat: Duration::from_millis(50),
        };
        change(&mut options);
        lay_out(&options.site);
        let stop = CancellationToken::new();
        let Site { pages, metrics } =
            assemble(Edge::new(options, Arc::clone(&portal), store.clone(), stop.clone()), None);
        let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        Self { pages, metrics, portal, store, estate, stop, ahead_seconds, peer, database, folder }
    }

    /// With the people of the demo: `dev` and `lead` of payments, and `operator`.
    async fn with_people() -> Self {
        let bench = Self::new().await;
        bench.add("dev", &[], Some(TeamRole::Member)).await;
        bench.add("lead", &[], Some(TeamRole::Approver)).await;
        bench.add("operator", &[Role::Operator], None).await;
        bench
    }

    async fn add(&self, name: &str, roles: &[Role], payments: Option<TeamRole>) {
        let name = PersonName::new(name).unwrap();
        let team = TeamName::new("payments").unwrap();
        let user = NewUser {
            name: name.clone(),
            password: Password::new(PASSWORD.to_owned()),
            roles: roles.iter().copied().collect(),
        };
        self.portal.add_user(Asker::Console, user).await.unwrap();
        if let Some(role) = payments {
            if !self.portal.teams(Asker::Console).await.unwrap().contains(&team) {
                self.portal.add_team(Asker::Console, &team).await.unwrap();
            }
            self.portal.set_team_member(Asker::Console, &team, &name, role).await.unwrap();
        }
    }

    /// A token with its id.
    async fn token(&self, person: &str, scopes: &[Scope], lives: Duration) -> (TokenId, String) {
        let request = TokenRequest {
            person: PersonName::new(person).unwrap(),
            label: "tests".to_owned(),
            scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
            lives,
        };
        let issued = self.portal.create_token(Asker::Console, request, None).await.unwrap();
        (issued.view.id.clone(), issued.expose().to_owned())
    }

    async fn send(&self, ask: Ask) -> Answer {
        let response = self.response(ask).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn response(&self, ask: Ask) -> axum::response::Response {
        let mut request = ask.0;
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.pages.clone().oneshot(request).await.unwrap()
    }

    /// Signs in by the API, as a browser would.
    async fn sign_in(&self, name: &str) -> Visitor {
        let body = serde_json::json!({"username": name, "password": PASSWORD}).to_string();
        let answer = self.send(post("/api/v1/session").origin(ORIGIN).json(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let csrf = answer.json()["csrfToken"].as_str().unwrap().to_owned();
        Visitor { cookie: answer.cookie().unwrap(), csrf }
    }
}

/// The files that a build leaves.
fn lay_out(site: &Path) {
    for folder in ["pkg", "fonts"] {
        std::fs::create_dir_all(site.join(folder)).unwrap();
    }
    for (name, text) in [
        ("pkg/klamm.0123456789abcdefghijkl.js", "script"),
        ("pkg/klamm.0123456789abcdefghijkl.js.br", "brotli"),
        ("pkg/klamm.css", "style"),
        ("fonts/inter-latin.woff2", "font"),
        ("favicon.svg", "<svg/>"),
        ("secret.txt", "not for serving"),
    ] {
        std::fs::write(site.join(name), text).unwrap();
    }
}

/// Somebody with a session.
#[derive(Clone)]
struct Visitor {
    cookie: String,
    csrf: String,
}

/// A request in the making.
struct Ask(Request<Body>);

fn ask(method: &str, path: &str) -> Ask {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    Ask(Request::builder().method(method).uri(path).header(header::HOST, HOST).body(Body::empty()).unwrap())
}

fn get(path: &str) -> Ask {
    ask("GET", path)
}

fn post(path: &str) -> Ask {
    ask("POST", path)
}

impl Ask {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    fn origin(self, origin: &str) -> Self {
        self.header("origin", origin)
    }

    fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the cookie only, as when reading.
    fn of(self, visitor: &Visitor) -> Self {
        self.cookie(&visitor.cookie)
    }

    /// With everything that a change needs.
    fn change_of(self, visitor: &Visitor) -> Self {
        self.of(visitor).origin(ORIGIN).header("x-csrf-token", &visitor.csrf)
    }

    fn body(mut self, kind: &str, body: impl Into<Body>) -> Self {
        *self.0.body_mut() = body.into();
        self.header("content-type", kind)
    }

    fn json(self, body: impl Into<Body>) -> Self {
        self.body("application/json", body)
    }

    fn form(self, body: impl Into<Body>) -> Self {
        self.body("application/x-www-form-urlencoded", body)
    }
}

/// A response, read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// `name=value` of the cookie that is set.
    fn cookie(&self) -> Option<String> {
        let cookie = self.headers.get(header::SET_COOKIE)?.to_str().unwrap();
        cookie.split(';').next().map(str::to_owned)
    }

    /// Asserts a refusal in the one form they have, and gives its kind.
    fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.body);
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        let kind = json["kind"].as_str().unwrap().to_owned();
        assert_eq!(json["type"], format!("urn:klamm:problem:{kind}"));
        let read: klamm_model::Problem = serde_json::from_str(&self.body).unwrap();
        assert!(!read.detail.is_empty());
        kind
    }
}
