//! Every object that declares a topic, by itself and by the topic it speaks of. Plain maps: no client, no clock.

use super::{
    object::{Declared, Kind, ObjectKey, Record},
    place::Misplaced,
};
use crate::runtime::{Figures, Kind as Reconciled};
use klamm_model::{ClusterRef, Namespace, TopicName};
use klamm_resources::{ConditionType, condition};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// Where an object belongs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Topic(ClusterRef, TopicName),
    /// Nowhere, and why.
    Nowhere(Misplaced),
}

/// Something to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Look {
    Topic(ClusterRef, TopicName),
    /// An object that belongs nowhere, or that we no longer see and may still hold.
    Object(ObjectKey),
}

#[derive(Default)]
pub(super) struct Index {
    objects: HashMap<ObjectKey, (Arc<Declared>, Place)>,
    topics: HashMap<ClusterRef, HashMap<TopicName, BTreeSet<ObjectKey>>>,
    /// Topic names by how they appear in metrics.
    metrics: HashMap<ClusterRef, HashMap<String, BTreeSet<TopicName>>>,
}

impl Index {
    /// Keeps an object as last seen; says what is to be looked at because of it.
    pub(super) fn put(&mut self, mut declared: Declared, place: Place) -> Vec<Look> {
        let key = declared.key.clone();
        let mut looks = Vec::new();
        if let Some((known, old_place)) = self.objects.get(&key) {
            if known.uid == declared.uid && known.version > declared.version {
                // Our own write was answered before the watch told of what came before it.
                declared.record = known.record.clone();
                declared.finalizers.clone_from(&known.finalizers);
                declared.version = known.version;
            }
            if known.same_wish(&declared) && *old_place == place {
                self.objects.insert(key, (Arc::new(declared), place));
                return looks;
            }
            let old_place = old_place.clone();
            if old_place != place {
                looks.extend(self.unplace(&key, &old_place));
            }
        }
        looks.push(look(&key, &place));
        self.enter(&key, &place);
        self.objects.insert(key, (Arc::new(declared), place));
        looks
    }

    /// Puts every object where it belongs now; says what is to be looked at because of that.
    pub(super) fn replace(&mut self, place: impl Fn(&Declared) -> Place) -> Vec<Look> {
        let moves: Vec<_> = self
            .objects
            .iter()
            .map(|(key, (declared, old))| (key.clone(), old.clone(), place(declared)))
            .filter(|(_, old, new)| old != new)
            .collect();
        let mut looks = Vec::new();
        for (key, old, new) in moves {
            looks.extend(self.unplace(&key, &old));
            looks.push(look(&key, &new));
            self.enter(&key, &new);
            if let Some((_, place)) = self.objects.get_mut(&key) {
                *place = new;
            }
        }
        looks
    }

    fn enter(&mut self, key: &ObjectKey, place: &Place) {
        if let Place::Topic(cluster, topic) = place {
            self.topics.entry(cluster.clone()).or_default().entry(topic.clone()).or_default().insert(key.clone());
            let metrics = self.metrics.entry(cluster.clone()).or_default();
            metrics.entry(topic.metric_name()).or_default().insert(topic.clone());
        }
    }

