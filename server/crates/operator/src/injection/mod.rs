//! Credentials for workloads that ask for them with a label and annotations, as the talk of 2017 showed it.
//!
//! All this room writes is a KafkaUser per workload, owned by it, and the annotation that remembers its cluster. Whether
//! a grant stands, what goes to Kafka and when the Secret appears is decided by the users' room, which knows such a
//! KafkaUser by its mark. Nothing about brokers may enter here.

mod act;
mod decide;
mod object;
mod render;
mod room;
mod sources;
#[cfg(test)]
mod tests;
mod worker;
#[cfg(test)]
mod world;

use crate::{batch::NewsDesk, runtime::Context};
use room::Room;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Workloads that are looked at per second when nothing seems to have changed: with many of them the round takes longer.
const PACE: usize = 20;

/// Keeps the KafkaUsers of workloads as these ask for them until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    // Before all clusters are known, a workload could be bound to the wrong one, and bound is bound.
    tokio::select! {
        () = stop.cancelled() => return,
        () = context.clusters.listed() => {}
    }
    let (news, tell) = NewsDesk::new(context.events.clone(), stop.clone());
    let room = Room::new(context, news, stop);
    room.context.metrics.ask(&room);
    tokio::join!(
        tell,
        sources::watch_users(room.clone()),
        sources::watch_workloads(room.clone()),
        worker::work(room.clone()),
        look_again(room.clone()),
    );
    room.tasks.close();
    room.tasks.wait().await;
}

/// Looks at everything from time to time: namespaces change their cluster without telling.
async fn look_again(room: Arc<Room>) {
    loop {
        let round = room.context.options.resync.max(Duration::from_secs((room.count() / PACE) as u64));
        tokio::select! {
            () = room.stop.cancelled() => return,
            () = tokio::time::sleep(round) => {}
        }
        room.look_at_all();
    }
}
