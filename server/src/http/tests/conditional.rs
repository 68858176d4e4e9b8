//! What has not changed is not told again, and what has always is.

use super::{Answer, Bench, ask, get};
use crate::http::api;
use crate::http::conditional::OF_THE_MOMENT;
use axum::http::StatusCode;
use klamm_model::{Known, Scope, UnixMillis};
use klamm_portal::Declared;
use std::time::Duration;

const TOPICS: &str = "/api/v1/clusters/kafka/demo/topics";

async fn reader(bench: &Bench, name: &str) -> String {
    bench.token(name, &[Scope::Read], Duration::from_hours(1)).await.1
}

async fn read(bench: &Bench, token: &str, path: &str, tag: &str) -> Answer {
    bench.send(get(path).bearer(token).header("if-none-match", tag)).await
}

fn filled(path: &str) -> String {
    path.replace("{namespace}", "kafka")
        .replace("{name}", "demo")
        .replace("{topic}", "sample-topic")
        .replace("{id}", "1")
        .replace("{person}", "dev")
        .replace("{team}", "payments")
        .replace("{group}", "payments.readers")
        .replace("{operation}", "upgrade-421")
}

#[tokio::test]
async fn every_read_about_clusters_carries_a_tag_and_is_answered_in_a_word_by_it() {
    let bench = Bench::with_people().await;
    let token = reader(&bench, "dev").await;
    let routes = api::routes().listed;
    let reads = routes.iter().filter(|route| route.method == "GET");
    let paths = reads.filter(|route| !OF_THE_MOMENT.contains(&route.path)).map(|route| filled(route.path));
    let (about_clusters, others): (Vec<_>, Vec<_>) =
        paths.partition(|path| path.starts_with("/api/v1/clusters") || path.starts_with("/api/v1/search"));
    assert!(about_clusters.len() >= 9, "{about_clusters:?}");
    for path in &about_clusters {
        let first = bench.send(get(path).bearer(&token)).await;
        let tag = first.header("etag").to_owned();
        assert!(first.status == 200 && tag.starts_with("W/\"") && tag.len() > 16, "{path}: {tag}");
        for tag in [tag.as_str(), &tag[2..], &format!("\"other\", {tag}"), "*"] {
            let again = read(&bench, &token, path, tag).await;
            assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path} {tag}");
            for name in ["etag", "cache-control", "vary"] {
                assert_eq!(again.header(name), first.header(name), "{path}");
            }
        }
        assert_eq!(first.header("cache-control"), "private, no-cache");
        for name in ["Cookie", "Authorization"] {
            assert!(first.header("vary").contains(name), "{path}: {}", first.header("vary"));
        }
        for tag in ["\"other\"", "W/\"\"", "nonsense", "é", ""] {
            assert_eq!(read(&bench, &token, path, tag).await.status, 200, "{path} {tag:?}");
        }
    }
    // A stream never ends, tokens and sessions are not for callers with a token, people and webhooks are for operators, and of
    // what has an id there has to be one first.
    let left_out = |path: &str| {
        path == "/api/v1/events"
            || path == "/api/v1/people"
            || path.starts_with("/api/v1/webhooks")
            || path.contains("/1")
    };
    let is_asked = |path: &&String| !left_out(path) && !path.ends_with("/tokens") && !path.ends_with("/sessions");
    for path in others.iter().filter(is_asked) {
        let answer = read(&bench, &token, path, "*").await;
        assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, ""), "{path}");
    }
}

#[tokio::test]
async fn what_changed_is_told_to_those_who_have_the_former_answer() {
    let bench = Bench::with_people().await;
    let token = reader(&bench, "dev").await;
    let tag = bench.send(get(TOPICS).bearer(&token)).await.header("etag").to_owned();
    bench.estate.change("kafka/silent", |inventory| inventory.revisions.numbers += 1);
    assert_eq!(read(&bench, &token, TOPICS, &tag).await.status, 304, "another cluster's business");
    let everywhere = bench.send(get("/api/v1/search?q=a").bearer(&token)).await.header("etag").to_owned();

    bench.estate.change("kafka/demo", |inventory| {
        inventory.revisions.numbers += 1;
        inventory.topics[1].size_bytes = Known::Known(77);
    });
    let moved = read(&bench, &token, TOPICS, &tag).await;
    assert_eq!((moved.status.as_u16(), &moved.json()["items"][0]["sizeBytes"]), (200, &77.into()));
    let moved = moved.header("etag").to_owned();
    assert_ne!(moved, tag);
    bench.estate.change("kafka/demo", |inventory| inventory.revisions.structure += 1);
    assert_eq!(read(&bench, &token, TOPICS, &moved).await.status, 200);
    assert_eq!(read(&bench, &token, "/api/v1/search?q=a", &everywhere).await.status, 200);

    // A cluster that was deleted and made anew counts from the beginning, and comes to the same numbers.
    let seen = klamm_portal::Observations::cluster(&*bench.estate, &"kafka/demo".parse().unwrap()).unwrap();
    let tag = bench.send(get(TOPICS).bearer(&token)).await.header("etag").to_owned();
    let anew = Declared { created_at: Some(UnixMillis(9)), ..seen.declared.clone() };
    bench.estate.put((*seen.inventory).clone(), anew);
    assert_eq!(read(&bench, &token, TOPICS, &tag).await.status, 200);
}