    /// Forgets an object that is gone; says what is to be looked at because of it.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Vec<Look> {
        let Some((declared, place)) = self.objects.remove(key) else { return Vec::new() };
        let mut looks: Vec<_> = self.unplace(key, &place).into_iter().collect();
        if !declared.finalizers.is_empty() {
            // It may only have lost its label.
            looks.push(Look::Object(key.clone()));
        }
        looks
    }

    fn unplace(&mut self, key: &ObjectKey, place: &Place) -> Option<Look> {
        let Place::Topic(cluster, topic) = place else { return None };
        let topics = self.topics.get_mut(cluster)?;
        let claims = topics.get_mut(topic)?;
        claims.remove(key);
        if claims.is_empty() {
            topics.remove(topic);
            let metric = topic.metric_name();
            if let Some(metrics) = self.metrics.get_mut(cluster)
                && let Some(names) = metrics.get_mut(&metric)
            {
                names.remove(topic);
                if names.is_empty() {
                    metrics.remove(&metric);
                }
            }
        }
        Some(Look::Topic(cluster.clone(), topic.clone()))
    }

    /// What we wrote about an object, and the version that made of it.
    pub(super) fn note(&mut self, key: &ObjectKey, uid: &str, version: u64, record: Record) {
        if let Some((declared, _)) = self.objects.get_mut(key)
            && declared.uid == uid
        {
            let declared = Arc::make_mut(declared);
            declared.version = declared.version.max(version);
            declared.record = record;
        }
    }

    /// The finalizers an object has after we changed them.
    pub(super) fn note_finalizers(&mut self, key: &ObjectKey, uid: &str, version: u64, finalizers: Vec<String>) {
        if let Some((declared, _)) = self.objects.get_mut(key)
            && declared.uid == uid
        {
            let declared = Arc::make_mut(declared);
            declared.version = declared.version.max(version);
            declared.finalizers = finalizers;
        }
    }

    pub(super) fn object(&self, key: &ObjectKey) -> Option<(Arc<Declared>, Place)> {
        self.objects.get(key).cloned()
    }

    /// All objects that speak of a topic.
    pub(super) fn claims(&self, cluster: &ClusterRef, topic: &TopicName) -> Vec<Arc<Declared>> {
        let keys = self.topics.get(cluster).and_then(|topics| topics.get(topic));
        keys.into_iter()
            .flatten()
            .filter_map(|key| self.objects.get(key))
            .map(|(declared, _)| declared.clone())
            .collect()
    }

    /// Other topics of the cluster whose names are the same in metrics, with those who declare them.
    pub(super) fn namesakes(&self, cluster: &ClusterRef, topic: &TopicName) -> Vec<(TopicName, Vec<Arc<Declared>>)> {
        let names = self.metrics.get(cluster).and_then(|metrics| metrics.get(&topic.metric_name()));
        let others = names.into_iter().flatten().filter(|name| *name != topic);
        others.map(|name| (name.clone(), self.claims(cluster, name))).collect()
    }

    /// What there is to tell of all objects: topics that are managed, and who waits for what.
    pub(super) fn count_into(&self, figures: &mut Figures) {
        for (declared, place) in self.objects.values() {
            if let Some(waiting) = condition(&declared.record.status.conditions, ConditionType::Waiting) {
                figures.waits(Reconciled::Topic, &waiting.reason);
            }
            if let Place::Topic(cluster, topic) = place
                && declared.managed(cluster, topic)
            {
                figures.managed.push((cluster.clone(), topic.clone()));
            }
        }
        figures.managed.sort_unstable();
        // Two objects may have managed the same topic one after the other.
        figures.managed.dedup();
    }

    /// Every topic of a cluster that anybody speaks of.
    pub(super) fn topics(&self, cluster: &ClusterRef) -> Vec<TopicName> {
        self.topics.get(cluster).map(|topics| topics.keys().cloned().collect()).unwrap_or_default()
    }

    /// How many topics of a cluster anybody speaks of.
    pub(super) fn count(&self, cluster: &ClusterRef) -> usize {
        self.topics.get(cluster).map_or(0, HashMap::len)
    }

    /// Objects that belong nowhere.
    pub(super) fn misplaced(&self) -> Vec<ObjectKey> {
        let nowhere = self.objects.iter().filter(|(_, (_, place))| matches!(place, Place::Nowhere(_)));
        nowhere.map(|(key, _)| key.clone()).collect()
    }

    /// Objects of a kind, in one namespace or all, that are not among those just listed.
    pub(super) fn unlisted(
        &self,
        kind: Kind,
        namespace: Option<&Namespace>,
        listed: &HashSet<ObjectKey>,
    ) -> Vec<ObjectKey> {
        self.objects
            .keys()
            .filter(|key| key.kind == kind && namespace.is_none_or(|namespace| key.namespace == *namespace))
            .filter(|key| !listed.contains(*key))
            .cloned()
            .collect()
    }
}

fn look(key: &ObjectKey, place: &Place) -> Look {
    match place {
        Place::Topic(cluster, topic) => Look::Topic(cluster.clone(), topic.clone()),
        Place::Nowhere(_) => Look::Object(key.clone()),
    }
}
