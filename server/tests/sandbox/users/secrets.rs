//! Secrets that somebody changed, deleted, renamed or had before us.

use super::{Stage, outside};
use crate::shop::text;
use k8s_openapi::api::core::v1::Secret;
use klamm_resources::KafkaUser;
use klamm_testkit::{eventually, wait_for_object};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;
use std::time::Duration;

/// Far less than until everything is looked at again anyway.
const AT_ONCE: Duration = Duration::from_secs(15);

async fn renewed(stage: &Stage, name: &str, version: i64) {
    let renewed =
        |user: &KafkaUser| user.status.as_ref().is_some_and(|status| status.credential_version == Some(version));
    wait_for_object(&stage.users, name, AT_ONCE, renewed).await.unwrap();
}

fn theirs(name: &str) -> Secret {
    serde_json::from_value(json!({ "metadata": { "name": name }, "stringData": { "password": "theirs" } })).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_ours_is_left_alone() {
    let stage = Stage::new().await;
    stage.secrets.create(&PostParams::default(), &theirs("taken")).await.unwrap();
    stage.declare("taken", json!({})).await;
    stage.judged("taken", "False/SecretConflict").await;
    assert_eq!(text(&stage.secrets.get("taken").await.unwrap(), "password").unwrap(), "theirs");
    assert!(!stage.signs_in(&stage.username("taken")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_changed_or_deleted_comes_back_at_once_with_a_new_password_that_works() {
    let stage = Stage::new().await;
    stage.topic(&stage.shop.alpha, "alpha.restored").await;
    stage.declare("careless", json!({ "grants": [{ "topic": "alpha.restored", "access": "produce" }] })).await;
    stage.judged("careless", "True/InSync").await;
    stage.has_acls(&stage.username("careless"), 2).await;
    let first = stage.login("careless").await;

    let guess = Patch::Merge(json!({ "stringData": { "password": "guessed" } }));
    stage.secrets.patch("careless", &PatchParams::default(), &guess).await.unwrap();
    renewed(&stage, "careless", 2).await;
    let second = stage.login("careless").await;
    assert!(second[2] != "guessed" && second[2] != first[2]);
    assert!(stage.told("careless", "SecretRestored").await.contains("new password"));

    stage.secrets.delete("careless", &DeleteParams::default()).await.unwrap();
    renewed(&stage, "careless", 3).await;
    let third = stage.login("careless").await;
    assert_ne!(second[2], third[2]);
    outside(&third, "alpha.careless").produce("alpha.restored", "works").await.unwrap();
    outside(&first, "alpha.careless").produce("alpha.restored", "no").await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_and_labels_of_a_secret_come_back_with_the_same_password() {
    let stage = Stage::new().await;
    stage.declare("blurred", json!({})).await;
    stage.judged("blurred", "True/InSync").await;
    let before = stage.secrets.get("blurred").await.unwrap();
    let blur = Patch::Merge(json!({
        "metadata": { "labels": { "app.kubernetes.io/component": null } },
        "stringData": { "bootstrap.server": "elsewhere:9092" },
    }));
    stage.secrets.patch("blurred", &PatchParams::default(), &blur).await.unwrap();
    let as_before = |secret: &Secret| secret.data == before.data && secret.metadata.labels == before.metadata.labels;
    wait_for_object(&stage.secrets, "blurred", AT_ONCE, as_before).await.unwrap();
    assert_eq!(stage.becomes("blurred", |_| true).await.credential_version, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_renamed_with_its_password_and_not_onto_anothers() {
    let stage = Stage::new().await;
    stage.declare("moving", json!({ "secretName": "moving-old" })).await;
    stage.judged("moving", "True/InSync").await;
    let before = stage.login("moving-old").await;

    stage.declare("moving", json!({ "secretName": "moving-new" })).await;
    let status = stage.judged("moving", "True/InSync").await;
    assert_eq!((status.secret_name.as_deref(), status.credential_version), (Some("moving-new"), Some(1)));
    assert_eq!(stage.login("moving-new").await, before);
    eventually("the old Secret to go", AT_ONCE, || async {
        anyhow::ensure!(stage.secrets.get_opt("moving-old").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();

    stage.secrets.create(&PostParams::default(), &theirs("moving-taken")).await.unwrap();
    stage.declare("moving", json!({ "secretName": "moving-taken" })).await;
    let status = stage.judged("moving", "False/SecretConflict").await;
    assert_eq!(status.secret_name.as_deref(), Some("moving-new"));
    assert_eq!(stage.login("moving-new").await, before);
    assert_eq!(text(&stage.secrets.get("moving-taken").await.unwrap(), "password").unwrap(), "theirs");
}
