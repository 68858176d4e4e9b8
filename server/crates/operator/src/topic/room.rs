//! What the tasks of this room share: the index, what surrounds it, and the queues.

use super::{
    index::{Index, Look},
    object::{Declared, Kind, ObjectKey},
    place::{Surroundings, place},
    worker,
};
use crate::{
    batch::{NewsDesk, Queue},
    runtime::{Census, Context, Figures, Kind as Reconciled},
};
use klamm_model::{ClusterRef, Namespace, TopicName};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(super) struct Room {
    pub(super) context: Arc<Context>,
    pub(super) news: NewsDesk,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) index: Mutex<Index>,
    /// Objects that belong nowhere.
    pub(super) desk: Queue<ObjectKey>,
    around: Mutex<Surroundings>,
    namespaces_listed: watch::Sender<bool>,
    queues: Mutex<HashMap<ClusterRef, Arc<Queue<TopicName>>>>,
}

impl Room {
    pub(super) fn new(context: Arc<Context>, news: NewsDesk, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            context,
            news,
            stop,
            tasks: TaskTracker::new(),
            index: Mutex::default(),
            desk: Queue::default(),
            around: Mutex::new(Surroundings { clusters: BTreeMap::new(), namespaces: HashMap::new() }),
            namespaces_listed: watch::Sender::new(false),
            queues: Mutex::default(),
        })
    }

    /// An object was seen.
    pub(super) fn seen(self: &Arc<Self>, declared: Declared) {
        let looks = {
            // Both at once: what surrounds the object must not change between finding its place and putting it there.
            let around = lock(&self.around);
            let place = place(&declared, &around);
            lock(&self.index).put(declared, place)
        };
        self.look(looks);
    }

    /// An object is gone.
    pub(super) fn gone(self: &Arc<Self>, key: &ObjectKey) {
        let looks = lock(&self.index).remove(key);
        self.look(looks);
    }

    /// These are all objects of a kind there are, in one namespace or all.
    pub(super) fn listed(self: &Arc<Self>, kind: Kind, namespace: Option<&Namespace>, listed: &HashSet<ObjectKey>) {
        let unlisted = lock(&self.index).unlisted(kind, namespace, listed);
        for key in unlisted {
            self.gone(&key);
        }
    }

    /// What surrounds the objects changed: each is put where it belongs now.
    pub(super) fn surround(self: &Arc<Self>, change: impl FnOnce(&mut Surroundings)) {
        let looks = {
            let mut around = lock(&self.around);
            change(&mut around);
            lock(&self.index).replace(|declared| place(declared, &around))
        };
        self.look(looks);
    }

    /// From now on it is known what namespaces say about their cluster.
    pub(super) fn namespaces_are_listed(&self) {
        self.namespaces_listed.send_replace(true);
    }

    /// Waits until it is known what namespaces say about their cluster: before that, an object could be bound to the
    /// wrong one, and bound is bound.
    pub(super) async fn namespaces_listed(&self) {
        // The sender lives as long as the room, so waiting cannot fail.
        let _ = self.namespaces_listed.subscribe().wait_for(|listed| *listed).await;
    }

    /// What namespaces say about their cluster may have changed.
    pub(super) fn surround_namespaces(self: &Arc<Self>, change: impl FnOnce(&mut HashMap<Namespace, String>)) {
        let changed = {
            let mut around = lock(&self.around);
            let before = around.namespaces.clone();
            change(&mut around.namespaces);
            before != around.namespaces
        };
        if changed {
            self.surround(|_| {});
        }
    }

    /// Looks at everything that is known of a cluster.
    pub(super) fn look_at_cluster(self: &Arc<Self>, cluster: &ClusterRef) {
        let topics = lock(&self.index).topics(cluster);
        if !topics.is_empty() {
            self.queue(cluster).push_all(topics);
        }
    }

    /// How many topics of a cluster anybody speaks of.
    pub(super) fn count(&self, cluster: &ClusterRef) -> usize {
        lock(&self.index).count(cluster)
    }

    /// Looks at everything that belongs nowhere.
    pub(super) fn look_at_misplaced(&self) {
        let misplaced = lock(&self.index).misplaced();
        self.desk.push_all(misplaced);
    }

    /// What waits is to be looked at now.
    pub(super) fn hurry(&self) {
        self.desk.hurry();
        for queue in lock(&self.queues).values() {
            queue.hurry();
        }
    }

    fn look(self: &Arc<Self>, looks: Vec<Look>) {
        for look in looks {
            match look {
                Look::Topic(cluster, topic) => self.queue(&cluster).push(topic),
                Look::Object(key) => self.desk.push(key),
            }
        }
    }

    /// The queue of a cluster; its worker begins with it.
    fn queue(self: &Arc<Self>, cluster: &ClusterRef) -> Arc<Queue<TopicName>> {
        let mut queues = lock(&self.queues);
        if let Some(queue) = queues.get(cluster) {
            return queue.clone();
        }
        let queue = Arc::new(Queue::default());
        queues.insert(cluster.clone(), queue.clone());
        drop(queues);
        self.tasks.spawn(worker::work(self.clone(), cluster.clone(), queue.clone()));
        queue
    }
}

impl Census for Room {
    fn count(&self, figures: &mut Figures) {
        lock(&self.index).count_into(figures);
        for (cluster, queue) in &*lock(&self.queues) {
            figures.work.insert((Reconciled::Topic, Some(cluster.clone())), queue.figures());
        }
        figures.work.insert((Reconciled::Topic, None), self.desk.figures());
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
