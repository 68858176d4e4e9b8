//! Topics: declared by KafkaTopics and by ConfigMaps of 2017, made true in Kafka.
//!
//! Triggers only say "look again"; what is known stands in status and annotations, and in Kafka. Work is kept once per
//! topic, however many objects claim it and however often they change, and is done in batches per cluster, so that a
//! cluster that does not answer holds up nobody else. Decisions are pure ([`decide`], [`report`]); whoever talks to
//! Kafka ([`gather`], [`apply`]) or Kubernetes ([`sources`], [`write`]) decides nothing.

mod apply;
mod decide;
mod desk;
mod doubt;
mod gather;
mod import;
mod index;
mod journal;
mod object;
mod place;
mod read;
mod report;
#[cfg(test)]
mod resumed;
mod room;
mod rules;
mod settle_config;
mod shown;
mod sources;
mod telling;
#[cfg(test)]
mod tests;
mod vanish;
mod words;
mod worker;
mod write;

use crate::{batch::NewsDesk, runtime::Context};
use room::Room;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Topics that are looked at per second when nothing seems to have changed: with many of them the round takes longer.
const PACE: usize = 100;

/// Keeps all topics as declared until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    // Before all clusters are known, nobody can say that one is missing.
    tokio::select! {
        () = stop.cancelled() => return,
        () = context.clusters.listed() => {}
    }
    let (news, tell) = NewsDesk::new(context.events.clone(), stop.clone());
    let room = Room::new(context, news, stop.clone());
    room.context.metrics.ask(&room);
    tokio::join!(
        tell,
        sources::watch_surroundings(room.clone()),
        sources::watch_topics(room.clone()),
        sources::watch_config_maps(room.clone()),
        desk::work(room.clone()),
        vanish::work(room.clone()),
        import::work(room.clone()),
        look_again(room.clone()),
    );
    room.tasks.close();
    room.tasks.wait().await;
}

/// Looks at everything from time to time: what was changed in Kafka tells nobody.
async fn look_again(room: Arc<Room>) {
    loop {
        let clusters = room.context.clusters.all();
        let topics: usize = clusters.keys().map(|cluster| room.count(cluster)).sum();
        let round = room.context.options.resync.max(Duration::from_secs((topics / PACE) as u64));
        tokio::select! {
            () = room.stop.cancelled() => return,
            () = tokio::time::sleep(round) => {}
        }
        for cluster in clusters.keys() {
            room.audit(cluster).await;
            room.look_at_cluster(cluster);
        }
        room.look_at_misplaced();
    }
}
