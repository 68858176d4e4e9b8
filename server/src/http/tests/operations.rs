//! Operations over HTTP and on their pages.

use super::estate::upgrade;
use super::openapi::looks_like;
use super::{Bench, ORIGIN, get, post};
use klamm_model::Scope;
use serde_json::json;
use std::time::Duration;

const PATH: &str = "/api/v1/clusters/kafka/demo/operations";
const PAGE: &str = "/clusters/kafka/demo/operations";

async fn tokens(bench: &Bench) -> [String; 2] {
    let both = [Scope::Read, Scope::Write];
    let (_, dev) = bench.token("dev", &both, Duration::from_hours(1)).await;
    let (_, operator) = bench.token("operator", &both, Duration::from_hours(1)).await;
    [dev, operator]
}

#[tokio::test]
async fn everybody_reads_operations_and_operators_may_steer_them() {
    let bench = Bench::with_people().await;
    let [dev, operator] = tokens(&bench).await;
    let all = bench.send(get(PATH).bearer(&dev)).await.json();
    looks_like("OperationPage", &all);
    let one = &all["items"][0];
    assert_eq!((&all["total"], &one["name"], &one["kind"]), (&1.into(), &"upgrade-421".into(), &"upgrade".into()));
    assert_eq!((&one["phase"], &one["etaSeconds"]), (&"waiting".into(), &180.into()));
    assert_eq!(
        one["steps"][1],
        json!({
            "kind": "restartBroker", "target": "broker 1", "state": "running", "reason": "</script><b>\"&'",
        })
    );
    assert_eq!(one["waitingOn"][0]["brokers"], json!([1]));
    assert_eq!((&one["waitingTotal"], &one["waitingOn"][0]["partitionsTotal"]), (&3.into(), &2.into()));
    assert_eq!(one["steps"][0]["endedAt"], json!(1_795_867_440_000_i64));
    assert_eq!(one["history"][0]["message"], "Node 0 is well again.", "the newest first");
    assert_eq!((&one["bytesLeft"], &one["remarks"][0]), (&1_048_576.into(), &"There is one broker only.".into()));
    assert_eq!(one["allowedActions"], json!(["view"]));
    let detail = bench.send(get(&format!("{PATH}/upgrade-421")).bearer(&operator)).await.json();
    looks_like("OperationDetail", &detail);
    assert_eq!(detail["sentence"], "Bring demo to Kafka 4.2.1", "nobody knows what ran before");
    assert_eq!(detail["allowedActions"], json!(["view", "pause", "cancel"]));
    let safety = &detail["safety"];
    assert_eq!((&safety["soakSeconds"], &safety["underReplicated"]), (&10.into(), &0.into()), "{safety}");
    assert_eq!(bench.send(get(&format!("{PATH}/none")).bearer(&dev)).await.problem(), "not-found");
    assert_eq!(bench.send(get(&format!("{PATH}?phase=over")).bearer(&dev)).await.problem(), "invalid");

    let pause = format!("{PATH}/upgrade-421/pause");
    assert_eq!(bench.send(post(&pause).bearer(&dev)).await.problem(), "forbidden");
    assert_eq!(bench.send(post(&format!("{PATH}/none/pause")).bearer(&operator)).await.problem(), "not-found");
    assert_eq!(
        bench.send(post(&pause).bearer(&operator)).await.problem(),
        "unavailable",
        "there is no Kubernetes here"
    );
    bench.estate.saw_operation(upgrade("done"));
    assert_eq!(bench.send(post(&pause).bearer(&operator)).await.problem(), "conflict", "it is over");
    let audit = bench.send(get("/api/v1/audit?action=pause").bearer(&operator)).await.json();
    let told: Vec<_> =
        audit["items"].as_array().unwrap().iter().map(|item| (&item["actor"], &item["outcome"])).collect();
    let word = |word: &str| serde_json::Value::from(word);
    let (refused, failed) = (word("refused"), word("failed"));
    let (by, other) = (word("operator"), word("dev"));
    assert_eq!(told, [(&by, &refused), (&by, &failed), (&by, &failed), (&other, &refused)]);
}

