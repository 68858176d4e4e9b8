//! Thousands of declarations at once. For `make soak`: it takes minutes.

use super::*;
use crate::{
    sandbox,
    shop::{one_broker, ready},
};
use futures::{StreamExt, stream};
use kube::api::PostParams;
use std::time::Duration;

const TOPICS: usize = 4000;
const MAPS: usize = 1000;
const LONG: Duration = Duration::from_mins(10);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn five_thousand_declarations_at_once_are_carried_out_and_a_broken_one_holds_up_none() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let home = sandbox.namespace(&client, "many").await.unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&one_broker("many", &[], &json!({}))).unwrap();
    manifest["spec"]["pools"][0]["jvm"]["heap"] = json!("1g");
    manifest["spec"]["pools"][0]["storage"]["keepOnDelete"] = json!(false);
    manifest["spec"]["pools"][0]["resources"]["limits"]["memory"] = json!("2Gi");
    sandbox.apply(&client, &home, &manifest.to_string()).await.unwrap();
    ready(&client, &home, "many").await.unwrap();
    let stage = Stage::of(sandbox, &home, "many", &home).await;

    let parameters = PostParams::default();
    let topics = stream::iter(0..TOPICS).map(|n| {
        let manifest = stage.topic(&format!("many.topic-{n}"), json!({ "partitions": 1, "deletion": "delete" }));
        let topic: KafkaTopic = serde_json::from_value(manifest).unwrap();
        let (api, parameters) = (&stage.topics, &parameters);
        async move { drop(api.create(parameters, &topic).await.unwrap()) }
    });
    let maps = stream::iter(0..MAPS).map(|n| {
        let partitions = if n == MAPS / 2 { "broken" } else { "1" };
        let data = json!({ "name": format!("many.map-{n}"), "partitions": partitions });
        let map: ConfigMap = serde_json::from_value(stage.config_map(&format!("map-{n}"), "delete", data)).unwrap();
        let (api, parameters) = (&stage.config_maps, &parameters);
        async move { drop(api.create(parameters, &map).await.unwrap()) }
    });
    tokio::join!(topics.buffer_unordered(8).collect::<Vec<_>>(), maps.buffer_unordered(4).collect::<Vec<_>>());

    eventually("all but the broken one to be in sync", LONG, || async {
        let topics = stage.topics.list(&ListParams::default()).await?;
        let maps = stage.config_maps.list(&ListParams::default().labels("config=kafka-topic")).await?;
        let statuses = topics.into_iter().filter_map(|topic| topic.status).chain(maps.iter().filter_map(status_of));
        let ready = statuses.filter(|status| readiness(&status.conditions) == "True/InSync").count();
        anyhow::ensure!(ready == TOPICS + MAPS - 1, "{ready} are ready");
        Ok(())
    })
    .await
    .unwrap();
    stage.config_map_judged(&format!("map-{}", MAPS / 2), "False/InvalidSpec").await;
    stage.journal_has(MAPS - 1, "many.").await;

    let parameters = DeleteParams::default();
    let topics = stream::iter(0..TOPICS).map(|n| {
        let (api, parameters) = (&stage.topics, &parameters);
        async move { drop(api.delete(&format!("many.topic-{n}"), parameters).await.unwrap()) }
    });
    let maps = stream::iter(0..MAPS).map(|n| {
        let (api, parameters) = (&stage.config_maps, &parameters);
        async move { drop(api.delete(&format!("map-{n}"), parameters).await.unwrap()) }
    });
    tokio::join!(topics.buffer_unordered(8).collect::<Vec<_>>(), maps.buffer_unordered(4).collect::<Vec<_>>());
    eventually("every topic to be deleted", LONG, || async {
        let all = stage.kafka.describe_topics(&TopicSelection::All).await?;
        let left = all.keys().filter(|name| name.as_str().starts_with("many.")).count();
        anyhow::ensure!(left == 0, "{left} are left");
        Ok(())
    })
    .await
    .unwrap();
    stage.journal_has(0, "many.").await;
}
