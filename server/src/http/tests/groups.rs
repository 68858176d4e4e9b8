//! Consumer groups, in the API and in pages.

use super::{Bench, get};
use klamm_model::Scope;
use serde_json::{Value, json};
use std::time::Duration;

const LIST: &str = "/api/v1/clusters/kafka/demo/groups";

async fn reader(bench: &Bench) -> String {
    bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await.1
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|group| group["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn groups_are_filtered_sorted_and_cut_on_the_server() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let list = async |query: &str| bench.send(get(&format!("{LIST}?{query}")).bearer(&token)).await.json();
    let all = list("").await;
    let hostile = "<script>alert(1)</script>";
    assert_eq!(ids(&all), ["100% \u{1f980}/%2F?#", hostile, "orders", "payments.readers"]);
    assert_eq!((&all["total"], &all["nextCursor"]), (&4.into(), &Value::Null));
    assert_eq!(ids(&list("q=PAY").await), ["payments.readers"]);
    assert_eq!(ids(&list("search=PAY").await), ["payments.readers"]);
    assert_eq!(ids(&list("state=stable").await), [hostile, "payments.readers"]);
    assert_eq!(ids(&list("topic=payments.a").await), ["orders", "payments.readers"]);
    assert_eq!(ids(&list("topic=nothing").await), Vec::<&str>::new());
    assert_eq!(ids(&list("sort=members&order=desc&limit=1").await), ["orders"]);
    assert_eq!(ids(&list("sort=state&order=desc&limit=1").await), ["orders"]);

    let first = list("sort=lag&order=desc&limit=1").await;
    assert_eq!((ids(&first), &first["total"]), (vec!["orders"], &4.into()));
    let next = list(&format!("sort=lag&order=desc&cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!(ids(&next), [hostile, "100% \u{1f980}/%2F?#", "payments.readers"], "unknown lag stands below all");
}

#[tokio::test]
async fn a_group_says_how_far_it_is_and_unknown_is_never_zero() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let group = bench.send(get(&format!("{LIST}/payments.readers")).bearer(&token)).await.json();
    // Nobody has measured for long enough to say how late it is.
    let late = ["lagSeconds", "lagSecondsAtLeast", "recordsPerSecond"].map(|key| (key.to_owned(), Value::Null));
    let mut partitions = [
        json!({"topic": "payments.a", "partition": 0, "committed": 4, "end": 10, "lag": 6}),
        json!({"topic": "payments.a", "partition": 1, "committed": 2, "end": null, "lag": null}),
    ];
    for partition in &mut partitions {
        partition.as_object_mut().unwrap().extend(late.clone());
    }
    let partitions = json!(partitions);
    assert_eq!(group["partitions"], partitions);
    assert_eq!((&group["lag"], &group["members"], &group["memberCount"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!((&group["topicCount"], &group["partitionCount"]), (&1.into(), &2.into()));
    assert_eq!((&group["state"], &group["kind"]), (&"Stable".into(), &"consumer".into()));
    assert_eq!(group["allowedActions"], json!(["view"]));

    let ahead = bench.send(get(&format!("{LIST}/orders")).bearer(&token)).await.json();
    assert_eq!(ahead["partitions"][1]["lag"], 0, "committed after the end was read");
    assert_eq!(ahead["lag"], 9);
    assert_eq!(ahead["members"], json!([{"id": "m-1", "clientId": "app", "host": "/10.0.0.7"}]));
}

#[tokio::test]
async fn an_id_may_hold_anything_and_is_found_in_the_api_and_as_a_page() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let dev = bench.sign_in("dev").await;
    for (id, told) in [
        ("<script>alert(1)</script>", "%3Cscript%3Ealert%281%29%3C%2Fscript%3E"),
        ("100% \u{1f980}/%2F?#", "100%25%20%F0%9F%A6%80%2F%252F%3F%23"),
    ] {
        let group = bench.send(get(&format!("{LIST}/{told}")).bearer(&token)).await;
        assert_eq!((group.status.as_u16(), &group.json()["id"]), (200, &id.into()));
        let page = bench.send(get(&format!("/clusters/kafka/demo/groups/{told}")).of(&dev)).await;
        assert_eq!(page.status, 200, "{id}: {}", page.body);
        assert!(!page.body.contains("<script>alert(1)"));
        let list = bench.send(get("/clusters/kafka/demo/groups").of(&dev)).await;
        assert!(list.body.contains(&format!("href=\"/clusters/kafka/demo/groups/{told}\"")), "{}", list.body);
    }
}

#[tokio::test]
async fn what_is_no_group_is_not_found() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let dev = bench.sign_in("dev").await;
    for name in ["nobody", "%00", "%FF%FE", "%2E%2E%2F", "a%20b", "Orders", &"x".repeat(3000)] {
        let answer = bench.send(get(&format!("{LIST}/{name}")).bearer(&token)).await;
        assert_eq!(answer.problem(), "not-found", "{name}");
        let page = bench.send(get(&format!("/clusters/kafka/demo/groups/{name}")).of(&dev)).await;
        assert_eq!(page.status, 404, "{name}");
    }
    for path in ["none/groups", "none/groups/orders", "silent/groups/orders"] {
        let answer = bench.send(get(&format!("/api/v1/clusters/kafka/{path}")).bearer(&token)).await;
        assert_eq!(answer.problem(), "not-found", "{path}");
    }
    let silent = bench.send(get("/api/v1/clusters/kafka/silent/groups").bearer(&token)).await.json();
    assert_eq!((&silent["items"], &silent["total"]), (&json!([]), &0.into()));
    let page = bench.send(get("/clusters/kafka/silent/groups").of(&dev)).await;
    assert!(page.body.contains("Nobody knows the consumer groups of silent yet"), "{}", page.body);
}

#[tokio::test]
async fn bad_parameters_of_the_list_are_named() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    for (query, word) in
        [("limit=0", "limit"), ("sort=partitions", "sort"), ("order=up", "order"), ("cursor=x", "cursor")]
    {
        let answer = bench.send(get(&format!("{LIST}?{query}")).bearer(&token)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{query}");
        assert!(answer.body.contains(word), "{query}: {}", answer.body);
    }
}
