//! What is kept of all objects of one kind: the little that pages tell of each, and how often that has changed. An object
//! that is written again without saying anything else changes nothing here.

use crate::watching::Audience;
use klamm_model::{ClusterRef, Namespace, ObjectName};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;

/// An object's namespace and name.
pub(crate) type Key = (Namespace, ObjectName);

/// What is kept of an object.
pub(crate) trait Kept: PartialEq + Send + Sync + 'static {
    /// The only cluster that it concerns; none when it may concern any.
    fn cluster(&self) -> Option<&ClusterRef>;
}

/// What is kept of all of them. Cheap to clone; all clones are the same.
#[derive(Debug)]
pub(crate) struct Shelf<V> {
    state: Arc<RwLock<State<V>>>,
    /// Moves when anything on it has changed.
    news: Arc<watch::Sender<()>>,
}

#[derive(Debug)]
struct State<V> {
    items: BTreeMap<Key, Arc<V>>,
    /// How often what concerns a cluster has changed; under none, what may concern any.
    editions: HashMap<Option<ClusterRef>, u64>,
    /// How often anything has changed.
    changes: u64,
}

impl<V> Clone for Shelf<V> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), news: Arc::clone(&self.news) }
    }
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        let state = State { items: BTreeMap::new(), editions: HashMap::new(), changes: 0 };
        Self { state: Arc::new(RwLock::new(state)), news: Arc::new(watch::Sender::new(())) }
    }
}

impl<V: Kept> Shelf<V> {
    /// What is kept of one.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<V>> {
        self.read(|state| state.items.get(key).cloned())
    }

    /// What is kept of all that concern a cluster.
    pub(crate) fn of(&self, cluster: &ClusterRef) -> Vec<(Key, Arc<V>)> {
        let concerns = |item: &V| item.cluster().is_none_or(|of| of == cluster);
        self.read(|state| {
            let all = state.items.iter().filter(|(_, item)| concerns(item));
            all.map(|(key, item)| (key.clone(), Arc::clone(item))).collect()
        })
    }

    /// The namespaces of those that are as wanted.
    pub(crate) fn namespaces(&self, wanted: impl Fn(&V) -> bool) -> BTreeSet<Namespace> {
        self.read(|state| {
            let all = state.items.iter().filter(|(_, item)| wanted(item));
            all.map(|((namespace, _), _)| namespace.clone()).collect()
        })
    }

    /// Grows whenever something changes that concerns this cluster.
    pub(crate) fn edition(&self, cluster: &ClusterRef) -> u64 {
        let of = |state: &State<V>, whose: &Option<ClusterRef>| state.editions.get(whose).copied().unwrap_or_default();
        self.read(|state| of(state, &None) + of(state, &Some(cluster.clone())))
    }

    /// Moves when anything on it has changed.
    pub(crate) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    fn read<T>(&self, look: impl FnOnce(&State<V>) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut State<V>)) {
        let is_news = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let before = state.changes;
            change(&mut state);
            state.changes != before
        };
        if is_news {
            self.news.send_replace(());
        }
    }
}

impl<V: Kept> State<V> {
    fn put(&mut self, key: Key, item: Option<V>) {
        let before: Option<&V> = self.items.get(&key).map(|item| &**item);
        if before == item.as_ref() {
            return;
        }
        self.changes += 1;
        let both = before.into_iter().chain(item.as_ref());
        let concerned: BTreeSet<Option<ClusterRef>> = both.map(|item| item.cluster().cloned()).collect();
        for cluster in concerned {
            *self.editions.entry(cluster).or_default() += 1;
        }
        match item {
            Some(item) => drop(self.items.insert(key, Arc::new(item))),
            None => drop(self.items.remove(&key)),
        }
    }
}

impl<V: Kept> Audience<V> for Shelf<V> {
    fn seen(&self, key: Key, item: Option<V>) {
        self.change(|state| state.put(key, item));
    }

    fn listed(&self, all: &BTreeSet<Key>, within: Option<&Namespace>) {
        self.change(|state| {
            let is_gone = |key: &&Key| within.is_none_or(|within| key.0 == *within) && !all.contains(*key);
            let gone: Vec<Key> = state.items.keys().filter(is_gone).cloned().collect();
            for key in gone {
                state.put(key, None);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Word(Option<ClusterRef>, &'static str);

    impl Kept for Word {
        fn cluster(&self) -> Option<&ClusterRef> {
            self.0.as_ref()
        }
    }

    fn key(namespace: &str, name: &str) -> Key {
        (namespace.parse().unwrap(), name.parse().unwrap())
    }

    fn of(cluster: &str, word: &'static str) -> Word {
        Word(Some(cluster.parse().unwrap()), word)
    }

    #[test]
    fn an_edition_grows_with_what_concerns_its_cluster_and_with_nothing_else() {
        let (shelf, [demo, prod]) = (Shelf::default(), ["kafka/demo", "kafka/prod"].map(|name| name.parse().unwrap()));
        let editions = |shelf: &Shelf<Word>| (shelf.edition(&demo), shelf.edition(&prod));
        shelf.seen(key("a", "x"), Some(of("kafka/demo", "one")));
        assert_eq!(editions(&shelf), (1, 0));
        shelf.seen(key("a", "x"), Some(of("kafka/demo", "one")));
        assert_eq!(editions(&shelf), (1, 0), "said again");
        let mut news = shelf.news();
        shelf.seen(key("a", "x"), Some(of("kafka/demo", "one")));
        assert!(!news.has_changed().unwrap(), "said again is no news");
        shelf.seen(key("a", "x"), Some(of("kafka/prod", "one")));
        assert_eq!(editions(&shelf), (2, 1), "it left one for the other");
        assert!(news.has_changed().unwrap());
        news.mark_unchanged();
        shelf.seen(key("a", "y"), Some(Word(None, "everybody's")));
        assert_eq!(editions(&shelf), (3, 2));
        shelf.seen(key("a", "x"), None);
        shelf.seen(key("a", "x"), None);
        assert_eq!((editions(&shelf), shelf.of(&prod).len()), ((3, 3), 1));
    }

    #[test]
    fn what_went_unseen_is_missed_in_the_next_list_of_its_namespace_only() {
        let (shelf, demo) = (Shelf::default(), "kafka/demo".parse().unwrap());
        for (namespace, name) in [("a", "x"), ("a", "y"), ("b", "x")] {
            shelf.seen(key(namespace, name), Some(of("kafka/demo", "word")));
        }
        shelf.listed(&[key("a", "y")].into(), Some(&"a".parse().unwrap()));
        let left: Vec<Key> = shelf.of(&demo).into_iter().map(|(key, _)| key).collect();
        assert_eq!(left, [key("a", "y"), key("b", "x")]);
        shelf.listed(&BTreeSet::new(), None);
        assert!(shelf.of(&demo).is_empty() && shelf.get(&key("b", "x")).is_none());
    }
}
