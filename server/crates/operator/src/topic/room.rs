//! What the tasks of this room share: the index, what surrounds it, and the queues.

use super::{
    doubt::Doubts,
    index::{Index, Look},
    journal::{Journal, Wanted},
    object::{Declared, Kind, ObjectKey},
    place::{Surroundings, place},
    vanish::Suspect,
    worker,
};
use crate::{
    batch::{NewsDesk, Queue, tenancy},
    runtime::{Census, Context, Figures, Kind as Reconciled, chain},
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
    /// ConfigMaps that vanished from sight and that the journal knows.
    pub(super) suspects: Queue<Suspect>,
    /// What of all the objects has been listed.
    pub(super) listings: Listings,
    around: Mutex<Surroundings>,
    namespaces_listed: watch::Sender<bool>,
    posts: Mutex<HashMap<ClusterRef, Arc<Post>>>,
}

/// What belongs to one cluster and its worker.
pub(super) struct Post {
    pub(super) queue: Queue<TopicName>,
    pub(super) journal: Journal,
    pub(super) doubts: Mutex<Doubts>,
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
            suspects: Queue::default(),
            listings: Listings::default(),
            around: Mutex::new(Surroundings { clusters: BTreeMap::new(), namespaces: HashMap::new() }),
            namespaces_listed: watch::Sender::new(false),
            posts: Mutex::default(),
        })
    }

    /// An object was seen.
    pub(super) fn seen(self: &Arc<Self>, declared: Declared) {
        let predecessor = lock(&self.index).object(&declared.key).map(|(known, _)| known);
        for post in self.posts() {
            post.journal.mark_seen(&declared.uid);
        }
        if let Some(predecessor) = predecessor.filter(|known| known.uid != declared.uid) {
            // Deleted and made anew between two looks.
            self.left_sight(&predecessor);
        }
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
        let known = lock(&self.index).object(key).map(|(known, _)| known);
        let looks = lock(&self.index).remove(key);
        if let Some(known) = known {
            self.left_sight(&known);
        }
        self.look(looks);
    }

    fn left_sight(&self, declared: &Declared) {
        for (cluster, post) in lock(&self.posts).iter() {
            let Some(line) = post.journal.line(&declared.uid) else { continue };
            match line.kind {
                Kind::ConfigMap => self.suspects.push(Suspect::new(cluster, &declared.uid, &line)),
                // One that our finalizer held has been decided about; what it was about to set no longer matters.
                Kind::KafkaTopic => post.journal.change([(declared.uid.clone(), Wanted::None)]),
            }
        }
    }

    /// Compares the journal of a cluster with what is seen: what it knows and nobody sees may be gone. Opens it first.
    pub(super) async fn audit(self: &Arc<Self>, cluster: &ClusterRef) {
        let Some(object) = self.context.clusters.get(cluster) else { return };
        let post = self.post(cluster);
        let ready = match post.journal.open(&object).await {
            Ok(_) => post.journal.write().await,
            Err(error) => Err(error),
        };
        if let Err(error) = ready {
            tracing::warn!(%cluster, error = chain(&error), "the journal of topics is not at hand");
            return;
        }
        let tenancy = tenancy(cluster, &object);
        for (uid, line) in post.journal.lines() {
            let is_seen = lock(&self.index).object(&line.object()).is_some_and(|(known, _)| known.uid == uid);
            if is_seen || post.journal.is_gone(&uid) {
                continue;
            }
            match line.kind {
                // What no tenant declares decides nothing, so it need not be proved gone.
                Kind::ConfigMap if tenancy.admits(&line.namespace).is_err() => {
                    let topic = post.journal.mark_gone(&uid);
                    post.queue.push_all(topic);
                }
                Kind::ConfigMap => self.suspects.push(Suspect::new(cluster, &uid, &line)),
                Kind::KafkaTopic if self.listings.topics() == Listed::Yes => {
                    post.journal.change([(uid, Wanted::None)]);
                }
                Kind::KafkaTopic => {}
            }
        }
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
        let post = self.post(cluster);
        post.queue.push_all(post.journal.bereft().into_iter().chain(topics));
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
        for post in self.posts() {
            post.queue.hurry();
        }
    }

    fn look(self: &Arc<Self>, looks: Vec<Look>) {
        for look in looks {
            match look {
                Look::Topic(cluster, topic) => self.post(&cluster).queue.push(topic),
                Look::Object(key) => self.desk.push(key),
            }
        }
    }

    fn posts(&self) -> Vec<Arc<Post>> {
        lock(&self.posts).values().cloned().collect()
    }

    /// What belongs to a cluster; its worker begins with it.
    pub(super) fn post(self: &Arc<Self>, cluster: &ClusterRef) -> Arc<Post> {
        let mut posts = lock(&self.posts);
        if let Some(post) = posts.get(cluster) {
            return post.clone();
        }
        let post = Arc::new(Post {
            queue: Queue::default(),
            journal: Journal::new(self.context.client.clone(), cluster.clone()),
            doubts: Mutex::default(),
        });
        posts.insert(cluster.clone(), post.clone());
        drop(posts);
        self.tasks.spawn(worker::work(self.clone(), cluster.clone(), post.clone()));
        post
    }
}

/// Whether everything of a kind has been listed once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Listed {
    Yes,
    #[default]
    NotYet,
}

/// What of all the objects has been listed once, or cannot be.
#[derive(Default)]
pub(super) struct Listings {
    topics: Mutex<Listed>,
    /// Whether it is known which namespaces have to be asked.
    namespaces: Mutex<Listed>,
    /// Namespaces whose ConfigMaps have been asked for and not answered.
    open: Mutex<HashSet<Namespace>>,
}

impl Listings {
    pub(super) fn note_topics(&self) {
        *lock(&self.topics) = Listed::Yes;
    }

    pub(super) fn note_namespaces(&self) {
        *lock(&self.namespaces) = Listed::Yes;
    }

    pub(super) fn begin(&self, namespace: Namespace) {
        lock(&self.open).insert(namespace);
    }

    pub(super) fn end(&self, namespace: &Namespace) {
        lock(&self.open).remove(namespace);
    }

    pub(super) fn topics(&self) -> Listed {
        *lock(&self.topics)
    }

    /// Whether every declaration there is has been seen, as far as we may.
    pub(super) fn everything(&self) -> Listed {
        match (self.topics(), *lock(&self.namespaces)) {
            (Listed::Yes, Listed::Yes) if lock(&self.open).is_empty() => Listed::Yes,
            (Listed::Yes | Listed::NotYet, _) => Listed::NotYet,
        }
    }
}

impl Census for Room {
    fn count(&self, figures: &mut Figures) {
        lock(&self.index).count_into(figures);
        for (cluster, post) in &*lock(&self.posts) {
            figures.work.insert((Reconciled::Topic, Some(cluster.clone())), post.queue.figures());
        }
        figures.work.insert((Reconciled::Topic, None), self.desk.figures());
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
