//! Shapes and lists of `/api/v1`.

use super::{Bench, ask, get, openapi};
use klamm_model::{BrokerId, Known, Quorum, QuorumVoter, Scope, UnixMillis};
use std::time::Duration;

async fn reader(bench: &Bench) -> String {
    bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await.1
}

#[tokio::test]
async fn a_topic_is_shown_as_the_contract_has_it() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let answer = bench.send(get("/api/v1/clusters/kafka/demo/topics/sample-topic").bearer(&token)).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let topic = answer.json();
    assert_eq!(topic["name"], "sample-topic");
    assert_eq!(topic["id"], "id-sample-topic");
    let owner = serde_json::json!({"kind": "ConfigMap", "namespace": "payments", "name": "sample-topic"});
    assert_eq!(topic["owner"], owner);
    assert_eq!(topic["partitions"][1]["leader"], 1);
    assert_eq!(topic["partitions"][1]["replicas"], serde_json::json!([1, 2]));
    assert_eq!(topic["partitions"][1]["inSync"], serde_json::json!([1, 2]));
    assert!(topic["partitions"][1]["latestOffset"].is_null(), "unknown is null, not zero");
    assert_eq!(topic["replicationFactor"], 2);
    assert_eq!(topic["config"]["retention.ms"]["source"], "topic");
    assert_eq!(topic["groups"], serde_json::json!(["<script>alert(1)</script>"]));
    assert_eq!((&topic["sizeBytes"], &topic["health"]), (&10.into(), &"healthy".into()));
    assert_eq!(topic["allowedActions"], serde_json::json!(["view"]));
}

#[tokio::test]
async fn topics_are_sorted_by_who_reads_them_and_by_what_is_kept() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let sorted = async |sort: &str| {
        let path = format!("/api/v1/clusters/kafka/demo/topics?sort={sort}&order=desc");
        bench.send(get(&path).bearer(&token)).await.json()["items"].clone()
    };
    let told = |items: &serde_json::Value, field: &str| -> Vec<serde_json::Value> {
        items.as_array().unwrap().iter().map(|item| item[field].clone()).collect()
    };
    let items = sorted("groupCount").await;
    assert_eq!(told(&items, "name"), ["payments.a", "orders.a", "sample-topic", "payments.b", "payments.c"]);
    assert_eq!(told(&items, "groupCount"), [2, 1, 1, 0, 0]);
    bench.estate.change("kafka/demo", |inventory| {
        let topic = inventory.topics.iter_mut().find(|topic| topic.name.as_str() == "payments.b").unwrap();
        topic.partitions[1].latest_offset = Known::Known(5);
    });
    let items = sorted("records").await;
    assert_eq!((&items[0]["name"], &items[0]["records"]), (&"payments.b".into(), &15.into()));
    assert!(items[1]["records"].is_null(), "of one partition nobody knows where it ends");
    for sort in ["bytesInPerSecond", "bytesOutPerSecond"] {
        let items = sorted(sort).await;
        assert!(items[0][sort].is_null() && items[0]["partitions"][0]["recordsPerSecond"].is_null(), "{sort}");
    }
}

#[tokio::test]
async fn a_cluster_is_shown_as_the_contract_has_it() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let list = bench.send(get("/api/v1/clusters").bearer(&token)).await.json();
    assert_eq!((&list["total"], &list["nextCursor"]), (&2.into(), &serde_json::Value::Null));
    let demo = &list["items"][0];
    assert_eq!(
        (&demo["namespace"], &demo["name"], &demo["environment"]),
        (&"kafka".into(), &"demo".into(), &"dev".into())
    );
    assert_eq!(demo["brokers"], serde_json::json!({"ready": 3, "total": 3}));
    assert_eq!((&demo["health"], &demo["sentence"]), (&"healthy".into(), &"is serving".into()));
    let silent = &list["items"][1];
    assert_eq!(silent["sentence"], "does not answer: connection refused");
    assert_eq!((&silent["health"], &silent["observedAt"]), (&"unknown".into(), &serde_json::Value::Null));

    let overview = bench.send(get("/api/v1/clusters/kafka/demo").bearer(&token)).await.json();
    assert_eq!((&overview["topics"], &overview["partitions"]), (&5.into(), &12.into()));
    assert_eq!(overview["allowedActions"], serde_json::json!(["view"]));
    assert!(overview["quorum"].is_null(), "unknown is null");
    bench.estate.change("kafka/demo", |inventory| {
        let had_everything = Known::Known(UnixMillis(5));
        let voter = |id| QuorumVoter { id: BrokerId(id), lag: Known::Known(0), last_caught_up: had_everything };
        let (leader, voters) = (Some(BrokerId(1)), (0..3).map(voter).collect());
        inventory.quorum = Known::Known(Quorum { leader, voters, observers: Vec::new() });
    });
    let overview = bench.send(get("/api/v1/clusters/kafka/demo").bearer(&token)).await.json();
    openapi::looks_like("ClusterOverview", &overview);
    assert_eq!(overview["quorum"], serde_json::json!({"leader": 1, "voters": 3, "caughtUp": 3, "lag": 0}));
    let brokers = bench.send(get("/api/v1/clusters/kafka/demo/brokers?limit=2").bearer(&token)).await.json();
    assert_eq!((&brokers["total"], &brokers["items"][1]["id"]), (&3.into(), &1.into()));
    let path = format!("/api/v1/clusters/kafka/demo/brokers?cursor={}", brokers["nextCursor"].as_str().unwrap());
    let rest = bench.send(get(&path).bearer(&token)).await.json();
    assert_eq!((&rest["items"][0]["id"], &rest["items"][0]["state"]), (&2.into(), &"running".into()));
}

