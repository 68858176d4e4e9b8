//! Every consent there is, who has something by it, and which cluster's consents changed.

use super::object::Declared;
use crate::{
    batch::{ObjectKey, Queue},
    runtime::{Census, Figures, Kind},
};
use klamm_model::ClusterRef;
use klamm_resources::{KafkaGrantStatus, ValidatedGrant};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// A number for each cluster that grows whenever its consents change.
pub(crate) type Editions = BTreeMap<ClusterRef, u64>;

/// What owners of topics consented to.
pub(crate) struct Consents {
    state: Mutex<State>,
    editions: watch::Sender<Editions>,
    listed: watch::Sender<bool>,
    pub(super) queue: Queue<ObjectKey>,
}

#[derive(Default)]
struct State {
    grants: HashMap<ObjectKey, Arc<Declared>>,
    /// By user: the grants it has something by.
    uses: HashMap<ObjectKey, BTreeSet<ObjectKey>>,
    counting: Counting,
}

/// Whether it is known how many users have something by a grant.
#[derive(Default)]
enum Counting {
    /// Users were not listed yet.
    #[default]
    Nobody,
    /// All but those of these clusters were looked at.
    AllBut(BTreeSet<ClusterRef>),
}

impl Default for Consents {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            editions: watch::Sender::default(),
            listed: watch::Sender::new(false),
            queue: Queue::default(),
        }
    }
}

impl Census for Consents {
    fn count(&self, figures: &mut Figures) {
        figures.work.insert((Kind::Grant, None), self.queue.figures());
    }
}

impl Consents {
    /// The consents that concern a cluster.
    pub(crate) fn of(&self, cluster: &ClusterRef) -> Vec<ValidatedGrant> {
        let state = self.lock();
        state.grants.values().filter_map(|grant| grant.consent()).filter(|it| it.cluster == *cluster).cloned().collect()
    }

    /// Changes with the consents of any cluster.
    pub(crate) fn editions(&self) -> watch::Receiver<Editions> {
        self.editions.subscribe()
    }

    /// Waits until all consents there are have been seen: before, nobody can say that one is missing.
    pub(crate) async fn listed(&self) {
        // The sender lives as long as this, so waiting cannot fail.
        let _ = self.listed.subscribe().wait_for(|listed| *listed).await;
    }

    /// A user has something by these grants, and by no others.
    pub(crate) fn used(&self, user: &ObjectKey, grants: &BTreeSet<ObjectKey>) {
        let mut state = self.lock();
        let before =
            if grants.is_empty() { state.uses.remove(user) } else { state.uses.insert(user.clone(), grants.clone()) };
        drop(state);
        let before = before.unwrap_or_default();
        self.queue.push_all(before.symmetric_difference(grants).cloned());
    }

    /// All users were listed; those of these clusters have yet to be looked at.
    pub(crate) fn users_are_listed(&self, clusters: BTreeSet<ClusterRef>) {
        let mut state = self.lock();
        let Counting::Nobody = state.counting else { return };
        state.counting = Counting::AllBut(clusters);
        drop(state);
        self.look_at(|_| true);
    }

    /// All users of a cluster have been looked at.
    pub(crate) fn users_are_counted(&self, cluster: &ClusterRef) {
        let first = match &mut self.lock().counting {
            Counting::Nobody => false,
            Counting::AllBut(clusters) => clusters.remove(cluster),
        };
        if first {
            self.look_at(|of| of == cluster);
        }
    }

    /// How many users have something by a grant; none while that is not known.
    pub(super) fn users(&self, grant: &Declared) -> Option<i32> {
        let state = self.lock();
        match (&state.counting, grant.cluster()) {
            (Counting::Nobody, _) => None,
            (Counting::AllBut(clusters), Some(cluster)) if clusters.contains(cluster) => None,
            (Counting::AllBut(_), _) => {
                i32::try_from(state.uses.values().filter(|uses| uses.contains(&grant.key)).count()).ok()
            }
        }
    }

    pub(super) fn get(&self, key: &ObjectKey) -> Option<Arc<Declared>> {
        self.lock().grants.get(key).cloned()
    }

    /// A grant was seen.
    pub(super) fn saw(&self, mut declared: Declared) {
        let mut state = self.lock();
        let known = state.grants.get(&declared.key).cloned();
        if let Some(known) = &known
            && known.uid == declared.uid
            && known.version > declared.version
        {
            // Our own write was answered before the watch told of what came before it.
            declared.status = known.status.clone();
            declared.version = known.version;
        }
        let same = known.as_ref().is_some_and(|known| {
            (&known.uid, &known.reading, known.life, known.generation)
                == (&declared.uid, &declared.reading, declared.life, declared.generation)
        });
        let concerned = [known.as_deref(), Some(&declared)].into_iter().flatten().filter_map(Declared::cluster);
        let concerned: BTreeSet<_> = concerned.cloned().collect();
        let key = declared.key.clone();
        state.grants.insert(key.clone(), Arc::new(declared));
        drop(state);
        if !same {
            self.changed(concerned);
            self.queue.push(key);
        }
    }

    /// Grants are gone.
    pub(super) fn forget(&self, which: impl Fn(&ObjectKey) -> bool) {
        let mut concerned = BTreeSet::new();
        self.lock().grants.retain(|key, grant| {
            let gone = which(key);
            if gone {
                concerned.extend(grant.cluster().cloned());
            }
            !gone
        });
        self.changed(concerned);
    }

    pub(super) fn are_listed(&self) {
        self.listed.send_replace(true);
    }

    /// What we wrote to an object, and the version that made of it.
    pub(super) fn wrote(&self, written: &Declared, version: u64, status: KafkaGrantStatus) {
        if let Some(known) = self.lock().grants.get_mut(&written.key)
            && known.uid == written.uid
        {
            let known = Arc::make_mut(known);
            known.version = known.version.max(version);
            known.status = status;
        }
    }

    /// Looks again at the grants of some clusters.
    pub(super) fn look_at(&self, which: impl Fn(&ClusterRef) -> bool) {
        let state = self.lock();
        let of = |grant: &&Arc<Declared>| grant.cluster().is_some_and(&which);
        let keys: Vec<_> = state.grants.values().filter(of).map(|grant| grant.key.clone()).collect();
        drop(state);
        self.queue.push_all(keys);
    }

    fn changed(&self, clusters: BTreeSet<ClusterRef>) {
        if !clusters.is_empty() {
            self.editions.send_modify(|editions| {
                for cluster in clusters {
                    *editions.entry(cluster).or_default() += 1;
                }
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
