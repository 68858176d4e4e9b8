//! Users as people declare them: what their Secret lets them do, and what it does not.

mod crash;
mod grants;
mod rotation;
mod secrets;
mod strangers;

use crate::shop::{SOON, Shop, readiness, shop, text};
use k8s_openapi::{
    ByteString,
    api::{core::v1::Secret, events::v1::Event},
};
use klamm_kafka::{AclFilter, Password, QuotaSelection, ScramChange, ScramIterations};
use klamm_resources::{KafkaTopic, KafkaUser, KafkaUserStatus};
use klamm_testkit::{OutsideClient, eventually, wait_for_object};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, PostParams},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub(crate) struct Stage {
    shop: &'static Shop,
    client: Client,
    kafka: klamm_kafka::Client,
    users: Api<KafkaUser>,
    secrets: Api<Secret>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let shop = shop().await;
        let client = shop.sandbox.client().await.unwrap();
        Self {
            kafka: shop.kafka(&client).await,
            users: Api::namespaced(client.clone(), &shop.alpha),
            secrets: Api::namespaced(client.clone(), &shop.alpha),
            client,
            shop,
        }
    }

    pub(crate) async fn topic(&self, namespace: &str, name: &str) {
        self.shop.apply(&self.client, namespace, self.shop.topic(name, json!({ "partitions": 1 }))).await;
        let topics: Api<KafkaTopic> = Api::namespaced(self.client.clone(), namespace);
        let ready = |topic: &KafkaTopic| {
            topic.status.as_ref().is_some_and(|status| readiness(&status.conditions) == "True/InSync")
        };
        wait_for_object(&topics, name, SOON, ready).await.unwrap();
    }

    pub(crate) async fn declare(&self, name: &str, spec: serde_json::Value) {
        self.shop.apply(&self.client, &self.shop.alpha, self.shop.user(name, spec)).await;
    }

    pub(crate) async fn judged(&self, name: &str, wanted: &str) -> KafkaUserStatus {
        let judged = |user: &KafkaUser| {
            let of_this = |status: &KafkaUserStatus| {
                status
                    .conditions
                    .iter()
                    .any(|c| c.type_ == "Ready" && c.observed_generation == user.metadata.generation)
            };
            user.status.as_ref().is_some_and(|status| readiness(&status.conditions) == wanted && of_this(status))
        };
        wait_for_object(&self.users, name, SOON, judged).await.unwrap().status.unwrap()
    }

    /// Waits until its status is so.
    async fn becomes(&self, name: &str, wanted: impl Fn(&KafkaUserStatus) -> bool) -> KafkaUserStatus {
        let judged = |user: &KafkaUser| user.status.as_ref().is_some_and(&wanted);
        wait_for_object(&self.users, name, SOON, judged).await.unwrap().status.unwrap()
    }

    /// Its name in Kafka, the first of the two.
    fn username(&self, name: &str) -> String {
        format!("{}.{name}", self.shop.alpha)
    }

    /// Addresses, user and password in a Secret.
    async fn login(&self, secret: &str) -> [String; 3] {
        let secret = self.secrets.get(secret).await.unwrap();
        ["bootstrap.server", "username", "password"].map(|key| text(&secret, key).unwrap())
    }

    /// An outside client with what the Secret says, for groups of this name.
    pub(crate) async fn outside(&self, secret: &str, group: &str) -> OutsideClient {
        outside(&self.login(secret).await, group)
    }

    /// Waits for an Event about the user with that reason, and gives its note.
    async fn told(&self, object: &str, reason: &str) -> String {
        told(&self.client, &self.shop.alpha, object, reason).await
    }

    /// Waits until brokers show that many ACLs: what the controller has accepted reaches them a little later.
    async fn has_acls(&self, user: &str, count: usize) {
        let filter = AclFilter { principal: Some(format!("User:{user}")), ..AclFilter::default() };
        eventually("the ACLs", SOON, || async {
            let found = self.kafka.describe_acls(&filter).await?;
            anyhow::ensure!(found.len() == count, "{found:?}");
            Ok(())
        })
        .await
        .unwrap();
    }

    async fn signs_in(&self, user: &str) -> anyhow::Result<bool> {
        let users = self.kafka.describe_scram(Some(&[user.to_owned()].into())).await?;
        Ok(users.get(user).is_some_and(|result| result.as_ref().is_ok_and(|infos| !infos.is_empty())))
    }
}

