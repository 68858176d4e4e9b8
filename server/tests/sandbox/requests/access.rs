use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_on_anothers_topic_asks_by_itself_and_runs_after_consent() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    let client = shop.sandbox.client().await.unwrap();
    shop.apply(&client, &shop.alpha, shop.topic("alpha.wanted", json!({ "partitions": 1 }))).await;
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "reporter", "labels": { "kafka-operator": "inject-credentials" },
            "annotations": { "topic.kafka.nb/consumes": "alpha.wanted" },
        },
        "spec": {
            "replicas": 0, "selector": { "matchLabels": { "app": "reporter" } },
            "template": {
                "metadata": { "labels": { "app": "reporter" } },
                "spec": { "containers": [{ "name": "c", "image": "klamm.dev/shell:1", "command": ["sh", "-c", "sleep 1000"] }] },
            },
        },
    });
    shop.apply(&client, &shop.beta, object).await;
    let asked = eventually("the owner's lead to find the request", A_ROUND, || async {
        let inbox = office.get("payments-lead", "/requests?inbox=true&kind=accessGrant").await?;
        let found = inbox["items"].as_array().unwrap().iter().find(|item| item["subject"] == "alpha.wanted").cloned();
        found.with_context(|| inbox.to_string())
    })
    .await
    .unwrap();
    assert_eq!(
        (&asked["requester"], &asked["team"], &asked["owner"]),
        (&"klamm".into(), &"orders".into(), &"payments".into())
    );
    assert!(asked["reason"].as_str().unwrap().contains("eployment/reporter"), "{asked}");
    assert_eq!(office.approve("orders-lead", &asked).await.0, 403, "those who ask do not decide");
    assert_eq!(office.approve("payments-lead", &asked).await.0, 200);
    office.reaches("orders-dev", &asked, "applied").await;
    let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> = kube::Api::namespaced(client.clone(), &shop.beta);
    let ready = |secret: &k8s_openapi::api::core::v1::Secret| {
        secret.data.as_ref().is_some_and(|data| data.contains_key("password"))
    };
    klamm_testkit::wait_for_object(&secrets, "reporter-kafka-credentials", SOON, ready).await.unwrap();
    // Both teams read of it in their parts of the audit.
    assert!(!office.story("orders-dev", &asked).await.is_empty());
    assert!(!office.story("payments-dev", &asked).await.is_empty());
}
