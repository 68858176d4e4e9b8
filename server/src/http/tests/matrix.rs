//! Every route for every kind of caller. A route that is missing here fails, and so does one that lets in somebody new.

use super::{Ask, Bench, ORIGIN, Visitor, ask};
use crate::http::edge::Edge;
use crate::http::{
    api, door, findings, guard, messages, operations, pages, people, requests, sessions, team_tokens, teams, tokens,
    webhooks,
};
use klamm_model::{PersonName, Scope};
use klamm_portal::Asker;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

/// Who asks, in the order of the columns.
enum Caller {
    Nobody,
    Session(Visitor),
    Token(String),
}

impl Caller {
    fn dress(&self, request: Ask) -> Ask {
        match self {
            Self::Nobody => request.origin(ORIGIN),
            Self::Session(visitor) => request.change_of(visitor),
            Self::Token(token) => request.bearer(token),
        }
    }
}

async fn callers(bench: &Bench) -> Vec<(&'static str, Caller)> {
    let day = Duration::from_hours(24);
    let read_token = bench.token("dev", &[Scope::Read], day).await.1;
    let write_token = bench.token("dev", &[Scope::Write], day).await.1;
    let (revoked_id, revoked) = bench.token("dev", &[Scope::Read], day).await;
    bench.portal.revoke_token(Asker::Console, &revoked_id, None).await.unwrap();
    let gone = bench.sign_in("gone").await;
    bench.portal.disable_user(Asker::Console, &PersonName::new("gone").unwrap()).await.unwrap();
    let out = bench.sign_in("dev").await;
    let answer = bench.send(ask("DELETE", "/api/v1/session").change_of(&out)).await;
    assert_eq!(answer.status, 204);
    vec![
        ("nobody", Caller::Nobody),
        ("dev", Caller::Session(bench.sign_in("dev").await)),
        ("lead", Caller::Session(bench.sign_in("lead").await)),
        ("operator", Caller::Session(bench.sign_in("operator").await)),
        ("signed-out", Caller::Session(out)),
        ("disabled", Caller::Session(gone)),
        ("read-token", Caller::Token(read_token)),
        ("write-token", Caller::Token(write_token)),
        ("revoked-token", Caller::Token(revoked)),
        ("made-up-token", Caller::Token("klamm_made-up".to_owned())),
    ]
}

