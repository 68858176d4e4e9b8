//! A tenant who tries to have what is another's, with everything that objects can say, and gets nothing.

use super::Stage;
use crate::shop::{SOON, readiness, text};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use klamm_kafka::{AclFilter, AclResource, TopicSelection};
use klamm_resources::{KafkaGrant, KafkaTopic, KafkaUser};
use klamm_testkit::{eventually, wait_for_object};
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};

/// What belongs to this test: nothing of others that run meanwhile is named so.
const MARK: &str = "thief";

fn is_refused(conditions: &[k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition]) -> bool {
    readiness(conditions).starts_with("False/")
}

impl Stage {
    async fn apply_here(&self, manifest: Value) {
        self.shop.apply(&self.client, &self.shop.alpha, manifest).await;
    }

    /// What the schema already refuses.
    async fn not_even_accepted(&self, manifest: Value) {
        let applied = self.shop.sandbox.apply(&self.client, &self.shop.alpha, &manifest.to_string()).await;
        assert!(applied.is_err(), "{manifest} was accepted");
    }

    fn config_map(name: &str, label: (&str, &str), data: &Value) -> Value {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": name, "labels": { label.0: label.1 } }, "data": data,
        })
    }
}

/// What a user of a tenant could ask for, each of it about what is not its own.
fn greedy_grants() -> Vec<Value> {
    vec![
        json!({ "topic": "beta.thief-vault", "access": "both" }),
        json!({ "topic": "beta.", "pattern": "prefixed", "access": "both" }),
        json!({ "topic": "b", "pattern": "prefixed", "access": "consume" }),
        json!({ "topic": "alpha", "pattern": "prefixed", "access": "consume" }),
        json!({ "topic": "nobodys", "access": "produce" }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_tries_everything_of_anothers_gets_nothing() {
    let stage = Stage::new().await;
    let (alpha, beta) = (stage.shop.alpha.clone(), stage.shop.beta.clone());
    stage.topic(&beta, "beta.thief-vault").await;
    let victim = json!({ "grants": [{ "topic": "beta.thief-vault", "access": "both" }], "secretName": "victim" });
    stage.shop.apply(&stage.client, &beta, stage.shop.user("victim", victim)).await;
    let their_users: Api<KafkaUser> = Api::namespaced(stage.client.clone(), &beta);
    let is_ready =
        |user: &KafkaUser| user.status.as_ref().is_some_and(|status| readiness(&status.conditions) == "True/InSync");
    wait_for_object(&their_users, "victim", SOON, is_ready).await.unwrap();
    let their_secrets: Api<Secret> = Api::namespaced(stage.client.clone(), &beta);
    let password = text(&their_secrets.get("victim").await.unwrap(), "password").unwrap();

    // Topics, declared in every way there is.
    let stolen = json!({ "topicName": "beta.thief-topic", "partitions": 1 });
    stage.apply_here(stage.shop.topic("thief-topic", stolen)).await;
    let their_own =
        json!({ "topicName": "beta.thief-vault", "config": { "retention.ms": 1000 }, "deletion": "delete" });
    stage.apply_here(stage.shop.topic("thief-vault", their_own)).await;
    let dialects = [
        ("thief-nb", ("config", "kafka-topic"), json!({ "name": "beta.thief-nb", "partitions": "1" })),
        ("thief-alpha", ("config", "kafka-topic"), json!({ "name": "beta.thief-alpha", "num.partitions": "1" })),
        (
            "thief-strimzi",
            ("strimzi.io/kind", "topic"),
            json!({ "name": "beta.thief-strimzi", "partitions": "1", "replicas": "1" }),
        ),
    ];
    for (name, label, data) in &dialects {
        stage.apply_here(Stage::config_map(name, *label, data)).await;
    }

    // Users with grants on what is not theirs, and with names of others for groups and transactions.
    let mut users = Vec::new();
    for (i, grant) in greedy_grants().into_iter().enumerate() {
        let name = format!("{MARK}-grant-{i}");
        stage.declare(&name, json!({ "grants": [grant] })).await;
        users.push(name);
    }
    let names = json!({ "grants": [{
        "topic": "alpha.thief", "access": "both",
        "groups": ["beta.group", "beta.*", "b*", "*"], "transactionalIds": ["beta.tx", "beta.*", "*"],
    }] });
    stage.declare("thief-names", names).await;
    let raw = json!({ "acls": [
        { "resource": { "type": "topic", "name": "*" }, "operations": ["all"] },
        { "resource": { "type": "topic", "name": "beta.", "pattern": "prefixed" }, "operations": ["read"] },
        { "resource": { "type": "cluster" }, "operations": ["alter", "clusterAction"] },
        { "resource": { "type": "group", "name": "*" }, "operations": ["read"] },
    ] });
    stage.declare("thief-raw", raw).await;
    // Consent that is not theirs to give.
    let consent = json!({
        "topics": [{ "name": "beta.thief-vault" }, { "name": "beta.", "pattern": "prefixed" }],
        "to": { "namespaces": [alpha] }, "access": "both",
    });
    stage.apply_here(stage.shop.resource("KafkaGrant", "thief-consent", consent)).await;
    // Another cluster, and a Secret that another user has.
    let mut elsewhere = stage.shop.user("thief-elsewhere", json!({ "grants": [{ "topic": "x", "access": "both" }] }));
    elsewhere["spec"]["cluster"] = json!({ "namespace": beta, "name": "shop" });
    stage.apply_here(elsewhere).await;
    stage.declare("thief-honest", json!({})).await;
    stage.judged("thief-honest", "True/InSync").await;
    let honest = stage.login("thief-honest").await;
    stage.declare("thief-secret", json!({ "secretName": "thief-honest" })).await;
    // What nobody may be called, and a Secret elsewhere.
    stage.not_even_accepted(stage.shop.user("thief-honest.b", json!({}))).await;
    stage.not_even_accepted(stage.shop.user("klamm-admin", json!({}))).await;
    stage.not_even_accepted(stage.shop.user("thief-far", json!({ "secretName": format!("{beta}/victim") }))).await;
    stage
        .not_even_accepted(stage.shop.user("thief-all", json!({ "grants": [{ "topic": "*", "access": "both" }] })))
        .await;

    // Everything was judged, and refused.
    let users = users.iter().map(String::as_str);
    for name in users.chain(["thief-names", "thief-raw", "thief-elsewhere", "thief-secret"]) {
        stage.becomes(name, |status| is_refused(&status.conditions)).await;
    }
    let topics: Api<KafkaTopic> = Api::namespaced(stage.client.clone(), &alpha);
    for name in ["thief-topic", "thief-vault"] {
        let refused = |topic: &KafkaTopic| topic.status.as_ref().is_some_and(|status| is_refused(&status.conditions));
        wait_for_object(&topics, name, SOON, refused).await.unwrap();
    }
    let config_maps: Api<ConfigMap> = Api::namespaced(stage.client.clone(), &alpha);
    for (name, ..) in &dialects {
        let refused = |object: &ConfigMap| {
            let said = object.metadata.annotations.as_ref().and_then(|all| all.get("klamm.dev/status"));
            said.is_some_and(|said| said.contains("NameNotAllowed"))
        };
        wait_for_object(&config_maps, name, SOON, refused).await.unwrap();
    }
    let grants: Api<KafkaGrant> = Api::namespaced(stage.client.clone(), &alpha);
    let refused = |grant: &KafkaGrant| grant.status.as_ref().is_some_and(|status| is_refused(&status.conditions));
    wait_for_object(&grants, "thief-consent", SOON, refused).await.unwrap();

    nothing_was_had(&stage).await;
    assert_eq!(text(&their_secrets.get("victim").await.unwrap(), "password").unwrap(), password);
    assert_eq!(stage.login("thief-honest").await, honest);

    // Deleting the declarations takes nothing from their owners either.
    for name in ["thief-topic", "thief-vault"] {
        topics.delete(name, &DeleteParams::default()).await.unwrap();
    }
    for (name, ..) in &dialects {
        config_maps.delete(name, &DeleteParams::default()).await.unwrap();
    }
    eventually("the declarations to go", SOON, || async {
        anyhow::ensure!(topics.get_opt("thief-vault").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
    nothing_was_had(&stage).await;
}

/// What Kafka itself has, asked with every right.
async fn nothing_was_had(stage: &Stage) {
    let ours = format!("User:{}.{MARK}", stage.shop.alpha);
    let acls = stage.kafka.describe_acls(&AclFilter::default()).await.unwrap();
    for acl in acls.iter().filter(|acl| acl.principal.starts_with(&ours)) {
        let own = acl.name == "alpha.thief" && acl.resource == AclResource::Topic;
        assert!(own, "{acl:?}");
    }
    let topics = stage.kafka.describe_topics(&TopicSelection::All).await.unwrap();
    let marked: Vec<_> = topics.keys().map(ToString::to_string).filter(|name| name.contains(MARK)).collect();
    assert_eq!(marked, ["beta.thief-vault"]);
}
