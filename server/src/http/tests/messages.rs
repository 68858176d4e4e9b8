//! Messages over HTTP and on their page: to whom, how, and whatever is in them.

use super::openapi::looks_like;
use super::{Bench, Visitor, get, post};
use futures::{FutureExt, future::BoxFuture};
use klamm_model::{BrokerId, ClusterRef, GroupId, GroupOffset, PartitionId, Scope};
use klamm_portal::{
    AtMoment, Brokers, BrokersError, Fetched, FetchedLogs, GroupLook, GroupQuestion, Log, LogsFetch, LogsQuestion,
    TopicLog, TopicLogs,
};
use klamm_testkit::{SampleBatch, SampleRecord};
use std::time::Duration;

const MARKUP: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";

/// Brokers with three records of `payments.a`, none of them friendly.
struct Hostile;

fn written() -> SampleBatch {
    let markup = SampleRecord {
        headers: vec![(MARKUP.to_owned(), Some(MARKUP.as_bytes().to_vec()))],
        ..SampleRecord::new(MARKUP, format!(r#"{{"a":"{}","\u2028":"-->"}}"#, MARKUP.replace('"', "")))
    };
    let steering = SampleRecord::new("steering", "user\u{202e}gpj.exe\u{0}\u{feff}");
    SampleBatch::new(0, 1_700_000_000_000, vec![markup, steering, SampleRecord::new("bytes", [0xff, 0xfe, 0, b'<'])])
}

impl Brokers for Hostile {
    fn look<'a>(
        &'a self,
        _: &'a ClusterRef,
        _: &'a GroupQuestion,
    ) -> BoxFuture<'a, Result<Option<GroupLook>, BrokersError>> {
        panic!("no group is looked at")
    }

    fn commit<'a>(
        &'a self,
        _: &'a ClusterRef,
        _: &'a GroupId,
        _: Vec<GroupOffset>,
    ) -> BoxFuture<'a, Result<(), BrokersError>> {
        panic!("nothing is committed")
    }

    fn logs<'a>(
        &'a self,
        _: &'a ClusterRef,
        question: &'a LogsQuestion,
    ) -> BoxFuture<'a, Result<Option<TopicLogs>, BrokersError>> {
        let log = Log { earliest: 0, latest: 3, at: AtMoment::NotAsked };
        let is_there = question.partition.is_none_or(|id| id.0 == 0);
        let only = (PartitionId(0), TopicLog { leader: Some(BrokerId(1)), log: Some(log) });
        async move { Ok(Some(is_there.then_some(only).into_iter().collect())) }.boxed()
    }

    fn fetch<'a>(&'a self, _: &'a ClusterRef, _: &'a LogsFetch) -> BoxFuture<'a, Result<FetchedLogs, BrokersError>> {
        let sent = Fetched { bytes: written().bytes(), aborted: Vec::new() };
        async { Ok([(PartitionId(0), Ok(sent))].into()) }.boxed()
    }
}

const API: &str = "/api/v1/clusters/kafka/demo/topics/payments.a/messages";
const PAGE: &str = "/clusters/kafka/demo/topics/payments.a/messages";

async fn bench() -> Bench {
    let bench = Bench::with_people().await;
    bench.portal.reach(Hostile);
    bench.portal.take_policies(Ok("[environments.dev]\nmessages = { read = [\"ownerTeam\"] }"));
    bench
}

impl Bench {
    async fn fill_in(&self, visitor: &Visitor, fields: &str) -> super::Answer {
        let form = format!("csrf={}&{fields}", visitor.csrf);
        self.send(post(PAGE).of(visitor).origin(super::ORIGIN).form(form)).await
    }
}

