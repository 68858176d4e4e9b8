//! The talk's demo: clients without a cluster, with a cluster but without credentials, with credentials but without a
//! topic, with a topic, and the topic's end; then Deployments with the talk's label, whose pods start with the Secrets
//! that appear for them, whose rights follow their annotations, and of which nothing stays.

use crate::{
    sandbox,
    shop::{SOON, admin, one_broker, readiness, ready, text},
};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Pod, Secret},
};
use klamm_kafka::AclFilter;
use klamm_resources::KafkaUser;
use klamm_testkit::{OutsideClient, eventually, wait_for_object};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, LogParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// How long a Java client may take to start and say something while other tests run.
const TALKING: Duration = Duration::from_secs(90);

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
    config_maps.delete("sample-topic", &DeleteParams::default()).await.unwrap();
    eventually("the topic to go", SOON, || async {
        let topics = outside.topics().await?;
        anyhow::ensure!(topics.is_empty(), "{topics:?}");
        Ok(())
    })
    .await
    .unwrap();

    // 6. The topic again, and the talk's Deployments: label, annotations, and nothing else about credentials.
    apply(declaration).await;
    let script = Script { client: client.clone(), namespace: namespace.clone() };
    for manifest in [script.producer(), script.consumer()] {
        apply(manifest).await;
    }
    script.credentials_appear_and_records_flow().await;
    // 7. Other annotations, other rights.
    script.rights_follow_the_annotations().await;
    // 8. The Deployments go, and everything that was made for them.
    script.nothing_stays().await;
}

/// The talk's clients in the namespace of the cluster `talk`.
struct Script {
    client: Client,
    namespace: String,
}

/// How the talk's clients were told who they are.
const JAAS: &str = "-Djava.security.auth.login.config=/opt/kafka/auth/kafka-client-jaas.conf";

impl Script {
    fn producer(&self) -> Value {
        let script = "(while :; do echo 'a word of the talk'; sleep 1; done) | /opt/kafka/bin/kafka-console-producer.sh \
            --bootstrap-server \"$(cat /opt/kafka/auth/bootstrap.server)\" --topic sample-topic \
            --producer-property security.protocol=SASL_PLAINTEXT --producer-property sasl.mechanism=SCRAM-SHA-512";
        self.deployment("kafka-producer", &json!({ "topic.kafka.nb/produces": "sample-topic" }), script)
    }

    fn consumer(&self) -> Value {
        let script = "exec /opt/kafka/bin/kafka-console-consumer.sh \
            --bootstrap-server \"$(cat /opt/kafka/auth/bootstrap.server)\" --topic sample-topic --from-beginning \
            --group kafka-consumer --consumer-property security.protocol=SASL_PLAINTEXT \
            --consumer-property sasl.mechanism=SCRAM-SHA-512";
        self.deployment("kafka-consumer", &json!({ "topic.kafka.nb/consumes": "sample-topic" }), script)
    }

