//! The form of a change, filled in with how the topic is declared. What it was filled in with is sent along, so that only what
//! somebody changed is asked for, and what they took out of the form is taken away.

use super::fill;
use crate::sheets::Asked;
use klamm_model::{Actor, RequestKind};
use klamm_portal::{Filing, NewRequest, Portal};
use std::collections::BTreeMap;

/// Fields that are filled in.
const FIELDS: [&str; 7] = ["partitions", "factor", "config", "description", "contact", "link", "tags"];
/// A configuration that is longer is not filled in: a form holds little more, and what it does not hold would seem taken out.
const LONGEST: usize = 1500;

/// What a form asks, and where it comes to change a topic for the first time, how that topic is.
pub(super) fn filled(portal: &Portal, actor: &Actor, kind: RequestKind, asked: &Asked) -> Asked {
    declared(portal, actor, kind, asked).unwrap_or_else(|| asked.clone())
}

fn declared(portal: &Portal, actor: &Actor, kind: RequestKind, asked: &Asked) -> Option<Asked> {
    if kind != RequestKind::TopicChange || FIELDS.into_iter().any(|field| asked.names(field)) {
        return None;
    }
    let cluster = asked.get("cluster").parse().ok()?;
    let topic = asked.get("topic").parse().ok()?;
    let standing = portal.declared_topic(actor, &cluster, &topic)?;
    let team = standing.team?;
    let is_own = actor.teams.contains(&team) || actor.teams.is_empty();
    let written = NewRequest { kind, cluster, team, spec: standing.spec, reason: None, filing: Filing::Submit };
    let values = fill::values_of(&written);
    let mut filled = if is_own { asked.clone().or("team", written.team.as_str()) } else { asked.clone() };
    filled = filled.or("was.topic", written.spec["topicName"].as_str().unwrap_or_default());
    for (name, value) in values.into_iter().filter(|(name, _)| FIELDS.contains(name)) {
        let value = if name == "config" { fitting(&value) } else { value };
        filled = filled.or(name, &value).or(&format!("was.{name}"), &value);
    }
    Some(filled)
}

/// The lines that a form can hold and say back: an empty value would read as one that is taken away.
fn fitting(config: &str) -> String {
    let lines = config.lines().filter(|line| line.split_once('=').is_some_and(|(_, value)| !value.trim().is_empty()));
    let lines = lines.collect::<Vec<_>>().join("\n");
    if lines.len() > LONGEST { String::new() } else { lines }
}

/// What goes along with the form unseen.
pub(super) fn hidden(asked: &Asked) -> Vec<(String, String)> {
    let names = ["topic"].into_iter().chain(FIELDS).map(|name| format!("was.{name}"));
    names.filter_map(|name| Some((name.clone(), asked.given(&name)?))).collect()
}

/// How the topic was when the form was filled in.
#[derive(Default)]
pub(super) struct Was(BTreeMap<&'static str, String>);

impl Was {
    /// Nothing, where another topic stands in the form by now.
    pub(super) fn of(asked: &Asked) -> Self {
        let was = |name: &str| asked.given(&format!("was.{name}"));
        if asked.get("topic").is_empty() || was("topic").as_deref() != Some(asked.get("topic")) {
            return Self::default();
        }
        Self(FIELDS.into_iter().filter_map(|name| Some((name, was(name)?))).collect())
    }

    /// Whether a field says what it said.
    pub(super) fn says(&self, field: &str, text: &str) -> bool {
        self.0.get(field).is_some_and(|was| was == text)
    }

    /// Whether there was something, and nothing is there any more.
    pub(super) fn lost(&self, field: &str, text: &str) -> bool {
        text.is_empty() && self.0.contains_key(field)
    }

    /// The configuration, key by key.
    pub(super) fn config(&self) -> BTreeMap<&str, &str> {
        let lines = self.0.get("config").into_iter().flat_map(|text| text.lines());
        lines.filter_map(|line| line.split_once('=')).map(|(key, value)| (key.trim(), value.trim())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked_for;
    use super::*;
    use serde_json::json;

    const WAS: &str = "kind=topicChange&cluster=kafka/prod&team=payments&topic=payments.a&was.topic=payments.a&\
                       was.partitions=3&was.config=retention.ms%3D60000%0Acleanup.policy%3Dcompact&\
                       was.description=bills&was.tags=a,b";

    fn spec(now: &str) -> serde_json::Value {
        asked_for(&format!("{WAS}&{now}")).request.unwrap().spec
    }

    #[test]
    fn only_what_somebody_changed_is_asked_for() {
        let same = "partitions=3&config=retention.ms%3D60000%0D%0Acleanup.policy%3Dcompact&description=bills&tags=a,b";
        assert_eq!(spec(same), json!({ "topicName": "payments.a" }));
        let other = "partitions=6&config=cleanup.policy%3Dcompact%0D%0Aretention.ms%3D70000%0D%0Asegment.ms%3D1&\
                     description=bills&tags=a";
        assert_eq!(
            spec(other),
            json!({
                "topicName": "payments.a", "partitions": 6, "tags": ["a"],
                "config": { "retention.ms": 70000, "segment.ms": 1 },
            })
        );
    }

    #[test]
    fn what_is_taken_out_of_the_form_is_taken_away() {
        assert_eq!(
            spec("partitions=&config=retention.ms%3D60000&description=&tags="),
            json!({ "topicName": "payments.a", "config": { "cleanup.policy": null }, "description": "", "tags": [] })
        );
    }

    #[test]
    fn another_topic_in_the_form_is_not_compared_with_the_first() {
        let other = WAS.replace("&topic=payments.a", "&topic=payments.b") + "&partitions=3&config=&description=";
        assert_eq!(asked_for(&other).request.unwrap().spec, json!({ "topicName": "payments.b", "partitions": 3 }));
    }

    #[test]
    fn a_configuration_is_filled_in_as_far_as_the_form_can_say_it_back() {
        assert_eq!(fitting("a=1\nb=\nc= \nd=x=y"), "a=1\nd=x=y");
        assert_eq!(fitting(&format!("a={}", "x".repeat(LONGEST))), "");
    }
}