/// A change with all that it needs, so that it is refused for who asks and not for how. The form of a token carries an id,
/// which is used once: of those who send it here, the first makes a token.
fn whole(request: Ask, path: &str) -> Ask {
    match path {
        "/api/v1/tokens" | "/api/v1/teams/{team}/tokens" => {
            request.json(r#"{"label":"matrix","scopes":["read"],"expiresInSeconds":60}"#)
        }
        "/api/v1/policies/try" => {
            request.json(r#"{"kind":"accessGrant","cluster":{"namespace":"kafka","name":"demo"},"team":"payments"}"#)
        }
        "/api/v1/clusters/{namespace}/{name}/plans" => request.json(r#"{"kind":"restart"}"#),
        "/api/v1/requests" => request.json(
            r#"{"kind":"topicCreate","cluster":"kafka/demo","team":"payments","spec":{"topicName":"payments.matrix"}}"#,
        ),
        "/api/v1/requests/{id}" => request.json(r#"{"spec":{"topicName":"payments.matrix"}}"#),
        "/api/v1/requests/{id}/approve" => request.json(format!(r#"{{"hash":"{}"}}"#, "0".repeat(64))),
        "/api/v1/requests/{id}/decline" => request.json(r#"{"reason":"no"}"#),
        "/api/v1/requests/{id}/comments" => request.json(r#"{"text":"hm"}"#),
        "/api/v1/people" => request.json(r#"{"name":"team@no"}"#),
        "/api/v1/people/{person}" => request.json(r#"{"roles":[]}"#),
        "/api/v1/people/{person}/password" | "/api/v1/clusters/{namespace}/{name}/topics/{topic}/messages" => {
            request.json("{}")
        }
        "/api/v1/teams" => request.json(r#"{"name":"payments"}"#),
        "/api/v1/teams/{team}/members/{person}" if request.0.method() == "PUT" => request.json(r#"{"role":"member"}"#),
        "/tokens" => request.form("id=tok_01kb4xyz0123456789abcdefgh&label=matrix&access=read&days=1"),
        "/requests" => request.form("kind=topicCreate&cluster=kafka/demo&team=payments&topic=payments.matrix"),
        "/approvals" => request.form("verdict=approve"),
        "/requests/{id}/decide" => request.form(format!("verdict=approve&hash={}", "0".repeat(64))),
        "/requests/{id}/cancel"
        | "/credentials/{id}"
        | "/clusters/{namespace}/{name}/topics/{topic}/messages"
        | "/people"
        | "/people/{person}/disable"
        | "/people/{person}/sessions"
        | "/sessions"
        | "/teams"
        | "/teams/{team}/add"
        | "/teams/{team}/members"
        | "/teams/{team}/remove"
        | "/teams/{team}/tokens/end"
        | "/clusters/{namespace}/{name}/operations/{operation}/pause" => request.form("x=y"),
        "/api/v1/clusters/{namespace}/{name}/findings/{id}/acknowledge" => {
            request.json(r#"{"reason":"known","hours":1}"#)
        }
        "/clusters/{namespace}/{name}/findings/acknowledge" => request.form("take=1&reason=known&hours=1"),
        "/clusters/{namespace}/{name}/findings/take-back" => request.form("back=1"),
        "/webhooks/test" => request.form("webhook=tickets"),
        "/webhooks/retry" => request.form("take=dlv_00000000000000000000000000"),
        "/tokens/end" => request.form("id=tok_00000000000000000000000000"),
        _ => request,
    }
}

fn filled(path: &str) -> String {
    let query = if path.ends_with("/series") || path.ends_with("/series.csv") { "?metric=messages_in" } else { "" };
    let path = path
        .replace("/tokens/{id}", "/tokens/tok_00000000000000000000000000")
        .replace("/sessions/{id}", "/sessions/ses_00000000000000000000000000")
        .replace("/requests/{id}", "/requests/req_00000000000000000000000000")
        .replace("/deliveries/{id}", "/deliveries/dlv_00000000000000000000000000")
        .replace("{namespace}", "kafka")
        .replace("{name}", "demo")
        .replace("{topic}", "sample-topic")
        .replace("{person}", "nobody")
        .replace("/teams/{team}/members", "/teams/ghosts/members")
        .replace("{team}", "payments")
        .replace("{id}", "1")
        .replace("{operation}", "upgrade-421")
        .replace("{group}", "%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    path + query
}

/// As it was last reviewed.
const REVIEWED: &str = "\
GET /api/v1/me: 401 200 200 200 401 401 200 200 401 401
GET /api/v1/clusters: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/brokers: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/brokers/{id}: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/disks: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/placement: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/clients: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/targets: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/topics: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/topics/{topic}: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/topics/{topic}/config: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/topics/{topic}/access: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/topics/{topic}/manifest: 401 200 200 200 401 401 200 403 401 401
POST /api/v1/clusters/{namespace}/{name}/topics/{topic}/messages: 401 404 404 404 401 401 403 403 401 401
GET /api/v1/clusters/{namespace}/{name}/groups: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/groups/{group}: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/series: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/series.csv: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/findings: 401 200 200 200 401 401 200 403 401 401
POST /api/v1/clusters/{namespace}/{name}/findings/{id}/acknowledge: 401 403 403 404 401 401 403 403 401 401
DELETE /api/v1/clusters/{namespace}/{name}/findings/{id}/acknowledge: 401 403 403 404 401 401 403 403 401 401
GET /api/v1/clusters/{namespace}/{name}/operations: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/clusters/{namespace}/{name}/operations/{operation}: 401 200 200 200 401 401 200 403 401 401
POST /api/v1/clusters/{namespace}/{name}/operations/{operation}/pause: 401 403 403 503 401 401 403 403 401 401
POST /api/v1/clusters/{namespace}/{name}/operations/{operation}/resume: 401 403 403 200 401 401 403 403 401 401
POST /api/v1/clusters/{namespace}/{name}/operations/{operation}/cancel: 401 403 403 503 401 401 403 403 401 401
POST /api/v1/clusters/{namespace}/{name}/plans: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/topics: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/topics/{topic}: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/search: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/policies: 401 200 200 200 401 401 200 403 401 401
POST /api/v1/policies/try: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/requests: 401 200 200 200 401 401 200 403 401 401
POST /api/v1/requests: 401 422 422 422 401 401 403 403 401 401
GET /api/v1/requests/{id}: 401 404 404 404 401 401 404 404 401 401
PUT /api/v1/requests/{id}: 401 404 404 404 401 401 404 404 401 401
GET /api/v1/requests/{id}/manifest: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/requests/{id}/submit: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/requests/{id}/approve: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/requests/{id}/decline: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/requests/{id}/cancel: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/requests/{id}/retry: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/requests/{id}/comments: 401 404 404 404 401 401 404 404 401 401
GET /api/v1/credentials: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/credentials/{id}: 401 404 404 404 401 401 404 404 401 401
GET /api/v1/credentials/{id}/uses: 401 404 404 404 401 401 404 404 401 401
POST /api/v1/credentials/{id}/reveal: 401 404 404 404 401 401 404 404 401 401
GET /api/v1/people: 401 403 403 200 401 401 403 403 401 401
POST /api/v1/people: 401 403 403 422 401 401 403 403 401 401
GET /api/v1/people/{person}: 401 404 404 404 401 401 404 404 401 401
PATCH /api/v1/people/{person}: 401 403 403 404 401 401 403 403 401 401
POST /api/v1/people/{person}/password: 401 403 403 404 401 401 403 403 401 401
GET /api/v1/people/{person}/sessions: 401 404 404 200 401 401 403 403 401 401
DELETE /api/v1/people/{person}/sessions: 401 403 403 204 401 401 403 403 401 401
GET /api/v1/sessions: 401 200 200 200 401 401 403 403 401 401
DELETE /api/v1/sessions: 401 204 204 204 401 401 403 403 401 401
DELETE /api/v1/sessions/{id}: 401 404 404 404 401 401 403 403 401 401
GET /api/v1/teams: 401 200 200 200 401 401 200 403 401 401
POST /api/v1/teams: 401 403 403 409 401 401 403 403 401 401
GET /api/v1/teams/{team}: 401 200 200 200 401 401 200 403 401 401
DELETE /api/v1/teams/{team}: 401 403 403 409 401 401 403 403 401 401
GET /api/v1/teams/{team}/tokens: 401 200 200 200 401 401 403 403 401 401
POST /api/v1/teams/{team}/tokens: 401 403 201 201 401 401 403 403 401 401
PUT /api/v1/teams/{team}/members/{person}: 401 403 403 404 401 401 403 403 401 401
DELETE /api/v1/teams/{team}/members/{person}: 401 403 403 404 401 401 403 403 401 401
GET /api/v1/audit: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/audit/export.csv: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/audit/export.jsonl: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/webhooks: 401 403 403 200 401 401 403 403 401 401
GET /api/v1/webhooks/deliveries: 401 403 403 200 401 401 403 403 401 401
POST /api/v1/webhooks/deliveries/{id}/retry: 401 403 403 404 401 401 403 403 401 401
POST /api/v1/webhooks/{name}/test: 401 403 403 404 401 401 403 403 401 401
GET /api/v1/tokens: 401 200 200 200 401 401 403 403 401 401
POST /api/v1/tokens: 401 201 201 201 401 401 403 403 401 401
DELETE /api/v1/tokens/{id}: 401 404 404 404 401 401 403 403 401 401
GET /api/v1/events: 401 200 200 200 401 401 200 403 401 401
GET /api/v1/openapi.json: 401 200 200 200 401 401 200 200 401 401
GET /login: 200 303 303 303 200 200 200 200 200 200
GET /: 303 200 200 200 303 303 303 303 303 303
GET /clusters: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/brokers: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/brokers/{id}: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/disks: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/placement: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/clients: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/targets: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/findings: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/operations: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/operations/{operation}: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/topics: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/topics/{topic}: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/topics/{topic}/messages: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/groups: 303 200 200 200 303 303 303 303 303 303
GET /clusters/{namespace}/{name}/groups/{group}: 303 200 200 200 303 303 303 303 303 303
GET /topics: 303 200 200 200 303 303 303 303 303 303
GET /topics/{name}: 303 404 404 404 303 303 303 303 303 303
GET /groups: 303 200 200 200 303 303 303 303 303 303
GET /policies: 303 200 200 200 303 303 303 303 303 303
GET /search: 303 200 200 200 303 303 303 303 303 303
GET /tokens: 303 200 200 200 303 303 303 303 303 303
GET /requests: 303 200 200 200 303 303 303 303 303 303
GET /requests/{id}: 303 404 404 404 303 303 303 303 303 303
GET /approvals: 303 200 200 200 303 303 303 303 303 303
GET /credentials: 303 200 200 200 303 303 303 303 303 303
GET /credentials/{id}: 303 404 404 404 303 303 303 303 303 303
GET /people: 303 403 403 200 303 303 303 303 303 303
GET /people/{person}: 303 404 404 404 303 303 303 303 303 303
GET /sessions: 303 200 200 200 303 303 303 303 303 303
GET /teams: 303 200 200 200 303 303 303 303 303 303
GET /teams/{team}: 303 200 200 200 303 303 303 303 303 303
GET /audit: 303 200 200 200 303 303 303 303 303 303
GET /webhooks: 303 403 403 200 303 303 303 303 303 303
POST /tokens: 401 200 303 303 401 401 401 401 401 401
POST /tokens/end: 401 303 303 303 401 401 401 401 401 401
POST /requests: 401 303 303 303 401 401 401 401 401 401
POST /approvals: 401 303 303 303 401 401 401 401 401 401
POST /requests/{id}/decide: 401 303 303 303 401 401 401 401 401 401
POST /requests/{id}/cancel: 401 303 303 303 401 401 401 401 401 401
POST /people: 401 303 303 303 401 401 401 401 401 401
POST /people/{person}/disable: 401 303 303 303 401 401 401 401 401 401
POST /teams: 401 303 303 303 401 401 401 401 401 401
POST /teams/{team}/add: 401 303 303 303 401 401 401 401 401 401
POST /teams/{team}/members: 401 303 303 303 401 401 401 401 401 401
POST /teams/{team}/remove: 401 303 303 303 401 401 401 401 401 401
POST /people/{person}/sessions: 401 303 303 303 401 401 401 401 401 401
POST /sessions: 401 303 303 303 401 401 401 401 401 401
POST /teams/{team}/tokens: 401 303 303 303 401 401 401 401 401 401
POST /teams/{team}/tokens/end: 401 303 303 303 401 401 401 401 401 401
POST /credentials/{id}: 401 303 303 303 401 401 401 401 401 401
POST /clusters/{namespace}/{name}/topics/{topic}/messages: 401 200 200 200 401 401 401 401 401 401
POST /webhooks/test: 401 303 303 303 401 401 401 401 401 401
POST /webhooks/retry: 401 303 303 303 401 401 401 401 401 401
POST /clusters/{namespace}/{name}/findings/acknowledge: 401 303 303 303 401 401 401 401 401 401
POST /clusters/{namespace}/{name}/findings/take-back: 401 303 303 303 401 401 401 401 401 401
POST /clusters/{namespace}/{name}/operations/{operation}/pause: 401 303 303 303 401 401 401 401 401 401
GET /no/such/page: 303 404 404 404 303 303 303 303 303 303
GET /api/v1/no-such: 401 404 404 404 401 401 404 404 401 401
GET /secret.txt: 303 404 404 404 303 303 303 303 303 303
";

/// Reading routes and pages: asked by everybody. The routes that change sessions have tests of their own in `door`.
#[tokio::test]
async fn the_matrix_is_the_reviewed_one() {
    let bench = Bench::with_people().await;
    bench.add("gone", &[], None).await;
    let callers = callers(&bench).await;
    let pages = pages_listed(&bench);
    let mut routes: Vec<(&str, String)> =
        api::routes().listed.iter().map(|route| (route.method, route.path.to_owned())).collect();
    routes.extend(pages.iter().map(|path| ("GET", path.clone())));
    let forms = ["/tokens", "/tokens/end", "/requests", "/approvals", "/requests/{id}/decide", "/requests/{id}/cancel"];
    routes.extend(forms.map(|path| ("POST", path.to_owned())));
    let forms = ["/people", "/people/{person}/disable", "/teams", "/teams/{team}/add", "/teams/{team}/members"];
    routes.extend(forms.map(|path| ("POST", path.to_owned())));
    let forms = [
        "/teams/{team}/remove",
        "/people/{person}/sessions",
        "/sessions",
        "/teams/{team}/tokens",
        "/teams/{team}/tokens/end",
    ];
    routes.extend(forms.map(|path| ("POST", path.to_owned())));
    let forms = ["/credentials/{id}", "/clusters/{namespace}/{name}/topics/{topic}/messages"];
    routes.extend(forms.map(|path| ("POST", path.to_owned())));
    let forms = ["/webhooks/test", "/webhooks/retry", "/clusters/{namespace}/{name}/findings/acknowledge"];
    routes.extend(forms.map(|path| ("POST", path.to_owned())));
    let forms = [
        "/clusters/{namespace}/{name}/findings/take-back",
        "/clusters/{namespace}/{name}/operations/{operation}/pause",
    ];
    routes.extend(forms.map(|path| ("POST", path.to_owned())));
    routes.extend(
        [("GET", "/no/such/page"), ("GET", "/api/v1/no-such"), ("GET", "/secret.txt")].map(|(m, p)| (m, p.to_owned())),
    );
    routes.retain(|(_, path)| path != "/api/v1/session");

    let mut table = String::new();
    for (method, path) in &routes {
        // Tokens that are none are few a minute from one address; tokens and sessions of the matrix outlive it.
        bench.ahead_seconds.fetch_add(60, std::sync::atomic::Ordering::Relaxed);
        write!(table, "{method} {path}:").unwrap();
        for (_, caller) in &callers {
            // The head is enough: a stream of events has no end.
            let request = caller.dress(ask(method, &filled(path)));
            let request = if ["POST", "PUT", "PATCH"].contains(method) { whole(request, path) } else { request };
            let response = bench.response(request).await;
            write!(table, " {}", response.status().as_u16()).unwrap();
        }
        table.push('\n');
    }
    let names: Vec<&str> = callers.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names.join(" "),
        "nobody dev lead operator signed-out disabled read-token write-token revoked-token made-up-token"
    );
    assert_eq!(table, REVIEWED, "the matrix changed; review it and put it here:\n{table}");
}

/// Server functions are public endpoints: each is asked by somebody without a name.
#[tokio::test]
async fn server_functions_need_a_session_and_only_read() {
    let bench = Bench::with_people().await;
    let functions: BTreeSet<(String, String)> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, method)| (method.to_string(), path.to_owned()))
        .collect();
    assert!(functions.len() >= 3, "{functions:?}");
    for (method, path) in functions {
        assert_eq!(method, "GET", "{path} changes something: put it into the matrix with its CSRF cases");
        let answer = bench.send(ask(&method, &path)).await;
        let open = guard::OPEN.contains(&(method.as_str(), path.as_str()));
        assert_eq!(answer.status, if open { 200 } else { 401 }, "{path}");
        let token = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await.1;
        let answer = bench.send(ask(&method, &path).bearer(&token)).await;
        assert_eq!(answer.status, if open { 200 } else { 401 }, "{path}: tokens are for /api/v1 only");
    }
}

/// Whoever has no name gets at these and nothing else.
#[test]
fn what_is_open_to_everybody_is_pinned() {
    assert_eq!(
        guard::OPEN,
        [("GET", "/login"), ("POST", "/login"), ("GET", "/api/fn/sign-in-form"), ("POST", "/api/v1/session")]
    );
    // The door has two routes beside, the page of tokens two forms, those about requests five, about people three, about teams
    // four, about their tokens two, about sessions one, about webhooks two, about messages one, about findings two, and about
    // operations one; another would need a look.
    let _: [axum::Router<Edge>; 11] = [
        door::routes(),
        tokens::routes(),
        requests::routes(),
        people::routes(),
        teams::routes(),
        team_tokens::routes(),
        sessions::routes(),
        webhooks::routes(),
        messages::routes(),
        findings::routes(),
        operations::routes(),
    ];
}

fn pages_listed(bench: &Bench) -> Vec<String> {
    let options = crate::http::edge::EdgeOptions {
        site: bench.folder.path().join("site"),
        trusted_proxies: Vec::new(),
        public_origin: None,
        cookie: "klamm".to_owned(),
        heartbeat: Duration::from_secs(1),
    };
    let edge = Edge::new(options, bench.portal.clone(), bench.store.clone(), bench.stop.clone());
    pages::routes(&edge).listed
}
