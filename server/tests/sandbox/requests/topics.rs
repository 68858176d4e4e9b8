use super::*;
use klamm_kafka::TopicSelection;
use klamm_model::TopicName;

async fn is_in_kafka(shop: &Shop, topic: &str) -> bool {
    let client = shop.sandbox.client().await.unwrap();
    let kafka = shop.kafka(&client).await;
    let name: TopicName = topic.parse().unwrap();
    let found = kafka.describe_topics(&TopicSelection::All).await.unwrap();
    found.into_iter().any(|(found, topic)| found == name && topic.is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_asked_for_agreed_to_and_there_and_the_audit_tells_it() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let spec = json!({ "topicName": "alpha.asked", "partitions": 3, "config": { "retention.ms": 86_400_000 } });
    let asked = office.ask("payments-dev", "topicCreate", spec).await;
    assert_eq!(asked["state"], "needsApproval", "{asked}");
    assert_eq!(asked["findings"][0]["severity"], "approval", "{asked}");
    assert!(asked["effect"]["bytesFree"].as_u64().is_some_and(|free| free > 0), "{asked}");
    assert!(asked["waitingFor"].as_str().unwrap().contains("payments-lead"), "{asked}");

    assert_eq!(office.approve("payments-dev", &asked).await.0, 403, "nobody decides what they asked for");
    assert_eq!(office.approve("orders-dev", &asked).await.0, 404, "to others it does not exist");
    let inbox = office.get("payments-lead", "/requests?inbox=true").await.unwrap();
    assert!(inbox["items"].as_array().unwrap().iter().any(|item| item["id"] == asked["id"]), "{inbox}");
    let mut forged = asked.clone();
    forged["hash"] = json!("0".repeat(64));
    assert_eq!(office.approve("payments-lead", &forged).await.0, 409, "another thing than what was looked at");
    assert!(!is_in_kafka(shop, "alpha.asked").await);

    assert_eq!(office.approve("payments-lead", &asked).await.0, 200);
    office.reaches("payments-dev", &asked, "applied").await;
    assert!(is_in_kafka(shop, "alpha.asked").await);
    let row = |words: [&str; 4]| words.map(str::to_owned);
    assert_eq!(
        office.story("payments-lead", &asked).await,
        [
            row(["payments-dev", "create", "allowed", "done"]),
            row(["payments-dev", "approve", "denied", "refused"]),
            row(["orders-dev", "approve", "denied", "refused"]),
            row(["payments-lead", "approve", "allowed", "refused"]),
            row(["payments-lead", "approve", "allowed", "done"]),
            row(["klamm", "apply", "allowed", "done"]),
        ]
    );
    assert!(office.story("orders-dev", &asked).await.is_empty(), "another team's part is another team's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_end_takes_the_records_along_whatever_the_object_said() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let client = shop.sandbox.client().await.unwrap();
    let spec = json!({ "partitions": 1, "deletion": "retain" });
    shop.apply(&client, &shop.alpha, shop.topic("alpha.ending", spec)).await;
    eventually("the topic to be there", SOON, || async {
        ensure!(is_in_kafka(shop, "alpha.ending").await);
        Ok(())
    })
    .await
    .unwrap();
    let asked = office.ask("payments-dev", "topicDelete", json!({ "topicName": "alpha.ending" })).await;
    // In prod operators have to agree to that, too.
    assert_eq!(office.approve("payments-lead", &asked).await.1["state"], "needsApproval");
    assert_eq!(office.approve("operator", &asked).await.0, 200);
    office.reaches("payments-dev", &asked, "applied").await;
    assert!(!is_in_kafka(shop, "alpha.ending").await);

    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "ending", "labels": { "config": "kafka-topic" }, "annotations": { "klamm.dev/deletion": "retain" } },
        "data": { "name": "alpha.map", "partitions": "1" },
    });
    shop.apply(&client, &shop.alpha, object).await;
    eventually("the topic to be there", SOON, || async {
        ensure!(is_in_kafka(shop, "alpha.map").await);
        Ok(())
    })
    .await
    .unwrap();
    let asked = office.ask("payments-dev", "topicDelete", json!({ "topicName": "alpha.map" })).await;
    office.approve("payments-lead", &asked).await;
    office.approve("operator", &asked).await;
    office.reaches("payments-dev", &asked, "applied").await;
    assert!(!is_in_kafka(shop, "alpha.map").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_keeps_is_explained_and_not_taken() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let client = shop.sandbox.client().await.unwrap();
    shop.apply(&client, &shop.alpha, shop.topic("alpha.git", json!({ "partitions": 1 }))).await;
    let asked = office.ask("payments-dev", "topicChange", json!({ "topicName": "alpha.git", "partitions": 2 })).await;
    office.approve("payments-lead", &asked).await;
    let failed = office.reaches("payments-dev", &asked, "failed").await;
    let why = failed["message"].as_str().unwrap();
    assert!(why.contains("klamm-tests") && why.contains("spec.partitions"), "{why}");
    // Whoever keeps it changes it: what was asked for is so, and the next try finds that.
    shop.apply(&client, &shop.alpha, shop.topic("alpha.git", json!({ "partitions": 2 }))).await;
    let path = format!("/requests/{}/retry", asked["id"].as_str().unwrap());
    assert_eq!(office.send("payments-dev", "POST", &path, json!({})).await.unwrap().0, 200);
    eventually("the request to be over", A_ROUND, || async {
        let now = office.request("payments-dev", &asked).await?;
        ensure!(["superseded", "applied"].contains(&now["state"].as_str().unwrap()), "{now}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_is_changed_in_its_own_words() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let client = shop.sandbox.client().await.unwrap();
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "alpha-old", "labels": { "config": "kafka-topic" } },
        "data": { "name": "alpha.old", "partitions": "1", "properties": "retention.ms=3600000" },
    });
    shop.apply(&client, &shop.alpha, object).await;
    let spec = json!({ "topicName": "alpha.old", "config": { "cleanup.policy": "compact" } });
    let asked = office.ask("payments-dev", "topicChange", spec).await;
    let manifest = asked["manifest"].as_str().unwrap();
    assert!(manifest.contains("kind: ConfigMap") && manifest.contains("cleanup.policy=compact"), "{manifest}");
    office.approve("payments-lead", &asked).await;
    // The properties are one text, and that text is kept by whoever applied the ConfigMap.
    let failed = office.reaches("payments-dev", &asked, "failed").await;
    assert!(failed["message"].as_str().unwrap().contains("data.properties"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_git_keeps_is_handed_out_and_closed_once_it_is_there() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let client = shop.sandbox.client().await.unwrap();
    let rules = shop.sandbox.state().join("policies.toml");
    let before = std::fs::read_to_string(&rules).unwrap();
    assert!(before.contains("[environments.prod]\n"));
    let exporting = before.replace("[environments.prod]\n", "[environments.prod]\nexport = [\"orders\"]\n");
    std::fs::write(&rules, exporting).unwrap();
    eventually("the rules to count", SOON, || async {
        let rules = office.get("orders-dev", "/policies").await?;
        ensure!(rules.to_string().contains("\"exports\":[\"orders\"]"), "{rules}");
        Ok(())
    })
    .await
    .unwrap();

    let asked = office.ask("orders-dev", "topicCreate", json!({ "topicName": "beta.git", "partitions": 2 })).await;
    assert_eq!(office.approve("orders-lead", &asked).await.0, 200);
    let waiting = eventually("the request to wait for Git", A_ROUND, || async {
        let now = office.request("orders-dev", &asked).await?;
        ensure!(now["waitingFor"].as_str().is_some_and(|why| why.contains("kept in Git")), "{now}");
        Ok(now)
    })
    .await
    .unwrap();
    assert_eq!(waiting["state"], "approved");
    assert!(!is_in_kafka(shop, "beta.git").await, "nobody has committed it yet");

    let object: Value = serde_saphyr::from_str(waiting["manifest"].as_str().unwrap()).unwrap();
    shop.apply(&client, &shop.beta, object).await;
    office.reaches("orders-dev", &asked, "applied").await;
    assert!(is_in_kafka(shop, "beta.git").await);
    let entry = office.get("orders-dev", "/topics/beta.git").await.unwrap();
    assert_eq!(entry["places"][0]["manager"], "klamm-tests", "whoever wrote it is told: {entry}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_brokers_refuse_is_refused_when_it_is_asked_for_and_leaves_nothing_behind() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let body = |kind: &str, spec: Value| json!({ "kind": kind, "cluster": office.cluster, "team": "payments", "spec": spec, "reason": "a test" });
    let refused = async |kind: &str, spec: Value, word: &str| {
        eventually("the brokers' refusal", SOON, || async {
            let (status, answer) = office.send("payments-dev", "POST", "/requests", body(kind, spec.clone())).await?;
            let why = answer["detail"].as_str().unwrap_or_default();
            ensure!(status == 422 && why.contains("the brokers would not take it"), "{status} {answer}");
            ensure!(why.contains(word), "{answer}");
            Ok(())
        })
        .await
        .unwrap();
    };
    let wrong = |topic: &str, key: &str, value: &str| json!({ "topicName": topic, "config": { key: value } });
    for (key, value) in
        [("retention.ms", "abc"), ("segment.bytes", "-5"), ("cleanup.policy", "shred"), ("no.such.key", "1")]
    {
        refused("topicCreate", wrong("alpha.refused", key, value), key).await;
    }
    assert!(!is_in_kafka(shop, "alpha.refused").await);
    let open = office.get("payments-dev", "/requests?q=alpha.refused").await.unwrap();
    assert_eq!(open["items"], json!([]), "nobody is asked about it");

    office.granted("topicCreate", json!({ "topicName": "alpha.refused", "partitions": 2 })).await;
    refused("topicChange", wrong("alpha.refused", "retention.ms", "abc"), "retention.ms").await;
    refused("topicChange", json!({ "topicName": "alpha.refused", "partitions": 1 }), "partition").await;
    let client = shop.sandbox.client().await.unwrap();
    let kafka = shop.kafka(&client).await;
    let names = TopicSelection::Names(["alpha.refused".parse().unwrap()].into());
    let found = kafka.describe_topics(&names).await.unwrap();
    let topic = found.into_values().next().unwrap().unwrap();
    assert_eq!(topic.partitions.len(), 2, "trying changes nothing");
}
