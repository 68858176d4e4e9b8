//! Messages of a real topic, packed by librdkafka and by Java: found by where they are and by what is in them, without a group and
//! without a commit.

use crate::{
    requests::Office,
    shop::{A_ROUND, SOON, Shop, admin, readiness, shop, text},
};
use anyhow::ensure;
use k8s_openapi::api::core::v1::Secret;
use klamm_model::GroupOffset;
use klamm_resources::{KafkaTopic, managed};
use klamm_testkit::{Fate, OutsideClient, SampleRecord, eventually, wait_for_object};
use kube::{Api, Client};
use serde_json::{Value, json};

const TOPIC: &str = "alpha.peeked";
/// What librdkafka of these tests can pack.
const BY_LIBRDKAFKA: [&str; 4] = ["none", "gzip", "snappy", "lz4"];
/// What brokers pack themselves, in Java, for topics that say so.
const BY_JAVA: [&str; 4] = ["gzip", "snappy", "lz4", "zstd"];

/// A super user outside.
async fn producer(shop: &Shop, client: &Client) -> anyhow::Result<OutsideClient> {
    let cluster = crate::shop::ready(client, &shop.home, "shop").await?;
    let servers = cluster.status.unwrap_or_default().bootstrap_servers.remove("clients").unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &shop.home);
    let secret = secrets.get(&managed::admin_secret("shop")).await?;
    Ok(OutsideClient::scram(&servers, &text(&secret, "username")?, &text(&secret, "password")?))
}

async fn topic(shop: &Shop, client: &Client, name: &str, spec: Value) {
    shop.apply(client, &shop.alpha, shop.topic(name, spec)).await;
    let topics: Api<KafkaTopic> = Api::namespaced(client.clone(), &shop.alpha);
    let ready =
        |topic: &KafkaTopic| topic.status.as_ref().is_some_and(|status| readiness(&status.conditions) == "True/InSync");
    wait_for_object(&topics, name, SOON, ready).await.unwrap();
}

fn record(packed: &str, at: usize) -> SampleRecord {
    let order =
        json!({ "order": { "id": format!("{packed}-{at}"), "lines": [{ "sku": "a" }] }, "fill": "x".repeat(500) });
    let headers = vec![("trace".to_owned(), Some(vec![0, 0xff])), ("nothing".to_owned(), None)];
    SampleRecord { headers, ..SampleRecord::new(packed, order.to_string()) }
}

/// Lets members of a topic's team read, as somebody would while Klamm runs.
fn name_readers(shop: &Shop) {
    let file = shop.sandbox.state().join("policies.toml");
    let rules = std::fs::read_to_string(&file).unwrap();
    let named = "[environments.prod]\nmessages = { read = [\"ownerTeam\"] }\n";
    std::fs::write(&file, rules.replacen("[environments.prod]\n", named, 1)).unwrap();
}

