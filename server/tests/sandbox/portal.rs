//! What the portal tells of real brokers: configuration with its defaults, access rules, and the objects behind them.

use crate::{
    http,
    shop::{A_ROUND, SOON, shop},
};
use anyhow::{Context as _, ensure};
use klamm_kafka::{Acl, AclOperation, AclPattern, AclPermission, AclResource};
use klamm_testkit::{TestSandbox, eventually};
use serde_json::{Value, json};

/// What the API answers the operator.
async fn ask(sandbox: &TestSandbox, path: &str) -> anyhow::Result<String> {
    let token = std::fs::read_to_string(sandbox.state().join("tokens/operator")).context("read the token")?;
    let bearer = format!("Bearer {}", token.trim());
    http::get(sandbox.url().trim_start_matches("http://"), path, &[("Authorization", &bearer)]).await
}

pub(crate) async fn json_of(sandbox: &TestSandbox, path: &str) -> anyhow::Result<Value> {
    serde_json::from_str(&ask(sandbox, path).await?).context("read the answer")
}

fn key<'a>(config: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    let keys = config["keys"].as_array().with_context(|| format!("no keys: {config}"))?;
    keys.iter().find(|key| key["key"] == name).with_context(|| format!("no {name}: {config}"))
}

fn principal<'a>(access: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    let all = access["principals"]["items"].as_array().with_context(|| format!("no principals: {access}"))?;
    all.iter().find(|one| one["principal"] == name).with_context(|| format!("no {name}: {access}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_told_with_every_key_its_brokers_know_and_what_would_hold_without_it() {
    let shop = shop().await;
    let client = shop.sandbox.client().await.unwrap();
    let spec = json!({ "partitions": 1, "config": { "retention.ms": 3_600_000 } });
    shop.apply(&client, &shop.alpha, shop.topic("alpha.told", spec)).await;
    let topic = format!("/api/v1/clusters/{}/shop/topics/alpha.told", shop.home);
    let config = eventually("the configuration to be told", A_ROUND, || async {
        let config = json_of(shop.sandbox, &format!("{topic}/config")).await?;
        ensure!(config["toldBy"].as_array().is_some_and(|brokers| brokers.len() == 1), "{config}");
        ensure!(key(&config, "retention.ms")?["source"] == "topic", "{config}");
        Ok(config)
    })
    .await
    .unwrap();
    let retention = key(&config, "retention.ms").unwrap();
    assert_eq!((&retention["words"], &retention["otherwise"]["words"]), (&"1 h".into(), &"7 days".into()));
    // Since KIP-966 the controller keeps it for the whole cluster; a cluster of one broker needs one replica in sync.
    let minimum = key(&config, "min.insync.replicas").unwrap();
    assert_eq!((&minimum["value"], &minimum["source"]), (&"1".into(), &"dynamicDefaultBroker".into()));
    assert_eq!(key(&config, "segment.bytes").unwrap()["source"], "default");
    let unexplained: Vec<_> =
        config["keys"].as_array().unwrap().iter().filter(|key| key["meaning"].is_null()).collect();
    assert!(unexplained.is_empty(), "keys of this version have no words: {unexplained:?}");

    let path = format!("{topic}/manifest");
    let manifest = eventually("the manifest to be at hand", SOON, || ask(shop.sandbox, &path)).await.unwrap();
    let manifest: Value = serde_saphyr::from_str(&manifest).unwrap();
    assert_eq!((&manifest["kind"], &manifest["spec"]["partitions"]), (&"KafkaTopic".into(), &1.into()));
    assert!(manifest["status"].is_null() && manifest["metadata"]["managedFields"].is_null(), "{manifest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_consent_shows_up_as_access_and_so_does_a_rule_made_past_klamm() {
    let shop = shop().await;
    let client = shop.sandbox.client().await.unwrap();
    shop.apply(&client, &shop.beta, shop.topic("beta.seen", json!({ "partitions": 1 }))).await;
    let consent = json!({
        "topics": [{ "name": "beta.seen" }], "to": { "namespaces": [shop.alpha] }, "access": "consume",
    });
    shop.apply(&client, &shop.beta, shop.resource("KafkaGrant", "seen", consent)).await;
    let grants = json!([{ "topic": "beta.seen", "access": "consume" }]);
    shop.apply(&client, &shop.alpha, shop.user("looker", json!({ "grants": grants }))).await;
    let stranger = Acl {
        resource: AclResource::Topic,
        name: "beta.se".to_owned(),
        pattern: AclPattern::Prefixed,
        principal: "User:stranger".to_owned(),
        host: "10.1.2.3".to_owned(),
        operation: AclOperation::Write,
        permission: AclPermission::Allow,
    };
    let made = shop.kafka(&client).await.create_acls(&[stranger].into()).await.unwrap();
    assert!(made.values().all(Result::is_ok), "{made:?}");

    let path = format!("/api/v1/clusters/{}/shop/topics/beta.seen/access", shop.home);
    let looker = format!("User:{}.looker", shop.alpha);
    let access = eventually("access to be told", A_ROUND, || async {
        let access = json_of(shop.sandbox, &path).await?;
        let looker = principal(&access, &looker)?;
        ensure!(looker["user"]["turn"] == "now" && !looker["rights"][1].is_null(), "{access}");
        principal(&access, "User:stranger")?;
        Ok(access)
    })
    .await
    .unwrap();
    let looker = principal(&access, &looker).unwrap();
    assert_eq!(
        (&looker["user"]["namespace"], &looker["user"]["name"]),
        (&shop.alpha.as_str().into(), &"looker".into())
    );
    let operations: Vec<_> = looker["rights"].as_array().unwrap().iter().map(|right| &right["operation"]).collect();
    assert_eq!(operations, ["read", "describe"]);
    assert_eq!(looker["consents"][0]["namespace"], shop.beta.as_str());
    let stranger = principal(&access, "User:stranger").unwrap();
    assert_eq!((&stranger["user"], &stranger["rights"][0]["onlyFrom"]), (&Value::Null, &json!(["10.1.2.3"])));
    assert_eq!((&access["decided"], &access["unmentioned"]), (&"rules".into(), &Value::Null));
    assert_eq!(access["superUsers"][0], "User:klamm-admin");

    // A topic of which no rule speaks: brokers that Klamm sets up let nobody in.
    shop.apply(&client, &shop.beta, shop.topic("beta.unmentioned", json!({ "partitions": 1 }))).await;
    let path = format!("/api/v1/clusters/{}/shop/topics/beta.unmentioned/access", shop.home);
    eventually("nobody to be let in", SOON, || async {
        let access = json_of(shop.sandbox, &path).await?;
        ensure!(access["unmentioned"] == "nothing" && access["principals"]["total"] == 0, "{access}");
        Ok(())
    })
    .await
    .unwrap();
}
