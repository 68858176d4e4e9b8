//! The catalogue: topics by name, across clusters and environments, said on the server.

mod list;
mod one;

pub(crate) use list::list;
pub(crate) use one::one;

use crate::{
    sheet::{Line, label, link, status, text},
    topics::{growth_words, topic_href},
    ui::{Query, Status},
};
use klamm_model::{CatalogueFinding, CatalogueNote, ClusterRef, Health, Known, TopicName, TopicPlace};

/// The page of a topic in the catalogue.
fn href(topic: &TopicName) -> String {
    format!("/topics/{topic}")
}

/// Where a topic is, as a word and a way there.
fn place_link(topic: &TopicName, place: &TopicPlace, words: String) -> Line {
    link(words, topic_href(&place.cluster, topic))
}

/// `prod`, or the cluster where it has no environment.
fn place_name(place: &TopicPlace) -> String {
    place.environment.clone().unwrap_or_else(|| place.cluster.to_string())
}

/// How a topic is, with its mark.
fn health(health: Health) -> Line {
    match health {
        Health::Healthy => status(Status::Ok, "healthy"),
        Health::Degraded => status(Status::Warn, "degraded"),
        Health::Unavailable => status(Status::Bad, "unavailable"),
        Health::Unknown => status(Status::Unknown, "not seen"),
    }
}

/// By how much a topic grows.
fn growth(per_day: Known<i64>) -> Line {
    per_day.value().map_or_else(|| label("unknown"), |per_day| text(growth_words(*per_day)))
}

/// What can be done about something that is to be said of a topic.
fn action(topic: &TopicName, note: &CatalogueNote, team: Option<&str>) -> Line {
    let ask = |kind: &str, cluster: &ClusterRef| {
        let query = Query::default().with("kind", kind).with("cluster", &cluster.to_string());
        query.with("topic", topic.as_str()).with("team", team.unwrap_or_default()).on("/requests/new")
    };
    match (note.finding, &note.cluster) {
        (CatalogueFinding::Orphaned, Some(cluster)) => link("Adopt it", ask("topicAdopt", cluster)),
        (CatalogueFinding::Unused, Some(cluster)) => link("Ask to delete it", ask("topicDelete", cluster)),
        (CatalogueFinding::Differs, _) => link("Side by side", href(topic)),
        (CatalogueFinding::Orphaned | CatalogueFinding::Unused, None) => Line::new(),
    }
}
