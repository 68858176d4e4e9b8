//! The search over everything, in the API and as a page.

use super::{Bench, get};
use klamm_model::Scope;
use serde_json::{Value, json};
use std::time::Duration;

async fn reader(bench: &Bench) -> String {
    bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await.1
}

fn names<'a>(found: &'a Value, kind: &str, field: &str) -> Vec<&'a Value> {
    found[kind]["items"].as_array().unwrap().iter().map(|hit| &hit["item"][field]).collect()
}

#[tokio::test]
async fn one_word_finds_clusters_topics_groups_and_brokers() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let search = async |query: &str| bench.send(get(&format!("/api/v1/search?{query}")).bearer(&token)).await.json();
    let found = search("q=PAYMENTS.&limit=2").await;
    assert_eq!(names(&found, "topics", "name"), ["payments.a", "payments.b"]);
    assert_eq!(found["topics"]["total"], 3, "counted beyond what is shown");
    assert_eq!(names(&found, "groups", "id"), ["payments.readers"]);
    let hit = &found["groups"]["items"][0];
    assert_eq!(
        (&hit["cluster"], &hit["by"], &hit["closeness"], &hit["allowedActions"]),
        (&json!({"namespace": "kafka", "name": "demo"}), &"name".into(), &"prefix".into(), &json!(["view"]))
    );
    let by_object = search("search=payments/sample-topic").await;
    assert_eq!((&by_object["topics"]["total"], &by_object["topics"]["items"][0]["by"]), (&1.into(), &"object".into()));
    assert_eq!(names(&search("q=zone-2").await, "brokers", "id"), [2]);
    let clusters = search("q=silent").await;
    assert_eq!(clusters["clusters"]["items"][0]["item"]["sentence"], "does not answer: connection refused");
    let unsearched = json!([{
        "cluster": {"namespace": "kafka", "name": "silent"}, "kinds": ["topics", "groups", "brokers"],
    }]);
    assert_eq!(clusters["unsearched"], unsearched);
    let nothing = search("").await;
    assert_eq!((&nothing["topics"]["total"], &nothing["topics"]["items"]), (&0.into(), &json!([])));
}

#[tokio::test]
async fn the_page_says_what_was_found_and_where_the_rest_is() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get("/search?q=payments").of(&dev)).await;
    assert_eq!(page.status, 200);
    for part in [
        "href=\"/topics?q=payments\"",
        "href=\"/clusters/kafka/demo/topics/payments.a\"",
        "href=\"/clusters/kafka/demo/groups/payments.readers\"",
        "value=\"payments\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let list = bench.send(get("/topics?q=payments").of(&dev)).await;
    assert!(list.body.contains("5 topics found"), "the list has what the search counted: {}", list.body);
    let nothing = bench.send(get("/search?q=no-such-thing").of(&dev)).await;
    assert!(nothing.status == 200 && nothing.body.contains("Nothing found"), "{}", nothing.body);
    for empty in ["/search", "/search?q=", "/search?q=%20"] {
        let page = bench.send(get(empty).of(&dev)).await;
        assert!(page.status == 200 && page.body.contains("Type a part of a name"), "{empty}: {}", page.body);
    }
}

#[tokio::test]
async fn whatever_is_typed_is_text_and_harms_nothing() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let dev = bench.sign_in("dev").await;
    for typed in [
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "%00%01%1F%7F",
        "%FF%FE",
        "100%25",
        "%",
        "%zz",
        "%E2%80%AE",
        "a%0D%0ASet-Cookie:%20x=y",
        "'%20OR%201=1--",
        &"x".repeat(20_000),
    ] {
        let page = bench.send(get(&format!("/search?q={typed}")).of(&dev)).await;
        assert_eq!(page.status, 200, "{typed:.80}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{typed}");
        assert!(!page.body.contains('\u{0}') && !page.body.contains('\u{202e}'), "{typed}");
        assert!(page.header("set-cookie").is_empty() && page.body.len() < 90_000, "{typed:.80}: {}", page.body.len());
        let answer = bench.send(get(&format!("/api/v1/search?q={typed}")).bearer(&token)).await;
        assert_eq!(answer.status, 200, "{typed:.80}");
    }
    let found = bench.send(get("/api/v1/search?q=%3Cscript").bearer(&token)).await.json();
    assert_eq!(names(&found, "groups", "id"), ["<script>alert(1)</script>"]);
    let page = bench.send(get("/search?q=script").of(&dev)).await;
    assert!(page.body.contains("/groups/%3Cscript%3Ealert%281%29%3C%2Fscript%3E\""), "found and linked: {}", page.body);
    for (query, word) in [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("q=a&q=b", "search")] {
        let refused = bench.send(get(&format!("/api/v1/search?{query}")).bearer(&token)).await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (422, "invalid"), "{query}");
        assert!(refused.body.contains(word), "{query}: {}", refused.body);
    }
}