fn offsets(answer: &Value) -> Vec<i64> {
    answer["items"].as_array().unwrap().iter().map(|item| item["offset"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_whoever_packed_them_and_no_group_is_left_behind() {
    let shop = shop().await;
    let client = shop.sandbox.client().await.unwrap();
    let office = Office::of_shop(shop);
    topic(shop, &client, TOPIC, json!({ "partitions": 2 })).await;
    for packed in BY_JAVA {
        let spec = json!({ "partitions": 1, "config": { "compression.type": packed } });
        topic(shop, &client, &format!("{TOPIC}-{packed}"), spec).await;
    }
    let outside = producer(shop, &client).await.unwrap();
    for (turn, packed) in (0..).zip(BY_LIBRDKAFKA) {
        let records: Vec<_> = (0..5).map(|at| record(packed, at)).collect();
        assert_eq!(outside.write((TOPIC, 0), &records, packed, None).await.unwrap(), turn * 5);
    }
    for packed in BY_JAVA {
        let records: Vec<_> = (0..5).map(|at| record(packed, at)).collect();
        outside.write((&format!("{TOPIC}-{packed}"), 0), &records, "none", None).await.unwrap();
    }

    let look_at = async |who: &str, topic: &str, question: Value| {
        let path = format!("/clusters/{}/shop/topics/{topic}/messages", shop.home);
        office.send(who, "POST", &path, question).await
    };
    let look = async |topic: &str, question: Value| {
        let (status, answer) = look_at("payments-dev", topic, question).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer
    };
    // Nobody is named in this environment until somebody is.
    eventually("the topic to be seen", A_ROUND, || async {
        let (status, answer) = look_at("payments-dev", TOPIC, json!({})).await?;
        ensure!(status == 404 && answer["detail"].as_str().is_some_and(|why| why.contains("may see")), "{answer}");
        Ok(())
    })
    .await
    .unwrap();
    name_readers(shop);
    let readable = async |topic: &str| {
        let seen = eventually("its messages to be shown", A_ROUND, || async {
            let (status, answer) = look_at("payments-dev", topic, json!({})).await?;
            ensure!(status == 200, "{answer}");
            Ok(())
        });
        seen.await.unwrap();
    };
    readable(TOPIC).await;
    for stranger in ["orders-dev", "operator"] {
        assert_eq!(look_at(stranger, TOPIC, json!({})).await.unwrap().0, 404, "{stranger}");
    }

    let newest = look(TOPIC, json!({ "limit": 7 })).await;
    assert_eq!(offsets(&newest), [19, 18, 17, 16, 15, 14, 13], "{newest}");
    assert_eq!((&newest["stopped"], &newest["unreadableCount"]), (&"enough".into(), &0.into()));
    let first = &newest["items"][0];
    assert_eq!((&first["key"]["text"], &first["value"]["form"]), (&"lz4".into(), &"json".into()));
    assert_eq!(
        first["headers"][0],
        json!({ "name": "trace", "value": { "form": "hex", "text": "00 ff", "size": 2, "cut": false } })
    );
    assert_eq!((&first["headers"][1]["value"], &first["headerCount"]), (&Value::Null, &2.into()));
    let all = look(TOPIC, json!({ "from": "oldest" })).await;
    assert_eq!(offsets(&all), (0..20).collect::<Vec<_>>());
    let keys: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|item| item["key"]["text"].as_str().unwrap()).collect();
    assert_eq!(keys, BY_LIBRDKAFKA.map(|packed| [packed; 5]).concat());
    let middle = look(TOPIC, json!({ "from": "offset", "offset": 8, "partition": 0, "limit": 3 })).await;
    assert_eq!(offsets(&middle), [8, 9, 10]);
    let moment = all["items"][10]["timestamp"].as_i64().unwrap();
    let since = look(TOPIC, json!({ "from": "time", "time": moment })).await;
    assert!(offsets(&since).contains(&10) && !offsets(&since).contains(&4), "{since}");
    let one = look(TOPIC, json!({ "path": "$.order.id", "equals": "snappy-3" })).await;
    assert_eq!((offsets(&one), &one["looked"]), (vec![13], &20.into()), "{one}");
    assert_eq!(offsets(&look(TOPIC, json!({ "contains": "gzip-1" })).await), [6]);
    for packed in BY_JAVA {
        let name = format!("{TOPIC}-{packed}");
        readable(&name).await;
        let told = look(&name, json!({ "from": "oldest" })).await;
        let values: Vec<_> =
            told["items"].as_array().unwrap().iter().map(|item| item["value"]["text"].as_str().unwrap()).collect();
        assert_eq!((values.len(), &told["unreadableCount"]), (5, &0.into()), "{packed}: {told}");
        assert!(values[4].contains(&format!("\"{packed}-4\"")), "{packed}: {told}");
    }

    // In the other partition: one transaction that does not count, and one that does.
    let void = [SampleRecord::new("void", "void")];
    outside.write((TOPIC, 1), &void, "lz4", Some(("alpha-void", Fate::Aborts))).await.unwrap();
    let good = [SampleRecord::new("good", "good")];
    outside.write((TOPIC, 1), &good, "none", Some(("alpha-good", Fate::Commits))).await.unwrap();
    let counts = look(TOPIC, json!({ "partition": 1 })).await;
    assert_eq!((counts["items"].as_array().unwrap().len(), &counts["aborted"]), (1, &1.into()), "{counts}");
    assert_eq!(
        (&counts["items"][0]["key"]["text"], &counts["items"][0]["inTransaction"]),
        (&"good".into(), &true.into())
    );
    let both = look(TOPIC, json!({ "partition": 1, "isolation": "uncommitted" })).await;
    assert_eq!(both["items"].as_array().unwrap().len(), 2, "{both}");

    let kafka = admin(&client, &shop.home, "shop").await.unwrap();
    let groups = kafka.list_groups().await.unwrap();
    let committed = kafka.fetch_group_offsets(groups.groups.values()).await;
    let ours = |offset: &GroupOffset| offset.topic.as_str().starts_with(TOPIC);
    assert!(!committed.values().flatten().flatten().any(ours), "{committed:?}");

    let audit = office.get("payments-lead", "/audit?kind=message&action=reveal").await.unwrap();
    let told = audit.to_string();
    assert!(told.contains("partition 0, from offset 8: 3 shown of 3 looked at"), "{told}");
    assert!(!told.contains("snappy-3") && !told.contains("gzip-1"), "{told}");
}
