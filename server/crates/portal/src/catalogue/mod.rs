//! The catalogue: topics by their names, across clusters. Whose they are, what they are for, who uses them, whether anybody
//! does, how environments differ, and what would take a topic to the next one.
//!
//! Everything is made from the inventory and from what objects say; only the moment that a topic was last used is kept.

mod activity;
mod compare;
mod promote;
mod users;

pub(crate) use activity::ActivityBook;

use crate::{
    Kind, Object, ObservedCluster, Portal,
    portal::{given, look, may_see_topic},
    views::{
        self,
        paging::{self, Item, Search, Wanted, invalid},
    },
};
use compare::At;
use klamm_model::{
    Actor, CatalogueEntry, CatalogueFinding, CatalogueNote, CatalogueRequest, CatalogueTopic, ClusterRef, Known, Page,
    Problem, ProblemKind, SortOrder, Topic, TopicAbout, TopicName, TopicPlace, TopicSort, UnixMillis,
};
use std::{collections::BTreeMap, sync::Arc};

/// What a topic's notes are made from besides the topic itself.
#[derive(Clone, Copy)]
struct Watched<'a> {
    activity: &'a ActivityBook,
    now: UnixMillis,
    /// In milliseconds.
    unused_after: u64,
}

impl Portal {
    /// One page of the catalogue, by name. Kafka's own topics are left out.
    pub fn catalogue(&self, actor: &Actor, request: &CatalogueRequest) -> Result<Page<CatalogueTopic>, Problem> {
        let clusters = self.by_promotion(actor)?;
        let wanted = Filter::of(request)?;
        let mut by_name: BTreeMap<&TopicName, Vec<At<'_>>> = BTreeMap::new();
        for seen in &clusters {
            for topic in seen.inventory.topics.iter().filter(|topic| !topic.name.is_internal()) {
                if may_see_topic(actor, &seen.inventory.cluster, topic) {
                    by_name.entry(&topic.name).or_default().push((seen, topic));
                }
            }
        }
        let watched = self.watched();
        let items = by_name
            .into_iter()
            .filter(|(name, places)| wanted.keeps(name, places, self, watched))
            .map(|(name, places)| Item { key: None, name: name.to_string(), value: (name, places) })
            .collect();
        let wanted = Wanted {
            sort: TopicSort::Name,
            order: SortOrder::Asc,
            limit: request.limit,
            cursor: request.cursor.as_deref(),
        };
        let page = paging::cut(items, &wanted)?;
        Ok(views::map_page(page, |(name, places)| self.catalogued(name, &places, watched)))
    }

