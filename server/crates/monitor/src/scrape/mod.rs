//! Reading numbers from what runs beside brokers: exporters of Prometheus' text format, and Jolokia.
//!
//! Each target has a task of its own, so that one that hangs delays nobody. What they tell goes to the cluster's
//! [`Vitals`]; what is wrong with one is said of that one, and the others go on.

mod entries;
mod fetch;
mod jolokia;
mod names;
mod rates;
mod reader;
mod reading;
mod shared_names;
mod target_task;
mod targets;
mod telling;
mod text;

pub use reader::ExportReader;
pub(crate) use target_task::Rhythm;
pub(crate) use targets::Target;
pub(crate) use telling::Told;

use crate::Vitals;
use fetch::Fetcher;
use k8s_openapi::api::core::v1::{Pod, Secret};
use klamm_model::{ClusterRef, ObjectName};
use klamm_resources::{KafkaCluster, names::label};
use kube::{Api, api::ListParams};
use shared_names::SharedNames;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use target_task::Tools;
use tokio::{sync::watch, task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often pods are listed, and how long that may take.
const LIST_EVERY: Duration = Duration::from_secs(5);
/// Most targets of one cluster.
const MOST_TARGETS: usize = 500;
/// Every so many lists names that nobody uses any more are forgotten.
const FORGET_EVERY: u32 = 4;

/// Reads the targets of one cluster until `stop`.
pub(crate) async fn run(
    name: ClusterRef,
    mut newest: watch::Receiver<Arc<KafkaCluster>>,
    client: kube::Client,
    vitals: Arc<Vitals>,
    stop: CancellationToken,
) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), name.namespace.as_str());
    let secrets: Api<Secret> = Api::namespaced(client, name.namespace.as_str());
    let mut readers = Readers::new(vitals, Some(secrets), Rhythm::default());
    let mut ticks = tokio::time::interval(LIST_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0u32.. {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let cluster = Arc::clone(&newest.borrow_and_update());
        // From the API server's memory: it costs nobody anything, and a pod that is a second late is soon enough.
        let mut wanted = ListParams::default().match_any();
        if cluster.spec.external.is_none() {
            wanted = wanted.labels(&format!("{}={}", label::CLUSTER, name.name));
        }
        let listed = tokio::select! {
            () = stop.cancelled() => return,
            listed = tokio::time::timeout(LIST_EVERY, pods.list(&wanted)) => listed,
        };
        match listed {
            Ok(Ok(pods)) => readers.read(targets::targets(&name, &cluster, &pods.items)),
            Ok(Err(error)) => {
                tracing::debug!(cluster = %name, error = %error, "pods cannot be listed for their numbers");
            }
            Err(_) => tracing::debug!(cluster = %name, "pods are not listed in time"),
        }
        if round.is_multiple_of(FORGET_EVERY) {
            readers.tools.names.forget_unused();
        }
    }
}

/// The tasks that read the targets of a cluster; they end when this is dropped.
pub(crate) struct Readers {
    vitals: Arc<Vitals>,
    tools: Tools,
    standing: BTreeMap<ObjectName, (Target, JoinSet<()>)>,
}

impl Readers {
    pub(crate) fn new(vitals: Arc<Vitals>, secrets: Option<Api<Secret>>, rhythm: Rhythm) -> Self {
        let tools = Tools { fetcher: Fetcher::new(), names: Arc::new(SharedNames::default()), secrets, rhythm };
        Self { vitals, tools, standing: BTreeMap::new() }
    }

    /// From now on these are read, and no others.
    pub(crate) fn read(&mut self, wanted: BTreeMap<ObjectName, Target>) {
        let wanted: BTreeMap<_, _> = wanted.into_iter().take(MOST_TARGETS).collect();
        self.standing.retain(|pod, (target, _)| wanted.get(pod) == Some(target));
        self.vitals.keep_targets(&|pod| self.standing.contains_key(pod));
        for (pod, target) in wanted {
            if self.standing.contains_key(&pod) {
                continue;
            }
            self.vitals.tell(target_task::unseen(&target), None);
            let vitals = Arc::clone(&self.vitals);
            let mut task = JoinSet::new();
            task.spawn(target_task::run(target.clone(), self.tools.clone(), move |state, told| {
                vitals.tell(state, told);
            }));
            self.standing.insert(pod, (target, task));
        }
    }
}

#[cfg(test)]
mod tests;
