//! One worker for all grants, in five steps: gather, validate, decide, report; what is applied is applied by the user
//! reconciler, which hears of every change at once.

use super::{
    consents::Consents,
    object::{Declared, Life},
    report::report,
    rules::judge,
};
use crate::{
    batch::{NewsDesk, Next, ObjectKey, status_patch, together},
    runtime::{Context, explain, is_conflict, is_not_found},
};
use jiff::Timestamp;
use klamm_resources::{KafkaGrant, KafkaGrantStatus, names::MANAGER_STATUS};
use kube::{
    Api, Resource,
    api::{Patch, PatchParams},
    core::DeserializeGuard,
};
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
    let Some(patch) = status_patch(&declared.uid, &declared.status, status) else { return Ok(()) };
    let api: Api<DeserializeGuard<KafkaGrant>> =
        Api::namespaced(context.client.clone(), declared.key.namespace.as_str());
    let parameters = PatchParams { field_manager: Some(MANAGER_STATUS.to_owned()), ..PatchParams::default() };
    let written = api.patch_status(declared.key.name.as_str(), &parameters, &Patch::Merge(patch)).await?;
    let version = written.meta().resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
    consents.wrote(declared, version, status.clone());
    Ok(())
}
