//! Signing in and out, and what another site may not do in somebody's name.

use super::{Ask, Bench, ORIGIN, PASSWORD, ask, get, post};
use klamm_model::{PersonName, Scope};
use klamm_portal::Asker;
use klamm_store::AuditFilter;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn login(name: &str, password: &str, next: &str) -> Ask {
    let encode = crate::http::door::encode;
    let body = format!("username={}&password={}&next={}", encode(name), encode(password), encode(next));
    post("/login").form(body)
}

#[tokio::test]
async fn a_form_signs_in_and_leads_back() {
    let bench = Bench::with_people().await;
    let answer = bench.send(get("/clusters?sort=name")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (303, ""));
    assert_eq!(answer.header("location"), "/login?next=/clusters%3Fsort%3Dname");

    let answer = bench.send(login("dev", PASSWORD, "/clusters?sort=name").origin(ORIGIN)).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/clusters?sort=name"));
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["klamm-3000=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let cookie = answer.cookie().unwrap();
    let me = bench.send(get("/api/v1/me").cookie(&cookie)).await;
    assert_eq!((me.json()["name"].as_str(), me.json()["kind"].as_str()), (Some("dev"), Some("session")));
    assert_eq!(me.json()["teams"], serde_json::json!(["payments"]));
    let again = bench.send(get("/login?next=/topics").cookie(&cookie)).await;
    assert_eq!((again.status.as_u16(), again.header("location")), (303, "/topics"));
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let bench = Bench::with_people().await;
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "/login", ""] {
        let answer = bench.send(login("dev", PASSWORD, next).origin(ORIGIN)).await;
        assert_eq!(answer.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn a_refused_form_says_why_and_repeats_nothing_that_was_typed() {
    let bench = Bench::with_people().await;
    let answer = bench.send(login("dev", "hush hush hush", "/topics").origin(ORIGIN)).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/login?problem=wrong-credentials&next=/topics");
    assert!(answer.cookie().is_none());
    let answer = bench.send(post("/login").form("username=dev").origin(ORIGIN)).await;
    assert_eq!(answer.header("location"), "/login?problem=incomplete");
    for _ in 0..4 {
        bench.send(login("dev", "wrong", "/").origin(ORIGIN)).await;
    }
    let answer = bench.send(login("dev", PASSWORD, "/").origin(ORIGIN)).await;
    assert_eq!(answer.header("location"), "/login?problem=too-many-attempts");
    let body = serde_json::json!({"username": "dev", "password": PASSWORD}).to_string();
    let answer = bench.send(post("/api/v1/session").json(body)).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (429, "too-many-attempts"));
    assert_eq!(answer.header("retry-after"), "60");
}

#[tokio::test]
async fn signing_in_always_makes_a_new_session() {
    let bench = Bench::with_people().await;
    // A value that another site planted is not taken up,
    let planted = "klamm-3000=AAAAAAAAAAAAAAAAAAAAAA";
    let answer = bench.send(login("dev", PASSWORD, "/").origin(ORIGIN).cookie(planted)).await;
    let first = answer.cookie().unwrap();
    assert_ne!(first, planted);
    // and neither is an older session of the same browser, which ends.
    let answer = bench.send(login("lead", PASSWORD, "/").origin(ORIGIN).cookie(&first)).await;
    let second = answer.cookie().unwrap();
    assert_ne!(first, second);
    assert_eq!(bench.send(get("/api/v1/me").cookie(&first)).await.status, 401);
    assert_eq!(bench.send(get("/api/v1/me").cookie(&second)).await.json()["name"], "lead");
}

#[tokio::test]
async fn a_stolen_cookie_is_worthless_after_sign_out() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let form = format!("csrf={}", dev.csrf);
    let answer = bench.send(post("/logout").of(&dev).origin(ORIGIN).form(form)).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?problem=signed-out"));
    assert_eq!(answer.header("clear-site-data"), "\"cache\"");
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{}", answer.header("set-cookie"));
    assert_eq!(bench.send(get("/api/v1/me").of(&dev)).await.status, 401);
    assert_eq!(bench.send(get("/clusters").of(&dev)).await.status, 303);
    assert_eq!(bench.send(ask("DELETE", "/api/v1/session").change_of(&dev)).await.status, 401);
    let filter = AuditFilter { actor: Some("dev".to_owned()), limit: 10, ..AuditFilter::default() };
    let audit = bench.store.audit(&filter).await.unwrap();
    let said: Vec<_> = audit.into_iter().map(|i| (i.action, i.outcome, i.source)).collect();
    let here = Some("127.0.0.1".to_owned());
    let done = Some("done".to_owned());
    assert!(said.contains(&("signIn".to_owned(), done.clone(), here.clone())), "{said:?}");
    assert!(said.contains(&("remove".to_owned(), done, here)), "{said:?}");
}

#[tokio::test]
async fn a_change_by_cookie_needs_our_origin_and_the_sessions_token() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let lead = bench.sign_in("lead").await;
    let end = || ask("DELETE", "/api/v1/session").of(&dev);
    let with_token = || end().header("x-csrf-token", &dev.csrf);
    let form = |token: &str| post("/logout").of(&dev).form(format!("csrf={token}"));
    for (what, request) in [
        ("no origin, no token", end()),
        ("no origin", with_token()),
        ("no token", end().origin(ORIGIN)),
        ("another site", with_token().origin("https://evil.example")),
        ("a port beside", with_token().origin("http://127.0.0.1:3001")),
        ("a hidden site", with_token().origin("null")),
        ("says cross-site", with_token().origin(ORIGIN).header("sec-fetch-site", "cross-site")),
        ("says same-site", with_token().header("sec-fetch-site", "same-site")),
        ("a wrong token", end().origin(ORIGIN).header("x-csrf-token", "x")),
        ("somebody else's token", end().origin(ORIGIN).header("x-csrf-token", &lead.csrf)),
        ("an empty token", end().origin(ORIGIN).header("x-csrf-token", "")),
        ("a field where a header belongs", end().origin(ORIGIN).form(format!("csrf={}", dev.csrf))),
        ("a form of another site", form(&dev.csrf).origin("https://evil.example")),
        ("a form without origin", form(&dev.csrf)),
        ("a form with a wrong token", form(&lead.csrf).origin(ORIGIN)),
        ("a form without a token", form("").origin(ORIGIN)),
    ] {
        let answer = bench.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "foreign-origin"), "{what}");
    }
    assert_eq!(bench.send(get("/api/v1/me").of(&dev)).await.status, 200, "nothing of this ended the session");
    let fetched = with_token().header("sec-fetch-site", "same-origin");
    assert_eq!(bench.send(fetched).await.status, 204);
}

