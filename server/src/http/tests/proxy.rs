//! Behind a proxy that ends TLS.

use super::{Answer, Ask, Bench, PASSWORD, get, post};
use crate::http::exposure::SiteOrigin;
use klamm_store::AuditFilter;
use std::net::SocketAddr;

const PUBLIC: &str = "https://klamm.example.org";

async fn bench(peer: [u8; 4]) -> Bench {
    let mut bench = Bench::with(|options| {
        options.trusted_proxies = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        options.public_origin = Some(SiteOrigin::of_public_url(PUBLIC).unwrap());
        options.cookie = "__Host-klamm".to_owned();
    })
    .await;
    bench.peer = SocketAddr::from((peer, 40_000));
    bench.add("dev", &[], None).await;
    bench
}

fn sign_in(password: &str) -> Ask {
    post("/api/v1/session").json(serde_json::json!({"username": "dev", "password": password}).to_string())
}

async fn seen_from(bench: &Bench, answer: Answer) -> Option<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let filter = AuditFilter { actor: Some("dev".to_owned()), limit: 1, ..AuditFilter::default() };
    bench.store.audit(&filter).await.unwrap().remove(0).source
}

#[tokio::test]
async fn cookies_go_over_tls_only() {
    let bench = bench([10, 0, 0, 1]).await;
    let answer = bench.send(sign_in(PASSWORD).origin(PUBLIC)).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-klamm=") && cookie.contains("; Secure") && cookie.contains("; Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    // The name that the proxy uses inside is no origin of ours.
    assert_eq!(bench.send(sign_in(PASSWORD).origin("http://127.0.0.1:3000")).await.problem(), "foreign-origin");
}

#[tokio::test]
async fn nobody_gets_past_the_proxy() {
    let bench = bench([192, 0, 2, 9]).await;
    for request in [get("/login"), get("/pkg/klamm.css"), sign_in(PASSWORD).header("x-forwarded-for", "10.0.0.1")] {
        assert_eq!(bench.send(request).await.problem(), "forbidden");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_asks() {
    let behind = bench([10, 0, 0, 1]).await;
    let claimed = "198.51.100.7, 203.0.113.5, 10.0.0.2";
    let answer = behind.send(sign_in(PASSWORD).origin(PUBLIC).header("x-forwarded-for", claimed)).await;
    assert_eq!(seen_from(&behind, answer).await.as_deref(), Some("203.0.113.5"), "what is before it may be made up");
    let answer = behind.send(sign_in(PASSWORD).origin(PUBLIC).header("x-forwarded-for", "rubbish")).await;
    assert_eq!(seen_from(&behind, answer).await.as_deref(), Some("10.0.0.1"));
    let id = get("/login").header("x-request-id", "abcdefgh-1");
    assert_eq!(behind.send(id).await.header("x-request-id"), "abcdefgh-1");
    let tall = get("/login").header("x-request-id", "a b\"c<d>efgh");
    assert!(behind.send(tall).await.header("x-request-id").starts_with("req_"));

    let plain = Bench::with_people().await;
    let answer = plain.send(sign_in(PASSWORD).header("x-forwarded-for", "198.51.100.7")).await;
    assert_eq!(seen_from(&plain, answer).await.as_deref(), Some("127.0.0.1"));
}
