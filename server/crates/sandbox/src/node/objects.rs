//! ConfigMaps and Secrets that pods of this node refer to: watched one by one, for as long as somebody needs them.
//!
//! A kubelet watches by name because it may only read what its pods refer to; so does this one.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::StreamExt as _;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// What is known of an object.
#[derive(Debug, Clone)]
pub(super) enum Seen<T> {
    /// Not read yet.
    Reading,
    /// Not there.
    Absent,
    /// There, as it is now.
    Present(Arc<T>),
}

/// What a pod's references look like at one moment, by name within the pod's namespace.
#[derive(Debug, Default, Clone)]
pub(super) struct Sources {
    pub(super) config_maps: BTreeMap<String, Seen<ConfigMap>>,
    pub(super) secrets: BTreeMap<String, Seen<Secret>>,
}

impl Sources {
    pub(super) fn config_map(&self, name: &str) -> Seen<ConfigMap> {
        self.config_maps.get(name).cloned().unwrap_or(Seen::Reading)
    }

    pub(super) fn secret(&self, name: &str) -> Seen<Secret> {
        self.secrets.get(name).cloned().unwrap_or(Seen::Reading)
    }
}

type Key = (String, String);

/// All watched objects of a node.
pub(super) struct Objects {
    client: Client,
    config_maps: Mutex<HashMap<Key, Weak<Watched<ConfigMap>>>>,
    secrets: Mutex<HashMap<Key, Weak<Watched<Secret>>>>,
    changed: watch::Sender<u64>,
    stop: CancellationToken,
}

/// One watched object; the watch ends with the last one who holds this.
pub(super) struct Watched<T> {
    seen: watch::Receiver<Seen<T>>,
    _task: AbortOnDropHandle<()>,
}

/// What one pod refers to.
#[derive(Default)]
pub(super) struct Held {
    config_maps: BTreeMap<String, Arc<Watched<ConfigMap>>>,
    secrets: BTreeMap<String, Arc<Watched<Secret>>>,
}

impl Held {
    /// What they look like now.
    pub(super) fn sources(&self) -> Sources {
        Sources {
            config_maps: self
                .config_maps
                .iter()
                .map(|(name, held)| (name.clone(), held.seen.borrow().clone()))
                .collect(),
            secrets: self.secrets.iter().map(|(name, held)| (name.clone(), held.seen.borrow().clone())).collect(),
        }
    }
}

impl Objects {
    pub(super) fn new(client: Client, stop: CancellationToken) -> Self {
        let changed = watch::Sender::new(0);
        Self { client, config_maps: Mutex::default(), secrets: Mutex::default(), changed, stop }
    }

    /// Wakes whenever any of the watched objects changed.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Watches what a pod refers to.
    pub(super) fn hold<'a>(
        &self,
        namespace: &str,
        config_maps: impl IntoIterator<Item = &'a String>,
        secrets: impl IntoIterator<Item = &'a String>,
    ) -> Held {
        let config_maps = config_maps.into_iter();
        let secrets = secrets.into_iter();
        Held {
            config_maps: config_maps
                .map(|name| (name.clone(), self.watch(&self.config_maps, namespace, name)))
                .collect(),
            secrets: secrets.map(|name| (name.clone(), self.watch(&self.secrets, namespace, name))).collect(),
        }
    }

    fn watch<T>(&self, known: &Mutex<HashMap<Key, Weak<Watched<T>>>>, namespace: &str, name: &str) -> Arc<Watched<T>>
    where
        T: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
        T: Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, watched| watched.strong_count() > 0);
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(watched) = known.get(&key).and_then(Weak::upgrade) {
            return watched;
        }
        let (tell, seen) = watch::channel(Seen::Reading);
        let changed = self.changed.clone();
        let stop = self.stop.clone();
        let api = Api::<T>::namespaced(self.client.clone(), namespace);
        let name = name.to_owned();
        let task = tokio::spawn(async move {
            let follow = async {
                let mut objects = pin!(watcher::watch_object(api, &name).default_backoff());
                while let Some(next) = objects.next().await {
                    let now = match next {
                        Ok(Some(object)) => Seen::Present(Arc::new(object)),
                        Ok(None) => Seen::Absent,
                        Err(error) => {
                            tracing::debug!(%error, name, "watching an object a pod refers to");
                            continue;
                        }
                    };
                    tell.send_replace(now);
                    changed.send_modify(|version| *version = version.wrapping_add(1));
                }
            };
            tokio::select! {
                () = follow => {}
                () = stop.cancelled() => {}
            }
        });
        let watched = Arc::new(Watched { seen, _task: AbortOnDropHandle::new(task) });
        known.insert(key, Arc::downgrade(&watched));
        watched
    }
}
