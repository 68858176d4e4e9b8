//! Kubernetes Events about pods: what people would ask about later.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ObjectReference, Pod};
use kube::Resource as _;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};

/// Events of a pod are told and forgotten: nothing waits for the API server.
#[derive(Clone)]
pub(super) struct PodEvents {
    recorder: Arc<Recorder>,
    about: ObjectReference,
}

const PATIENCE: Duration = Duration::from_secs(10);
/// The API refuses longer notes.
const LONGEST_NOTE: usize = 1000;

impl PodEvents {
    pub(super) fn new(recorder: Arc<Recorder>, pod: &Pod) -> Self {
        Self { recorder, about: pod.object_ref(&()) }
    }

    pub(super) fn normal(&self, reason: &str, note: String) {
        self.tell(EventType::Normal, reason, note);
    }

    pub(super) fn warning(&self, reason: &str, note: String) {
        self.tell(EventType::Warning, reason, note);
    }

    fn tell(&self, type_: EventType, reason: &str, mut note: String) {
        if note.len() > LONGEST_NOTE {
            let end = (0..=LONGEST_NOTE).rev().find(|end| note.is_char_boundary(*end)).unwrap_or(0);
            note.truncate(end);
        }
        // The recorder counts events of the same reason and action as one and keeps the first note. What is said must make
        // a difference too, and the action is the place where it can.
        let mut said = DefaultHasher::new();
        note.hash(&mut said);
        let action = format!("{reason}-{:016x}", said.finish());
        let event = Event { type_, reason: reason.to_owned(), note: Some(note), action, secondary: None };
        let this = self.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(PATIENCE, this.recorder.publish(&event, &this.about)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::debug!(%error, pod = this.about.name, reason = event.reason, "event not told");
                }
                Err(_) => tracing::debug!(pod = this.about.name, reason = event.reason, "event not told in time"),
            }
        });
    }
}

/// The recorder of a node, shared by its pods so that repeats are counted instead of listed.
pub(super) fn recorder(client: kube::Client, node: &str) -> Arc<Recorder> {
    Arc::new(Recorder::new(client, Reporter { controller: "kubelet".to_owned(), instance: Some(node.to_owned()) }))
}

/// An error with everything that led to it, for people.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let words = deeper.to_string();
        // Transparent errors repeat what they wrap.
        if !said.ends_with(&words) {
            said = format!("{said}: {words}");
        }
        cause = deeper.source();
    }
    said
}
