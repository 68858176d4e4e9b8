//! Consents: what they let others do, and that they end at once.

use super::{Stage, told};
use crate::shop::{SOON, readiness};
use klamm_resources::{KafkaGrant, KafkaGrantStatus};
use klamm_testkit::wait_for_object;
use kube::{Api, api::DeleteParams};
use serde_json::json;
use std::time::Duration;

async fn grant_judged(stage: &Stage, namespace: &str, name: &str, wanted: &str) -> KafkaGrantStatus {
    let grants: Api<KafkaGrant> = Api::namespaced(stage.client.clone(), namespace);
    let judged = |grant: &KafkaGrant| {
        let status = grant.status.as_ref();
        status.is_some_and(|status| {
            readiness(&status.conditions) == wanted && status.observed_generation == grant.metadata.generation
        })
    };
    wait_for_object(&grants, name, SOON, judged).await.unwrap().status.unwrap()
}

async fn used_by(stage: &Stage, namespace: &str, name: &str, users: i32) {
    let grants: Api<KafkaGrant> = Api::namespaced(stage.client.clone(), namespace);
    let counted = |grant: &KafkaGrant| grant.status.as_ref().is_some_and(|status| status.users == Some(users));
    wait_for_object(&grants, name, SOON, counted).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_topic_waits_for_its_owners_grant_and_ends_with_it() {
    let stage = Stage::new().await;
    stage.topic(&stage.shop.beta, "beta.shared").await;
    stage.declare("reader", json!({ "grants": [{ "topic": "beta.shared", "access": "produce" }] })).await;
    let status = stage.judged("reader", "False/ApprovalRequired").await;
    assert_eq!(status.waiting_for, [format!("beta.shared: {}", stage.shop.beta)]);
    let username = stage.username("reader");
    stage.has_acls(&username, 0).await;

    // A grant by those who do not own the topic is none.
    let grant = |name: &str| {
        let spec = json!({
            "topics": [{ "name": "beta.shared" }], "to": { "namespaces": [stage.shop.alpha] }, "access": "produce",
        });
        stage.shop.resource("KafkaGrant", name, spec)
    };
    stage.shop.apply(&stage.client, &stage.shop.alpha, grant("to-myself")).await;
    stage.shop.apply(&stage.client, &stage.shop.beta, grant("to-alpha")).await;
    stage.judged("reader", "True/InSync").await;
    stage.has_acls(&username, 2).await;
    let (alpha, beta) = (&stage.shop.alpha, &stage.shop.beta);
    grant_judged(&stage, beta, "to-alpha", "True/InEffect").await;
    used_by(&stage, beta, "to-alpha", 1).await;
    grant_judged(&stage, alpha, "to-myself", "False/NotOwner").await;
    assert!(told(&stage.client, alpha, "to-myself", "NotOwner").await.contains(beta.as_str()));
    let reader = stage.outside("reader", "alpha.reader").await;
    reader.produce("beta.shared", "granted").await.unwrap();

    let grants: Api<KafkaGrant> = Api::namespaced(stage.client.clone(), &stage.shop.beta);
    grants.delete("to-alpha", &DeleteParams::default()).await.unwrap();
    stage.judged("reader", "False/ApprovalRequired").await;
    stage.has_acls(&username, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_narrowed_or_expires_ends_at_once() {
    let stage = Stage::new().await;
    let beta = &stage.shop.beta;
    stage.declare("guest", json!({ "grants": [{ "topic": "beta.guests", "access": "produce" }] })).await;
    stage.judged("guest", "False/ApprovalRequired").await;
    let username = stage.username("guest");
    let grant = |access: &str, expires: Option<String>| {
        let mut spec = json!({
            "topics": [{ "name": "beta.guests" }], "to": { "users": [format!("{}/guest", stage.shop.alpha)] },
            "access": access,
        });
        if let Some(expires) = expires {
            spec["expires"] = json!(expires);
        }
        stage.shop.resource("KafkaGrant", "guests", spec)
    };
    stage.shop.apply(&stage.client, beta, grant("both", None)).await;
    stage.judged("guest", "True/InSync").await;
    stage.has_acls(&username, 2).await;
    stage.shop.apply(&stage.client, beta, grant("consume", None)).await;
    stage.judged("guest", "False/ApprovalRequired").await;
    stage.has_acls(&username, 0).await;
    used_by(&stage, beta, "guests", 0).await;

    let soon = jiff::Timestamp::now() + Duration::from_secs(6);
    stage
        .shop
        .apply(&stage.client, beta, grant("produce", Some(soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())))
        .await;
    stage.judged("guest", "True/InSync").await;
    stage.has_acls(&username, 2).await;
    // Far less than until everything is looked at again anyway.
    let over = |grant: &KafkaGrant| {
        grant.status.as_ref().is_some_and(|status| readiness(&status.conditions) == "False/Expired")
    };
    let grants: Api<KafkaGrant> = Api::namespaced(stage.client.clone(), beta);
    wait_for_object(&grants, "guests", Duration::from_secs(20), over).await.unwrap();
    stage.judged("guest", "False/ApprovalRequired").await;
    stage.has_acls(&username, 0).await;
    told(&stage.client, beta, "guests", "Expired").await;
}
