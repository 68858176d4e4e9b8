//! Workloads that ask for a credential as the talk of 2017 showed it: label, annotations, and a Secret that appears.

use crate::shop::{SOON, Shop, readiness, shop, text};
use k8s_openapi::api::{apps::v1::Deployment, batch::v1::Job, core::v1::Secret, events::v1::Event};
use klamm_kafka::{AclFilter, AclResource};
use klamm_resources::{KafkaTopic, KafkaUser};
use klamm_testkit::{OutsideClient, eventually, wait_for_object};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

struct Stage {
    shop: &'static Shop,
    client: Client,
    kafka: klamm_kafka::Client,
    users: Api<KafkaUser>,
    secrets: Api<Secret>,
    deployments: Api<Deployment>,
}

/// A workload without pods: what it asks for is in its metadata.
fn workload(kind: &str, name: &str, annotations: &Value) -> Value {
    let container = json!({ "name": "c", "image": "klamm.dev/shell:1", "command": ["sh", "-c", "sleep 1"] });
    let pod = |restart: &str| {
        json!({
            "metadata": { "labels": { "app": name } },
            "spec": { "restartPolicy": restart, "containers": [container.clone()] },
        })
    };
    let selector = json!({ "matchLabels": { "app": name } });
    let (version, spec) = match kind {
        "Deployment" => ("apps/v1", json!({ "replicas": 0, "selector": selector, "template": pod("Always") })),
        "StatefulSet" => {
            ("apps/v1", json!({ "replicas": 0, "serviceName": name, "selector": selector, "template": pod("Always") }))
        }
        "Job" => ("batch/v1", json!({ "suspend": true, "template": pod("Never") })),
        _ => (
            "batch/v1",
            json!({ "suspend": true, "schedule": "0 0 1 1 *", "jobTemplate": { "spec": { "template": pod("Never") } } }),
        ),
    };
    json!({
        "apiVersion": version, "kind": kind,
        "metadata": {
            "name": name, "labels": { "kafka-operator": "inject-credentials" }, "annotations": annotations,
        },
        "spec": spec,
    })
}

impl Stage {
    async fn new() -> Self {
        let shop = shop().await;
        let client = shop.sandbox.client().await.unwrap();
        Self {
            kafka: shop.kafka(&client).await,
            users: Api::namespaced(client.clone(), &shop.alpha),
            secrets: Api::namespaced(client.clone(), &shop.alpha),
            deployments: Api::namespaced(client.clone(), &shop.alpha),
            client,
            shop,
        }
    }

    async fn apply(&self, kind: &str, name: &str, annotations: Value) {
        self.shop.apply(&self.client, &self.shop.alpha, workload(kind, name, &annotations)).await;
    }

