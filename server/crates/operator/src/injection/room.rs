//! What the tasks of this room share: workloads as last seen, and the queue.

use super::{
    decide::Headline,
    object::{Labelled, WorkloadKey},
};
use crate::{
    batch::{NewsDesk, Queue},
    runtime::{Census, Context, Figures, Kind},
};
use klamm_model::Namespace;
use klamm_resources::injection::WorkloadKind;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What was last seen.
#[derive(Default)]
struct Index {
    workloads: HashMap<WorkloadKey, Arc<Labelled>>,
    /// Whose KafkaUsers there are, with what tells one state of each from another.
    users: HashMap<WorkloadKey, String>,
    /// Where all workloads of a kind have been seen: only there can one be missing.
    listed: HashSet<(Namespace, WorkloadKind)>,
    /// What was told last about each, so that it is told once.
    told: HashMap<WorkloadKey, (String, Vec<Headline>)>,
}

pub(super) struct Room {
    pub(super) context: Arc<Context>,
    pub(super) news: NewsDesk,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) queue: Queue<WorkloadKey>,
    index: Mutex<Index>,
}

impl Census for Room {
    fn count(&self, figures: &mut Figures) {
        figures.work.insert((Kind::Workload, None), self.queue.figures());
    }
}

impl Room {
    pub(super) fn new(context: Arc<Context>, news: NewsDesk, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            context,
            news,
            stop,
            tasks: TaskTracker::new(),
            queue: Queue::default(),
            index: Mutex::default(),
        })
    }

    /// A workload with the label was seen.
    pub(super) fn seen(&self, key: WorkloadKey, labelled: Labelled) {
        let news = {
            let mut index = self.lock();
            let is_news = index.workloads.get(&key).is_none_or(|known| **known != labelled);
            index.workloads.insert(key.clone(), Arc::new(labelled));
            is_news
        };
        if news {
            self.queue.push(key);
        }
    }

    /// A workload is gone, or has lost the label.
    pub(super) fn gone(&self, key: WorkloadKey) {
        self.lock().workloads.remove(&key);
        self.queue.push(key);
    }

    /// These are all workloads of a kind in a namespace. Those that have gone meanwhile, and the KafkaUsers of those that
    /// went while nobody looked, are looked at.
    pub(super) fn listed(&self, namespace: &Namespace, kind: WorkloadKind, listed: &HashSet<WorkloadKey>) {
        let here = |key: &WorkloadKey| key.namespace == *namespace && key.workload.kind == kind;
        let missing: Vec<WorkloadKey> = {
            let mut index = self.lock();
            index.listed.insert((namespace.clone(), kind));
            let known: BTreeSet<_> = index.workloads.keys().chain(index.users.keys()).collect();
            let missing: Vec<_> =
                known.into_iter().filter(|key| here(key) && !listed.contains(*key)).cloned().collect();
            index.workloads.retain(|key, _| !here(key) || listed.contains(key));
            missing
        };
        self.queue.push_all(missing);
    }

    /// No cluster admits this namespace any more: its workloads are forgotten and their KafkaUsers left alone.
    pub(super) fn forget(&self, namespace: &Namespace) {
        let mut index = self.lock();
        index.listed.retain(|(listed, _)| listed != namespace);
        index.workloads.retain(|key, _| key.namespace != *namespace);
        index.told.retain(|key, _| key.namespace != *namespace);
    }

    /// The KafkaUser of a workload was seen in this state.
    pub(super) fn seen_user(&self, key: WorkloadKey, edition: String) {
        let is_known = self.lock().users.get(&key) == Some(&edition);
        if !is_known {
            self.lock().users.insert(key.clone(), edition);
            self.queue.push(key);
        }
    }

    /// The KafkaUser of a workload is gone.
    pub(super) fn gone_user(&self, key: WorkloadKey) {
        self.lock().users.remove(&key);
        self.queue.push(key);
    }

    /// These are all KafkaUsers of workloads.
    pub(super) fn listed_users(&self, listed: &HashSet<WorkloadKey>) {
        let missing: Vec<_> = {
            let mut index = self.lock();
            let missing = index.users.keys().filter(|key| !listed.contains(*key)).cloned().collect();
            index.users.retain(|key, _| listed.contains(key));
            missing
        };
        self.queue.push_all(missing);
    }

    /// The workload, if it is there and asks; an error while nobody can tell.
    pub(super) fn workload(&self, key: &WorkloadKey) -> Result<Option<Arc<Labelled>>, NotListed> {
        let index = self.lock();
        match index.workloads.get(key) {
            Some(workload) => Ok(Some(workload.clone())),
            None if index.listed.contains(&(key.namespace.clone(), key.workload.kind)) => Ok(None),
            None => Err(NotListed),
        }
    }

    /// Whether this was not yet told about the workload of this uid; from now on it was.
    pub(super) fn is_news(&self, key: &WorkloadKey, uid: &str, headlines: &[Headline]) -> bool {
        let mut index = self.lock();
        let telling = (uid.to_owned(), headlines.to_vec());
        if headlines.is_empty() {
            index.told.remove(key);
            return false;
        }
        index.told.insert(key.clone(), telling.clone()) != Some(telling)
    }

    /// Looks at everything.
    pub(super) fn look_at_all(&self) {
        let keys: BTreeSet<_> = {
            let index = self.lock();
            index.workloads.keys().chain(index.users.keys()).cloned().collect()
        };
        self.queue.push_all(keys);
    }

    /// How many workloads there are.
    pub(super) fn count(&self) -> usize {
        self.lock().workloads.len()
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The workloads of that namespace have not been listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotListed;
