//! Watches: what is told of all objects of one kind, and whole objects kept where there are few.

use crate::shelf::Key;
use futures::StreamExt;
use klamm_model::Namespace;
use kube::{
    Api, Resource, ResourceExt,
    core::DeserializeGuard,
    runtime::{WatchStreamExt, reflector, reflector::Store, watcher},
};
use serde::de::DeserializeOwned;
use std::{collections::BTreeSet, fmt::Debug, hash::Hash, time::Duration};
use tokio_util::sync::CancellationToken;

/// Who is told of objects of one kind.
pub(crate) trait Audience<V>: Send + Sync + 'static {
    /// What an object says; none when it is gone, or says nothing that could be understood.
    fn seen(&self, key: Key, item: Option<V>);

    /// These are all there are, in this namespace or in all of them: whatever else was seen went unseen.
    fn listed(&self, all: &BTreeSet<Key>, within: Option<&Namespace>);
}

/// Which objects, and what is read of each.
pub(crate) struct Subject<K, V> {
    pub(crate) api: Api<DeserializeGuard<K>>,
    pub(crate) config: watcher::Config,
    /// The only namespace that the API speaks of.
    pub(crate) within: Option<Namespace>,
    pub(crate) read: fn(&K) -> Option<V>,
}

/// Tells of all these objects until `stop`. A watch that breaks is begun again with growing pauses.
pub(crate) fn tell<K, V>(subject: Subject<K, V>, audience: impl Audience<V>, stop: &CancellationToken)
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    K::DynamicType: Default + Clone,
    V: 'static,
{
    let Subject { api, config, within, read } = subject;
    let events = watcher(api, config).default_backoff().take_until(stop.clone().cancelled_owned());
    tokio::spawn(async move {
        let mut events = std::pin::pin!(events);
        let mut fresh = BTreeSet::new();
        let said = |object: &DeserializeGuard<K>| object.0.as_ref().ok().and_then(read);
        while let Some(event) = events.next().await {
            match event {
                Err(error) => tracing::debug!(error = %error, "a watch broke and begins again"),
                Ok(watcher::Event::Init) => fresh.clear(),
                Ok(watcher::Event::InitApply(object)) => {
                    if let Some(key) = key(&object) {
                        fresh.insert(key.clone());
                        audience.seen(key, said(&object));
                    }
                }
                Ok(watcher::Event::InitDone) => audience.listed(&std::mem::take(&mut fresh), within.as_ref()),
                Ok(watcher::Event::Apply(object)) => {
                    if let Some(key) = key(&object) {
                        audience.seen(key, said(&object));
                    }
                }
                Ok(watcher::Event::Delete(object)) => {
                    if let Some(key) = key(&object) {
                        audience.seen(key, None);
                    }
                }
            }
        }
    });
}

/// Where an object is; a namespace is in itself.
pub(crate) fn key(object: &impl ResourceExt) -> Option<Key> {
    let name = object.name_any();
    let namespace = object.namespace().unwrap_or_else(|| name.clone());
    Some((namespace.parse().ok()?, name.parse().ok()?))
}

/// A cache of whole objects, kept by a watch until `stop`.
pub(crate) fn keep<K>(api: Api<K>, config: watcher::Config, stop: &CancellationToken) -> Store<K>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Default + Eq + Hash + Clone + Send + Sync,
{
    let (store, writer) = reflector::store();
    let stream = reflector(writer, watcher(api, config).default_backoff()).take_until(stop.clone().cancelled_owned());
    tokio::spawn(async move {
        let mut stream = std::pin::pin!(stream);
        while let Some(event) = stream.next().await {
            if let Err(error) = event {
                tracing::debug!(error = %error, "a watch broke and begins again");
            }
        }
    });
    store
}

/// Waits until a cache has been filled for the first time, at most ten seconds.
pub(crate) async fn filled<K>(store: &Store<K>)
where
    K: Resource + Clone + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    if tokio::time::timeout(Duration::from_secs(10), store.wait_until_ready()).await.is_err() {
        tracing::debug!("a cache is still empty after 10 s; going on without it");
    }
}