#[tokio::test]
async fn another_site_cannot_sign_people_in() {
    let bench = Bench::with_people().await;
    let body = || serde_json::json!({"username": "dev", "password": PASSWORD}).to_string();
    for request in [
        login("dev", PASSWORD, "/").origin("https://evil.example"),
        login("dev", PASSWORD, "/").header("sec-fetch-site", "cross-site"),
        post("/api/v1/session").json(body()).origin("null"),
    ] {
        let answer = bench.send(request).await;
        assert_eq!(answer.problem(), "foreign-origin");
        assert!(answer.cookie().is_none());
    }
    // A program without a browser around it sends neither header.
    assert_eq!(bench.send(post("/api/v1/session").json(body())).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_after_a_week_whatever_happens() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    bench.ahead_seconds.store(3600, Ordering::Relaxed);
    let answer = bench.send(get("/api/v1/me").of(&dev)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.cookie().as_ref(), Some(&dev.cookie), "use moves the end of a session");
    bench.ahead_seconds.store(7 * 24 * 3600, Ordering::Relaxed);
    assert_eq!(bench.send(get("/api/v1/me").of(&dev)).await.status, 401);
    bench.ahead_seconds.store(0, Ordering::Relaxed);
    assert_eq!(bench.send(get("/api/v1/me").of(&dev)).await.status, 401, "it is gone, not only old");
}

#[tokio::test]
async fn tokens_need_neither_origin_nor_csrf_and_end_no_session() {
    let bench = Bench::with_people().await;
    let (_, token) = bench.token("dev", &[Scope::Read, Scope::Write], Duration::from_mins(1)).await;
    let me = bench.send(get("/api/v1/me").bearer(&token)).await;
    assert_eq!((me.json()["kind"].as_str(), me.json()["csrfToken"].is_null()), (Some("token"), true));
    let answer = bench.send(ask("DELETE", "/api/v1/session").bearer(&token)).await;
    assert_eq!(answer.problem(), "forbidden");
    bench.ahead_seconds.store(60, Ordering::Relaxed);
    let answer = bench.send(get("/api/v1/me").bearer(&token)).await;
    assert_eq!((answer.problem().as_str(), answer.header("www-authenticate")), ("unauthenticated", "Bearer"));
    // A bad token is not saved by a good cookie.
    let dev = bench.sign_in("dev").await;
    assert_eq!(bench.send(get("/api/v1/me").of(&dev).bearer(&token)).await.status, 401);
    for header in ["Basic ZGV2OmRldg==", "Bearer", "Bearer ", "klamm_x"] {
        assert_eq!(bench.send(get("/api/v1/me").header("authorization", header)).await.status, 401, "{header}");
    }
}

#[tokio::test]
async fn roles_are_read_anew_for_every_request() {
    let bench = Bench::with_people().await;
    bench.add("other", &[klamm_model::Role::Operator], None).await;
    let (_, token) = bench.token("operator", &[Scope::Read], Duration::from_mins(1)).await;
    let roles = |answer: super::Answer| answer.json()["roles"].clone();
    let asked = bench.send(get("/api/v1/me").bearer(&token)).await;
    assert_eq!(roles(asked), serde_json::json!(["operator"]));
    let name = PersonName::new("operator").unwrap();
    bench.portal.set_user_roles(Asker::Console, &name, &std::collections::BTreeSet::new()).await.unwrap();
    let asked = bench.send(get("/api/v1/me").bearer(&token)).await;
    assert_eq!(roles(asked), serde_json::json!([]));
}
