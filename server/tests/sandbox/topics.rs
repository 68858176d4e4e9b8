//! Topics as people declare them, well and badly, on a real broker.

mod annex;
mod claims;
mod crash;
mod departures;
mod found;
mod life;
mod many;
mod refused;

use crate::shop::{A_ROUND, SOON, admin, readiness, shop};
use k8s_openapi::api::{core::v1::ConfigMap, events::v1::Event};
use klamm_kafka::{Apply, ConfigChange, ConfigDetail, ConfigEdit, ConfigResource, NewTopic, TopicSelection};
use klamm_model::{ConfigSource, TopicName};
use klamm_resources::{KafkaTopic, KafkaTopicStatus};
use klamm_testkit::{TestSandbox, eventually, wait_for_object};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::json;
use std::collections::BTreeMap;

/// A cluster and a namespace in which topics are declared.
struct Stage<'a> {
    sandbox: &'a TestSandbox,
    /// Where the cluster lives, and its name.
    home: String,
    cluster: String,
    /// Where topics are declared.
    namespace: String,
    client: Client,
    kafka: klamm_kafka::Client,
    topics: Api<KafkaTopic>,
    config_maps: Api<ConfigMap>,
}

impl Stage<'static> {
    /// The shared cluster, with its tenant of the topics `alpha.…`.
    async fn new() -> Self {
        let shop = shop().await;
        Self::of(shop.sandbox, &shop.home, "shop", &shop.alpha).await
    }
}

impl<'a> Stage<'a> {
    async fn of(sandbox: &'a TestSandbox, home: &str, cluster: &str, namespace: &str) -> Self {
        let client = sandbox.client().await.unwrap();
        Self {
            kafka: admin(&client, home, cluster).await.unwrap(),
            topics: Api::namespaced(client.clone(), namespace),
            config_maps: Api::namespaced(client.clone(), namespace),
            sandbox,
            home: home.to_owned(),
            cluster: cluster.to_owned(),
            namespace: namespace.to_owned(),
            client,
        }
    }

    async fn apply(&self, namespace: &str, manifest: serde_json::Value) {
        self.sandbox.apply(&self.client, namespace, &manifest.to_string()).await.unwrap();
    }

    /// A declaration of a topic; `spec` lacks the cluster.
    fn topic(&self, name: &str, mut spec: serde_json::Value) -> serde_json::Value {
        spec["cluster"] = json!({ "namespace": self.home, "name": self.cluster });
        json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaTopic", "metadata": { "name": name }, "spec": spec })
    }