/// `observedAt` moves with every look. Who polls it sees it move; who does not is not woken by it.
#[tokio::test]
async fn times_are_news_where_they_are_told_and_nowhere_else() {
    let bench = Bench::with_people().await;
    let token = reader(&bench, "dev").await;
    let base = "/api/v1/clusters/kafka/demo";
    let told = ["", "/brokers/1", "/disks", "/topics/sample-topic/config", "/topics/sample-topic/access"];
    let told = told.iter().map(|rest| format!("{base}{rest}")).chain(["/api/v1/clusters".to_owned()]);
    let not_told = [
        "brokers",
        "placement",
        "topics",
        "topics/sample-topic",
        "topics/sample-topic/manifest",
        "groups",
        "groups/orders",
        "operations",
        "operations/upgrade-421",
    ];
    let not_told = not_told.iter().map(|rest| format!("{base}/{rest}")).chain(["/api/v1/search?q=a".to_owned()]);
    let mut tags = Vec::new();
    for (path, status) in told.into_iter().map(|path| (path, 200)).chain(not_told.map(|path| (path, 304))) {
        let answer = bench.send(get(&path).bearer(&token)).await;
        assert!(status == 200 || !answer.body.contains("observedAt"), "{path} tells a time: {}", answer.body);
        tags.push((path, status, answer.header("etag").to_owned()));
    }
    bench.estate.change("kafka/demo", |inventory| inventory.observed_at = Known::Known(UnixMillis(1_800_000_000_000)));
    for (path, status, tag) in tags {
        assert_eq!(read(&bench, &token, &path, &tag).await.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn a_tag_is_of_one_caller_one_question_and_one_process() {
    let bench = Bench::with_people().await;
    let token = reader(&bench, "dev").await;
    let dev = bench.sign_in("dev").await;
    let tag = bench.send(get(TOPICS).bearer(&token)).await.header("etag").to_owned();
    for (what, path) in [
        ("another query", format!("{TOPICS}?limit=1")),
        ("an empty query", format!("{TOPICS}?")),
        ("another path", format!("{TOPICS}/sample-topic")),
    ] {
        assert_eq!(read(&bench, &token, &path, &tag).await.status, 200, "{what}");
    }
    let lead = reader(&bench, "lead").await;
    assert_eq!(read(&bench, &lead, TOPICS, &tag).await.status, 200, "another person");
    let both = bench.token("dev", &[Scope::Read, Scope::Write], Duration::from_hours(1)).await.1;
    assert_eq!(read(&bench, &both, TOPICS, &tag).await.status, 200, "a token that may do more");
    let by_cookie = bench.send(get(TOPICS).of(&dev).header("if-none-match", &tag)).await;
    assert_eq!(by_cookie.status, 200, "a session, which may do more");
    let other = reader(&bench, "dev").await;
    assert_eq!(read(&bench, &other, TOPICS, &tag).await.status, 304, "a token that may do the same");
    assert_eq!(bench.send(ask("HEAD", TOPICS).bearer(&token).header("if-none-match", &tag)).await.status, 304);

    let next = Bench::with_people().await;
    let token = reader(&next, "dev").await;
    assert_eq!(read(&next, &token, TOPICS, &tag).await.status, 200, "revisions of another process");
}

#[tokio::test]
async fn refusals_carry_no_tag_and_stay_refusals_whatever_is_brought() {
    let bench = Bench::with_people().await;
    let token = reader(&bench, "dev").await;
    let tag = bench.send(get(TOPICS).bearer(&token)).await.header("etag").to_owned();
    for tag in ["*", tag.as_str()] {
        for (path, kind) in [
            ("/api/v1/clusters/kafka/none", "not-found"),
            ("/api/v1/clusters/kafka/none/topics", "not-found"),
            ("/api/v1/clusters/kafka/demo/topics/none", "not-found"),
            ("/api/v1/clusters/kafka/demo/brokers/9", "not-found"),
            ("/api/v1/clusters/kafka/demo/topics?limit=0", "invalid"),
            ("/api/v1/search?limit=0", "invalid"),
        ] {
            let answer = read(&bench, &token, path, tag).await;
            assert_eq!((answer.problem().as_str(), answer.header("etag")), (kind, ""), "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
        let blind = bench.token("dev", &[Scope::Write], Duration::from_hours(1)).await.1;
        assert_eq!(read(&bench, &blind, TOPICS, tag).await.problem(), "forbidden");
        let stranger = bench.send(get(TOPICS).header("if-none-match", tag)).await;
        assert_eq!((stranger.status.as_u16(), stranger.header("etag")), (401, ""));
    }
    let post = bench.send(ask("POST", TOPICS).bearer(&token).header("if-none-match", "*")).await;
    assert_eq!(post.status, 405);
}

#[tokio::test]
async fn what_a_caller_may_see_is_asked_anew_after_they_joined_a_team() {
    let bench = Bench::with_people().await;
    let token = reader(&bench, "operator").await;
    let tag = bench.send(get(TOPICS).bearer(&token)).await.header("etag").to_owned();
    let (team, person) = ("payments".parse().unwrap(), "operator".parse().unwrap());
    let role = klamm_store::TeamRole::Member;
    bench.portal.set_team_member(klamm_portal::Asker::Console, &team, &person, role).await.unwrap();
    assert_eq!(read(&bench, &token, TOPICS, &tag).await.status, 200);
}
