//! Topics as people declare them, well and badly, on a real broker.

use crate::shop::{A_ROUND, SOON, Shop, readiness, shop};
use k8s_openapi::api::{core::v1::ConfigMap, events::v1::Event};
use klamm_kafka::{Apply, ConfigChange, ConfigDetail, ConfigEdit, ConfigResource, NewTopic, TopicSelection};
use klamm_model::{ConfigSource, TopicName};
use klamm_resources::{KafkaTopic, KafkaTopicStatus};
use klamm_testkit::{eventually, wait_for_object};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::json;
use std::collections::BTreeMap;

struct Stage {
    shop: &'static Shop,
    client: Client,
    kafka: klamm_kafka::Client,
    topics: Api<KafkaTopic>,
    config_maps: Api<ConfigMap>,
}

impl Stage {
    async fn new() -> Self {
        let shop = shop().await;
        let client = shop.sandbox.client().await.unwrap();
        Self {
            kafka: shop.kafka(&client).await,
            topics: Api::namespaced(client.clone(), &shop.alpha),
            config_maps: Api::namespaced(client.clone(), &shop.alpha),
            client,
            shop,
        }
    }

    async fn declare(&self, name: &str, spec: serde_json::Value) {
        self.shop.apply(&self.client, &self.shop.alpha, self.shop.topic(name, spec)).await;
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
        self.shop.apply(&self.client, &self.shop.alpha, manifest).await;
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

    /// Waits for an Event about the object with that reason, and gives its note.
    async fn told(&self, object: &str, reason: &str) -> String {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.shop.alpha);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_made_changed_and_deleted_as_declared_and_foreign_keys_stay() {
    let stage = Stage::new().await;
    let name = "alpha.life";
    stage
        .declare(name, json!({ "partitions": 2, "config": { "retention.ms": 3_600_000, "cleanup.policy": "delete" } }))
        .await;
    let status = stage.judged(name, "True/InSync").await;
    assert_eq!(
        (status.partitions, status.replication_factor, status.topic_name.as_deref()),
        (Some(2), Some(1), Some(name))
    );
    assert!(status.topic_id.is_some_and(|id| id.len() == 22));
    stage.becomes(name, 2, &[("retention.ms", "3600000"), ("cleanup.policy", "delete")]).await;

    stage.set_by_hand(name, "max.message.bytes", "2000000").await;
    stage.declare(name, json!({ "partitions": 5, "config": { "retention.ms": 7_200_000 } })).await;
    stage.becomes(name, 5, &[("retention.ms", "7200000"), ("max.message.bytes", "2000000")]).await;
    assert_eq!(stage.judged(name, "True/InSync").await.partitions, Some(5));

    stage.topics.delete(name, &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka(name).await;
    eventually("the object to go", SOON, || async {
        anyhow::ensure!(stage.topics.get_opt(name).await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_talks_config_map_makes_a_topic_is_bound_and_ends_it_by_policy() {
    let stage = Stage::new().await;
    let name = "alpha.talk";
    let data =
        json!({ "name": name, "partitions": "3", "replication-factor": "1", "properties": "retention.ms=60000\n" });
    stage.declare_config_map("talk", data).await;
    let status = stage.config_map_judged("talk", "True/InSync").await;
    assert_eq!(status.partitions, Some(3));
    stage.becomes(name, 3, &[("retention.ms", "60000")]).await;
    let object = stage.config_maps.get("talk").await.unwrap();
    let annotations = object.metadata.annotations.unwrap();
    assert_eq!(annotations["klamm.dev/cluster"], format!("{}/shop", stage.shop.home));
    assert!(stage.told("talk", "Created").await.contains(name));

    let keep = json!({ "metadata": { "annotations": { "klamm.dev/deletion": "retain" } } });
    stage.config_maps.patch("talk", &PatchParams::default(), &Patch::Merge(keep)).await.unwrap();
    wait_for_object(&stage.config_maps, "talk", SOON, |object| {
        object.metadata.finalizers.iter().flatten().next().is_none()
    })
    .await
    .unwrap();
    stage.config_maps.delete("talk", &DeleteParams::default()).await.unwrap();
    let data = json!({ "name": name, "partitions": "3" });
    stage.declare_config_map("again", data).await;
    let again = stage.config_map_judged("again", "True/InSync").await;
    assert_eq!(again.topic_id, status.topic_id, "the retained topic is adopted");
    wait_for_object(&stage.config_maps, "again", SOON, |object| object.metadata.finalizers.is_some()).await.unwrap();
    stage.config_maps.delete("again", &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_refused_holds_back_no_other() {
    let stage = Stage::new().await;
    let name = "alpha.refused";
    stage.declare(name, json!({ "partitions": 4 })).await;
    stage.judged(name, "True/InSync").await;

    stage.declare(name, json!({ "partitions": 2, "config": { "retention.ms": 5000 } })).await;
    let status = stage.judged(name, "False/PartitionsReductionNotAllowed").await;
    assert_eq!(status.fields[0].field, "partitions");
    stage.becomes(name, 4, &[("retention.ms", "5000")]).await;
    assert!(stage.told(name, "PartitionsReductionNotAllowed").await.contains("declare at least 4"));

    let config = json!({ "retention.ms": "soon", "cleanup.policy": "compact", "no.such.key": 1 });
    stage.declare(name, json!({ "partitions": 6, "config": config })).await;
    let status = stage.judged(name, "False/RejectedByKafka").await;
    let refused: Vec<_> = status.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(refused, ["config.no.such.key", "config.retention.ms"]);
    // The key that was set before keeps its last good value.
    stage.becomes(name, 6, &[("retention.ms", "5000"), ("cleanup.policy", "compact")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_topic_with_a_value_kafka_refuses_is_made_without_it() {
    let stage = Stage::new().await;
    let name = "alpha.half";
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": "soon", "segment.ms": 100_000 } })).await;
    stage.judged(name, "False/RejectedByKafka").await;
    stage.becomes(name, 1, &[("segment.ms", "100000")]).await;
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": 1000, "segment.ms": 100_000 } })).await;
    stage.judged(name, "True/InSync").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_not_made_and_says_what_to_do() {
    let stage = Stage::new().await;
    let bad = [
        ("alpha.factor", json!({ "replicationFactor": 3 }), "NotEnoughBrokers", "declare at most 1"),
        ("alpha.wide", json!({ "partitions": 51 }), "ExceedsMaxPartitions", "declare at most 50"),
        ("beta.theirs", json!({}), "NameNotAllowed", "alpha."),
    ];
    for (name, spec, ..) in &bad {
        stage.declare(name, spec.clone()).await;
    }
    stage.declare("alpha.good", json!({ "partitions": 1 })).await;
    for (name, _, reason, advice) in &bad {
        stage.judged(name, &format!("False/{reason}")).await;
        assert!(stage.told(name, reason).await.contains(advice), "{name}");
        assert_eq!(stage.in_kafka(name).await, None);
    }
    stage.judged("alpha.good", "True/InSync").await;
    let retention = json!({ "partitions": 1, "config": { "retention.ms": -1 } });
    stage.declare("alpha.forever", retention).await;
    stage.judged("alpha.forever", "False/ExceedsMaxRetention").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_refuses_what_breaks_the_schema_in_our_words() {
    let stage = Stage::new().await;
    let refused = |spec: serde_json::Value| {
        let manifest = stage.shop.topic("alpha.schema", spec).to_string();
        let stage = &stage;
        async move { stage.shop.sandbox.apply(&stage.client, &stage.shop.alpha, &manifest).await.unwrap_err() }
    };
    let said = format!("{:#}", refused(json!({ "partitions": 0 })).await);
    assert!(said.contains("partitions must be from 1 to 1000000"), "{said}");
    let said = format!("{:#}", refused(json!({ "topicName": "a b" })).await);
    assert!(said.contains("topicName must be 1 to 249 letters"), "{said}");
    let said = format!("{:#}", refused(json!({ "topicName": "__consumer_offsets" })).await);
    assert!(said.contains("Kafka's own"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_that_cannot_be_read_says_so_and_disturbs_nobody() {
    let stage = Stage::new().await;
    let bad = [
        ("number", json!({ "name": "alpha.number", "partitions": "many" }), "InvalidSpec"),
        ("zero", json!({ "name": "alpha.zero", "partitions": "0" }), "InvalidSpec"),
        ("huge", json!({ "name": "alpha.huge", "partitions": "99999999999999999999" }), "InvalidSpec"),
        ("name", json!({ "name": "alpha name", "partitions": "1" }), "InvalidSpec"),
        ("properties", json!({ "name": "alpha.properties", "properties": "retention.ms=\\u12" }), "InvalidSpec"),
    ];
    for (name, data, _) in &bad {
        stage.declare_config_map(name, data.clone()).await;
    }
    stage.declare_config_map("good", json!({ "name": "alpha.good-map", "partitions": "1" })).await;
    stage.config_map_judged("good", "True/InSync").await;
    for (name, data, reason) in &bad {
        stage.config_map_judged(name, &format!("False/{reason}")).await;
        assert!(!stage.told(name, reason).await.is_empty());
        if let Ok(topic) = TopicName::new(data["name"].as_str().unwrap()) {
            assert_eq!(stage.in_kafka(topic.as_str()).await, None);
        }
    }
    // Corrected, it is made.
    stage.declare_config_map("number", json!({ "name": "alpha.number", "partitions": "2" })).await;
    assert_eq!(stage.config_map_judged("number", "True/InSync").await.partitions, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn kafkas_own_topics_are_not_declared_not_even_by_the_clusters_namespace() {
    let stage = Stage::new().await;
    let manifest = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "offsets", "labels": { "config": "kafka-topic" },
            "annotations": { "klamm.dev/cluster": format!("{}/shop", stage.shop.home) },
        },
        "data": { "name": "__consumer_offsets", "partitions": "7" },
    });
    stage.shop.apply(&stage.client, &stage.shop.home, manifest).await;
    let config_maps: Api<ConfigMap> = Api::namespaced(stage.client.clone(), &stage.shop.home);
    let judged =
        |object: &ConfigMap| status_of(object).is_some_and(|s| readiness(&s.conditions) == "False/ProtectedTopic");
    wait_for_object(&config_maps, "offsets", SOON, judged).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_declarations_the_older_counts_and_no_deletion_takes_the_topic_from_the_other() {
    let stage = Stage::new().await;
    let spec = json!({ "topicName": "alpha.shared", "partitions": 1 });
    stage.declare("first", spec.clone()).await;
    let status = stage.judged("first", "True/InSync").await;
    stage.declare("second", spec).await;
    let both = eventually("one of them to be told", SOON, || async {
        for (loser, winner) in [("second", "first"), ("first", "second")] {
            let topic = stage.topics.get(loser).await?;
            if topic.status.is_some_and(|status| readiness(&status.conditions) == "False/ResourceConflict") {
                return Ok((loser, winner));
            }
        }
        anyhow::bail!("nobody was told yet")
    });
    let (loser, winner) = both.await.unwrap();
    assert!(stage.told(loser, "ResourceConflict").await.contains(winner));
    stage.topics.delete(winner, &DeleteParams::default()).await.unwrap();
    assert_eq!(stage.judged(loser, "True/InSync").await.topic_id, status.topic_id, "the same topic, handed over");
    stage.topics.delete(loser, &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka("alpha.shared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_topic_is_adopted_with_everything_nobody_declared() {
    let stage = Stage::new().await;
    let topic = NewTopic {
        name: TopicName::new("alpha.adopted").unwrap(),
        partitions: Some(3),
        replication_factor: Some(1),
        config: texts(&[("retention.ms", "1234"), ("segment.ms", "100000")]),
    };
    let made = stage.kafka.create_topics(vec![topic], Apply::Commit).await.unwrap();
    assert!(made.values().all(Result::is_ok));
    stage.declare("alpha.adopted", json!({ "config": { "retention.ms": 4321 } })).await;
    let status = stage.judged("alpha.adopted", "True/InSync").await;
    assert_eq!((status.partitions, status.config_keys), (Some(3), vec!["retention.ms".to_owned()]));
    stage.becomes("alpha.adopted", 3, &[("retention.ms", "4321"), ("segment.ms", "100000")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_in_kafka_is_changed_back_where_it_was_declared() {
    let stage = Stage::new().await;
    let name = "alpha.drift";
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": 60_000 } })).await;
    stage.judged(name, "True/InSync").await;
    stage.set_by_hand(name, "retention.ms", "1").await;
    stage.set_by_hand(name, "segment.ms", "100000").await;
    eventually("the operator to look again", A_ROUND, || async {
        let (_, set) = stage.in_kafka(name).await.ok_or_else(|| anyhow::anyhow!("no topic"))?;
        anyhow::ensure!(set == texts(&[("retention.ms", "60000"), ("segment.ms", "100000")]), "{set:?}");
        Ok(())
    })
    .await
    .unwrap();
    assert!(stage.told(name, "DriftReverted").await.contains("retention.ms"));
}
