//! From a request to what it is about, from a topic of the catalogue to everything about it, and to forms that know how it is.

use super::{Bench, Visitor, get, post};
use serde_json::json;

const RULES: &str =
    "[environments.dev]\nkinds.topicCreate = { ask = [\"ownerTeam\"] }\nkinds.topicChange = { ask = [\"ownerTeam\"] }";

async fn page(bench: &Bench, who: &Visitor, path: &str) -> String {
    let page = bench.send(get(path).of(who).header("accept", "text/html")).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    page.body
}

async fn request_page(bench: &Bench, who: &Visitor, kind: &str, spec: serde_json::Value) -> String {
    let wish = json!({ "kind": kind, "cluster": "kafka/demo", "team": "payments", "spec": spec });
    let made = bench.send(post("/api/v1/requests").change_of(who).json(wish.to_string())).await;
    assert_eq!(made.status, 201, "{}", made.body);
    page(bench, who, &format!("/requests/{}", made.json()["id"].as_str().unwrap())).await
}

#[tokio::test]
async fn a_request_leads_to_the_page_of_what_it_is_about_where_there_is_one() {
    let bench = Bench::with_people().await;
    bench.portal.take_policies(Ok(RULES));
    let dev = bench.sign_in("dev").await;
    let change = json!({ "topicName": "sample-topic", "partitions": 4 });
    let changed = request_page(&bench, &dev, "topicChange", change).await;
    for address in ["/clusters/kafka/demo/topics/sample-topic", "/topics/sample-topic", "/teams/payments"] {
        assert!(changed.contains(&format!("href=\"{address}\"")), "{address}: {changed}");
    }
    assert!(changed.contains("What would change") && !changed.contains("What changed"), "{changed}");
    let made = request_page(&bench, &dev, "topicCreate", json!({ "topicName": "payments.new" })).await;
    assert!(!made.contains("/topics/payments.new"), "nothing is there yet: {made}");
}

#[tokio::test]
async fn a_topic_of_the_catalogue_leads_to_its_clusters_its_team_its_requests_and_a_change() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let found = page(&bench, &dev, "/topics/payments.a").await;
    for address in [
        "/clusters/kafka/demo/topics/payments.a",
        "/teams/payments",
        "/requests?q=payments.a",
        "/requests/new?kind=topicChange&amp;cluster=kafka%2Fdemo&amp;topic=payments.a",
    ] {
        assert!(found.contains(&format!("href=\"{address}\"")), "{address}: {found}");
    }
}

#[tokio::test]
async fn the_form_of_a_change_says_how_the_topic_is_until_somebody_types() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let form = "/requests/new?kind=topicChange&cluster=kafka/demo&topic=sample-topic";
    let filled = page(&bench, &dev, form).await;
    for field in ["name=\"partitions\"", "name=\"was.partitions\""] {
        let (_, after) = filled.split_once(field).unwrap_or_else(|| panic!("{field}: {filled}"));
        assert!(after.split('>').next().unwrap().contains("value=\"2\""), "{field}: {filled}");
    }
    assert!(filled.contains("name=\"was.description\"") && !filled.contains("</script><b>"), "{filled}");
    // What somebody has typed stays, an empty field too.
    let typed = page(&bench, &dev, &format!("{form}&partitions=&was.partitions=2&was.topic=sample-topic")).await;
    let (_, after) = typed.split_once("name=\"partitions\"").unwrap();
    assert!(!after.split('>').next().unwrap().contains("value=\"2\""), "{typed}");
    // A form for another kind of request is not filled in.
    let other = page(&bench, &dev, "/requests/new?kind=topicCreate&cluster=kafka/demo&topic=sample-topic").await;
    assert!(!other.contains("was.partitions"), "{other}");
}
