//! One worker for all grants, in five steps: gather, validate, decide, report; what is applied is applied by the user
//! reconciler, which hears of every change at once.

use super::{
    consents::Consents,
    object::{Declared, Life},
    report::report,
    rules::judge,
};
use crate::{
    batch::{LastSeen, NewsDesk, Next, ObjectKey, together, write_status},
    runtime::{Context, explain, is_conflict, is_not_found},
};
use jiff::Timestamp;
use klamm_resources::{KafkaGrant, KafkaGrantStatus};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Grants in one batch.
const BATCH: usize = 100;
/// Writes to Kubernetes at the same time.
const WRITES: usize = 8;

/// Works until `stop`.
pub(super) async fn work(context: &Context, consents: &Consents, news: &NewsDesk, stop: &CancellationToken) {
    loop {
        let keys = tokio::select! {
            () = stop.cancelled() => return,
            keys = consents.queue.take(BATCH) => keys,
        };
        let each = keys.into_iter().map(|key| async move {
            let next = match consents.get(&key).filter(|grant| grant.life == Life::Living) {
                Some(declared) => look_at(context, consents, news, &declared).await,
                None => Next::Settled,
            };
            (key, next)
        });
        for (key, next) in together(WRITES, each).await {
            consents.queue.done(key, next);
        }
    }
}

async fn look_at(context: &Context, consents: &Consents, news: &NewsDesk, declared: &Arc<Declared>) -> Next {
    let cluster = declared.cluster().and_then(|cluster| context.clusters.get(cluster));
    let now = Timestamp::now();
    let verdict = judge(declared, cluster.as_deref(), now);
    let report = report(declared, verdict, consents.users(declared), now);
    match write(context, consents, declared, &report.status).await {
        Ok(()) => {
            news.take(report.news);
            report.next
        }
        Err(error) if is_not_found(&error) => Next::Settled,
        Err(error) if is_conflict(&error) => Next::Later,
        Err(error) => {
            let ObjectKey { namespace, name } = &declared.key;
            tracing::warn!(%namespace, %name, error = explain(&error), "could not write to a KafkaGrant");
            Next::Later
        }
    }
}

async fn write(
    context: &Context,
    consents: &Consents,
    declared: &Declared,
    status: &KafkaGrantStatus,
) -> Result<(), kube::Error> {
    let ObjectKey { namespace, name } = &declared.key;
    let about = LastSeen { namespace, name, uid: &declared.uid, version: declared.version };
    let written = write_status::<KafkaGrant, _>(&context.client, &about, &declared.status, status).await?;
    if let Some(version) = written {
        consents.wrote(declared, version, status.clone());
    }
    Ok(())
}
