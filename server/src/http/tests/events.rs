//! The stream of events: what it tells, and when it ends.

use super::{Ask, Bench, ask, get};
use axum::body::BodyDataStream;
use futures::StreamExt;
use klamm_model::{PersonName, Scope, Section, SectionRevision};
use klamm_portal::Asker;
use std::time::Duration;

/// Longer than any of this takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

struct Listening(BodyDataStream);

impl Listening {
    async fn to(bench: &Bench, request: Ask) -> Self {
        let response = bench.response(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self(response.into_body().into_data_stream())
    }

    /// What the next event says; heartbeats in between are no events.
    async fn next(&mut self) -> Option<SectionRevision> {
        loop {
            let chunk = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing happens")?.unwrap();
            let text = String::from_utf8(chunk.to_vec()).unwrap();
            if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) {
                assert!(!text.contains("event:"), "browsers only hand unnamed events to onmessage");
                let event: SectionRevision = serde_json::from_str(data).unwrap();
                // That no request has ever moved is told of every cluster at first.
                if event.section != Section::Requests {
                    return Some(event);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_stream_tells_what_is_and_then_what_changes() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let mut events = Listening::to(&bench, get("/api/v1/events").of(&dev)).await;
    let first = events.next().await.unwrap();
    assert_eq!(
        (first.cluster.to_string().as_str(), first.section, first.revision),
        ("kafka/demo", Section::Structure, 1)
    );
    bench.estate.revise("kafka/demo", Section::Numbers, 5);
    let second = events.next().await.unwrap();
    assert_eq!((second.section, second.revision), (Section::Numbers, 5));
}

#[tokio::test]
async fn signing_out_ends_the_stream_of_that_session_only() {
    let bench = Bench::with_people().await;
    let (dev, lead) = (bench.sign_in("dev").await, bench.sign_in("lead").await);
    let mut devs = Listening::to(&bench, get("/api/v1/events").of(&dev)).await;
    let mut leads = Listening::to(&bench, get("/api/v1/events").of(&lead)).await;
    devs.next().await.unwrap();
    leads.next().await.unwrap();
    assert_eq!(bench.send(ask("DELETE", "/api/v1/session").change_of(&dev)).await.status, 204);
    assert!(devs.next().await.is_none());
    bench.estate.revise("kafka/demo", Section::Numbers, 6);
    assert_eq!(leads.next().await.unwrap().revision, 6);
}

/// The heartbeat is far away: only being told ends the stream.
#[tokio::test]
async fn a_session_that_somebody_else_ends_takes_its_stream_along() {
    let bench = Bench::with(|options| options.heartbeat = Duration::from_hours(1)).await;
    bench.add("dev", &[], None).await;
    bench.add("operator", &[klamm_model::Role::Operator], None).await;
    let (dev, operator) = (bench.sign_in("dev").await, bench.sign_in("operator").await);
    let mut devs = Listening::to(&bench, get("/api/v1/events").of(&dev)).await;
    devs.next().await.unwrap();
    let ended = bench.send(ask("DELETE", "/api/v1/people/dev/sessions").change_of(&operator)).await;
    assert_eq!(ended.status, 204);
    assert!(devs.next().await.is_none());
}

#[tokio::test]
async fn a_heartbeat_notices_what_happened_elsewhere() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let (id, token) = bench.token("lead", &[Scope::Read], Duration::from_hours(1)).await;
    let mut by_cookie = Listening::to(&bench, get("/api/v1/events").of(&dev)).await;
    let mut by_token = Listening::to(&bench, get("/api/v1/events").bearer(&token)).await;
    by_cookie.next().await.unwrap();
    by_token.next().await.unwrap();
    bench.portal.disable_user(Asker::Console, &PersonName::new("dev").unwrap()).await.unwrap();
    bench.portal.revoke_token(Asker::Console, &id, None).await.unwrap();
    assert!(by_cookie.next().await.is_none());
    assert!(by_token.next().await.is_none());
}

#[tokio::test]
async fn the_servers_end_ends_all_streams() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let mut streams = Vec::new();
    for _ in 0..60 {
        let mut events = Listening::to(&bench, get("/api/v1/events").of(&dev)).await;
        events.next().await.unwrap();
        streams.push(events);
    }
    bench.stop.cancel();
    for mut events in streams {
        assert!(events.next().await.is_none());
    }
}
