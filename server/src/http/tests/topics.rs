//! The parts of a topic: its configuration, its access, its manifest.

use super::{Bench, get};
use klamm_model::Scope;
use serde_json::{Value, json};
use std::time::Duration;

const TOPICS: &str = "/api/v1/clusters/kafka/demo/topics";

async fn reader(bench: &Bench) -> String {
    bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await.1
}

#[tokio::test]
async fn a_topic_tells_every_key_with_where_its_value_comes_from() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let config = bench.send(get(&format!("{TOPICS}/sample-topic/config")).bearer(&token)).await.json();
    let keys: Vec<&str> = config["keys"].as_array().unwrap().iter().map(|key| key["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["retention.ms", "min.insync.replicas"]);
    let [retention, minimum] = [&config["keys"][0], &config["keys"][1]];
    assert_eq!((&retention["source"], &retention["otherwise"]["words"]), (&"topic".into(), &"7 days".into()));
    assert_eq!((&minimum["value"], &minimum["source"]), (&"2".into(), &"staticBroker".into()));
    assert_eq!(minimum["differing"], json!([{ "broker": 1, "value": "1", "words": null }]));
    assert!(minimum["meaning"].as_str().unwrap().contains("in sync"));
    assert_eq!((&config["set"], &config["toldBy"]), (&1.into(), &json!([0, 1, 2])));
    let set = bench.send(get(&format!("{TOPICS}/sample-topic/config?set=true")).bearer(&token)).await.json();
    assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    let bad = bench.send(get(&format!("{TOPICS}/sample-topic/config?set=perhaps")).bearer(&token)).await;
    assert_eq!((bad.status.as_u16(), bad.problem().as_str()), (422, "invalid"));
}

#[tokio::test]
async fn a_topic_tells_who_may_use_it_and_by_what() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let access = bench.send(get(&format!("{TOPICS}/sample-topic/access")).bearer(&token)).await.json();
    assert_eq!((&access["decided"], &access["readers"], &access["writers"]), (&"rules".into(), &1.into(), &0.into()));
    assert_eq!(access["principals"]["total"], 2);
    let [denied, app] = [&access["principals"]["items"][0], &access["principals"]["items"][1]];
    assert_eq!((&denied["rights"], &denied["rules"][0]["effect"]), (&json!([]), &"deny".into()));
    assert_eq!(app["user"], json!({ "namespace": "orders", "name": "app", "turn": "now" }));
    assert_eq!(app["rights"][0], json!({ "operation": "read", "onlyFrom": null, "exceptFrom": [] }));
    assert_eq!(app["consents"], json!([{ "namespace": "kafka", "name": "to-orders", "expires": null }]));
    assert_eq!((&access["consentCount"], &access["superUsers"]), (&1.into(), &Value::Null));
    let found = bench.send(get(&format!("{TOPICS}/sample-topic/access?search=orders/APP")).bearer(&token)).await.json();
    assert_eq!(found["principals"]["total"], 1);
    let nobody = bench.send(get(&format!("{TOPICS}/orders.a/access")).bearer(&token)).await.json();
    assert_eq!((&nobody["unmentioned"], &nobody["principals"]["total"]), (&"nothing".into(), &0.into()));
    let bad = bench.send(get(&format!("{TOPICS}/orders.a/access?limit=0")).bearer(&token)).await;
    assert_eq!(bad.status.as_u16(), 422);
}

#[tokio::test]
async fn a_manifest_can_be_applied_and_kafkas_own_topics_have_none() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let manifest = async |topic: &str| bench.send(get(&format!("{TOPICS}/{topic}/manifest")).bearer(&token)).await;
    let declared = manifest("sample-topic").await;
    assert_eq!((declared.status.as_u16(), declared.header("content-type")), (200, "application/yaml"));
    let object: Value = serde_saphyr::from_str(&declared.body).unwrap();
    assert_eq!((&object["kind"], &object["data"]["partitions"]), (&"ConfigMap".into(), &"2".into()));
    assert!(!declared.body.contains("managedFields") && !declared.body.contains("812"), "{}", declared.body);

    let adopting = manifest("payments.c").await;
    assert!(adopting.body.starts_with("# No object declares payments.c."), "{}", adopting.body);
    let object: Value = serde_saphyr::from_str(&adopting.body).unwrap();
    assert_eq!((&object["kind"], &object["spec"]["partitions"]), (&"KafkaTopic".into(), &2.into()));

    assert_eq!(manifest("__consumer_offsets").await.problem(), "not-found");
    assert_eq!(manifest("orders.a").await.problem(), "unavailable", "its object is not at hand");
    assert_eq!(manifest("nothing").await.problem(), "not-found");
}

#[tokio::test]
async fn every_part_of_the_page_is_a_page_and_asks_for_nothing_else() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page =
        async |query: &str| bench.send(get(&format!("/clusters/kafka/demo/topics/sample-topic{query}")).of(&dev)).await;
    for (query, word) in [
        ("", "Partitions"),
        ("?tab=config", "How safe writes are"),
        ("?tab=config&amp;set=true", "How long records stay"),
        ("?tab=consumers", "Consumers"),
        ("?tab=access", "orders/app"),
        ("?tab=yaml", "kind: ConfigMap"),
        ("?tab=nonsense", "Partitions"),
    ] {
        let answer = page(&query.replace("&amp;", "&")).await;
        assert_eq!(answer.status.as_u16(), 200, "{query}");
        assert!(answer.body.contains(word), "{query}: {}", answer.body);
        assert!(!answer.body.contains("<script>alert(1)") && !answer.body.contains("</script><b>"), "{query}: markup");
    }
    assert!(!page("?tab=config").await.body.contains("orders.app"), "who may use it is not asked for");
    let function = "/api/fn/sheet?path=%2Fclusters%2Fkafka%2Fdemo%2Ftopics%2Fsample-topic";
    assert_eq!(bench.send(get(function).of(&dev)).await.status.as_u16(), 200, "what is not set is not needed");
}

#[tokio::test]
async fn targets_are_told_with_what_is_wrong_with_them_and_shown_on_a_page() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let targets = bench.send(get("/api/v1/clusters/kafka/demo/targets").bearer(&token)).await.json();
    assert_eq!(targets["total"], 2);
    assert_eq!(targets["items"][0]["answer"], json!({ "state": "numbers" }));
    let lies = &targets["items"][1]["answer"];
    assert_eq!((&lies["state"], &lies["kind"]), (&"trouble".into(), &"lies".into()));
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get("/clusters/kafka/demo/targets").of(&dev)).await;
    for wanted in ["One target tells no numbers", "demo-broker-1-0", "3 of its numbers cannot be", "(below zero)"] {
        assert!(page.body.contains(wanted), "{wanted}");
    }
    assert_eq!(bench.send(get("/clusters/kafka/none/targets").of(&dev)).await.status, 404);
}
