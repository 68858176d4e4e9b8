use crate::portal::{look, may_see, may_see_topic};
use crate::views::search::{self, Sought};
use crate::{Kind, Object, Portal, views};
use klamm_model::{Actor, ClusterRef, Hit, Problem, SearchRequest, SearchView, checked_limit};

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
        // Only of what is shown: how it gets on decides nothing about what is found.
        found.topics.items = each(found.topics.items, |cluster, topic| self.paces(cluster).topic_row(topic));
        found.groups.items = each(found.groups.items, |cluster, group| self.paces(cluster).group_row(group));
        Ok(found)
    }
}

fn each<T>(hits: Vec<Hit<T>>, told: impl Fn(&ClusterRef, T) -> T) -> Vec<Hit<T>> {
    let told = |hit: Hit<T>| Hit { item: told(&hit.cluster, hit.item), ..hit };
    hits.into_iter().map(told).collect()
}
