//! Topics, as lists and one by one.

use crate::audited::chain;
use crate::portal::{may_see, may_see_topic};
use crate::views::{
    self,
    access::Sources,
    config::Which,
    pace::{Paces, partition_rates},
    paging,
    readers::Readers,
};
use crate::{ObservedCluster, Portal};
use klamm_model::{
    Actor, ClusterRef, ConfigRequest, Known, Page, PageRequest, Problem, ProblemKind, Topic, TopicAccess, TopicConfig,
    TopicConsumer, TopicManifest, TopicName, TopicOffer, TopicOverview, TopicRow, TopicView,
};

impl Portal {
    /// One page of a cluster's topics, with everything about each.
    pub fn topics(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &PageRequest,
    ) -> Result<Page<TopicView>, Problem> {
        let seen = self.seen(actor, cluster)?;
        let (paces, vitals) = (self.paces(cluster), self.observations.vitals(cluster));
        let page = topic_page(actor, cluster, &seen, request, &paces)?;
        let readers = Readers::of(&seen.inventory, page.items.iter().copied());
        Ok(views::map_page(page, |topic| {
            let view = readers.topic_view(views::topic::view(actor, &seen.inventory, topic));
            paces.topic_view(view, vitals.as_deref())
        }))
    }

    /// One page of a cluster's topics as rows of a table.
    pub fn topic_rows(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &PageRequest,
    ) -> Result<Page<TopicRow>, Problem> {
        let seen = self.seen(actor, cluster)?;
        let paces = self.paces(cluster);
        let page = topic_page(actor, cluster, &seen, request, &paces)?;
        let readers = Readers::of(&seen.inventory, page.items.iter().copied());
        Ok(views::map_page(page, |topic| paces.topic_row(readers.topic_row(views::topic::row(&seen.inventory, topic)))))
    }

    /// A topic, internal or not.
    pub fn topic(&self, actor: &Actor, cluster: &ClusterRef, name: &TopicName) -> Result<TopicView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topic = topic_of(actor, &seen, name)?;
        let readers = Readers::of(&seen.inventory, [topic]);
        let view = readers.topic_view(views::topic::view(actor, &seen.inventory, topic));
        Ok(self.paces(cluster).topic_view(view, self.observations.vitals(cluster).as_deref()))
    }

    /// A topic in a line, as lists have it.
    pub fn topic_row(&self, actor: &Actor, cluster: &ClusterRef, name: &TopicName) -> Result<TopicRow, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topic = topic_of(actor, &seen, name)?;
        let readers = Readers::of(&seen.inventory, [topic]);
        Ok(self.paces(cluster).topic_row(readers.topic_row(views::topic::row(&seen.inventory, topic))))
    }

    /// A topic on its own page, with partitions beginning after the first `from`.
    pub fn topic_overview(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
        from: u32,
    ) -> Result<TopicOverview, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topic = topic_of(actor, &seen, name)?;
        let rates = partition_rates(self.observations.vitals(cluster).as_deref(), name);
        Ok(views::topic_page::overview(topic, &rates, from))
    }

    /// Whether the caller may ask that a topic becomes another; none of Kafka's own.
    pub fn topic_offer(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
    ) -> Result<Option<TopicOffer>, Problem> {
        let seen = self.seen(actor, cluster)?;
        let team_of = |namespace: &_| self.observations.declarations().team(namespace);
        Ok(crate::requests::topic_offer(actor, &seen, topic_of(actor, &seen, name)?, team_of))
    }

    /// What declares a topic, or would.
    pub fn topic_manifest(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
    ) -> Result<TopicManifest, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topic = topic_of(actor, &seen, name)?;
        views::manifest::of_topic(&seen, self.observations.declarations(), topic).map_err(|error| {
            tracing::error!(%cluster, topic = %name, error = chain(&error), "a declaration does not print");
            Problem::new(ProblemKind::Internal, format!("The manifest of {name} could not be written."))
        })
    }

    /// All configuration of a topic, or what of it is set on the topic itself.
    pub fn topic_config(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
        request: &ConfigRequest,
    ) -> Result<TopicConfig, Problem> {
        let seen = self.seen(actor, cluster)?;
        let which = if request.set { Which::Set } else { Which::All };
        Ok(views::config::of_topic(&seen.inventory, topic_of(actor, &seen, name)?, which))
    }

    /// Who may do what with a topic, of very many principals a page.
    pub fn topic_access(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
        request: &PageRequest,
    ) -> Result<TopicAccess, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topic = topic_of(actor, &seen, name)?;
        let declarations = self.observations.declarations();
        let sources = Sources { seen: &seen, declarations, now: self.clock.now() };
        views::access::of_topic(&sources, topic, request)
    }

    /// The groups that read a topic, at most `limit`, those that are furthest behind first; unknown while groups are.
    pub fn topic_consumers(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        topic: &TopicName,
        limit: u32,
    ) -> Result<Known<Page<TopicConsumer>>, Problem> {
        let seen = self.seen(actor, cluster)?;
        views::group::consumers(&seen.inventory, topic, limit, |group| may_see(actor, cluster, group))
    }
}

/// The topic of that name, if it was seen and the actor may know of it.
pub(crate) fn topic_of<'a>(actor: &Actor, seen: &'a ObservedCluster, name: &TopicName) -> Result<&'a Topic, Problem> {
    let cluster = &seen.inventory.cluster;
    seen.inventory.topic(name).filter(|topic| may_see_topic(actor, cluster, topic)).ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, format!("There is no topic {name} in {cluster}, as far as was seen."))
    })
}

fn topic_page<'a>(
    actor: &Actor,
    cluster: &ClusterRef,
    seen: &'a ObservedCluster,
    request: &PageRequest,
    paces: &Paces,
) -> Result<Page<&'a Topic>, Problem> {
    paging::topics(&seen.inventory, request, paces, |topic| may_see_topic(actor, cluster, topic))
}
