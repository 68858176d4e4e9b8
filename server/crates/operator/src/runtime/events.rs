use super::{chain, is_forbidden, is_not_found};
use k8s_openapi::{
    api::{core::v1::ObjectReference, events::v1::Event},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
    jiff::Timestamp,
};
use kube::{Api, Client, api::PostParams};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long the same news is not news. Events of a busy object are throttled by the API server anyway.
const QUIET: Duration = Duration::from_mins(10);
/// Longest note the API server takes.
const MAX_NOTE: usize = 1000;
/// Name of the reporter, the same for every reconciler.
const CONTROLLER: &str = "klamm.dev/operator";

/// Whether somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Normal,
    Warning,
}

#[derive(PartialEq, Eq, Hash)]
struct Said {
    object: String,
    kind: Kind,
    reason: String,
    note: String,
}

/// Writes Kubernetes Events. The same news about the same object is told once in ten minutes; an Event that cannot be
/// written is logged and forgotten, since nothing may depend on it.
#[derive(Clone)]
pub(crate) struct EventRecorder {
    client: Client,
    instance: String,
    said: Arc<Mutex<HashMap<Said, Instant>>>,
}

impl EventRecorder {
    pub(super) fn new(client: Client, identity: &str) -> Self {
        Self { client, instance: identity.chars().take(128).collect(), said: Arc::default() }
    }

    /// Something happened that people would ask about later.
    pub(crate) async fn normal(&self, object: &ObjectReference, reason: &str, action: &str, note: &str) {
        self.publish(Kind::Normal, object, reason, action, note).await;
    }

    /// Something happened that somebody should look at.
    pub(crate) async fn warning(&self, object: &ObjectReference, reason: &str, action: &str, note: &str) {
        self.publish(Kind::Warning, object, reason, action, note).await;
    }

    async fn publish(&self, kind: Kind, object: &ObjectReference, reason: &str, action: &str, note: &str) {
        let note = cut(note);
        if !self.is_news(kind, object, reason, &note) {
            return;
        }
        let namespace = object.namespace.as_deref().unwrap_or("default");
        let event = build(kind, object, reason, action, note, &self.instance, Timestamp::now());
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        if let Err(error) = events.create(&PostParams::default(), &event).await {
            if is_forbidden(&error) || is_not_found(&error) {
                tracing::debug!(object = ?object.name, namespace, "no Events can be written in this namespace, or none any more");
            } else {
                tracing::warn!(object = ?object.name, namespace, reason, error = chain(&error), "could not write an Event");
            }
        }
    }

    fn is_news(&self, kind: Kind, object: &ObjectReference, reason: &str, note: &str) -> bool {
        let now = Instant::now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        // Looking through all of it for every Event would cost more than the Event.
        if said.len() >= said.capacity() {
            said.retain(|_, at| now.duration_since(*at) < QUIET);
        }
        let key = Said {
            object: format!("{:?}/{:?}/{:?}/{:?}", object.kind, object.namespace, object.name, object.uid),
            kind,
            reason: reason.to_owned(),
            note: note.to_owned(),
        };
        said.insert(key, now).is_none_or(|before| now.duration_since(before) >= QUIET)
    }
}

fn build(
    kind: Kind,
    object: &ObjectReference,
    reason: &str,
    action: &str,
    note: String,
    instance: &str,
    now: Timestamp,
) -> Event {
    let name = object.name.as_deref().unwrap_or("unknown");
    Event {
        metadata: ObjectMeta {
            namespace: object.namespace.clone(),
            name: Some(format!("{}.{:x}", name.chars().take(220).collect::<String>(), now.as_nanosecond())),
            ..ObjectMeta::default()
        },
        event_time: Some(MicroTime(now)),
        regarding: Some(object.clone()),
        type_: Some(
            match kind {
                Kind::Normal => "Normal",
                Kind::Warning => "Warning",
            }
            .to_owned(),
        ),
        reason: Some(reason.to_owned()),
        action: Some(action.to_owned()),
        note: Some(note),
        reporting_controller: Some(CONTROLLER.to_owned()),
        reporting_instance: Some(instance.to_owned()),
        ..Event::default()
    }
}

fn cut(note: &str) -> String {
    if note.len() <= MAX_NOTE {
        return note.to_owned();
    }
    let mut end = MAX_NOTE - '…'.len_utf8();
    while !note.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &note[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_cut_where_a_character_ends() {
        let cut = cut(&"ä".repeat(600));
        assert!(cut.len() <= MAX_NOTE, "{}", cut.len());
        assert!(cut.ends_with("ä…"));
        assert_eq!(super::cut("short"), "short");
    }

    #[test]
    fn an_event_names_its_object_and_who_tells() {
        let object = ObjectReference {
            name: Some("demo".to_owned()),
            namespace: Some("kafka".to_owned()),
            ..ObjectReference::default()
        };
        let event =
            build(Kind::Warning, &object, "Forbidden", "Create", "note".to_owned(), "me", Timestamp::UNIX_EPOCH);
        assert_eq!(event.type_.as_deref(), Some("Warning"));
        assert_eq!(event.regarding, Some(object));
        assert_eq!(event.reporting_controller.as_deref(), Some(CONTROLLER));
        assert_eq!(event.metadata.name.as_deref(), Some("demo.0"));
    }
}