#[tokio::test]
async fn lists_are_narrowed_sorted_and_cut() {
    let bench = Bench::with_people().await;
    let [dev, _] = tokens(&bench).await;
    for (name, made) in [("restart-1", "2026-11-28T10:00:00Z"), ("restart-2", "2026-11-28T14:00:00Z")] {
        let mut operation = upgrade("done");
        operation["metadata"]["name"] = json!(name);
        operation["metadata"]["creationTimestamp"] = json!(made);
        operation["spec"] = json!({ "cluster": { "name": "demo" }, "kind": "restart" });
        bench.estate.saw_operation(operation);
    }
    let names = async |query: &str| {
        let page = bench.send(get(&format!("{PATH}?{query}")).bearer(&dev)).await.json();
        let names: Vec<String> =
            page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), page["total"].clone(), page["nextCursor"].as_str().map(str::to_owned))
    };
    assert_eq!(names("").await.0, "restart-2 upgrade-421 restart-1");
    assert_eq!(names("sort=name").await.0, "restart-1 restart-2 upgrade-421");
    assert_eq!(names("kind=restart&order=asc").await.0, "restart-1 restart-2");
    assert_eq!(names("phase=open").await.0, "upgrade-421");
    assert_eq!(names("phase=done&search=2").await.0, "restart-2");
    let (first, total, next) = names("limit=2").await;
    assert_eq!((first.as_str(), total), ("restart-2 upgrade-421", 3.into()));
    assert_eq!(names(&format!("limit=2&cursor={}", next.unwrap())).await.0, "restart-1");
}

#[tokio::test]
async fn pollers_of_operations_are_told_when_one_moves_and_others_are_not_woken() {
    let bench = Bench::with_people().await;
    let [dev, _] = tokens(&bench).await;
    let read = async |path: &str, tag: &str| bench.send(get(path).bearer(&dev).header("if-none-match", tag)).await;
    let topics = "/api/v1/clusters/kafka/demo/topics";
    let tags = [read(PATH, "").await.header("etag").to_owned(), read(topics, "").await.header("etag").to_owned()];
    assert_eq!(read(PATH, &tags[0]).await.status, 304);
    bench.estate.saw_operation(upgrade("running"));
    assert_eq!((read(PATH, &tags[0]).await.status.as_u16(), read(topics, &tags[1]).await.status.as_u16()), (200, 304));
}

