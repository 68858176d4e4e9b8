//! A target whose disk others fill while replicas are on their way to it: a volume that is a small file system of its own.

use super::{
    NOTICED,
    stage::{happened, told},
};
use crate::three::{Three, WHOLE_WITHIN, make_topics, topic};
use anyhow::{Context as _, ensure};
use klamm_kafka::{Client, TopicSelection};
use klamm_model::{BrokerId, BrokerState};
use klamm_resources::OperationPhase;
use klamm_testkit::{NotYet, eventually, while_it_goes_on};
use serde_json::json;

/// How large the volume of the broker is that comes.
const VOLUME: &str = "192Mi";
/// Its id.
const NARROW: BrokerId = BrokerId(3);
/// What it gets its share of: partitions, and megabytes of each.
const BULK: (&str, u32, usize) = ("bulk", 4, 20);
/// Bytes a second at which it gets that: minutes, in which nothing arrives that would count.
const THROTTLE: i64 = 200_000;
/// Who fills its disk, with so many partitions that it has one of them.
const FLOOD: (&str, u32) = ("flood", 8);
/// From so many thousandths of the disk on less is written at once, and from so many on nothing: replicas on their way go back at 925,
/// and what has been copied of them by then stays for a minute.
const CAREFULLY: u64 = 850;
const ENOUGH: u64 = 935;

/// Thousandths of its disk that are taken.
async fn taken(kafka: &Client) -> anyhow::Result<u64> {
    let (mut total, mut usable) = (0_u64, 0_u64);
    for dir in kafka.log_dirs_of(NARROW).await? {
        total += dir.total_bytes.value().context("no size")?;
        usable += dir.usable_bytes.value().context("no room")?;
    }
    ((total - usable) * 1000).checked_div(total).context("no disk")
}

/// The partition of the flood that it has.
async fn its_partition(kafka: &Client) -> i32 {
    eventually("a partition on the broker", NOTICED, || async {
        let topics = kafka.describe_topics(&TopicSelection::Names([FLOOD.0.parse()?].into())).await?;
        let flood = topics.into_values().next().context("no topic")??;
        let its = flood.partitions.iter().find(|partition| partition.leader == Some(NARROW));
        Ok(its.with_context(|| format!("{flood:?}"))?.id.0)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_on_their_way_to_a_disk_that_others_fill_stay_where_they_were_and_the_broker_lives() {
    let three = Three::open("full", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let (bulk, partitions, megabytes) = BULK;
    make_topics(&three.kafka().await, &[topic(bulk, partitions, 3, 2)]).await;
    for partition in 0..partitions {
        three.bulk((bulk, partition.try_into().unwrap()), megabytes).await;
    }
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let storage = json!({ "type": "ephemeral", "size": VOLUME });
    let generation = three.beside_as(1, |pool| pool["storage"] = storage).await;
    let grown = three.made_for("scale", generation).await;
    three.change(&grown, json!({ "throttleBytesPerSecond": THROTTLE })).await;
    three.moves_of(&grown, bulk).await;

    // A topic that comes in the middle of it, and that nobody holds back.
    let kafka = three.kafka().await;
    make_topics(&kafka, &[topic(FLOOD.0, FLOOD.1, 1, 1)]).await;
    let flood = (FLOOD.0, its_partition(&kafka).await);
    let operations = three.operations();
    while_it_goes_on("replicas to stay where they were", NOTICED, || async {
        let status = operations.get(&grown).await.map_err(anyhow::Error::from)?.status.unwrap_or_default();
        if happened(&status, "Leaving replicas of") {
            return Ok(Ok(()));
        }
        if status.phase.is_some_and(OperationPhase::is_over) {
            return Ok(Err(anyhow::anyhow!("{}", told(&status))));
        }
        let taken = taken(&kafka).await?;
        match taken {
            ..CAREFULLY => three.bulk(flood, 10).await,
            CAREFULLY..ENOUGH => three.bulk(flood, 2).await,
            ENOUGH.. => {}
        }
        Err(NotYet { progress: Some(taken), seen: anyhow::anyhow!("{taken} of 1000 are taken; {}", told(&status)) })
    })
    .await
    .unwrap()
    .unwrap();

    // Done with less, or refused for want of room: in any case nothing is left on its way, and the broker serves.
    let over = three.over(&grown, WHOLE_WITHIN).await;
    assert!(over.ours.throttle.is_none() && over.ours.moving.is_empty(), "{:?}", over.ours);
    eventually("the broker to serve", NOTICED, || async {
        let brokers = kafka.describe_cluster().await?.brokers;
        ensure!(brokers.iter().any(|one| one.id == NARROW && one.state == BrokerState::Running), "{brokers:?}");
        Ok(())
    })
    .await
    .unwrap();
    three.bulk(flood, 1).await;
    three.sound(load, watcher).await;
    three.close().await;
}
