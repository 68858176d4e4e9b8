//! Grants: what the owners of topics consented to, and what they are told about it.
//!
//! [`Consents`] holds every KafkaGrant as last seen; the user reconciler asks it who may what and tells it who has
//! something by a grant. Nothing here talks to Kafka: a grant takes effect through the users it speaks of.

mod consents;
mod object;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use consents::Consents;

use crate::{
    batch::{Audience, NewsDesk, ObjectKey, watch},
    runtime::Context,
};
use klamm_model::ClusterRef;
use klamm_resources::KafkaGrant;
use kube::{Api, core::DeserializeGuard, runtime::watcher};
use object::Declared;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Keeps consents current and says which of them count, until `stop`.
pub(crate) async fn run(context: Arc<Context>, consents: Arc<Consents>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => return,
        () = context.clusters.listed() => {}
    }
    context.metrics.ask(&consents);
    let (news, tell) = NewsDesk::new(context.events.clone(), stop.clone());
    let api: Api<DeserializeGuard<KafkaGrant>> = Api::all(context.client.clone());
    tokio::join!(
        tell,
        watch(api, watcher::Config::default(), consents.as_ref(), &stop),
        watch_clusters(&context, &consents, &stop),
        worker::work(&context, &consents, &news, &stop),
    );
}

impl Audience<DeserializeGuard<KafkaGrant>> for Consents {
    const WHAT: &'static str = "KafkaGrants";

    fn seen(&self, key: ObjectKey, object: DeserializeGuard<KafkaGrant>) {
        self.saw(Declared::read(key, object));
    }

    fn gone(&self, key: &ObjectKey) {
        self.forget(|known| known == key);
    }

    fn listed(&self, all: &HashSet<ObjectKey>) {
        self.forget(|known| !all.contains(known));
        self.are_listed();
    }
}

/// Looks again at the grants of a cluster that came, went or has other tenants.
async fn watch_clusters(context: &Context, consents: &Consents, stop: &CancellationToken) {
    let mut changes = context.clusters.changes();
    let mut known: BTreeMap<ClusterRef, Option<i64>> = BTreeMap::new();
    loop {
        changes.mark_unchanged();
        let clusters = context.clusters.all();
        let editions: BTreeMap<_, _> =
            clusters.into_iter().map(|(cluster, object)| (cluster, object.metadata.generation)).collect();
        if editions != known {
            consents.look_at(|cluster| known.get(cluster) != editions.get(cluster));
            known = editions;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
        }
    }
}
