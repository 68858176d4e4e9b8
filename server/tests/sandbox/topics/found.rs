//! What is found in Kafka: topics that nobody declared, and changes from elsewhere.

use super::{annex::annex, *};
use kube::ResourceExt;

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_reported_with_key_wanted_and_found_and_nothing_is_changed() {
    let stage = annex().await;
    let name = "gamma.drift";
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": 60_000 } })).await;
    stage.judged(name, "True/InSync").await;
    stage.set_by_hand(name, "retention.ms", "1").await;
    stage.becomes(name, 1, &[("retention.ms", "1")]).await;
    stage.have_everything_looked_at().await;
    let status = stage.judged(name, "False/DriftFound").await;
    let field = status.fields.first().unwrap();
    assert_eq!((field.field.as_str(), field.reason.as_str()), ("config.retention.ms", "DriftFound"));
    assert!(field.message.contains("60000 is declared, 1 was found"), "{}", field.message);
    assert!(stage.told(name, "DriftFound").await.contains("retention.ms"));
    stage.becomes(name, 1, &[("retention.ms", "1")]).await;

    stage.set_by_hand(name, "retention.ms", "60000").await;
    stage.becomes(name, 1, &[("retention.ms", "60000")]).await;
    stage.have_everything_looked_at().await;
    stage.judged(name, "True/InSync").await;
    // A new declaration is no drift.
    stage.declare(name, json!({ "partitions": 2 })).await;
    stage.becomes(name, 2, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undeclared_topics_are_imported_once_or_as_they_come_and_go_with_their_topics() {
    let stage = annex().await;
    stage.make_by_hand("gamma.found", 3, &[("retention.ms", "1234")]).await;
    stage.make_by_hand("Else_Where", 1, &[]).await;
    stage.becomes("Else_Where", 1, &[]).await;
    stage.rule(json!({ "import": "once" })).await;

    let status = stage.judged("gamma.found", "True/InSync").await;
    assert_eq!((status.partitions, status.config_keys), (Some(3), vec!["retention.ms".to_owned()]));
    let imported = stage.topics.get("gamma.found").await.unwrap();
    assert!(imported.annotations().contains_key("klamm.dev/imported"));
    assert_eq!(imported.spec.deletion, Some(klamm_resources::Deletion::Retain));
    let home: Api<KafkaTopic> = Api::namespaced(stage.client.clone(), &stage.home);
    let elsewhere = klamm_resources::dialect::export_name(&TopicName::new("Else_Where").unwrap()).unwrap();
    let is_ready =
        |topic: &KafkaTopic| topic.status.as_ref().is_some_and(|status| readiness(&status.conditions) == "True/InSync");
    wait_for_object(&home, elsewhere.as_str(), SOON, is_ready).await.unwrap();
    let all = home.list(&ListParams::default()).await.unwrap();
    assert!(all.iter().all(|topic| !topic.spec.topic_name.as_deref().unwrap_or_default().starts_with("__")));

    let sheets: Api<ConfigMap> = Api::namespaced(stage.client.clone(), &stage.home);
    let notes_it = |sheet: &ConfigMap| sheet.data.iter().flatten().any(|(key, _)| key == "imported-once");
    wait_for_object(&sheets, "annex-topic-journal-0", SOON, notes_it).await.unwrap();
    stage.make_by_hand("gamma.later", 1, &[]).await;
    stage.declare("gamma.meanwhile", json!({ "partitions": 1 })).await;
    stage.judged("gamma.meanwhile", "True/InSync").await;
    assert!(stage.topics.get_opt("gamma.later").await.unwrap().is_none(), "once is once");

    stage.rule(json!({ "import": "continuous" })).await;
    stage.judged("gamma.later", "True/InSync").await;
    // Somebody takes one over by changing it; the other one goes with its topic.
    stage.declare("gamma.later", json!({ "partitions": 2, "deletion": "retain" })).await;
    stage.becomes("gamma.later", 2, &[]).await;
    stage.delete_by_hand("gamma.found").await;
    stage.gone_from_kafka("gamma.found").await;
    stage.have_everything_looked_at().await;
    eventually("the imported object to go", SOON, || async {
        anyhow::ensure!(stage.topics.get_opt("gamma.found").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
    assert!(stage.topics.get_opt("gamma.later").await.unwrap().is_some());
    stage.rule(json!({ "import": "off" })).await;
}
