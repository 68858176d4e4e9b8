//! Two hundred topics while everything around them is killed: Klamm, the broker's node, the API server.

use super::*;
use crate::{
    klamm, parts,
    shop::{one_broker, ready},
};
use anyhow::Context as _;
use k8s_openapi::api::core::v1::Pod;
use klamm_testkit::BringUp;
use kube::ResourceExt;
use std::{collections::BTreeSet, process::Command, time::Duration};

/// Objects of each kind.
const MANY: usize = 100;
const KILLS: usize = 3;
const LONG: Duration = Duration::from_mins(2);

/// Pid of a service as the sandbox tells it.
async fn pid(sandbox: &TestSandbox, service: &str) -> anyhow::Result<u32> {
    let status = sandbox.klamm(&["sandbox", "status"]).await?;
    let line = status.lines().find(|line| line.contains(service)).with_context(|| format!("{service} is not there"))?;
    let pid = line.split("pid ").nth(1).and_then(|rest| rest.split(',').next()).context(line.to_owned())?;
    Ok(pid.trim().parse()?)
}

async fn kill(sandbox: &TestSandbox, service: &str) -> u32 {
    let running = eventually("the service to run", LONG, || pid(sandbox, service)).await.unwrap();
    signal("KILL", running);
    running
}

fn signal(name: &str, process: u32) {
    let name = format!("-{name}");
    assert!(Command::new("kill").args([name, process.to_string()]).status().unwrap().success());
}

async fn restarted(sandbox: &TestSandbox, service: &str, was: u32) {
    eventually("the service to be started again", LONG, || async {
        let now = pid(sandbox, service).await?;
        anyhow::ensure!(now != was, "still {was}");
        Ok(())
    })
    .await
    .unwrap();
}

/// A moment that is another one for every kill and the same one in every run.
fn moment(seed: u64, kill: usize) -> usize {
    let mut state = seed.wrapping_add(kill as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state ^= state >> 29;
    let share = usize::try_from(state % (2 * MANY as u64 / KILLS as u64)).unwrap();
    kill * 2 * MANY / KILLS + share
}

fn deletion(n: usize) -> &'static str {
    if n.is_multiple_of(2) { "delete" } else { "retain" }
}

