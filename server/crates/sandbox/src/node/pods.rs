//! The pods of a node: one task for each, from the first sight of it to the removal of its last trace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, ResourceExt as _};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::events::with_causes;
use super::hosts::Names;
use super::pod::{NodeContext, NodePhase, PodInput, work};

/// How long ending may take beyond the grace that was given.
const BEYOND_GRACE: Duration = Duration::from_secs(5);

/// All objects of one kind, as the API server last told, by uid.
struct Known<K> {
    there: BTreeMap<String, Arc<K>>,
    arriving: BTreeMap<String, Arc<K>>,
    complete: bool,
}

impl<K: kube::Resource> Known<K> {
    fn new() -> Self {
        Self { there: BTreeMap::new(), arriving: BTreeMap::new(), complete: false }
    }

    fn take(&mut self, event: Event<K>) {
        let uid = |object: &K| object.meta().uid.clone().unwrap_or_default();
        match event {
            Event::Init => self.arriving.clear(),
            Event::InitApply(object) => {
                self.arriving.insert(uid(&object), Arc::new(object));
            }
            Event::InitDone => {
                self.there = std::mem::take(&mut self.arriving);
                self.complete = true;
            }
            Event::Apply(object) => {
                self.there.insert(uid(&object), Arc::new(object));
            }
            Event::Delete(object) => {
                self.there.remove(&uid(&object));
            }
        }
    }
}

struct Pods {
    node: Arc<NodeContext>,
    names: watch::Sender<Arc<Names>>,
    phase: watch::Receiver<NodePhase>,
    known: Known<Pod>,
    services: Known<Service>,
    inputs: BTreeMap<String, watch::Sender<PodInput>>,
    tasks: JoinSet<String>,
}

/// Runs the node's pods until it stops and all of them have ended.
pub(super) async fn run(
    node: Arc<NodeContext>,
    names: watch::Sender<Arc<Names>>,
    mut phase: watch::Receiver<NodePhase>,
) {
    let all_pods = Api::<Pod>::all(node.client.clone());
    let all_services = Api::<Service>::all(node.client.clone());
    let mut pod_events = pin!(watcher(all_pods, watcher::Config::default()).default_backoff());
    let mut service_events = pin!(watcher(all_services, watcher::Config::default()).default_backoff());
    let mut this = Pods {
        node,
        names,
        phase: phase.clone(),
        known: Known::new(),
        services: Known::new(),
        inputs: BTreeMap::new(),
        tasks: JoinSet::new(),
    };
    loop {
        let now = *phase.borrow_and_update();
        if let NodePhase::Stopping(mode) = now {
            let grace = match mode {
                super::StopMode::Graceful(grace) => grace,
                super::StopMode::Abrupt => Duration::ZERO,
            };
            return this.wait_for_end(grace + BEYOND_GRACE).await;
        }
        tokio::select! {
            Some(event) = pod_events.next() => match event {
                Ok(event) => {
                    this.known.take(event);
                    this.after_change();
                }
                Err(error) => tracing::debug!(%error, "watching pods"),
            },
            Some(event) = service_events.next() => match event {
                Ok(event) => {
                    this.services.take(event);
                    this.after_change();
                }
                Err(error) => tracing::debug!(%error, "watching services"),
            },
            Some(ended) = this.tasks.join_next() => this.ended(ended),
            changed = phase.changed() => if changed.is_err() { return },
        }
    }
}

impl Pods {
    fn after_change(&mut self) {
        if !(self.known.complete && self.services.complete) {
            return;
        }
        let pods: Vec<&Pod> = self.known.there.values().map(AsRef::as_ref).collect();
        let names = Names::of(self.services.there.values().map(AsRef::as_ref), &pods, self.node.facts.service_host);
        self.names.send_if_modified(|current| {
            let news = **current != names;
            *current = Arc::new(names);
            news
        });
        let mine: BTreeMap<&String, &Arc<Pod>> =
            self.known.there.iter().filter(|(_, pod)| is_bound_to(pod, &self.node.facts.name)).collect();
        for (uid, pod) in &mine {
            if let Some(input) = self.inputs.get(*uid) {
                input.send_if_modified(|current| {
                    let news = !matches!(current, PodInput::There(known) if Arc::ptr_eq(known, pod));
                    *current = PodInput::There(Arc::clone(pod));
                    news
                });
                continue;
            }
            let (input, seen) = watch::channel(PodInput::There(Arc::clone(pod)));
            self.inputs.insert((*uid).clone(), input);
            let work = work(self.node.clone(), Arc::clone(pod), seen, self.phase.clone());
            let uid = (*uid).clone();
            self.tasks.spawn(async move {
                work.await;
                uid
            });
        }
        for (uid, input) in &self.inputs {
            if !mine.contains_key(uid) {
                input.send_if_modified(|current| !matches!(std::mem::replace(current, PodInput::Gone), PodInput::Gone));
            }
        }
        self.remove_orphans();
    }

    /// Folders of pods that went while the node was down.
    fn remove_orphans(&self) {
        for entry in fs::read_dir(self.node.layout.pods()).into_iter().flatten().flatten() {
            let Ok(uid) = entry.file_name().into_string() else { continue };
            if !self.inputs.contains_key(&uid) {
                remove_folder(&entry.path());
                release(&self.node, &uid);
            }
        }
        let alive: BTreeSet<&String> = self.known.there.keys().collect();
        for entry in fs::read_dir(self.node.layout.all_logs()).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let uid = name.rsplit('_').next().unwrap_or_default().to_owned();
            // All nodes keep their logs here; whose pod is gone, is nobody's.
            if !alive.contains(&uid) && !self.inputs.contains_key(&uid) {
                remove_folder(&entry.path());
            }
        }
    }

    fn ended(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(uid) => {
                self.inputs.remove(&uid);
            }
            Err(error) => tracing::error!(%error, "the task of a pod failed; the pod is as it was left"),
        }
    }

    async fn wait_for_end(mut self, patience: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(patience, all).await.is_err() {
            tracing::warn!(
                node = self.node.facts.name,
                pods = self.tasks.len(),
                "some pods did not end in time and are dropped"
            );
            self.tasks.shutdown().await;
        }
    }
}

fn is_bound_to(pod: &Pod, node: &str) -> bool {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) == Some(node)
}

/// Removes what a pod that is gone has left on this node.
pub(super) fn remove_traces(node: &NodeContext, pod: &Pod) {
    let uid = pod.uid().unwrap_or_default();
    remove_folder(node.layout.pod(&uid).folder());
    remove_folder(&node.layout.logs(pod));
    release(node, &uid);
}

fn release(node: &NodeContext, uid: &str) {
    if let Err(error) = node.addresses.release(uid) {
        tracing::warn!(error = with_causes(&error), "the address of a pod that is gone stays taken");
    }
}

fn remove_folder(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "a folder of a pod that is gone stays");
        }
        _ => {}
    }
}
