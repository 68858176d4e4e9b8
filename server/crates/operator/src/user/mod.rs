//! Users: declared by KafkaUsers, made true as SCRAM credentials, ACLs, quotas and Secrets.
//!
//! Tenancy is decided here, not only in the portal: a grant on somebody else's topic counts only while its owner's
//! KafkaGrant stands. Passwords are made here, kept in Secrets only, and never read back from anywhere else. Decisions
//! are pure ([`judge`], [`report`], the planner); whoever talks to Kafka or Kubernetes decides nothing.

mod apply;
mod gather;
mod injected;
mod judge;
mod object;
mod prove;
mod report;
mod room;
mod rules;
mod secret;
mod sources;
mod store;
#[cfg(test)]
mod tests;
mod versions;
mod worker;
mod write;

use crate::{batch::NewsDesk, grant::Consents, runtime::Context};
use room::Room;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Users that are looked at per second when nothing seems to have changed: with many of them the round takes longer.
const PACE: usize = 20;

/// Keeps all users as declared until `stop`.
pub(crate) async fn run(context: Arc<Context>, consents: Arc<Consents>, stop: CancellationToken) {
    // Before all clusters are known, nobody can say that one is missing.
    tokio::select! {
        () = stop.cancelled() => return,
        () = context.clusters.listed() => {}
    }
    let (news, tell) = NewsDesk::new(context.events.clone(), stop.clone());
    let room = Room::new(context, consents, news, stop);
    tokio::join!(
        tell,
        sources::watch_consents(room.clone()),
        sources::watch_users(room.clone()),
        sources::watch_secrets(room.clone()),
        sources::watch_clusters(room.clone()),
        look_again(room.clone()),
    );
    room.tasks.close();
    room.tasks.wait().await;
}

/// Looks at everything from time to time: Kafka changes without telling.
async fn look_again(room: Arc<Room>) {
    loop {
        let round = room.context.options.resync.max(Duration::from_secs((room.count() / PACE) as u64));
        tokio::select! {
            () = room.stop.cancelled() => return,
            () = tokio::time::sleep(round) => {}
        }
        room.look_at(|_| true);
    }
}
