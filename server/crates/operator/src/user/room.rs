//! What the tasks of this room share: users as last seen, which versions of their Secrets were looked at, and the queues.

use super::{
    object::{Declared, UserKey},
    versions::SecretVersions,
    worker,
};
use crate::{
    batch::{NewsDesk, Queue},
    grant::Consents,
    runtime::Context,
};
use klamm_model::ClusterRef;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Every KafkaUser as last seen.
#[derive(Default)]
pub(super) struct Index {
    users: HashMap<UserKey, Arc<Declared>>,
}

impl Index {
    pub(super) fn get(&self, key: &UserKey) -> Option<Arc<Declared>> {
        self.users.get(key).cloned()
    }

    /// What we changed on an object, and the version that made of it.
    pub(super) fn note(&mut self, declared: &Declared, version: u64, change: impl FnOnce(&mut Declared)) {
        if let Some(known) = self.users.get_mut(&declared.key)
            && known.uid == declared.uid
        {
            let known = Arc::make_mut(known);
            known.version = known.version.max(version);
            change(known);
        }
    }
}

/// The cluster a user belongs to; none when nobody can tell.
pub(super) type Belongs = Option<ClusterRef>;

pub(super) struct Room {
    pub(super) context: Arc<Context>,
    pub(super) consents: Arc<Consents>,
    pub(super) news: NewsDesk,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) index: Mutex<Index>,
    pub(super) secrets: SecretVersions,
    queues: Mutex<HashMap<Belongs, Arc<Queue<UserKey>>>>,
}

impl Room {
    pub(super) fn new(
        context: Arc<Context>,
        consents: Arc<Consents>,
        news: NewsDesk,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            context,
            consents,
            news,
            stop,
            tasks: TaskTracker::new(),
            index: Mutex::default(),
            secrets: SecretVersions::default(),
            queues: Mutex::default(),
        })
    }

    /// A user was seen.
    pub(super) fn seen(self: &Arc<Self>, mut declared: Declared) {
        let mut index = lock(&self.index);
        let known = index.users.get(&declared.key);
        if let Some(known) = known
            && known.uid == declared.uid
            && known.version > declared.version
        {
            // Our own write was answered before the watch told of what came before it.
            declared.status = known.status.clone();
            declared.finalizers.clone_from(&known.finalizers);
            declared.version = known.version;
        }
        let news = !known.is_some_and(|known| known.same_wish(&declared));
        let (key, belongs) = (declared.key.clone(), declared.cluster());
        index.users.insert(key.clone(), Arc::new(declared));
        drop(index);
        if news {
            self.queue(belongs).push(key);
        }
    }

    /// A user is gone.
    pub(super) fn gone(&self, key: &UserKey) {
        lock(&self.index).users.remove(key);
        self.consents.used(key, &BTreeSet::new());
    }

    /// These are all users there are.
    pub(super) fn listed(&self, listed: &HashSet<UserKey>) {
        let mut gone = Vec::new();
        let mut index = lock(&self.index);
        index.users.retain(|key, _| {
            let stays = listed.contains(key);
            if !stays {
                gone.push(key.clone());
            }
            stays
        });
        let clusters = index.users.values().filter_map(|declared| declared.cluster()).collect();
        drop(index);
        for key in gone {
            self.consents.used(&key, &BTreeSet::new());
        }
        self.consents.users_are_listed(clusters);
    }

    /// Looks at a user, if there is one of that name.
    pub(super) fn look_at_one(self: &Arc<Self>, key: &UserKey) {
        let belongs = lock(&self.index).get(key).map(|declared| declared.cluster());
        if let Some(belongs) = belongs {
            self.queue(belongs).push(key.clone());
        }
    }

    /// Looks at the users of some clusters.
    pub(super) fn look_at(self: &Arc<Self>, which: impl Fn(&Belongs) -> bool) {
        let mut keys: HashMap<Belongs, Vec<UserKey>> = HashMap::new();
        for declared in lock(&self.index).users.values() {
            let belongs = declared.cluster();
            if which(&belongs) {
                keys.entry(belongs).or_default().push(declared.key.clone());
            }
        }
        for (belongs, keys) in keys {
            self.queue(belongs).push_all(keys);
        }
    }

    /// How many users there are.
    pub(super) fn count(&self) -> usize {
        lock(&self.index).users.len()
    }

    /// What waits is to be looked at now.
    pub(super) fn hurry(&self) {
        for queue in lock(&self.queues).values() {
            queue.hurry();
        }
    }

    /// The queue of a cluster; its worker begins with it.
    fn queue(self: &Arc<Self>, belongs: Belongs) -> Arc<Queue<UserKey>> {
        let mut queues = lock(&self.queues);
        if let Some(queue) = queues.get(&belongs) {
            return queue.clone();
        }
        let queue = Arc::new(Queue::default());
        queues.insert(belongs.clone(), queue.clone());
        drop(queues);
        self.tasks.spawn(worker::work(self.clone(), belongs, queue.clone()));
        queue
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
