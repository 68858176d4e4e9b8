use super::ObjectKey;
use crate::runtime::{chain, is_forbidden};
use futures::StreamExt;
use kube::{
    Api, Resource,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::{collections::HashSet, fmt::Debug};
use tokio_util::sync::CancellationToken;

/// Who is told of objects of one kind.
pub(crate) trait Audience<T>: Send + Sync {
    /// What they are, for the log.
    const WHAT: &'static str;

    /// An object is there, or changed.
    fn seen(&self, key: ObjectKey, object: T);

    /// An object is gone.
    fn gone(&self, key: &ObjectKey);

    /// These are all there are: whatever else was seen went unseen.
    fn listed(&self, all: &HashSet<ObjectKey>);
}

/// Tells of all objects of an API until `stop`. A watch that breaks is started again; an object that has no name that
/// could be is nobody's.
pub(crate) async fn watch<T, A>(api: Api<T>, config: watcher::Config, audience: &A, stop: &CancellationToken)
where
    T: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    A: Audience<T>,
{
    let mut events = watcher(api, config).default_backoff().boxed();
    let mut fresh = HashSet::new();
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.next() => event,
        };
        match event {
            None => return,
            // A cluster says which namespace lacks which role.
            Some(Err(error)) if lacks_right(&error) => tracing::debug!("no right to watch {}", A::WHAT),
            Some(Err(error)) => {
                tracing::warn!(error = chain(&error), "the watch on {} broke; it is started again", A::WHAT);
            }
            Some(Ok(watcher::Event::Init)) => fresh.clear(),
            Some(Ok(watcher::Event::InitApply(object))) => {
                if let Some(key) = ObjectKey::of(&object) {
                    fresh.insert(key.clone());
                    audience.seen(key, object);
                }
            }
            Some(Ok(watcher::Event::InitDone)) => audience.listed(&std::mem::take(&mut fresh)),
            Some(Ok(watcher::Event::Apply(object))) => {
                if let Some(key) = ObjectKey::of(&object) {
                    audience.seen(key, object);
                }
            }
            Some(Ok(watcher::Event::Delete(object))) => {
                if let Some(key) = ObjectKey::of(&object) {
                    audience.gone(&key);
                }
            }
        }
    }
}

fn lacks_right(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error) => is_forbidden(error),
        watcher::Error::WatchError(_) | watcher::Error::WatchFailed(_) | watcher::Error::NoResourceVersion => false,
    }
}