#[tokio::test]
async fn messages_are_told_as_described_to_whom_the_rules_name_and_are_kept_nowhere() {
    let bench = bench().await;
    let dev = bench.sign_in("dev").await;
    let answer = bench.send(post(API).change_of(&dev).json("{}").header("accept-encoding", "gzip")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
    assert_eq!(answer.header("content-encoding"), "", "what is secret is not compressed");
    let told = answer.json();
    looks_like("Messages", &told);
    for message in told["items"].as_array().unwrap() {
        looks_like("Message", message);
        looks_like("MessagePart", &message["value"]);
    }
    assert_eq!(
        (told["items"][0]["value"]["text"].as_str(), told["stopped"].as_str()),
        (Some("ff fe 00 3c"), Some("end"))
    );
    let wish = r#"{"contains":"steering","from":"oldest","limit":1,"show":"text"}"#;
    let told = bench.send(post(API).change_of(&dev).json(wish)).await.json();
    assert_eq!(told["items"][0]["value"]["text"], "user\u{202e}gpj.exe\u{fffd}\u{feff}");
    // A repeat is asked anew: no answer of this is kept.
    let repeated = async || {
        let asked = post(API).change_of(&dev).json("{}").header("idempotency-key", "again");
        bench.send(asked).await.status.as_u16()
    };
    assert_eq!((repeated().await, repeated().await), (200, 200));
    bench.portal.take_policies(Ok(""));
    assert_eq!(repeated().await, 404);
    let operator = bench.sign_in("operator").await;
    assert_eq!(bench.send(post(API).change_of(&operator).json("{}")).await.problem(), "not-found");
}

#[tokio::test]
async fn tokens_that_only_read_see_no_messages_and_bad_questions_are_named() {
    let bench = bench().await;
    let hour = Duration::from_hours(1);
    let reads = bench.token("dev", &[Scope::Read], hour).await.1;
    assert_eq!(bench.send(post(API).bearer(&reads).json("{}")).await.problem(), "forbidden");
    let both = bench.token("dev", &[Scope::Read, Scope::Write], hour).await.1;
    assert_eq!(bench.send(post(API).bearer(&both).json("{}")).await.status.as_u16(), 200);
    for (body, word) in [
        (r#"{"limit":0}"#, "limit"),
        (r#"{"from":"offset","offset":1}"#, "partition"),
        (r#"{"partition":7}"#, "partition"),
        (r#"{"path":"a"}"#, "path"),
        (r#"{"show":"xml"}"#, "body"),
        (r#"{"group":"x"}"#, "body"),
    ] {
        let answer = bench.send(post(API).bearer(&both).json(body)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{body}");
        assert!(answer.body.contains(word), "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_page_shows_whatever_is_in_them_as_text_and_the_address_says_nothing_of_it() {
    let bench = bench().await;
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get(PAGE).of(&dev)).await;
    assert!(page.body.contains("Look at what is in it") && page.body.contains("Parts of payments.a"), "{}", page.body);
    let found = bench.fill_in(&dev, "from=oldest&contains=&path=&equals=").await;
    assert_eq!((found.status.as_u16(), found.header("location")), (200, ""));
    assert_eq!(found.header("cache-control"), "no-store");
    for word in ["0-0", "0-2", "3 messages of 3", "&lt;img src=x", "ff fe 00 3c", "1 header"] {
        assert!(found.body.contains(word), "{word}: {}", found.body);
    }
    let as_text = bench.fill_in(&dev, "from=oldest&show=text").await;
    assert!(as_text.body.contains("user\u{fffd}gpj.exe"), "{}", as_text.body);
    for markup in ["<script>alert", "<img src=x", "\u{202e}", "\u{0}", "</script><script>"] {
        assert!(!found.body.contains(markup) && !as_text.body.contains(markup), "{markup:?}");
    }
    let sought = "needle%22%3E%3Cscript%3Ealert(3)%3C%2Fscript%3E";
    let nothing = bench.fill_in(&dev, &format!("from=newest&contains={sought}")).await;
    assert!(nothing.body.contains("No message fits") && nothing.body.contains("needle&quot;"), "{}", nothing.body);
    assert!(!nothing.body.contains("<script>alert(3)"));
    let refused = bench.fill_in(&dev, "from=offset&at=x&contains=kept").await;
    assert!(refused.body.contains("no whole number") && refused.body.contains("value=\"kept\""), "{}", refused.body);
    let refused = bench.fill_in(&dev, "path=a").await;
    assert!(refused.body.contains("begins with $"), "{}", refused.body);
    // A page that is read again is the form, without what was found.
    assert!(!bench.send(get(PAGE).of(&dev)).await.body.contains("0-2"));
}

#[tokio::test]
async fn whoever_may_not_is_told_how_somebody_comes_to_see_them_and_sees_nothing() {
    let bench = bench().await;
    let operator = bench.sign_in("operator").await;
    for page in [bench.send(get(PAGE).of(&operator)).await, bench.fill_in(&operator, "from=oldest").await] {
        assert_eq!(page.status.as_u16(), 200);
        for word in ["You may not see messages here", "members of the owner", "messages = { read", "/policies"] {
            assert!(page.body.contains(word), "{word}: {}", page.body);
        }
        assert!(!page.body.contains("ff fe 00 3c") && !page.body.contains("name=\"contains\""), "{}", page.body);
    }
    let nowhere = "/clusters/kafka/demo/topics/nothing/messages";
    assert_eq!(bench.send(get(nowhere).of(&operator)).await.status.as_u16(), 404);
}
