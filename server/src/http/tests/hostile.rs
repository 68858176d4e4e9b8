//! Input made to break something: every answer is a refusal in words, none is a fault, none repeats a secret.

use super::{Bench, ORIGIN, get, post};
use axum::body::Body;
use klamm_model::Scope;
use std::time::Duration;

#[tokio::test]
async fn names_made_to_break_html_and_addresses_are_just_not_found() {
    let bench = Bench::with_people().await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let dev = bench.sign_in("dev").await;
    for name in [
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%FF%FE",
        "%0d%0aSet-Cookie:%20x=y",
        "a%20b",
        "%E2%80%AE",
        "'%20OR%201=1--",
        "{topic}",
        &"x".repeat(3000),
    ] {
        for path in [
            format!("/api/v1/clusters/kafka/demo/topics/{name}"),
            format!("/api/v1/clusters/kafka/{name}"),
            format!("/api/v1/clusters/{name}/demo/topics"),
        ] {
            let answer = bench.send(get(&path).bearer(&token)).await;
            assert_eq!(answer.problem(), "not-found", "{path}");
        }
        let page = bench.send(get(&format!("/clusters/kafka/demo/topics/{name}")).of(&dev)).await;
        assert!(page.status.is_client_error(), "{name}: {}", page.status);
        assert!(!page.body.contains("<script>alert"), "{name}");
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let bench = Bench::with_people().await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    for (query, word) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("sort=color", "sort"),
        ("order=up", "order"),
        ("internal=maybe", "internal"),
        ("cursor=x", "cursor"),
        ("cursor=%FF", "cursor"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = bench.send(get(&format!("/api/v1/clusters/kafka/demo/topics?{query}")).bearer(&token)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{query}");
        assert!(answer.body.contains(word), "{query}: {}", answer.body);
    }
    let answer = bench.send(get("/api/v1/clusters?sort=sizeBytes").bearer(&token)).await;
    assert_eq!(answer.problem(), "invalid");
    let odd = "/api/v1/clusters/kafka/demo/topics?search=%3Cscript%3E%00%FF&unknown=1";
    let answer = bench.send(get(odd).bearer(&token)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["total"]), (200, &0.into()));
}

#[tokio::test]
async fn bodies_that_are_no_sign_in_are_refused_without_echo() {
    let bench = Bench::with_people().await;
    for (kind, body) in [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "{\"username\":\"dev\"}"),
        ("application/json", "{\"username\":\"dev\",\"password\":{\"secret\":\"hush\"}}"),
        ("application/json", "{\"username\":\"dev\",\"password\":[\"hush\"]}"),
        ("text/plain", "{\"username\":\"dev\",\"password\":\"hush\"}"),
        ("application/x-www-form-urlencoded", "username=dev&password=hush"),
    ] {
        let answer = bench.send(post("/api/v1/session").origin(ORIGIN).body(kind, body)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{kind} {body}");
        assert!(!answer.body.contains("hush"), "{}", answer.body);
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(bench.send(post("/api/v1/session").json(deep)).await.problem(), "invalid");
}

#[tokio::test]
async fn large_bodies_are_cut_off_whether_they_are_announced_or_not() {
    let bench = Bench::with_people().await;
    let large = "x".repeat(300 * 1024);
    let announced = post("/api/v1/session").json(large.clone()).header("content-length", "307200");
    assert_eq!(bench.send(announced).await.problem(), "too-large");
    let chunks = futures::stream::iter((0..300).map(|_| Ok::<_, std::io::Error>("x".repeat(1024))));
    let streamed = post("/api/v1/session").json(Body::from_stream(chunks));
    let answer = bench.send(streamed).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (413, "too-large"));
    let dev = bench.sign_in("dev").await;
    let form = post("/logout").of(&dev).origin(ORIGIN).form(Body::from(large));
    assert_eq!(bench.send(form).await.problem(), "too-large");
}

#[tokio::test]
async fn no_other_site_may_read() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let answer = bench.send(get("/api/v1/me").of(&dev).origin("https://evil.example")).await;
    for name in ["access-control-allow-origin", "access-control-allow-credentials"] {
        assert_eq!(answer.header(name), "", "{name}");
    }
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    let preflight = super::ask("OPTIONS", "/api/v1/session")
        .origin("https://evil.example")
        .header("access-control-request-method", "DELETE");
    let answer = bench.send(preflight).await;
    assert!(answer.status.is_client_error());
    assert_eq!(answer.header("access-control-allow-origin"), "");
}