    async fn annotate(&self, deployment: &str, annotations: Value) {
        let patch = json!({ "metadata": { "annotations": annotations } });
        self.deployments.patch(deployment, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    async fn topic(&self, namespace: &str, name: &str) {
        self.shop.apply(&self.client, namespace, self.shop.topic(name, json!({ "partitions": 1 }))).await;
        let topics: Api<KafkaTopic> = Api::namespaced(self.client.clone(), namespace);
        let ready = |topic: &KafkaTopic| {
            topic.status.as_ref().is_some_and(|status| readiness(&status.conditions) == "True/InSync")
        };
        wait_for_object(&topics, name, SOON, ready).await.unwrap();
    }

    async fn judged(&self, user: &str, wanted: &str) -> KafkaUser {
        let judged = |user: &KafkaUser| {
            user.status.as_ref().is_some_and(|status| {
                readiness(&status.conditions) == wanted
                    && status.conditions.iter().all(|c| c.observed_generation == user.metadata.generation)
            })
        };
        wait_for_object(&self.users, user, SOON, judged).await.unwrap()
    }

    async fn secret(&self, name: &str) -> Secret {
        wait_for_object(&self.secrets, name, SOON, |_| true).await.unwrap()
    }

    fn outside(secret: &Secret, group: &str) -> OutsideClient {
        let value = |key: &str| text(secret, key).unwrap();
        let (servers, user, password) = (value("bootstrap.server"), value("username"), value("password"));
        OutsideClient::new([
            ("bootstrap.servers", servers.as_str()),
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", user.as_str()),
            ("sasl.password", password.as_str()),
            ("group.id", group),
            ("message.timeout.ms", "8000"),
        ])
    }

    /// Waits until brokers show these ACLs of a user: `Topic/name/Read`.
    async fn has_acls(&self, user: &str, wanted: &[&str]) {
        let wanted: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
        let filter = AclFilter { principal: Some(format!("User:{}.{user}", self.shop.alpha)), ..AclFilter::default() };
        eventually("the ACLs", SOON, || async {
            let found = self.kafka.describe_acls(&filter).await?;
            let found: BTreeSet<String> =
                found.iter().map(|acl| format!("{:?}/{}/{:?}", acl.resource, acl.name, acl.operation)).collect();
            anyhow::ensure!(found == wanted, "{found:?}");
            Ok(())
        })
        .await
        .unwrap();
    }

    /// Waits for an Event about an object and answers with its note.
    async fn told(&self, kind: &str, name: &str, reason: &str) -> String {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.shop.alpha);
        eventually(&format!("the Event {reason} on {kind} {name}"), SOON, || async {
            let all = events.list(&kube::api::ListParams::default()).await?;
            let about = all.items.into_iter().filter(|event| {
                event.regarding.as_ref().is_some_and(|regarding| {
                    regarding.kind.as_deref() == Some(kind) && regarding.name.as_deref() == Some(name)
                })
            });
            let about: Vec<_> = about.map(|event| (event.reason.unwrap_or_default(), event.note)).collect();
            let found = about.iter().find(|(said, _)| said == reason).and_then(|(_, note)| note.clone());
            found.ok_or_else(|| anyhow::anyhow!("{about:?}"))
        })
        .await
        .unwrap()
    }

    async fn nothing_is_left_of(&self, user: &str, secret: &str) {
        eventually("everything to go", SOON, || async {
            anyhow::ensure!(self.users.get_opt(user).await?.is_none(), "the KafkaUser is still there");
            anyhow::ensure!(self.secrets.get_opt(secret).await?.is_none(), "the Secret is still there");
            let username = format!("{}.{user}", self.shop.alpha);
            let credentials = self.kafka.describe_scram(Some(&[username.clone()].into())).await?;
            let signs_in = credentials.get(&username).is_some_and(|one| one.as_ref().is_ok_and(|all| !all.is_empty()));
            anyhow::ensure!(!signs_in, "the Kafka user is still there");
            Ok(())
        })
        .await
        .unwrap();
        self.has_acls(user, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_gets_the_talks_secret_its_acls_follow_the_annotations_and_go_with_it() {
    let stage = Stage::new().await;
    stage.topic(&stage.shop.alpha, "alpha.injected").await;
    stage.apply("Deployment", "shop-window", json!({ "topic.kafka.nb/produces": "alpha.injected" })).await;

    let secret = stage.secret("shop-window-kafka-credentials").await;
    let deployment = stage.deployments.get("shop-window").await.unwrap();
    let username = format!("{}.deployment-shop-window", stage.shop.alpha);
    assert_eq!(text(&secret, "username").unwrap(), username);
    let jaas = format!(
        "KafkaClient {{\n org.apache.kafka.common.security.scram.ScramLoginModule required\n username=\"{username}\"\n password=\"{}\";\n}};",
        text(&secret, "password").unwrap()
    );
    assert_eq!(text(&secret, "kafka-client-jaas.conf").unwrap(), jaas);
    assert_eq!(secret.labels()["generator"], "kafka-topic-operator");
    assert_eq!(secret.labels()["config"], "kafka-topic-credentials");
    assert!(secret.annotations()["topic.kafka.nb/generated"].parse::<jiff::Timestamp>().is_ok());
    let owner = secret.owner_references().iter().find(|owner| owner.kind == "Deployment").unwrap();
    assert_eq!((owner.block_owner_deletion, Some(&owner.uid)), (Some(false), deployment.metadata.uid.as_ref()));
    // What decided its cluster is written down.
    assert_eq!(deployment.annotations()["klamm.dev/cluster"], format!("{}/shop", stage.shop.home));

    let user = "deployment-shop-window";
    stage.has_acls(user, &["Topic/alpha.injected/Write", "Topic/alpha.injected/Describe"]).await;
    Stage::outside(&secret, "alpha.x").produce("alpha.injected", "with its credential").await.unwrap();

    let changed = json!({ "topic.kafka.nb/produces": null, "topic.kafka.nb/consumes-topics": "alpha.injected" });
    stage.annotate("shop-window", changed).await;
    let reads = ["Topic/alpha.injected/Read", "Topic/alpha.injected/Describe"];
    let groups = ["Group/alpha./Read", "Group/shop-window/Read"];
    stage.has_acls(user, &[reads, groups].concat()).await;
    let now = stage.secret("shop-window-kafka-credentials").await;
    assert_eq!(now.data, secret.data, "a changed annotation changes no password");
    assert_eq!(now.annotations(), secret.annotations());
    // A group of the workload's own name, which is no prefix of the tenant.
    let read = Stage::outside(&now, "shop-window").read("alpha.injected", 0, 0).await.unwrap();
    assert_eq!(read, "with its credential");
    assert!(Stage::outside(&now, "alpha.x").produce("alpha.injected", "no more").await.is_err());

    stage.deployments.delete("shop-window", &DeleteParams::default()).await.unwrap();
    stage.nothing_is_left_of(user, "shop-window-kafka-credentials").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_topic_waits_and_says_whose_consent_it_needs_and_then_its_secret_appears() {
    let stage = Stage::new().await;
    stage.topic(&stage.shop.alpha, "alpha.own").await;
    stage.topic(&stage.shop.beta, "beta.offered").await;
    stage.topic(&stage.shop.beta, "beta.later").await;
    let asks = json!({
        "topic.kafka.nb/produces": "alpha.own,beta.offered", "topic.kafka.nb/topic-secret": "guest-secret",
    });
    stage.apply("Deployment", "guest", asks).await;
    let waits = stage.judged("deployment-guest", "False/ApprovalRequired").await;
    let needs = format!("beta.offered needs a KafkaGrant in namespace {}", stage.shop.beta);
    let conditions = waits.status.unwrap().conditions;
    assert!(conditions.iter().all(|condition| condition.message.contains(&needs)), "{conditions:?}");
    assert!(stage.told("Deployment", "guest", "ApprovalRequired").await.contains(&needs));
    // Not even for its own topic: the pod shall not start with half of what it needs.
    assert!(stage.secrets.get_opt("guest-secret").await.unwrap().is_none());
    stage.has_acls("deployment-guest", &[]).await;

    let grant = json!({
        "topics": [{ "name": "beta.offered" }], "to": { "namespaces": [stage.shop.alpha] }, "access": "produce",
    });
    let grant = stage.shop.resource("KafkaGrant", "offered-to-alpha", grant);
    stage.shop.apply(&stage.client, &stage.shop.beta, grant).await;
    let secret = stage.secret("guest-secret").await;
    let own = ["Topic/alpha.own/Write", "Topic/alpha.own/Describe"];
    let offered = ["Topic/beta.offered/Write", "Topic/beta.offered/Describe"];
    stage.has_acls("deployment-guest", &[own, offered].concat()).await;
    Stage::outside(&secret, "alpha.x").produce("beta.offered", "with consent").await.unwrap();

    // What comes later waits alone: the password and what was granted stay, though access to it grows.
    let later =
        json!({ "topic.kafka.nb/consumes": "beta.offered", "topic.kafka.nb/produces": "beta.offered,beta.later" });
    stage.annotate("guest", later).await;
    stage.judged("deployment-guest", "False/ApprovalRequired").await;
    stage.has_acls("deployment-guest", &offered).await;
    assert_eq!(stage.secret("guest-secret").await.data, secret.data);
    Stage::outside(&secret, "alpha.x").produce("beta.offered", "still").await.unwrap();
    stage.deployments.delete("guest", &DeleteParams::default()).await.unwrap();
    stage.nothing_is_left_of("deployment-guest", "guest-secret").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_workload_gets_its_secret_and_loses_it_with_the_label() {
    let stage = Stage::new().await;
    let kinds = [("StatefulSet", "stateful"), ("CronJob", "nightly"), ("Job", "once")];
    for (kind, name) in kinds {
        stage.apply(kind, name, json!({ "topic.kafka.nb/consumes": "alpha.any" })).await;
    }
    for (kind, name) in kinds {
        let secret = stage.secret(&format!("{name}-kafka-credentials")).await;
        assert!(secret.owner_references().iter().any(|owner| owner.kind == kind && owner.name == name));
        stage.judged(&format!("{}-{name}", kind.to_lowercase()), "True/InSync").await;
    }
    let jobs: Api<Job> = Api::namespaced(stage.client.clone(), &stage.shop.alpha);
    let unlabelled = json!({ "metadata": { "labels": { "kafka-operator": null } } });
    jobs.patch("once", &PatchParams::default(), &Patch::Merge(unlabelled)).await.unwrap();
    stage.nothing_is_left_of("job-once", "once-kafka-credentials").await;
    assert!(jobs.get_opt("once").await.unwrap().is_some());

    // Who deletes the KafkaUser of a workload gets a new one, with a new password.
    let before = text(&stage.secret("nightly-kafka-credentials").await, "password").unwrap();
    stage.users.delete("cronjob-nightly", &DeleteParams::default()).await.unwrap();
    let renewed = |secret: &Secret| text(secret, "password").is_ok_and(|password| password != before);
    wait_for_object(&stage.secrets, "nightly-kafka-credentials", SOON, renewed).await.unwrap();
    stage.judged("cronjob-nightly", "True/InSync").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_somebody_else_is_left_alone() {
    let stage = Stage::new().await;
    let theirs =
        stage.shop.user("deployment-twin", json!({ "grants": [{ "topic": "alpha.theirs", "access": "consume" }] }));
    stage.shop.apply(&stage.client, &stage.shop.alpha, theirs).await;
    stage.judged("deployment-twin", "True/InSync").await;
    stage.apply("Deployment", "twin", json!({ "topic.kafka.nb/produces": "alpha.mine" })).await;
    let note = stage.told("Deployment", "twin", "UserConflict").await;
    assert!(note.contains("KafkaUser deployment-twin") && note.contains("another name"), "{note}");
    let theirs = stage.users.get("deployment-twin").await.unwrap();
    assert_eq!((theirs.spec.grants[0].topic.as_str(), theirs.owner_references().len()), ("alpha.theirs", 0));
    stage.deployments.delete("twin", &DeleteParams::default()).await.unwrap();

    // A Secret of that name that is not ours: the Event speaks of the annotation.
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "precious" }, "stringData": { "password": "theirs" },
    });
    stage.shop.apply(&stage.client, &stage.shop.alpha, secret).await;
    let asks = json!({ "topic.kafka.nb/produces": "alpha.mine", "topic.kafka.nb/topic-secret": "precious" });
    stage.apply("Deployment", "greedy-window", asks).await;
    let note = stage.told("Deployment", "greedy-window", "SecretConflict").await;
    assert!(note.contains("topic.kafka.nb/topic-secret"), "{note}");
    assert_eq!(text(&stage.secrets.get("precious").await.unwrap(), "password").unwrap(), "theirs");
    assert!(stage.users.get_opt("deployment-twin").await.unwrap().is_some(), "theirs outlives the Deployment");
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_that_say_nothing_or_nonsense_are_told_what_to_write() {
    let stage = Stage::new().await;
    stage.apply("Deployment", "mute", json!({})).await;
    let note = stage.told("Deployment", "mute", "AnnotationMissing").await;
    assert!(note.contains("topic.kafka.nb/consumes") && note.contains("commas"), "{note}");
    assert!(stage.users.get_opt("deployment-mute").await.unwrap().is_none());

    let nonsense = json!({ "topic.kafka.nb/consumes": " alpha.good ,, a b, __consumer_offsets, alpha.good" });
    stage.apply("Deployment", "mumbler", nonsense).await;
    let note = stage.told("Deployment", "mumbler", "InvalidAnnotation").await;
    assert!(note.contains("\"a b\"") && note.contains("__consumer_offsets"), "{note}");
    stage.judged("deployment-mumbler", "True/InSync").await;
    stage.secret("mumbler-kafka-credentials").await;

    // What it says later counts as if it had said so at once.
    stage.annotate("mute", json!({ "topic.kafka.nb/consumes": "alpha.good" })).await;
    stage.secret("mute-kafka-credentials").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_with_a_thousand_topics_is_one_credential() {
    let stage = Stage::new().await;
    let topics: Vec<_> = (0..1000).map(|i| format!("alpha.of-many-{i:04}")).collect();
    let list = topics.join(",");
    stage
        .apply("Deployment", "many", json!({ "topic.kafka.nb/consumes": list, "topic.kafka.nb/produces": list }))
        .await;
    let user = stage.judged("deployment-many", "True/InSync").await;
    assert_eq!(user.spec.grants.len(), 2000);
    // READ, WRITE and one DESCRIBE for each, and two groups.
    assert_eq!(user.status.unwrap().acl_count, Some(3002));
    let filter = AclFilter {
        principal: Some(format!("User:{}.deployment-many", stage.shop.alpha)),
        resource: Some(AclResource::Topic),
        ..AclFilter::default()
    };
    eventually("all ACLs", SOON, || async {
        let found = stage.kafka.describe_acls(&filter).await?.len();
        anyhow::ensure!(found == 3000, "{found}");
        Ok(())
    })
    .await
    .unwrap();
    stage.deployments.delete("many", &DeleteParams::default()).await.unwrap();
    stage.nothing_is_left_of("deployment-many", "many-kafka-credentials").await;
}