#[tokio::test]
async fn a_cluster_tells_what_each_tenant_has_of_it() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let tenants = bench.send(get("/api/v1/clusters/kafka/demo").bearer(&token)).await.json()["tenants"].clone();
    let payments = serde_json::json!({
        "namespace": "payments", "team": "payments", "topicPrefixes": ["payments.", "sample-topic"],
        "groupPrefixes": ["payments.", "sample-topic"], "topics": 4, "partitions": 8, "sizeBytes": 40,
        "recordsPerSecond": 392.0, "groups": 1, "lag": null, "groupsOfUnknownLag": 1,
    });
    assert_eq!(tenants[1], payments);
    assert_eq!(
        (&tenants[0]["namespace"], &tenants[0]["topics"], &tenants[0]["lag"]),
        (&"orders".into(), &1.into(), &9.into())
    );
    assert!(tenants[0]["team"].is_null() && tenants[2]["namespace"].is_null());
    assert_eq!((&tenants[2]["topics"], &tenants[2]["groups"]), (&0.into(), &2.into()));
    let silent = bench.send(get("/api/v1/clusters/kafka/silent").bearer(&token)).await.json();
    assert_eq!(silent["tenants"], serde_json::json!([]), "a cluster without tenants");
}

#[tokio::test]
async fn a_broker_is_told_with_a_page_of_what_it_holds() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let path = "/api/v1/clusters/kafka/demo/brokers/1?search=payments&limit=2";
    let broker = bench.send(get(path).bearer(&token)).await.json();
    assert_eq!((&broker["id"], &broker["rack"], &broker["leaders"]), (&1.into(), &"zone-1".into(), &6.into()));
    assert!(broker["logDirs"].is_null() && broker["quorum"].is_null(), "unknown is null: {broker}");
    let held = serde_json::json!(
        {"topic": "payments.a", "partition": 1, "role": "leader", "isPreferredLeader": true, "sizeBytes": 5}
    );
    assert_eq!((&broker["partitions"]["items"][0], &broker["partitions"]["total"]), (&held, &3.into()));
    let next = format!("{path}&cursor={}", broker["partitions"]["nextCursor"].as_str().unwrap());
    let rest = bench.send(get(&next).bearer(&token)).await.json();
    assert_eq!(rest["partitions"]["items"][0]["topic"], "payments.c");
    for path in ["brokers/9", "brokers/-1", "brokers/one", "brokers/99999999999", "brokers/%00"] {
        let answer = bench.send(get(&format!("/api/v1/clusters/kafka/demo/{path}")).bearer(&token)).await;
        assert_eq!(answer.problem(), "not-found", "{path}");
    }
    let dev = bench.sign_in("dev").await;
    for path in ["brokers/9", "brokers/one"] {
        assert_eq!(bench.send(get(&format!("/clusters/kafka/demo/{path}")).of(&dev)).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn placement_is_aggregate_first_then_a_topic_then_a_loss() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let base = "/api/v1/clusters/kafka/demo/placement";
    let placement = async |query: &str| bench.send(get(&format!("{base}?{query}")).bearer(&token)).await;
    let all = placement("").await.json();
    assert_eq!((&all["partitionCount"], &all["topic"], &all["loss"]), (&12.into(), &().into(), &().into()));
    let third = serde_json::json!({
        "id": 2, "rack": "zone-2", "state": "running", "leaders": 0, "followers": 12, "outOfSync": 0,
        "preferredElsewhere": 0,
    });
    assert_eq!(all["brokers"][2], third);
    let zoomed = placement("topic=sample-topic&lose=rack:zone-1").await.json();
    assert_eq!((&zoomed["partitionCount"], &zoomed["partitions"][1]["leader"]), (&2.into(), &1.into()));
    let loss = &zoomed["loss"];
    assert_eq!((&loss["lost"], &loss["brokers"]), (&"rack:zone-1".into(), &serde_json::json!([1])));
    assert_eq!((&loss["ledElsewhere"], &loss["minimumUnknown"]), (&1.into(), &0.into()));
    assert_eq!(placement("topic=none").await.problem(), "not-found");
    for lose in ["broker:9", "broker:x", "rack:%3Cb%3E", "everything"] {
        let refused = placement(&format!("lose={lose}")).await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (422, "invalid"), "{lose}");
        assert!(refused.body.contains("lose"), "{}", refused.body);
    }
}

