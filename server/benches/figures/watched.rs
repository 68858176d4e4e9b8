//! Every object of a kind as a watch shows it, so that a bench waits for thousands of them with one connection.

use anyhow::Context;
use futures::StreamExt;
use kube::{
    Api, ResourceExt,
    api::DynamicObject,
    runtime::{WatchStreamExt, watcher},
};
use std::{collections::HashMap, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// What a bench asks of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    generation: i64,
    observed: i64,
    is_ready: bool,
}

impl Stand {
    /// Ready, and that speaks of the newest declaration.
    pub(crate) fn is_settled(self) -> bool {
        self.is_ready && self.observed == self.generation
    }

    pub(crate) fn generation(self) -> i64 {
        self.generation
    }
}

/// All of them, by name.
pub(crate) type Stands = HashMap<String, Stand>;

/// A running watch; it ends when this is dropped.
pub(crate) struct Watched {
    stands: watch::Receiver<Stands>,
    task: JoinHandle<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    pub(crate) fn start(api: Api<DynamicObject>) -> Self {
        let (sender, stands) = watch::channel(HashMap::new());
        let task = tokio::spawn(async move {
            let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
            while let Some(event) = events.next().await {
                match event {
                    Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                        sender.send_modify(|stands| {
                            stands.insert(object.name_any(), stand(&object));
                        });
                    }
                    Ok(watcher::Event::Delete(object)) => {
                        sender.send_modify(|stands| {
                            stands.remove(&object.name_any());
                        });
                    }
                    Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => {}
                }
            }
        });
        Self { stands, task }
    }

    /// Waits until that is true of all objects.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl FnMut(&Stands) -> bool) -> anyhow::Result<()> {
        let waiting = self.stands.wait_for(wanted);
        tokio::time::timeout(Duration::from_mins(5), waiting).await.with_context(|| format!("wait until {what}"))??;
        Ok(())
    }
}

fn stand(object: &DynamicObject) -> Stand {
    let status = &object.data["status"];
    let conditions = status["conditions"].as_array();
    let is_ready =
        conditions.is_some_and(|all| all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True"));
    Stand {
        generation: object.metadata.generation.unwrap_or_default(),
        observed: status["observedGeneration"].as_i64().unwrap_or(-1),
        is_ready,
    }
}
