//! What has to be known of objects that may vanish without asking us: in a few ConfigMaps beside the cluster stands which
//! ConfigMap manages which topic and what is to become of that, because the RoleBinding of a namespace that is deleted goes
//! before a finalizer could be taken off; and which configuration keys are about to be set, because a process may end
//! before it has told.
//!
//! Nothing in here decides about a topic. An object that is gone speaks up once more as one that is being deleted, and is
//! decided about like any other ([`crate::topic::decide`]).

mod book;
mod line;
mod wanted;

#[cfg(test)]
mod tests;

pub(super) use line::Line;
pub(super) use wanted::{Wanted, after, before, with_id};

use super::{object::Declared, room::lock};
use crate::runtime::{is_conflict, is_not_found};
use book::{Book, Presence, Sheet, Write};
use k8s_openapi::{
    api::core::v1::ConfigMap,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use klamm_model::{ClusterRef, TopicName};
use klamm_resources::{
    KafkaCluster,
    names::{MANAGER_OPERATOR, label},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

/// The journal could not be read or written; nothing that relies on it may be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    #[error("the journal of topics could not be read")]
    Read(#[source] kube::Error),
    #[error("the journal of topics could not be written")]
    Write(#[source] kube::Error),
    #[error("the journal {0} belongs to an earlier cluster of this name and is being removed")]
    AnEarlierClusters(String),
}

/// Whether the journal was read just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    Now,
    Before,
}

/// The journal of one cluster.
pub(super) struct Journal {
    cluster: ClusterRef,
    sheets: Api<ConfigMap>,
    book: Mutex<Book>,
    /// The cluster as whose property it was read.
    owner: Mutex<Option<OwnerReference>>,
    /// One call at a time: whoever waits here finds what it wanted written by the one before.
    writing: tokio::sync::Mutex<()>,
}

impl Journal {
    pub(super) fn new(client: Client, cluster: ClusterRef) -> Self {
        Self {
            sheets: Api::namespaced(client, cluster.namespace.as_str()),
            cluster,
            book: Mutex::default(),
            owner: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
        }
    }

    /// Reads it, unless that was done for this very cluster.
    pub(super) async fn open(&self, cluster: &KafkaCluster) -> Result<Opened, JournalError> {
        let owner = owner(cluster);
        // Several tasks come here; what one has read and another has changed since is not read again.
        let _one_at_a_time = self.writing.lock().await;
        if lock(&self.owner).as_ref().is_some_and(|known| known.uid == owner.uid) {
            return Ok(Opened::Before);
        }
        let ours = ListParams::default().labels(&format!("{}={}", label::TOPIC_JOURNAL, self.cluster.name));
        let mut book = Book::default();
        for object in self.sheets.list(&ours).await.map_err(JournalError::Read)? {
            let name = object.name_any();
            let Some(sheet) = self.sheet_of(&name) else { continue };
            if object.owner_references().iter().any(|reference| reference.uid != owner.uid) {
                return Err(JournalError::AnEarlierClusters(name));
            }
            for unreadable in book.read(sheet, &object.data.unwrap_or_default()) {
                tracing::warn!(cluster = %self.cluster, journal = name, line = unreadable.key, "a line of the journal of topics cannot be understood and is left as it is");
            }
        }
        *lock(&self.book) = book;
        *lock(&self.owner) = Some(owner);
        Ok(Opened::Now)
    }

    /// Changes lines, in memory; [`Self::write`] makes it last.
    pub(super) fn change(&self, changes: impl IntoIterator<Item = (String, Wanted)>) {
        // Collected first: whoever makes them up may want to look into the book.
        let changes: Vec<_> = changes.into_iter().collect();
        let mut book = lock(&self.book);
        for (uid, wanted) in changes {
            match wanted {
                Wanted::Keep => {}
                Wanted::None => book.drop_line(&uid),
                Wanted::Line(line) => book.put(&uid, line),
            }
        }
    }

    pub(super) fn line(&self, uid: &str) -> Option<Line> {
        lock(&self.book).line(uid).cloned()
    }

    /// All lines, by uid.
    pub(super) fn lines(&self) -> Vec<(String, Line)> {
        lock(&self.book).lines().map(|(uid, line)| (uid.clone(), line.clone())).collect()
    }

    /// The object is gone; answers which topic is to be looked at because of that.
    pub(super) fn mark_gone(&self, uid: &str) -> Option<TopicName> {
        lock(&self.book).mark_gone(uid)
    }

    /// The object is there after all.
    pub(super) fn mark_seen(&self, uid: &str) {
        lock(&self.book).mark_seen(uid);
    }

    pub(super) fn is_gone(&self, uid: &str) -> bool {
        lock(&self.book).is_gone(uid)
    }

    /// Objects that are gone and have not been decided about, as ones that are being deleted.
    pub(super) fn departed(&self, topic: &TopicName) -> Vec<Arc<Declared>> {
        let book = lock(&self.book);
        book.gone(topic).into_iter().map(|(uid, line)| Arc::new(line.departed(uid, &self.cluster))).collect()
    }

    /// Topics of objects that are gone.
    pub(super) fn bereft(&self) -> Vec<TopicName> {
        lock(&self.book).bereft()
    }

    /// Configuration keys an object was about to set, and may have.
    pub(super) fn intended(&self, uid: &str, topic: &TopicName) -> BTreeSet<String> {
        let book = lock(&self.book);
        book.line(uid).filter(|line| line.topic == *topic).map(|line| line.keys.clone()).unwrap_or_default()
    }

    /// When the import was done that is done once.
    pub(super) fn imported(&self) -> Option<String> {
        lock(&self.book).imported().map(str::to_owned)
    }

    pub(super) fn note_import(&self, when: String) {
        lock(&self.book).note_import(when);
    }

    /// Writes what is not written yet: one call for each ConfigMap, however many lines changed and whoever changed them.
    pub(super) async fn write(&self) -> Result<(), JournalError> {
        let _one_at_a_time = self.writing.lock().await;
        let owner = lock(&self.owner).clone();
        let unwritten = lock(&self.book).take_unwritten();
        let mut failure = None;
        for (sheet, (keys, write)) in unwritten {
            if failure.is_none()
                && let Err(error) = self.write_sheet(sheet, write, owner.as_ref()).await
            {
                failure = Some(error);
            }
            if failure.is_some() {
                lock(&self.book).failed(sheet, keys);
            }
        }
        failure.map_or(Ok(()), |error| Err(JournalError::Write(error)))
    }

    async fn write_sheet(&self, sheet: Sheet, write: Write, owner: Option<&OwnerReference>) -> Result<(), kube::Error> {
        let (result, otherwise) = match write {
            Write::Create(data) => (self.create(sheet, data, owner).await, Presence::There),
            Write::Patch(data) => (self.patch(sheet, data).await, Presence::Missing),
        };
        let presence = match &result {
            Ok(()) => Presence::There,
            // Somebody made it, or took it away: the next write does the other thing.
            Err(error) if is_conflict(error) || is_not_found(error) => otherwise,
            Err(_) => return result,
        };
        lock(&self.book).note_sheet(sheet, presence);
        result
    }

    async fn create(
        &self,
        sheet: Sheet,
        data: Map<String, Value>,
        owner: Option<&OwnerReference>,
    ) -> Result<(), kube::Error> {
        let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
        let object = ConfigMap {
            metadata: ObjectMeta {
                name: Some(self.name(sheet)),
                labels: Some(BTreeMap::from([
                    (label::MANAGED_BY.to_owned(), label::MANAGED_BY_KLAMM.to_owned()),
                    (label::TOPIC_JOURNAL.to_owned(), self.cluster.name.to_string()),
                ])),
                owner_references: owner.map(|owner| vec![owner.clone()]),
                ..ObjectMeta::default()
            },
            data: Some(data.into_iter().filter_map(text).collect()),
            ..ConfigMap::default()
        };
        let parameters = PostParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PostParams::default() };
        self.sheets.create(&parameters, &object).await.map(drop)
    }

    async fn patch(&self, sheet: Sheet, data: Map<String, Value>) -> Result<(), kube::Error> {
        let parameters = PatchParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(json!({ "data": data }));
        // Only what it is called comes back, not hundreds of lines.
        self.sheets.patch_metadata(&self.name(sheet), &parameters, &patch).await.map(drop)
    }

    fn name(&self, sheet: Sheet) -> String {
        format!("{}-topic-journal-{sheet}", self.cluster.name)
    }

    fn sheet_of(&self, name: &str) -> Option<Sheet> {
        name.strip_prefix(self.cluster.name.as_str())?.strip_prefix("-topic-journal-")?.parse().ok()
    }
}

fn owner(cluster: &KafkaCluster) -> OwnerReference {
    OwnerReference {
        api_version: KafkaCluster::api_version(&()).into_owned(),
        kind: KafkaCluster::kind(&()).into_owned(),
        name: cluster.name_any(),
        uid: cluster.uid().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}