#[tokio::test]
async fn pages_tell_operations_and_take_from_operators_what_others_only_read() {
    let bench = Bench::with_people().await;
    let (operator, dev) = (bench.sign_in("operator").await, bench.sign_in("dev").await);
    let page = bench.send(get(PAGE).of(&dev)).await;
    for part in ["demo is being changed, and the next step waits", "Bring demo to Kafka 4.2.1"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let one = format!("{PAGE}/upgrade-421");
    let page = bench.send(get(&one).of(&dev)).await;
    for part in ["sample-topic-0 has 2 of 3 replicas in sync", "&lt;/script&gt;&lt;b&gt;", "and 2 reasons more"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("</script><b>") && !page.body.contains("/upgrade-421/pause"));
    let overview = bench.send(get("/clusters/kafka/demo").of(&dev)).await;
    assert!(overview.body.contains(&format!("href=\"{one}\"")), "the page of the cluster leads there");
    assert!(bench.send(get(&one).of(&operator)).await.body.contains("/upgrade-421/pause"));

    let form = post(&format!("{one}/pause")).of(&operator).origin(ORIGIN).form(format!("csrf={}", operator.csrf));
    assert_eq!(bench.send(form).await.header("location"), format!("{one}?problem=unavailable"));
    let foreign = post(&format!("{one}/pause")).of(&operator).origin("https://evil.example").form("x=y");
    assert_eq!(bench.send(foreign).await.status, 403);
}

#[tokio::test]
async fn plans_are_made_for_everybody_and_change_nothing() {
    let bench = Bench::with_people().await;
    let (_, dev) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let plans = "/api/v1/clusters/kafka/demo/plans";
    let plan = async |wish: serde_json::Value| bench.send(post(plans).bearer(&dev).json(wish.to_string())).await;
    let upgrade = plan(json!({ "kind": "upgrade", "version": "4.2.1" })).await;
    assert_eq!(upgrade.status, 200, "{}", upgrade.body);
    let upgrade = upgrade.json();
    looks_like("Plan", &upgrade);
    assert_eq!(upgrade["sentence"], "Upgrade demo from 4.1.2 to 4.2.1");
    let restarts = upgrade["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "restartBroker").count();
    assert_eq!(restarts, 3, "{upgrade}");
    for wish in [
        json!({ "kind": "restart", "brokers": [1] }),
        json!({ "kind": "reconfigure", "config": { "num.io.threads": 4, "log.retention.ms": 1 } }),
        json!({ "kind": "finalise", "metadataVersion": "4.1-IV1" }),
    ] {
        let made = plan(wish.clone()).await;
        assert_eq!(made.status, 200, "{wish}: {}", made.body);
        looks_like("Plan", &made.json());
    }
    for wish in [
        json!({}),
        json!({ "kind": "explode" }),
        json!({ "kind": "upgrade" }),
        json!({ "kind": "upgrade", "version": "4.2.1", "brokers": [1] }),
        json!({ "kind": "restart", "nodes": [1] }),
        json!({ "kind": "scale", "pool": "none", "replicas": 3 }),
    ] {
        assert_eq!(plan(wish.clone()).await.problem(), "invalid", "{wish}");
    }
    let elsewhere = post("/api/v1/clusters/kafka/none/plans").bearer(&dev).json(r#"{"kind":"restart"}"#);
    assert_eq!(bench.send(elsewhere).await.problem(), "not-found");
    let unseen = post("/api/v1/clusters/kafka/silent/plans").bearer(&dev).json(r#"{"kind":"restart"}"#);
    assert_eq!(bench.send(unseen).await.problem(), "unavailable", "its object was not seen");
    let operator = bench.sign_in("operator").await;
    let audit = bench.send(get("/api/v1/audit?kind=operation").of(&operator)).await.json();
    assert_eq!(audit["total"], 0, "looking is not asking: {audit}");
    let requests = bench.send(get("/api/v1/requests").of(&operator)).await.json();
    assert_eq!(requests["total"], 0, "{requests}");
}

#[tokio::test]
async fn operators_are_offered_the_form_of_an_operation_with_its_plan() {
    let bench = Bench::with_people().await;
    bench.portal.take_policies(Ok("[environments.dev]\nkinds.upgrade = { withoutAsking = \"always\" }"));
    let (operator, dev) = (bench.sign_in("operator").await, bench.sign_in("dev").await);
    let list = bench.send(get(PAGE).of(&operator)).await.body;
    assert!(list.contains("/requests/new?kind=upgrade&amp;cluster=kafka%2Fdemo"), "{list}");
    assert!(bench.send(get(PAGE).of(&dev)).await.body.contains("Operators ask for them."));
    let form = "/requests/new?kind=upgrade&cluster=kafka/demo";
    let empty = bench.send(get(form).of(&operator)).await.body;
    assert!(empty.contains("it is 4.1.2, and Klamm knows") && !empty.contains("The plan:"), "{empty}");
    let planned = bench.send(get(&format!("{form}&version=4.2.1")).of(&operator)).await.body;
    for part in ["The plan: Upgrade demo from 4.1.2 to 4.2.1", "Restart broker 0", "version: \"4.2.1\""] {
        assert!(planned.contains(part), "{part}: {planned}");
    }
    assert!(!bench.send(get("/requests/new").of(&dev)).await.body.contains("kind=upgrade"));
    let not = bench.send(get(&format!("{form}&version=4.2.1")).of(&dev)).await.body;
    assert!(not.contains("You may not do this"), "{not}");
    let body = format!("csrf={}&kind=upgrade&cluster=kafka/demo&version=4.2.1", operator.csrf);
    let sent = bench.send(post("/requests").of(&operator).origin(ORIGIN).form(body.clone())).await;
    assert!(!sent.header("location").starts_with("/requests/req_"), "topics with no replica to spare are named first");
    let topics = "__consumer_offsets,orders.a,payments.a,payments.b,payments.c,sample-topic";
    let body = format!("{body}&accept={topics}");
    let sent = bench.send(post("/requests").of(&operator).origin(ORIGIN).form(body)).await;
    assert!(sent.header("location").starts_with("/requests/req_"), "{}", sent.header("location"));
    let page = bench.send(get(sent.header("location")).of(&operator)).await.body;
    assert!(page.contains("operations of kafka/demo") && page.contains("The plan:"), "{page}");
}
