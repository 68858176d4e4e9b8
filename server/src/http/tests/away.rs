//! The database held by somebody else, or gone: people stay signed in, and are told.

use super::{Bench, ORIGIN, PASSWORD, get, post};
use klamm_model::Scope;
use std::{sync::atomic::Ordering, time::Duration};

/// Long enough for the use of a session, or of a token, to be noted again.
const A_WHILE_SECONDS: i64 = 61;

#[tokio::test]
async fn reading_goes_on_while_nobody_can_note_that_somebody_reads() {
    let bench = Bench::impatient().await;
    let dev = bench.sign_in("dev").await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let somebody = bench.database.write(&["sessions", "api_tokens", "audit"]).await.unwrap();
    for round in 0..2 {
        bench.ahead_seconds.fetch_add(A_WHILE_SECONDS, Ordering::Relaxed);
        for path in ["/api/v1/me", "/api/v1/requests", "/", "/requests"] {
            let answer = bench.send(get(path).of(&dev)).await;
            assert_eq!((answer.status.as_u16(), answer.body.is_empty()), (200, false), "{path}, round {round}");
        }
        assert_eq!(bench.send(get("/api/v1/requests").bearer(&token)).await.status, 200);
    }
    let wish = r#"{"label":"laptop","scopes":["read"],"expiresInSeconds":60}"#;
    let changed = bench.send(post("/api/v1/tokens").change_of(&dev).json(wish)).await;
    assert_eq!((changed.status.as_u16(), changed.problem().as_str()), (503, "unavailable"));
    let body = serde_json::json!({ "username": "dev", "password": PASSWORD }).to_string();
    let signed_in = bench.send(post("/api/v1/session").origin(ORIGIN).json(body)).await;
    assert_eq!((signed_in.status.as_u16(), signed_in.problem().as_str()), (503, "unavailable"));
    assert_eq!(signed_in.cookie(), None);
    somebody.end().await.unwrap();
    assert_eq!(bench.send(post("/api/v1/tokens").change_of(&dev).json(wish)).await.status, 201);
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_and_signs_nobody_out() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    bench.store.close().await;
    for ask in [
        get("/api/v1/me").of(&dev),
        get("/api/v1/requests").of(&dev),
        get("/api/v1/requests").bearer(&token),
        post("/api/v1/requests").change_of(&dev).json("{}"),
    ] {
        let answer = bench.send(ask).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "unavailable"));
        assert_eq!(answer.cookie(), None, "the cookie stays");
    }
    let page = bench.send(get("/requests").of(&dev).header("accept", "text/html")).await;
    assert_eq!((page.status.as_u16(), page.cookie()), (503, None));
    assert!(page.body.contains("Try again in a moment"), "{}", page.body);
}
