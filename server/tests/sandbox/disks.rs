//! A disk that is really full: a broker whose volume is a small file system of its own, and somebody who writes more than fits.

use crate::{
    portal::json_of,
    sandbox,
    shop::{admin, one_broker, ready, text},
};
use anyhow::{Context as _, ensure};
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::{Apply, NewTopic, TopicSelection};
use klamm_model::BrokerId;
use klamm_resources::{KafkaCluster, managed};
use klamm_testkit::{OutsideClient, SampleRecord, SteadyProducer, TestSandbox, Tidied, eventually};
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How large the volume of the small broker is.
const VOLUME: &str = "192Mi";
/// Characters of a record, and how many a second. With what there is room for, records can stay for a quarter of an hour: nobody
/// is recommended less than ten minutes.
const SIZE: usize = 17_500;
const RATE: u32 = 10;
const BYTES_A_SECOND: f64 = 175_000.0;
/// What is written at once by who is in a hurry: records of so many characters.
const HURRIED: (usize, usize) = (50, 100_000);
const BYTES_AT_ONCE: f64 = 5_000_000.0;

/// Numbers have to be told for a minute before anything is said of what will come.
const FORESEEN_WITHIN: Duration = Duration::from_mins(4);
const TOLD_WITHIN: Duration = Duration::from_mins(2);

const TOPIC: &str = "filling";

/// A cluster of a broker that is its controller, with room, and of another one without.
struct Narrow {
    sandbox: &'static TestSandbox,
    namespace: String,
    /// The broker without.
    small: BrokerId,
    outside: OutsideClient,
    /// Partitions of the topic: that of the small broker, and the other.
    filled: i32,
    other: i32,
    /// Its brokers end with the test, however that ends.
    _tidied: Tidied,
}

impl Narrow {
    async fn open() -> anyhow::Result<Self> {
        let sandbox = sandbox().await;
        let client = sandbox.client().await?;
        let namespace = sandbox.namespace(&client, "narrow").await?;
        let tidied = sandbox.tidied(&namespace);
        let mut manifest: Value = serde_json::from_str(&one_broker("narrow", &[], &json!({})))?;
        let mut small = manifest["spec"]["pools"][0].clone();
        manifest["spec"]["pools"][0]["storage"]["keepOnDelete"] = json!(false);
        (small["name"], small["roles"]) = (json!("small"), json!(["broker"]));
        small["storage"] = json!({ "type": "ephemeral", "size": VOLUME });
        manifest["spec"]["pools"].as_array_mut().context("no pools")?.push(small);
        sandbox.apply(&client, &namespace, &manifest.to_string()).await?;
        let status = ready(&client, &namespace, "narrow").await?.status.unwrap_or_default();
        ensure!(status.brokers_ready.as_deref() == Some("2/2"), "{status:?}");
        let small = status.brokers.iter().find(|node| node.pool == "small").context("no small broker")?;
        let small = BrokerId(small.id);

        let topic = NewTopic {
            name: TOPIC.parse()?,
            partitions: Some(2),
            replication_factor: Some(1),
            config: BTreeMap::new(),
        };
        let kafka = admin(&client, &namespace, "narrow").await?;
        kafka.create_topics(vec![topic], Apply::Commit).await?;
        let (filled, other) = eventually("a partition on each broker", TOLD_WITHIN, || async {
            let topics = kafka.describe_topics(&TopicSelection::Names([TOPIC.parse()?].into())).await?;
            let topic = topics.into_values().next().context("no topic")??;
            let there = topic.partitions.iter().find(|partition| partition.leader == Some(small));
            let elsewhere = topic.partitions.iter().find(|partition| partition.leader.is_some_and(|id| id != small));
            let both = there.zip(elsewhere).with_context(|| format!("{topic:?}"))?;
            Ok((both.0.id.0, both.1.id.0))
        })
        .await?;
        let secret = Api::<Secret>::namespaced(client, &namespace).get(&managed::admin_secret("narrow")).await?;
        let servers = status.bootstrap_servers.get("clients").context("no address")?;
        let outside = OutsideClient::scram(servers, &text(&secret, "username")?, &text(&secret, "password")?);
        Ok(Self { sandbox, namespace, small, outside, filled, other, _tidied: tidied })
    }

