use crate::portal::{look, may_see, may_see_topic};
use crate::views::search::{self, Wanted};
use crate::{Kind, Object, Portal, views};
use klamm_model::{Actor, Problem, SearchRequest, SearchView, checked_limit};

impl Portal {
    /// Clusters, topics, consumer groups and brokers that may have been meant, of all clusters. Where nothing is looked for,
    /// nothing is found.
    pub fn search(&self, actor: &Actor, request: &SearchRequest) -> Result<SearchView, Problem> {
        look(actor, Object::all(Kind::Cluster))?;
        let limit = checked_limit(request.limit).map_err(|error| views::paging::invalid(&error.to_string()))?;
        let Some(wanted) = Wanted::new(request.search.as_deref()) else { return Ok(search::nothing()) };
        let mut clusters = self.observations.clusters();
        clusters.retain(|seen| look(actor, Object::cluster(&seen.inventory.cluster)).is_ok());
        Ok(search::find(
            actor,
            &clusters,
            &wanted,
            limit,
            |cluster, topic| may_see_topic(actor, cluster, topic),
            |cluster, group| may_see(actor, cluster, group),
        ))
    }
}
