//! What would take a topic to the next environment. Pure.

use super::compare::{self, At};
use crate::{ObservedCluster, views::tenants::tenancy};
use klamm_model::{PromotedTopic, Promotion, RequestKind, Topic, TopicAbout, WishValue};
use klamm_planner::policy::Policy;
use std::{collections::BTreeMap, sync::Arc};

/// From where the topic is furthest, the ways to the environment after it; and from every environment to the next where it is
/// already, but set another way.
pub(super) fn of(
    places: &[At<'_>],
    clusters: &[Arc<ObservedCluster>],
    about: &TopicAbout,
    policy: &Policy,
) -> Vec<Promotion> {
    places.iter().flat_map(|from| onwards(from, places, clusters, about, policy)).collect()
}

fn onwards(
    (seen, topic): &At<'_>,
    places: &[At<'_>],
    clusters: &[Arc<ObservedCluster>],
    about: &TopicAbout,
    policy: &Policy,
) -> Vec<Promotion> {
    let stage = |seen: &ObservedCluster| policy.stage(seen.declared.environment.as_deref()?);
    let (Some(here), Some(team), Some(config)) = (stage(seen), topic.team.clone(), compare::promoted(topic)) else {
        return Vec::new();
    };
    // Only clusters that admit the topic's namespace come into question.
    let admits = |other: &&Arc<ObservedCluster>| {
        let namespace = topic.owner.as_ref().map(|owner| &owner.namespace);
        namespace.is_some_and(|namespace| tenancy(other).may_declare(namespace, &topic.name).is_ok())
    };
    let ahead = clusters.iter().filter(|other| stage(other).is_some_and(|stage| stage > here)).filter(admits);
    let next = ahead.clone().filter_map(|other| stage(other)).min();
    ahead
        .filter(|other| stage(other) == next)
        .filter_map(|other| {
            let there = places.iter().find(|(seen, _)| seen.inventory.cluster == other.inventory.cluster);
            let kind = match there {
                None => RequestKind::TopicCreate,
                Some((_, standing)) if falls_short(standing, topic, &config) => RequestKind::TopicChange,
                Some(_) => return None,
            };
            Some(Promotion {
                from: seen.inventory.cluster.clone(),
                cluster: other.inventory.cluster.clone(),
                environment: other.declared.environment.clone().unwrap_or_default(),
                kind,
                team: team.clone(),
                spec: spec(topic, &config, about),
            })
        })
        .collect()
}

/// Whether a request to make it like the other would change anything that it can: partitions never become fewer, and what is
/// set over there besides stays.
fn falls_short(standing: &Topic, topic: &Topic, config: &BTreeMap<String, String>) -> bool {
    let Some(set) = compare::set(standing) else { return false };
    standing.owner.is_some()
        && (standing.partitions.len() < topic.partitions.len()
            || config.iter().any(|(key, value)| set.get(key) != Some(value)))
}

fn spec(topic: &Topic, config: &BTreeMap<String, String>, about: &TopicAbout) -> PromotedTopic {
    let value = |value: &String| match value.parse::<i64>() {
        Ok(number) if number.to_string() == *value => WishValue::Number(number),
        Ok(_) | Err(_) => WishValue::Text(value.clone()),
    };
    PromotedTopic {
        topic_name: topic.name.clone(),
        partitions: u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX),
        config: config.iter().map(|(key, text)| (key.clone(), value(text))).collect(),
        description: about.description.clone(),
        contact: about.contact.clone(),
        link: about.link.clone(),
    }
}
