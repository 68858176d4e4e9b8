//! The search over everything: clusters, topics, consumer groups and brokers by what people call them, the closest first.

mod wanted;

pub(crate) use wanted::Wanted;

use super::{cluster, group, topic};
use crate::authorise::allowed_actions;
use crate::{Object, ObservedCluster};
use klamm_model::{
    Actor, Broker, BrokerHit, Closeness, ClusterHit, ClusterRef, ClusterView, FoundBy, Group, Hit, Hits, Inventory,
    Known, Part, SearchKind, SearchView, Topic, Unsearched,
};
use std::borrow::Cow;
use std::sync::Arc;

/// Something that was found, before anybody knows whether it is among the first.
struct Found<'a, T> {
    closeness: Closeness,
    by: FoundBy,
    name: Cow<'a, str>,
    seen: &'a ObservedCluster,
    thing: &'a T,
}

/// Everything that may have been meant, at most `limit` of each kind. What is handed in may be seen by the caller; of what
/// is in it, what they may see is said here.
pub(crate) fn find(
    actor: &Actor,
    clusters: &[Arc<ObservedCluster>],
    wanted: &Wanted,
    limit: usize,
    may_see_topic: impl Fn(&ClusterRef, &Topic) -> bool,
    may_see_group: impl Fn(&ClusterRef, &Group) -> bool,
) -> SearchView {
    let (mut named, mut topics, mut groups, mut brokers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for seen in clusters {
        let seen = &**seen;
        let inventory = &*seen.inventory;
        let here = &inventory.cluster;
        named.extend(cluster_found(wanted, seen));
        let found = inventory.topics.iter().filter(|topic| wanted.means_internal() || !topic.name.is_internal());
        topics.extend(found.filter_map(|topic| {
            let found = wanted.topic(topic).filter(|_| may_see_topic(here, topic))?;
            Some(Found::new(found, topic.name.as_str(), seen, topic))
        }));
        groups.extend(inventory.groups.value().into_iter().flatten().filter_map(|group| {
            let closeness = wanted.closeness(group.id.as_str()).filter(|_| may_see_group(here, group))?;
            Some(Found::new((closeness, FoundBy::Name), group.id.as_str(), seen, group))
        }));
        // Who may see a cluster may see its nodes.
        brokers.extend(inventory.brokers.iter().filter_map(|broker| broker_found(wanted, seen, broker)));
    }
    SearchView {
        clusters: best(actor, named, limit, |seen, inventory| {
            let ClusterView { environment, health, sentence, .. } = cluster::view(seen);
            (ClusterHit { environment, health, sentence }, Object::cluster(&inventory.cluster))
        }),
        topics: best(actor, topics, limit, |found, inventory| {
            let object = Object::topic(&inventory.cluster, found.name.as_str(), found.team.as_ref());
            (topic::row(inventory, found), object)
        }),
        groups: best(actor, groups, limit, |found, inventory| {
            let object = Object::group(&inventory.cluster, found.id.as_str());
            (group::row(actor, inventory, found), object)
        }),
        brokers: best(actor, brokers, limit, |found, inventory| {
            let Broker { id, state, roles, host, rack, .. } = found.clone();
            let hit = BrokerHit { id, state, roles, host, rack };
            (hit, Object::cluster(&inventory.cluster))
        }),
        unsearched: clusters.iter().filter_map(|seen| unsearched(&seen.inventory)).collect(),
    }
}

/// What is found where nothing is looked for.
pub(crate) fn nothing() -> SearchView {
    SearchView {
        clusters: Hits { items: Vec::new(), total: 0 },
        topics: Hits { items: Vec::new(), total: 0 },
        groups: Hits { items: Vec::new(), total: 0 },
        brokers: Hits { items: Vec::new(), total: 0 },
        unsearched: Vec::new(),
    }
}

impl<'a, T> Found<'a, T> {
    fn new(
        (closeness, by): (Closeness, FoundBy),
        name: impl Into<Cow<'a, str>>,
        seen: &'a ObservedCluster,
        thing: &'a T,
    ) -> Self {
        Self { closeness, by, name: name.into(), seen, thing }
    }
}

/// People call a cluster by its name, and where that is not enough by `namespace/name`.
fn cluster_found<'a>(wanted: &Wanted, seen: &'a ObservedCluster) -> Option<Found<'a, ObservedCluster>> {
    let cluster = &seen.inventory.cluster;
    let whole = cluster.to_string();
    let found = wanted.closest([(FoundBy::Name, cluster.name.as_str()), (FoundBy::Name, whole.as_str())])?;
    Some(Found::new(found, whole, seen, seen))
}

fn broker_found<'a>(wanted: &Wanted, seen: &'a ObservedCluster, broker: &'a Broker) -> Option<Found<'a, Broker>> {
    let id = broker.id.to_string();
    let texts = [
        Some((FoundBy::Name, id.as_str())),
        broker.host.as_deref().map(|host| (FoundBy::Host, host)),
        broker.rack.as_deref().map(|rack| (FoundBy::Rack, rack)),
    ];
    let found = wanted.closest(texts.into_iter().flatten())?;
    // Ids are in order as numbers, not as texts.
    Some(Found::new(found, format!("{:010}", broker.id.0), seen, broker))
}

/// Counts, sorts and cuts: the closest first, then what it was found by, then the name, then the cluster.
fn best<T, U>(
    actor: &Actor,
    mut found: Vec<Found<'_, T>>,
    limit: usize,
    shown: impl Fn(&T, &Inventory) -> (U, Object),
) -> Hits<U> {
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let place = |found: &Found<'_, T>| (found.closeness, found.by);
    found.sort_unstable_by(|a, b| {
        let by_name = || a.name.cmp(&b.name).then_with(|| a.seen.inventory.cluster.cmp(&b.seen.inventory.cluster));
        place(a).cmp(&place(b)).then_with(by_name)
    });
    found.truncate(limit);
    let items = found.into_iter().map(|Found { closeness, by, seen, thing, .. }| {
        let (item, object) = shown(thing, &seen.inventory);
        let cluster = seen.inventory.cluster.clone();
        Hit { cluster, by, closeness, item, allowed_actions: allowed_actions(actor, &object) }
    });
    Hits { items: items.collect(), total }
}

/// What of a cluster nobody has seen, or not all of.
fn unsearched(inventory: &Inventory) -> Option<Unsearched> {
    let is_gap = |part| inventory.gaps.iter().any(|gap| gap.part == part);
    let kinds = if inventory.observed_at == Known::Unknown {
        vec![SearchKind::Topics, SearchKind::Groups, SearchKind::Brokers]
    } else {
        let groups = inventory.groups == Known::Unknown || is_gap(Part::Groups);
        let kinds = [(SearchKind::Topics, is_gap(Part::Topics)), (SearchKind::Groups, groups)];
        kinds.into_iter().filter_map(|(kind, is_missing)| is_missing.then_some(kind)).collect()
    };
    (!kinds.is_empty()).then(|| Unsearched { cluster: inventory.cluster.clone(), kinds })
}

#[cfg(test)]
mod tests;