    fn deployment(&self, name: &str, annotations: &Value, script: &str) -> Value {
        let mut annotations = annotations.clone();
        annotations["klamm.dev/cluster"] = json!(format!("{}/talk", self.namespace));
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": name, "labels": { "kafka-operator": "inject-credentials" }, "annotations": annotations,
            },
            "spec": {
                "replicas": 1,
                "selector": { "matchLabels": { "app": name } },
                "template": {
                    "metadata": { "labels": { "app": name } },
                    "spec": {
                        "terminationGracePeriodSeconds": 1,
                        "containers": [{
                            "name": "c", "image": "klamm.dev/kafka:4.1.2", "command": ["/bin/sh", "-c", script],
                            "env": [
                                { "name": "KAFKA_OPTS", "value": JAAS },
                                { "name": "KAFKA_HEAP_OPTS", "value": "-Xmx64m" },
                                { "name": "LOG_DIR", "value": "/tmp" },
                            ],
                            "volumeMounts": [
                                { "name": "auth", "mountPath": "/opt/kafka/auth", "readOnly": true },
                                { "name": "tmp", "mountPath": "/tmp" },
                            ],
                        }],
                        "volumes": [
                            { "name": "auth", "secret": { "secretName": format!("{name}-kafka-credentials") } },
                            { "name": "tmp", "emptyDir": {} },
                        ],
                    },
                },
            },
        })
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    async fn credentials_appear_and_records_flow(&self) {
        let secrets = self.secrets();
        for name in ["kafka-producer-kafka-credentials", "kafka-consumer-kafka-credentials"] {
            wait_for_object(&secrets, name, SOON, |_| true).await.unwrap();
        }
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        eventually("the consumer to read what the producer writes", TALKING, || async {
            let of_consumer = pods.list(&ListParams::default().labels("app=kafka-consumer")).await?;
            let pod = of_consumer.items.first().and_then(|pod| pod.metadata.name.clone());
            let pod = pod.ok_or_else(|| anyhow::anyhow!("no pod yet"))?;
            let said = pods.logs(&pod, &LogParams::default()).await?;
            anyhow::ensure!(said.contains("a word of the talk"), "{said}");
            Ok(())
        })
        .await
        .unwrap();
    }

    async fn has_acls(&self, workload: &str, wanted: &[&str]) {
        let kafka = admin(&self.client, &self.namespace, "talk").await.unwrap();
        let wanted: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
        let principal = format!("User:{}.deployment-{workload}", self.namespace);
        let filter = AclFilter { principal: Some(principal), ..AclFilter::default() };
        eventually("the ACLs", SOON, || async {
            let found = kafka.describe_acls(&filter).await?;
            let found: BTreeSet<String> =
                found.iter().map(|acl| format!("{:?}/{}/{:?}", acl.resource, acl.name, acl.operation)).collect();
            anyhow::ensure!(found == wanted, "{found:?}");
            Ok(())
        })
        .await
        .unwrap();
    }

    async fn rights_follow_the_annotations(&self) {
        self.has_acls("kafka-producer", &["Topic/sample-topic/Write", "Topic/sample-topic/Describe"]).await;
        let reads = ["Topic/sample-topic/Read", "Topic/sample-topic/Describe", "Group/kafka-consumer/Read"];
        self.has_acls("kafka-consumer", &reads).await;
        let secret = self.secrets().get("kafka-producer-kafka-credentials").await.unwrap();
        let value = |key: &str| text(&secret, key).unwrap();
        let outside = OutsideClient::scram(&value("bootstrap.server"), &value("username"), &value("password"));
        outside.produce("sample-topic", "while it may").await.unwrap();

        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), &self.namespace);
        let change = json!({ "metadata": { "annotations": { "topic.kafka.nb/produces": "another-topic" } } });
        deployments.patch("kafka-producer", &PatchParams::default(), &Patch::Merge(change)).await.unwrap();
        self.has_acls("kafka-producer", &["Topic/another-topic/Write", "Topic/another-topic/Describe"]).await;
        assert!(outside.produce("sample-topic", "no more").await.is_err());
    }

    async fn nothing_stays(&self) {
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), &self.namespace);
        for name in ["kafka-producer", "kafka-consumer"] {
            deployments.delete(name, &DeleteParams::default()).await.unwrap();
        }
        let secrets = self.secrets();
        let kafka = admin(&self.client, &self.namespace, "talk").await.unwrap();
        for name in ["kafka-producer", "kafka-consumer"] {
            eventually("the Secret and the Kafka user to go", SOON, || async {
                let secret = secrets.get_opt(&format!("{name}-kafka-credentials")).await?;
                anyhow::ensure!(secret.is_none(), "the Secret is still there");
                let user = format!("{}.deployment-{name}", self.namespace);
                let found = kafka.describe_scram(Some(&[user.clone()].into())).await?;
                let signs_in = found.get(&user).is_some_and(|one| one.as_ref().is_ok_and(|all| !all.is_empty()));
                anyhow::ensure!(!signs_in, "the Kafka user is still there");
                Ok(())
            })
            .await
            .unwrap();
            self.has_acls(name, &[]).await;
        }
    }
}
