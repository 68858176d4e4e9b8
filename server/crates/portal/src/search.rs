use crate::portal::{look, may_see, may_see_topic};
use crate::views::{
    readers::Readers,
    search::{self, Sought},
};
use crate::{Kind, Object, ObservedCluster, Portal, views};
use klamm_model::{Actor, ClusterRef, Hit, Problem, SearchRequest, SearchView, Topic, TopicRow, checked_limit};
use std::{collections::BTreeMap, sync::Arc};

impl Portal {
    /// Clusters, topics, consumer groups and brokers that may have been meant, of all clusters. Where nothing is looked for,
    /// nothing is found.
    pub fn search(&self, actor: &Actor, request: &SearchRequest) -> Result<SearchView, Problem> {
        look(actor, Object::all(Kind::Cluster))?;
        let limit = checked_limit(request.limit).map_err(|error| views::paging::invalid(&error.to_string()))?;
        let Some(sought) = Sought::new(request.search.as_deref()) else { return Ok(search::nothing()) };
        let mut clusters = self.observations.clusters();
        clusters.retain(|seen| look(actor, Object::cluster(&seen.inventory.cluster)).is_ok());
        let mut found = search::find(
            actor,
            &clusters,
            &sought,
            limit,
            |cluster, topic| may_see_topic(actor, cluster, topic),
            |cluster, group| may_see(actor, cluster, group),
        );
        // Only of what is shown: who reads it and how it gets on decide nothing about what is found.
        let readers = readers(&clusters, &found.topics.items);
        found.topics.items = each(found.topics.items, |cluster, topic| {
            let read = match readers.get(cluster) {
                Some(readers) => readers.topic_row(topic),
                None => topic,
            };
            self.paces(cluster).topic_row(read)
        });
        found.groups.items = each(found.groups.items, |cluster, group| self.paces(cluster).group_row(group));
        Ok(found)
    }
}

/// Who reads the topics that were found, cluster by cluster.
fn readers<'a>(clusters: &'a [Arc<ObservedCluster>], found: &[Hit<TopicRow>]) -> BTreeMap<&'a ClusterRef, Readers<'a>> {
    let of = |seen: &'a Arc<ObservedCluster>| {
        let inventory = &*seen.inventory;
        let here = found.iter().filter(|hit| hit.cluster == inventory.cluster);
        let topics: Vec<&Topic> = here.filter_map(|hit| inventory.topic(&hit.item.name)).collect();
        (!topics.is_empty()).then(|| (&inventory.cluster, Readers::of(inventory, topics)))
    };
    clusters.iter().filter_map(of).collect()
}

fn each<T>(hits: Vec<Hit<T>>, told: impl Fn(&ClusterRef, T) -> T) -> Vec<Hit<T>> {
    let told = |hit: Hit<T>| Hit { item: told(&hit.cluster, hit.item), ..hit };
    hits.into_iter().map(told).collect()
}