impl Stage<'_> {
    fn numbered_topic(&self, n: usize, config: &serde_json::Value) -> serde_json::Value {
        let spec = json!({ "partitions": 1 + n % 2, "config": config, "deletion": deletion(n) });
        self.topic(&format!("tough.topic-{n}"), spec)
    }

    fn numbered_map(&self, n: usize) -> serde_json::Value {
        let data = json!({
            "name": format!("tough.map-{n}"), "partitions": (1 + n % 2).to_string(), "properties": "retention.ms=60000",
        });
        self.config_map(&format!("tough-{n}"), deletion(n), data)
    }

    async fn ours_in_kafka(&self) -> BTreeSet<String> {
        let all = self.kafka.describe_topics(&TopicSelection::All).await.unwrap_or_default();
        let names = all.into_iter().filter(|(_, topic)| topic.is_ok()).map(|(name, _)| name.to_string());
        names.filter(|name| name.starts_with("tough.")).collect()
    }

    /// Every object with the status it has of its present declaration.
    async fn statuses(&self) -> anyhow::Result<Vec<(String, KafkaTopicStatus)>> {
        let mut all = Vec::new();
        for topic in self.topics.list(&ListParams::default()).await? {
            let generation = topic.metadata.generation;
            if let Some(status) = topic.status.clone().filter(|status| status.observed_generation == generation) {
                all.push((topic.name_any(), status));
            }
        }
        for map in self.config_maps.list(&ListParams::default().labels("config=kafka-topic")).await? {
            all.extend(status_of(&map).map(|status| (map.name_any(), status)));
        }
        Ok(all)
    }

    async fn all_in_sync(&self, count: usize) -> BTreeMap<String, String> {
        eventually("everything to be in sync", LONG, || async {
            let statuses = self.statuses().await?;
            let (ready, not): (Vec<_>, Vec<_>) =
                statuses.into_iter().partition(|(_, status)| readiness(&status.conditions) == "True/InSync");
            let first = not.first().map(|(name, status)| format!("{name}: {:?}", status.conditions));
            anyhow::ensure!(ready.len() == count && not.is_empty(), "{} of {count} are ready; {first:?}", ready.len());
            Ok(ready.into_iter().map(|(name, status)| (name, status.topic_id.unwrap_or_default())).collect())
        })
        .await
        .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_two_hundred_topics_are_right_and_none_twice() {
    let sandbox = TestSandbox::start(klamm(), &parts(), BringUp::WithKlamm).await.unwrap();
    let client = sandbox.client().await.unwrap();
    let home = sandbox.namespace(&client, "tough").await.unwrap();
    sandbox.apply(&client, &home, &one_broker("tough", &[], &json!({}))).await.unwrap();
    ready(&client, &home, "tough").await.unwrap();
    let stage = Stage::of(&sandbox, &home, "tough", &home).await;

    let config = json!({ "retention.ms": 60_000 });
    let declare = async {
        for n in 0..MANY {
            stage.apply(&home, stage.numbered_topic(n, &config)).await;
            stage.apply(&home, stage.numbered_map(n)).await;
        }
    };
    let killing = async {
        for turn in 0..KILLS {
            let enough = moment(42, turn);
            eventually("topics to be made", LONG, || async {
                let made = stage.ours_in_kafka().await.len();
                anyhow::ensure!(made >= enough, "{made} of {enough}");
                Ok(())
            })
            .await
            .unwrap();
            let was = kill(&sandbox, "klamm-serve").await;
            restarted(&sandbox, "klamm-serve", was).await;
        }
    };
    tokio::join!(declare, killing);

    let ids = stage.all_in_sync(2 * MANY).await;
    let described = stage.kafka.describe_topics(&TopicSelection::All).await.unwrap();
    let mut found = BTreeMap::new();
    for (name, topic) in described.into_iter().filter(|(name, _)| name.as_str().starts_with("tough.")) {
        let topic = topic.unwrap();
        let n: usize = name.as_str().rsplit('-').next().unwrap().parse().unwrap();
        assert_eq!(topic.partitions.len(), 1 + n % 2, "{name}");
        found.insert(name.as_str().replace("tough.map-", "tough-"), topic.id.to_string());
    }
    assert_eq!(found, ids, "every topic once, and the one its object speaks of");
    for topic in ["tough.topic-17", "tough.map-18"] {
        stage.becomes(topic, if topic.ends_with('7') { 2 } else { 1 }, &[("retention.ms", "60000")]).await;
    }
    stage.journal_has(MANY / 2, "tough.").await;

    deleted_while_nobody_looks(&stage, &ids).await;
    without_kafka(&stage).await;
    without_the_api_server(&stage).await;
}

/// Deletions, and deletions of what is made anew at once, while Klamm is down: stopped, and killed before it goes on, because
/// one that is killed is back within a second and might look between the two.
async fn deleted_while_nobody_looks(stage: &Stage<'_>, ids: &BTreeMap<String, String>) {
    let was = eventually("klamm serve to run", LONG, || pid(stage.sandbox, "klamm-serve")).await.unwrap();
    signal("STOP", was);
    for n in 0..4 {
        stage.config_maps.delete(&format!("tough-{n}"), &DeleteParams::default()).await.unwrap();
        stage.apply(&stage.home, stage.numbered_map(n)).await;
    }
    for n in 10..20 {
        stage.config_maps.delete(&format!("tough-{n}"), &DeleteParams::default()).await.unwrap();
        stage.topics.delete(&format!("tough.topic-{n}"), &DeleteParams::default()).await.unwrap();
    }
    signal("KILL", was);
    restarted(stage.sandbox, "klamm-serve", was).await;
    let now = stage.all_in_sync(2 * MANY - 20).await;
    for name in (0..4).map(|n| format!("tough-{n}")) {
        assert_eq!(now[&name], ids[&name], "deleted and made anew, the topic is the same");
    }
    let goes = |name: &str| {
        (10..20).step_by(2).any(|n| name == format!("tough.map-{n}") || name == format!("tough.topic-{n}"))
    };
    eventually("what may go to go, and nothing else", LONG, || async {
        let left = stage.ours_in_kafka().await;
        let wrong: Vec<_> = left.iter().filter(|name| goes(name)).collect();
        anyhow::ensure!(wrong.is_empty() && left.len() == 2 * MANY - 10, "{} left, {wrong:?}", left.len());
        Ok(())
    })
    .await
    .unwrap();
    stage.journal_has(MANY / 2 - 5, "tough.").await;
}

/// Declarations change while the broker's node is away.
async fn without_kafka(stage: &Stage<'_>) {
    let pods: Api<Pod> = Api::namespaced(stage.client.clone(), &stage.home);
    let node = pods.get("tough-nodes-0-0").await.unwrap().spec.unwrap().node_name.unwrap();
    stage.sandbox.klamm(&["sandbox", "node", "stop", &node]).await.unwrap();
    for n in 20..40 {
        stage.apply(&stage.home, stage.numbered_topic(n, &json!({ "retention.ms": 120_000 }))).await;
    }
    stage.sandbox.klamm(&["sandbox", "node", "start", &node]).await.unwrap();
    stage.all_in_sync(2 * MANY - 20).await;
    stage.becomes("tough.topic-20", 1, &[("retention.ms", "120000")]).await;
    stage.becomes("tough.topic-39", 2, &[("retention.ms", "120000")]).await;
}

async fn without_the_api_server(stage: &Stage<'_>) {
    let was = kill(stage.sandbox, "kube-apiserver").await;
    restarted(stage.sandbox, "kube-apiserver", was).await;
    eventually("the API server to answer", LONG, || async {
        let manifest = stage.numbered_topic(40, &json!({ "retention.ms": 180_000 })).to_string();
        stage.sandbox.apply(&stage.client, &stage.home, &manifest).await
    })
    .await
    .unwrap();
    stage.becomes("tough.topic-40", 1, &[("retention.ms", "180000")]).await;
    stage.all_in_sync(2 * MANY - 20).await;
}
