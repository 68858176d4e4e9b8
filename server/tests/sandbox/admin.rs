//! Replicas moved on real brokers: targets, throttles, moves called back, elections, empty disks. The same is looked at on other
//! versions with `cargo run -p klamm-kafka --example moves`.

#[path = "../../crates/kafka/examples/moves/checks.rs"]
mod checks;

use crate::{
    sandbox,
    shop::{admin, one_broker, ready, text},
};
use k8s_openapi::api::core::v1::Secret;
use klamm_resources::KafkaCluster;
use klamm_testkit::OutsideClient;
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn replicas_move_as_they_are_told_and_leave_nothing_behind() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "moves").await.unwrap();
    let mut manifest: Value = serde_json::from_str(&one_broker("moving", &[], &json!({}))).unwrap();
    manifest["spec"]["pools"][0]["replicas"] = json!(3);
    manifest["spec"]["pools"][0]["storage"]["keepOnDelete"] = json!(false);
    sandbox.apply(&client, &namespace, &manifest.to_string()).await.unwrap();
    let servers = ready(&client, &namespace, "moving").await.unwrap().status.unwrap().bootstrap_servers;
    let secret = Api::<Secret>::namespaced(client.clone(), &namespace).get("moving-admin").await.unwrap();
    let (user, password) = (text(&secret, "username").unwrap(), text(&secret, "password").unwrap());
    let outside = OutsideClient::scram(&servers["clients"], &user, &password);
    let kafka = admin(&client, &namespace, "moving").await.unwrap();
    checks::look(kafka, &outside).await.unwrap();
    let clusters: Api<KafkaCluster> = Api::namespaced(client, &namespace);
    clusters.delete("moving", &DeleteParams::default()).await.unwrap();
}