    /// A topic on all clusters, side by side.
    pub fn catalogue_entry(&self, actor: &Actor, name: &TopicName) -> Result<CatalogueEntry, Problem> {
        let clusters = self.by_promotion(actor)?;
        let places: Vec<At<'_>> = clusters
            .iter()
            .filter_map(|seen| Some((seen, seen.inventory.topic(name)?)))
            .filter(|(seen, topic)| may_see_topic(actor, &seen.inventory.cluster, topic))
            .collect();
        if places.is_empty() {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("There is no topic {name} on any cluster, as far as was seen."),
            ));
        }
        let (users, users_left_out) = users::of(&places, self.observations.declarations());
        let topic = self.catalogued(name, &places, self.watched());
        Ok(CatalogueEntry {
            settings: compare::settings(&places),
            users,
            users_left_out,
            promotions: promote::of(&places, &clusters, &topic.about, &self.policies.now().policy),
            topic,
        })
    }

    /// The clusters that the actor may see, in the order in which topics are promoted.
    fn by_promotion(&self, actor: &Actor) -> Result<Vec<Arc<ObservedCluster>>, Problem> {
        look(actor, Object::all(Kind::Cluster))?;
        let standing = self.policies.now();
        let mut clusters = self.observations.clusters();
        clusters.retain(|seen| look(actor, Object::cluster(&seen.inventory.cluster)).is_ok());
        clusters.sort_by_key(|seen| {
            let environment = seen.declared.environment.clone().unwrap_or_default();
            (standing.policy.stage(&environment).unwrap_or(usize::MAX), environment, seen.inventory.cluster.clone())
        });
        Ok(clusters)
    }

    fn watched(&self) -> Watched<'_> {
        let unused_after = self.policies.now().policy.unused_after().0;
        Watched { activity: &self.activity, now: self.now(), unused_after }
    }

    fn catalogued(&self, name: &TopicName, places: &[At<'_>], watched: Watched<'_>) -> CatalogueTopic {
        CatalogueTopic {
            name: name.clone(),
            team: places.iter().find_map(|(_, topic)| topic.team.clone()),
            about: self.about(places),
            places: places.iter().map(|at| self.place(*at, watched.activity)).collect(),
            notes: notes(places, watched),
        }
    }

    fn place(&self, (seen, topic): At<'_>, activity: &ActivityBook) -> TopicPlace {
        let row = views::topic::row(&seen.inventory, topic);
        let cluster = &seen.inventory.cluster;
        TopicPlace {
            cluster: cluster.clone(),
            environment: seen.declared.environment.clone(),
            manager: row.owner.as_ref().and_then(|owner| self.observations.declarations().manager(owner)),
            owner: row.owner,
            team: row.team,
            partitions: row.partition_count,
            replication_factor: row.replication_factor,
            size_bytes: row.size_bytes,
            growth_bytes_per_day: self.paces(cluster).growth(&topic.name),
            records_per_second: row.records_per_second,
            health: row.health,
            quiet_since: activity.quiet_since(cluster, &topic.name),
        }
    }

    /// What is said of a topic on the object that says most, the last environment first.
    fn about(&self, places: &[At<'_>]) -> TopicAbout {
        let declarations = self.observations.declarations();
        let said = places.iter().rev().filter_map(|(_, topic)| declarations.about(topic.owner.as_ref()?));
        said.fold(TopicAbout::default(), |all, more| TopicAbout {
            description: all.description.or(more.description),
            contact: all.contact.or(more.contact),
            link: all.link.or(more.link),
            tags: if all.tags.is_empty() { more.tags } else { all.tags },
        })
    }
}

/// What somebody should do something about, cluster by cluster, and then over all of them.
fn notes(places: &[At<'_>], watched: Watched<'_>) -> Vec<CatalogueNote> {
    let mut all = Vec::new();
    for (seen, topic) in places {
        let cluster = &seen.inventory.cluster;
        let mut note = |finding, message| {
            all.push(CatalogueNote { finding, cluster: Some(cluster.clone()), message });
        };
        if topic.owner.is_none() {
            note(CatalogueFinding::Orphaned, format!("no object declares it on {cluster}"));
        }
        if let Some(days) = unused_days(cluster, topic, watched) {
            let message = format!("nothing written and no group moved on {cluster} for {days} days");
            note(CatalogueFinding::Unused, message);
        }
    }
    let differing = compare::differing(places);
    if !differing.is_empty() {
        let message = format!("not the same everywhere: {}", differing.join(", "));
        all.push(CatalogueNote { finding: CatalogueFinding::Differs, cluster: None, message });
    }
    all
}

fn unused_days(cluster: &ClusterRef, topic: &Topic, watched: Watched<'_>) -> Option<u64> {
    let Known::Known(since) = watched.activity.quiet_since(cluster, &topic.name) else { return None };
    let quiet = u64::try_from(watched.now.0.saturating_sub(since.0)).ok()?;
    (quiet >= watched.unused_after).then_some(quiet / 86_400_000)
}

/// What of the catalogue is wanted.
struct Filter {
    search: Search,
    team: Option<String>,
    environment: Option<String>,
    only: Option<CatalogueFinding>,
}

impl Filter {
    fn of(request: &CatalogueRequest) -> Result<Self, Problem> {
        let only = given(request.only.as_deref()).map(|name| {
            CatalogueFinding::named(name).ok_or_else(|| invalid("only: one of orphaned, unused and differs"))
        });
        Ok(Self {
            search: Search::new(given(request.search.as_deref())),
            team: given(request.team.as_deref()).map(str::to_owned),
            environment: given(request.environment.as_deref()).map(str::to_owned),
            only: only.transpose()?,
        })
    }

    fn keeps(&self, name: &TopicName, places: &[At<'_>], portal: &Portal, watched: Watched<'_>) -> bool {
        let of_team = |wanted: &String| {
            places.iter().any(|(_, topic)| topic.team.as_ref().is_some_and(|team| team.as_str() == wanted))
        };
        let in_environment =
            |wanted: &String| places.iter().any(|(seen, _)| seen.declared.environment.as_ref() == Some(wanted));
        self.team.as_ref().is_none_or(of_team)
            && self.environment.as_ref().is_none_or(in_environment)
            && (self.search.finds(name.as_str()) || self.means(places, portal))
            && self.only.is_none_or(|only| notes(places, watched).iter().any(|note| note.finding == only))
    }

    /// Whether what people say of it is what is searched for.
    fn means(&self, places: &[At<'_>], portal: &Portal) -> bool {
        let about = portal.about(places);
        let teams = places.iter().filter_map(|(_, topic)| topic.team.as_ref().map(ToString::to_string));
        let owners = places.iter().filter_map(|(_, topic)| topic.owner.as_ref());
        let owners = owners.map(|owner| format!("{}/{}", owner.namespace, owner.name));
        let texts = about.description.into_iter().chain(about.contact).chain(about.tags).chain(teams).chain(owners);
        texts.into_iter().any(|text| self.search.finds(&text))
    }
}

#[cfg(test)]
mod tests;
