//! What was measured over time, as charts and programs ask for it.

mod latest;
mod question;
mod table;

use crate::audited::store_problem;
use crate::portal::{look, may_see, may_see_topic};
use crate::{Object, ObservedCluster, Portal, views::group};
use klamm_model::{
    Actor, ClusterRef, Measured, Problem, ProblemKind, Series, SeriesRequest, SeriesView, TopicName, UnixMillis,
};
use klamm_monitor::SeriesAnswer;
use question::Asked;

impl Portal {
    /// What was measured of a cluster over time.
    pub async fn series(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &SeriesRequest,
    ) -> Result<SeriesView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let asked = Asked::read(request, self.now())?;
        if let Some(of) = asked.of() {
            is_there(actor, &seen, &of)?;
        }
        let answer = match self.observations.vitals(cluster) {
            Some(vitals) => vitals.series(&asked.question).await.map_err(store_problem)?,
            None => SeriesAnswer::default(),
        };
        Ok(view(&asked, answer, |of| may_see_series(actor, &seen, of)))
    }

    /// The same as a table, a line for each moment.
    pub async fn series_csv(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &SeriesRequest,
    ) -> Result<String, Problem> {
        Ok(table::csv(&self.series(actor, cluster, request).await?))
    }
}

fn view(asked: &Asked, answer: SeriesAnswer, may_see: impl Fn(&Measured) -> bool) -> SeriesView {
    let step = asked.question.step_millis;
    let whole_step = |at: UnixMillis| UnixMillis(at.0.div_euclid(step) * step);
    let seen = answer.series.into_iter().filter(|(of, _)| asked.concerns(of) && may_see(of));
    let mut series: Vec<Series> = seen
        .map(|(of, points)| {
            let labels = of.labels().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            Series { labels, points }
        })
        .collect();
    let more = series.len().saturating_sub(asked.limit);
    series.truncate(asked.limit);
    SeriesView {
        metric: asked.question.metric,
        unit: asked.question.metric.unit(),
        aggregate: asked.question.aggregate,
        from: whole_step(asked.question.from),
        to: whole_step(asked.question.to),
        step: u32::try_from(step / 1000).unwrap_or(u32::MAX),
        series,
        left_out: u32::try_from(answer.left_out + more).unwrap_or(u32::MAX),
        only_busiest: answer.only_busiest.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
    }
}

/// Whoever is asked for by name has to be there, as far as was seen; otherwise a mistyped name would look like silence.
fn is_there(actor: &Actor, seen: &ObservedCluster, of: &Measured) -> Result<(), Problem> {
    let inventory = &seen.inventory;
    let (is_there, what) = match of {
        Measured::Broker(id) | Measured::Volume(id, _) => {
            (inventory.brokers.iter().any(|broker| broker.id == *id), "broker")
        }
        Measured::Topic(name) => {
            (inventory.topic(name).is_some_and(|t| may_see_topic(actor, &inventory.cluster, t)), "topic")
        }
        Measured::Group(id) => {
            let group = group::find(inventory, id.as_str());
            (group.is_some_and(|group| may_see(actor, &inventory.cluster, group)), "group")
        }
        Measured::Cluster | Measured::OtherTopics | Measured::OtherGroups => (true, "cluster"),
    };
    if is_there {
        return Ok(());
    }
    let cluster = &inventory.cluster;
    Err(Problem::new(ProblemKind::NotFound, format!("There is no such {what} in {cluster}, as far as was seen.")))
}

/// What is gone meanwhile belongs to nobody, and is still told.
fn may_see_series(actor: &Actor, seen: &ObservedCluster, of: &Measured) -> bool {
    let cluster = &seen.inventory.cluster;
    let team = |name: &TopicName| seen.inventory.topic(name).and_then(|topic| topic.team.as_ref());
    let object = match of {
        Measured::Topic(name) => Object::topic(cluster, name.as_str(), team(name)),
        Measured::Group(id) => Object::group(cluster, id.as_str()),
        Measured::Cluster
        | Measured::Broker(_)
        | Measured::Volume(..)
        | Measured::OtherTopics
        | Measured::OtherGroups => Object::cluster(cluster),
    };
    look(actor, object).is_ok()
}

#[cfg(test)]
mod tests;