    /// The talk's declaration of a topic, for this cluster.
    fn config_map(&self, name: &str, deletion: &str, data: serde_json::Value) -> serde_json::Value {
        let annotations = json!({
            "klamm.dev/cluster": format!("{}/{}", self.home, self.cluster), "klamm.dev/deletion": deletion,
        });
        let labels = json!({ "config": "kafka-topic" });
        let mut manifest = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": name, "labels": labels, "annotations": annotations },
        });
        manifest["data"] = data;
        manifest
    }

    async fn declare(&self, name: &str, spec: serde_json::Value) {
        self.apply(&self.namespace, self.topic(name, spec)).await;
    }

    /// Waits until the present declaration was judged so.
    async fn judged(&self, name: &str, wanted: &str) -> KafkaTopicStatus {
        let judged = |topic: &KafkaTopic| {
            let generation = topic.metadata.generation;
            let status = topic.status.as_ref();
            status.is_some_and(|status| readiness(&status.conditions) == wanted && is_of(status, generation))
        };
        wait_for_object(&self.topics, name, SOON, judged).await.unwrap().status.unwrap()
    }

    async fn declare_config_map(&self, name: &str, data: serde_json::Value) {
        let manifest = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": name, "labels": { "config": "kafka-topic" } }, "data": data,
        });
        self.apply(&self.namespace, manifest).await;
    }

    async fn config_map_judged(&self, name: &str, wanted: &str) -> KafkaTopicStatus {
        let judged =
            |object: &ConfigMap| status_of(object).is_some_and(|status| readiness(&status.conditions) == wanted);
        let object = wait_for_object(&self.config_maps, name, SOON, judged).await.unwrap();
        status_of(&object).unwrap()
    }

    /// Partitions and the keys set on the topic itself; none when there is no such topic.
    async fn in_kafka(&self, topic: &str) -> Option<(usize, BTreeMap<String, String>)> {
        let name = TopicName::new(topic).unwrap();
        let selection = TopicSelection::Names([name.clone()].into());
        let described = self.kafka.describe_topics(&selection).await.unwrap().remove(&name).unwrap().ok()?;
        let resource = ConfigResource::Topic(name);
        let configs = self.kafka.describe_configs(&[resource.clone()].into(), ConfigDetail::Values).await.unwrap();
        let set = configs[&resource].as_ref().ok()?.iter().filter(|(_, value)| value.source == ConfigSource::Topic);
        let set = set.map(|(key, value)| (key.clone(), value.value.clone().unwrap_or_default())).collect();
        Some((described.partitions.len(), set))
    }

    /// Waits until brokers show the topic so: what the controller has accepted reaches them a little later.
    async fn becomes(&self, topic: &str, partitions: usize, set: &[(&str, &str)]) {
        let wanted = Some((partitions, texts(set)));
        eventually("the topic to be as declared", SOON, || async {
            let found = self.in_kafka(topic).await;
            anyhow::ensure!(found == wanted, "{topic} is {found:?}");
            Ok(())
        })
        .await
        .unwrap();
    }

    async fn set_by_hand(&self, topic: &str, key: &str, value: &str) {
        let resource = ConfigResource::Topic(TopicName::new(topic).unwrap());
        let change = ConfigChange { key: key.to_owned(), edit: ConfigEdit::Set(value.to_owned()) };
        let results = self.kafka.alter_configs([(resource.clone(), vec![change])].into(), Apply::Commit).await.unwrap();
        assert_eq!(results[&resource], Ok(()));
    }

    async fn gone_from_kafka(&self, topic: &str) {
        eventually("the topic to be deleted", SOON, || async {
            anyhow::ensure!(self.in_kafka(topic).await.is_none(), "{topic} is still there");
            Ok(())
        })
        .await
        .unwrap();
    }

    /// What the journal says, line by line.
    async fn journal(&self) -> Vec<serde_json::Value> {
        let sheets: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.home);
        let of_cluster = ListParams::default().labels(&format!("klamm.dev/topic-journal={}", self.cluster));
        let lines =
            sheets.list(&of_cluster).await.unwrap().into_iter().flat_map(|sheet| sheet.data.unwrap_or_default());
        lines.filter_map(|(_, text)| serde_json::from_str(&text).ok()).collect()
    }

    /// Waits until the journal has so many lines about topics that begin so.
    async fn journal_has(&self, lines: usize, prefix: &str) {
        eventually("the journal to be as expected", SOON, || async {
            let all = self.journal().await;
            let about = all.iter().filter(|line| line["topic"].as_str().is_some_and(|topic| topic.starts_with(prefix)));
            let found: Vec<_> = about.collect();
            anyhow::ensure!(found.len() == lines, "{} lines: {found:#?}", found.len());
            Ok(())
        })
        .await
        .unwrap();
    }

    /// Makes a topic in Kafka, behind everybody's back.
    async fn make_by_hand(&self, topic: &str, partitions: u32, config: &[(&str, &str)]) {
        let name = TopicName::new(topic).unwrap();
        let topic = NewTopic { name, partitions: Some(partitions), replication_factor: Some(1), config: texts(config) };
        let made = self.kafka.create_topics(vec![topic], Apply::Commit).await.unwrap();
        assert!(made.values().all(Result::is_ok), "{made:?}");
    }

    /// Deletes a topic in Kafka, behind everybody's back.
    async fn delete_by_hand(&self, topic: &str) {
        let deleted = self.kafka.delete_topics(&[TopicName::new(topic).unwrap()].into()).await.unwrap();
        assert!(deleted.values().all(Result::is_ok), "{deleted:?}");
    }

    /// Waits for an Event about the object with that reason, and gives its note.
    async fn told(&self, object: &str, reason: &str) -> String {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
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
}

fn is_of(status: &KafkaTopicStatus, generation: Option<i64>) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == "Ready" && condition.observed_generation == generation)
}

fn status_of(object: &ConfigMap) -> Option<KafkaTopicStatus> {
    let annotations = object.metadata.annotations.as_ref()?;
    serde_json::from_str(annotations.get("klamm.dev/status")?).ok()
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