/// An outside client that signs in so, for groups of this name.
fn outside([servers, user, password]: &[String; 3], group: &str) -> OutsideClient {
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

/// Waits for an Event about an object with that reason, and gives its note.
async fn told(client: &Client, namespace: &str, object: &str, reason: &str) -> String {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    eventually("an Event", SOON, || async {
        let all = events.list(&ListParams::default()).await?.items;
        let about = |event: &&Event| {
            let regarding = event.regarding.as_ref().and_then(|regarding| regarding.name.as_deref());
            regarding == Some(object) && event.reason.as_deref() == Some(reason)
        };
        let found = all.iter().find(about).and_then(|event| event.note.clone());
        found.ok_or_else(|| anyhow::anyhow!("no Event {reason} about {object} among {}", all.len()))
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_writes_and_reads_its_own_topic_with_what_its_secret_says_and_nothing_else() {
    let stage = Stage::new().await;
    stage.topic(&stage.shop.alpha, "alpha.mine").await;
    stage.topic(&stage.shop.beta, "beta.theirs-too").await;
    stage.declare("app", json!({ "grants": [{ "topic": "alpha.mine", "access": "both" }] })).await;
    let status = stage.judged("app", "True/InSync").await;
    let username = format!("{}.app", stage.shop.alpha);
    assert_eq!((status.username.as_deref(), status.secret_name.as_deref()), (Some(username.as_str()), Some("app")));
    let secret = stage.secrets.get("app").await.unwrap();
    let password = text(&secret, "password").unwrap();
    assert_eq!(password.len(), 32);
    let jaas = format!(
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{username}\" password=\"{password}\";"
    );
    assert_eq!(text(&secret, "sasl.jaas.config").unwrap(), jaas);
    assert_eq!(secret.metadata.owner_references.unwrap()[0].name, "app");

    stage.has_acls(&username, 4).await;
    let app = stage.outside("app", "alpha.app").await;
    let (partition, offset) = app.produce("alpha.mine", "hello").await.unwrap();
    assert_eq!(app.read("alpha.mine", partition, offset).await.unwrap(), "hello");
    assert!(app.produce("beta.theirs-too", "no").await.is_err());
    let visible: Vec<_> = app.topics().await.unwrap().into_iter().map(|(name, _)| name).collect();
    assert!(!visible.contains(&"beta.theirs-too".to_owned()), "{visible:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_others_and_raw_acls_are_refused_to_tenants_and_hold_back_nothing() {
    let stage = Stage::new().await;
    let spec = json!({
        "grants": [{ "topic": "alpha.grouped", "access": "consume", "groups": ["alpha.g", "beta.g"] }],
        "acls": [{ "resource": { "type": "cluster" }, "operations": ["alter"] }],
    });
    stage.declare("greedy", spec).await;
    let status = stage.judged("greedy", "False/PartlyApplied").await;
    assert_eq!(status.acl_count, Some(3));
    stage.has_acls(&format!("{}.greedy", stage.shop.alpha), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kafka_user_that_klamm_did_not_make_is_neither_taken_over_nor_removed() {
    let stage = Stage::new().await;
    let username = format!("{}.foreign", stage.shop.alpha);
    let made = ScramChange::Upsert {
        user: username.clone(),
        password: Password::new("theirs"),
        iterations: ScramIterations::default(),
    };
    stage.kafka.alter_scram(vec![made]).await.unwrap().remove(&username).unwrap().unwrap();
    stage.declare("foreign", json!({ "grants": [{ "topic": "alpha.x", "access": "consume" }] })).await;
    stage.judged("foreign", "False/ForeignUser").await;
    assert!(stage.secrets.get_opt("foreign").await.unwrap().is_none());
    stage.users.delete("foreign", &DeleteParams::default()).await.unwrap();
    eventually("the object to go", SOON, || async {
        anyhow::ensure!(stage.users.get_opt("foreign").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
    assert!(stage.signs_in(&username).await.unwrap());
    stage.has_acls(&username, 0).await;
}

/// Whoever may make Secrets in a namespace can make one that looks like ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_secret_does_not_make_somebody_elses_kafka_user_ours() {
    let stage = Stage::new().await;
    stage.declare("model", json!({ "grants": [] })).await;
    stage.judged("model", "True/InSync").await;
    let username = stage.username("forged");
    let made = ScramChange::Upsert {
        user: username.clone(),
        password: Password::new("theirs"),
        iterations: ScramIterations::default(),
    };
    stage.kafka.alter_scram(vec![made]).await.unwrap().remove(&username).unwrap().unwrap();
    stage.declare("forged", json!({ "grants": [{ "topic": "alpha.x", "access": "consume" }] })).await;
    stage.judged("forged", "False/ForeignUser").await;

    let user = stage.users.get("forged").await.unwrap();
    let mut secret = stage.secrets.get("model").await.unwrap();
    let uid = user.metadata.uid.unwrap();
    let digest = Sha256::digest(format!("{uid}\0guessed"));
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let metadata = &mut secret.metadata;
    (metadata.name, metadata.uid, metadata.resource_version) = (Some("forged".to_owned()), None, None);
    metadata.annotations = Some([("klamm.dev/hash".to_owned(), hex)].into());
    let owner = &mut metadata.owner_references.as_mut().unwrap()[0];
    (owner.name, owner.uid) = ("forged".to_owned(), uid);
    let data = secret.data.as_mut().unwrap();
    data.insert("username".to_owned(), ByteString(username.clone().into_bytes()));
    data.insert("password".to_owned(), ByteString(b"guessed".to_vec()));
    stage.secrets.create(&PostParams::default(), &secret).await.unwrap();

    stage.declare("forged", json!({ "grants": [{ "topic": "alpha.y", "access": "consume" }] })).await;
    stage.judged("forged", "False/ForeignUser").await;
    stage.has_acls(&username, 0).await;
    let servers = stage.login("model").await[0].clone();
    let theirs = outside(&[servers, username, "theirs".to_owned()], "forged");
    theirs.topics().await.expect("the password is still the one they gave it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let spec = json!({
        "grants": [{ "topic": "alpha.bye", "access": "both" }], "quotas": { "producerByteRate": 1_000_000 },
    });
    stage.declare("bye", spec).await;
    stage.judged("bye", "True/InSync").await;
    let username = format!("{}.bye", stage.shop.alpha);
    stage.has_acls(&username, 4).await;
    let quotas = || stage.kafka.describe_user_quotas(&QuotaSelection::AllUsers);
    eventually("the credential and the quota", SOON, || async {
        anyhow::ensure!(stage.signs_in(&username).await?, "no credential yet");
        anyhow::ensure!(quotas().await?.get(&username).is_some_and(|quotas| quotas.len() == 1), "no quota yet");
        Ok(())
    })
    .await
    .unwrap();
    stage.users.delete("bye", &DeleteParams::default()).await.unwrap();
    eventually("the object to go", SOON, || async {
        anyhow::ensure!(stage.users.get_opt("bye").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
    stage.has_acls(&username, 0).await;
    eventually("nothing to be left", SOON, || async {
        anyhow::ensure!(!stage.signs_in(&username).await?, "the credential is still there");
        anyhow::ensure!(quotas().await?.get(&username).is_none_or(BTreeMap::is_empty), "the quota is still there");
        Ok(())
    })
    .await
    .unwrap();
    eventually("the Secret to go", SOON, || async {
        anyhow::ensure!(stage.secrets.get_opt("bye").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_are_set_changed_and_lifted() {
    let stage = Stage::new().await;
    let (name, user) = ("metered", stage.username("metered"));
    let steps = [
        (json!({ "producerByteRate": 1_000_000, "requestPercentage": 25.5 }), vec![1_000_000.0, 25.5]),
        (json!({ "producerByteRate": 2_000_000 }), vec![2_000_000.0]),
        (json!({}), vec![]),
    ];
    for (quotas, wanted) in steps {
        stage.declare(name, json!({ "quotas": quotas })).await;
        stage.judged(name, "True/InSync").await;
        eventually("the quotas", SOON, || async {
            let found = stage.kafka.describe_user_quotas(&QuotaSelection::AllUsers).await?;
            let found: Vec<f64> = found.get(&user).map(|quotas| quotas.values().copied().collect()).unwrap_or_default();
            anyhow::ensure!(found == wanted, "{found:?}");
            Ok(())
        })
        .await
        .unwrap();
    }
}
