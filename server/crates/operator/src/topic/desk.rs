//! Objects that belong nowhere are told so; those we no longer see are let go.

use super::{
    decide::Hold,
    index::Place,
    object::{Kind, ObjectKey},
    report::report_misplaced,
    room::{Room, lock},
    telling::write_one,
    write,
};
use crate::{
    batch::{Next, together},
    runtime::explain,
};
use jiff::Timestamp;
use klamm_planner::topics::ClaimLife;
use std::sync::Arc;

const BATCH: usize = 100;
const WRITES: usize = 8;

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>) {
    loop {
        let keys = tokio::select! {
            () = room.stop.cancelled() => return,
            keys = room.desk.take(BATCH) => keys,
        };
        let handle_one = |key: ObjectKey| {
            let room = room.clone();
            async move {
                let next = handle(&room, &key).await;
                room.desk.done(key, next);
            }
        };
        together(WRITES, keys.into_iter().map(handle_one)).await;
    }
}

async fn handle(room: &Room, key: &ObjectKey) -> Next {
    let known = lock(&room.index).object(key);
    match known {
        Some((declared, Place::Nowhere(misplaced))) => {
            let mut report = report_misplaced(&declared, misplaced.reason, misplaced.message, Timestamp::now());
            if declared.life == ClaimLife::Living && declared.record.status.topic_name.is_some() {
                // It managed a topic, and may again when its cluster is back: it is not let go while it lives.
                report.hold = Hold::Keep;
            }
            write_one(room, &declared, report).await
        }
        Some((_, Place::Topic(..))) => Next::Settled,
        None => match write::let_go(&room.context.client, key).await {
            Ok(()) => Next::Settled,
            Err(error) => {
                let kind = match key.kind {
                    Kind::KafkaTopic => "KafkaTopic",
                    Kind::ConfigMap => "ConfigMap",
                };
                tracing::warn!(kind, object = %key, error = explain(&error), "could not let go of an object that declares no topic any more");
                Next::Later
            }
        },
    }
}
