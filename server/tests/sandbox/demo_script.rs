//! The talk's demo, steps 1 to 5: clients without a cluster, with a cluster but without credentials, with credentials but
//! without a topic, with a topic, and the topic's end.

use crate::{
    sandbox,
    shop::{SOON, one_broker, readiness, ready, text},
};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use klamm_resources::KafkaUser;
use klamm_testkit::{OutsideClient, eventually, wait_for_object};
use kube::{Api, api::DeleteParams};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_talks_demo_goes_as_it_went() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "talk").await.unwrap();
    let apply = |manifest: serde_json::Value| {
        let (client, namespace) = (client.clone(), namespace.clone());
        async move { sandbox.apply(&client, &namespace, &manifest.to_string()).await.unwrap() }
    };

    // 1. A client and its user, but no cluster: the user says what is missing, the pod waits for its Secret.
    apply(json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaUser", "metadata": { "name": "client" },
        "spec": { "cluster": { "name": "talk" }, "grants": [{ "topic": "sample-topic", "access": "both", "groups": ["talk"] }] },
    }))
    .await;
    apply(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "producer" },
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{
                "name": "c", "image": "klamm.dev/shell:1", "command": ["sh", "-c", "while :; do sleep 1; done"],
                "volumeMounts": [{ "name": "auth", "mountPath": "/opt/kafka/auth" }],
            }],
            "volumes": [{ "name": "auth", "secret": { "secretName": "client" } }],
        },
    }))
    .await;
    let users: Api<KafkaUser> = Api::namespaced(client.clone(), &namespace);
    let user_is = |wanted: &'static str| {
        move |user: &KafkaUser| user.status.as_ref().is_some_and(|status| readiness(&status.conditions) == wanted)
    };
    let waiting = wait_for_object(&users, "client", SOON, user_is("False/ClusterNotFound")).await.unwrap();
    let said = &waiting.status.unwrap().conditions[0].message;
    assert!(said.contains("create it"), "{said}");
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let phase = |pod: &Pod| pod.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
    assert_eq!(phase(&pods.get("producer").await.unwrap()), "Pending");

    // 2. A secured cluster: who does not know the password is not let in.
    let manifest = one_broker("talk", &[], &json!({ "deletion": "delete" }));
    sandbox.apply(&client, &namespace, &manifest).await.unwrap();
    let cluster = ready(&client, &namespace, "talk").await.unwrap();
    let servers = cluster.status.unwrap().bootstrap_servers["clients"].clone();
    assert!(OutsideClient::scram(&servers, "nobody", "knows").topics().await.is_err());
    assert!(OutsideClient::new([("bootstrap.servers", servers.as_str())]).topics().await.is_err());

    // 3. With the Secret it connects; there is no such topic, and none is made by asking for it.
    wait_for_object(&users, "client", SOON, user_is("True/InSync")).await.unwrap();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let secret = secrets.get("client").await.unwrap();
    let value = |key: &str| text(&secret, key).unwrap();
    let outside = OutsideClient::scram(&value("bootstrap.server"), &value("username"), &value("password"));
    assert_eq!(outside.topics().await.unwrap(), []);
    assert!(outside.produce("sample-topic", "too early").await.is_err());
    wait_for_object(&pods, "producer", SOON, |pod| phase(pod) == "Running").await.unwrap();

    // 4. The talk's ConfigMap: the topic appears and records flow.
    let declaration = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "sample-topic", "labels": { "config": "kafka-topic" },
            "annotations": { "klamm.dev/cluster": format!("{namespace}/talk") },
        },
        "data": { "name": "sample-topic", "partitions": "20", "replication-factor": "1", "properties": "retention.ms=600000\n" },
    });
    apply(declaration.clone()).await;
    eventually("the topic", SOON, || async {
        let topics = outside.topics().await?;
        anyhow::ensure!(topics == [("sample-topic".to_owned(), 20)], "{topics:?}");
        Ok(())
    })
    .await
    .unwrap();
    let (partition, offset) = outside.produce("sample-topic", "flows").await.unwrap();
    let mut reader = vec![
        ("security.protocol", "SASL_PLAINTEXT".to_owned()),
        ("sasl.mechanism", "SCRAM-SHA-512".to_owned()),
        ("group.id", "talk".to_owned()),
    ];
    reader.extend([
        ("bootstrap.servers", value("bootstrap.server")),
        ("sasl.username", value("username")),
        ("sasl.password", value("password")),
    ]);
    let reader = OutsideClient::new(reader.iter().map(|(key, value)| (*key, value.as_str())));
    assert_eq!(reader.read("sample-topic", partition, offset).await.unwrap(), "flows");

    // 5. The ConfigMap goes, and the topic with it, because this cluster says so.
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), &namespace);
    wait_for_object(&config_maps, "sample-topic", SOON, |object| object.metadata.finalizers.is_some()).await.unwrap();
    config_maps.delete("sample-topic", &DeleteParams::default()).await.unwrap();
    eventually("the topic to go", SOON, || async {
        let topics = outside.topics().await?;
        anyhow::ensure!(topics.is_empty(), "{topics:?}");
        Ok(())
    })
    .await
    .unwrap();
}