#[tokio::test]
async fn pages_of_a_list_fit_together_while_topics_come() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let list = "/api/v1/clusters/kafka/demo/topics?limit=2&search=payments";
    let first = bench.send(get(list).bearer(&token)).await.json();
    let names = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((names(&first), &first["total"]), (vec!["payments.a".to_owned(), "payments.b".to_owned()], &3.into()));
    bench.estate.add_topic("kafka/demo", "payments.aa");
    let path = format!("{list}&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = bench.send(get(&path).bearer(&token)).await.json();
    assert_eq!((names(&second), &second["total"]), (vec!["payments.c".to_owned()], &4.into()));
    assert!(second["nextCursor"].is_null());

    let total = async |query: &str| {
        bench.send(get(&format!("/api/v1/clusters/kafka/demo/topics?{query}")).bearer(&token)).await.json()["total"]
            .clone()
    };
    assert_eq!(total("").await, 6);
    assert_eq!(total("internal=true").await, 7);
    assert_eq!(total("team=orders").await, 1);
    let sorted = "/api/v1/clusters/kafka/demo/topics?sort=name&order=desc&limit=1";
    assert_eq!(names(&bench.send(get(sorted).bearer(&token)).await.json()), ["sample-topic"]);
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_can_read_it() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let path = "/api/v1/clusters/kafka/demo/topics";
    let plain = bench.send(get(path).bearer(&token)).await;
    assert_eq!(plain.header("content-encoding"), "");
    let small = bench.response(get(path).bearer(&token).header("accept-encoding", "gzip, br")).await;
    assert_eq!(small.headers()["content-encoding"], "gzip");
    let small = axum::body::to_bytes(small.into_body(), usize::MAX).await.unwrap();
    assert!(small.len() * 2 < plain.body.len(), "{} of {}", small.len(), plain.body.len());
    let events = bench.response(get("/api/v1/events").bearer(&token).header("accept-encoding", "gzip")).await;
    assert!(!events.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/me", "/api/v1/clusters/kafka"] {
        let answer = bench.send(get(path).bearer(&token).cookie(&bench.sign_in("dev").await.cookie)).await;
        assert_eq!(answer.problem(), "not-found", "{path}");
    }
    for (method, path) in [("POST", "/api/v1/clusters"), ("PUT", "/api/v1/me"), ("DELETE", "/api/v1/events")] {
        let answer = bench.send(ask(method, path).bearer(&token)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (405, "method-not-allowed"), "{method} {path}");
        assert!(!answer.header("allow").is_empty());
    }
    for path in
        ["kafka/none", "kafka/none/topics", "kafka/demo/topics/none", "none/demo", "KAFKA/demo", "kafka/demo/topics/.."]
    {
        let answer = bench.send(get(&format!("/api/v1/clusters/{path}")).bearer(&token)).await;
        assert_eq!(answer.problem(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn metrics_and_health_have_a_port_of_their_own() {
    use super::Ask;
    use axum::body::to_bytes;
    use tower::ServiceExt;
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    bench.send(get("/api/v1/me").bearer(&token)).await;
    bench.send(get("/whatever/strangers/try")).await;
    let read = async |Ask(request): Ask| {
        let response = bench.metrics.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap())
    };
    let (status, text) = read(get("/metrics")).await;
    assert_eq!(status, 200);
    assert!(
        text.contains("klamm_http_requests_total{method=\"GET\",route=\"/api/v1/me\",status=\"2xx\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("klamm_http_requests_total{method=\"GET\",route=\"(none)\",status=\"3xx\"} 1\n"), "{text}");
    assert!(text.contains("route=\"/clusters/{namespace}/{name}\",status=\"5xx\"} 0\n"), "{text}");
    assert!(text.contains("klamm_inventory_age_seconds{namespace=\"kafka\",cluster=\"silent\"} NaN\n"), "{text}");
    assert!(!text.contains("payments"), "no names of topics: {text}");
    assert_eq!(read(get("/healthz")).await.0, 200);
    assert_eq!(read(get("/readyz")).await.0, 200);
    bench.store.close().await;
    assert_eq!(read(get("/healthz")).await.0, 200);
    assert_eq!(read(get("/readyz")).await.0, 503);
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(bench.send(get(path)).await.status, 303, "{path} is not on the public port");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_said_in_words() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let dev = bench.sign_in("dev").await;
    bench.store.close().await;
    for request in [get("/api/v1/me").bearer(&token), get("/api/v1/me").of(&dev), get("/clusters").of(&dev)] {
        let answer = bench.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "unavailable"));
        assert!(!answer.body.contains("sqlx") && !answer.body.contains("Pool"), "{}", answer.body);
    }
}