    async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        json_of(self.sandbox, &format!("/api/v1/clusters/{}/narrow{path}", self.namespace)).await
    }

    /// The volume of the small broker.
    async fn volume(&self) -> anyhow::Result<Value> {
        let disks = self.ask("/disks").await?;
        let volumes = disks["volumes"].as_array().context("no volumes")?;
        volumes.iter().find(|one| one["broker"] == self.small.0).cloned().with_context(|| format!("{disks}"))
    }

    /// What is found by a rule: where it is about a broker or a volume, about the small broker and its own.
    async fn found(&self, rule: &str) -> anyhow::Result<Value> {
        let found = self.ask("/findings").await?;
        let concerns = |one: &&Value| {
            let subject = &one["subject"];
            let is_meant = match subject["kind"].as_str() {
                Some("broker") => subject["name"] == self.small.0,
                Some("volume") => subject["name"][0] == self.small.0,
                _ => true,
            };
            one["rule"] == rule && is_meant
        };
        let items = found["items"].as_array().context("no items")?;
        items.iter().find(concerns).cloned().with_context(|| format!("no {rule}: {found}"))
    }

    fn steadily(&self, size: usize, a_second: u32) -> SteadyProducer {
        self.outside.steadily((TOPIC, self.filled), &"x".repeat(size), a_second).unwrap()
    }

    /// Writes more at once than in half a minute before.
    async fn hurry(&self) -> anyhow::Result<()> {
        let (count, size) = HURRIED;
        let records = vec![SampleRecord::new("", "x".repeat(size)); count];
        self.outside.write((TOPIC, self.filled), &records, "none", None).await.map(drop)
    }
}

fn figure(value: &Value) -> anyhow::Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_is_foreseen_with_a_retention_that_fits_and_told_when_it_is_full() {
    let narrow = Narrow::open().await.unwrap();
    let steady = narrow.steadily(SIZE, RATE);

    let (left, days) = eventually("the disk to be foreseen to be full", FORESEEN_WITHIN, || async {
        let soon = narrow.found("diskFullSoon").await?;
        ensure!(soon["severity"] == "critical", "{soon}");
        let misfit = narrow.found("retentionDoesNotFit").await?;
        let disks = narrow.ask(&format!("/disks?search={TOPIC}")).await?;
        let fitting = disks["topics"]["items"][0]["recommended"].clone();
        let minutes = figure(&fitting["retentionMs"])? / 60_000.0;
        let told = misfit["message"].as_str().context("no message")?;
        ensure!(told.contains(&format!("a retention of {minutes} minutes would fit")), "{misfit}, {disks}");
        let link = misfit["link"].as_str().context("no link")?;
        ensure!(link.contains(&format!("retention.ms%3D{}", fitting["retentionMs"])), "{misfit}");
        let volume = narrow.volume().await?;
        let (capacity, days) = (figure(&volume["capacityBytes"])?, figure(&volume["daysToFull"])?);
        ensure!(days < 0.25, "{volume}");
        // At the rate at which records really come, those that stay leave a fifth of the volume free, and do not waste it either.
        let kept = (figure(&fitting["retentionMs"])? + figure(&fitting["segmentMs"])?) / 1000.0;
        let part = kept * BYTES_A_SECOND / capacity;
        ensure!((0.5..=0.82).contains(&part), "{part} of {volume}: {disks}");
        Ok((capacity - figure(&volume["usedBytes"])?, days))
    })
    .await
    .unwrap();
    steady.stop().await.unwrap();
    for _ in 0..=whole(left * 0.9 / BYTES_AT_ONCE) {
        narrow.hurry().await.unwrap();
    }
    eventually("the disk to be told to be nearly full", TOLD_WITHIN, || async {
        let low = narrow.found("diskLow").await?;
        ensure!(low["message"].as_str().is_some_and(|told| told.ends_with(&narrow.small.to_string())), "{low}");
        let volume = narrow.volume().await?;
        let now = figure(&volume["daysToFull"])?;
        ensure!(now < days / 2.0, "from {days} to {now}: {volume}");
        Ok(())
    })
    .await
    .unwrap();

    // It goes on while the broker is gone, so that there is no room again after a restart.
    let flood = narrow.steadily(HURRIED.1, RATE * 3);
    eventually("the broker to be told whose disk is full", TOLD_WITHIN, || async {
        let down = match narrow.found("brokerDown").await {
            Ok(down) => down,
            Err(_) => narrow.found("logDirOffline").await?,
        };
        ensure!(down["severity"] == "critical", "{down}");
        let offline = narrow.found("offlinePartitions").await?;
        let named = json!([{ "topic": TOPIC, "partition": narrow.filled }]);
        ensure!(offline["partitions"] == named, "{offline}");
        Ok(())
    })
    .await
    .unwrap();
    // Everything else goes on.
    narrow.outside.write((TOPIC, narrow.other), &[SampleRecord::new("", "goes on")], "none", None).await.unwrap();
    narrow.found("factorOne").await.unwrap();
    drop(flood);
    let client = narrow.sandbox.client().await.unwrap();
    let clusters: Api<KafkaCluster> = Api::namespaced(client, &narrow.namespace);
    clusters.delete("narrow", &DeleteParams::default()).await.unwrap();
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen")]
fn whole(count: f64) -> u32 {
    count as u32
}
