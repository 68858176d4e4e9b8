//! The form of a request, as it was filled in, as a request.

use crate::{sheets::Asked, ui::Query};
use klamm_model::{RequestKind, WishValue};
use klamm_portal::{Filing, NewRequest};
use serde_json::{Map, Value, json};

/// A form that says something.
#[derive(Debug)]
pub struct Filled {
    /// The request that it takes the place of, as it was sent.
    pub edits: Option<String>,
    /// What it asks for, or what is wrong with it, in a sentence.
    pub request: Result<NewRequest, String>,
    /// Where the form is with what was filled into it.
    pub back: String,
}

/// What a form asks for, as it was sent.
pub fn asked_for(form: &str) -> Filled {
    let kept = form.split('&').filter(|pair| !pair.starts_with("csrf=") && pair.contains('='));
    let back = format!("/requests/new?{}", kept.collect::<Vec<_>>().join("&"));
    let asked = Asked::of(form);
    Filled { edits: asked.given("edit"), request: request(&asked), back }
}

pub(super) fn request(asked: &Asked) -> Result<NewRequest, String> {
    let kind = RequestKind::named(asked.get("kind")).ok_or("Say what you ask for.")?;
    let cluster = asked.get("cluster").parse().map_err(|_| "Say on which cluster.".to_owned())?;
    let team = asked.get("team").parse().map_err(|_| "Say for which team.".to_owned())?;
    let filing = if asked.get("filing") == "draft" { Filing::Draft } else { Filing::Submit };
    Ok(NewRequest { kind, cluster, team, spec: spec(kind, asked)?, reason: asked.given("reason"), filing })
}

fn spec(kind: RequestKind, asked: &Asked) -> Result<Value, String> {
    let text = |name: &str| Value::from(asked.get(name));
    Ok(match kind {
        RequestKind::TopicCreate | RequestKind::TopicChange | RequestKind::TopicAdopt => topic(asked)?,
        RequestKind::TopicDelete => {
            if asked.get("confirm") != asked.get("topic") {
                return Err("Write the name of the topic once more, so that nobody deletes another one.".to_owned());
            }
            json!({ "topicName": text("topic") })
        }
        RequestKind::CredentialCreate | RequestKind::CredentialChange => {
            json!({ "namespace": text("namespace"), "name": text("name"), "grants": grants(asked.get("grants"))? })
        }
        RequestKind::CredentialRotate | RequestKind::AccessRevoke => {
            json!({ "namespace": text("namespace"), "name": text("name") })
        }
        RequestKind::CredentialDelete => {
            if asked.get("confirm") != asked.get("name") {
                return Err("Write the name of the credential once more.".to_owned());
            }
            json!({ "namespace": text("namespace"), "name": text("name") })
        }
        RequestKind::AccessGrant => {
            let users: Vec<&str> = words(asked.get("users")).collect();
            let mut spec = json!({ "topic": text("topic"), "access": text("access"), "users": users });
            if let Some(expires) = asked.given("expires") {
                spec["expires"] = Value::from(expires);
            }
            spec
        }
        RequestKind::OffsetsReset => {
            let topics = topics(asked.get("topics"))?;
            json!({ "group": text("group"), "topics": topics, "to": asked.get("to").trim() })
        }
    })
}

/// The address of the form, filled in as a request was written; `edits` is the request that it takes the place of.
pub(super) fn form_of(written: &NewRequest, edits: &str) -> String {
    let spec = &written.spec;
    let text = |name: &str| match &spec[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    };
    let list = |value: &Value| {
        let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        words.collect::<Vec<_>>().join(",")
    };
    let config = spec["config"].as_object().into_iter().flatten().map(|(key, value)| match value {
        Value::Null => format!("{key}="),
        Value::String(text) => format!("{key}={text}"),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => format!("{key}={other}"),
    });
    let grants = spec["grants"].as_array().into_iter().flatten().map(|grant| {
        let star = if grant["pattern"] == "prefixed" { "*" } else { "" };
        let word = |name: &str| grant[name].as_str().unwrap_or_default();
        format!("{}{star} {} {}", word("topic"), word("access"), list(&grant["groups"])).trim_end().to_owned()
    });
    let topics = spec["topics"].as_array().into_iter().flatten().map(|one| {
        let partitions = one["partitions"].as_array().into_iter().flatten().map(Value::to_string);
        format!("{} {}", one["topic"].as_str().unwrap_or_default(), partitions.collect::<Vec<_>>().join(","))
    });
    let topic = if spec["topic"].is_null() { text("topicName") } else { text("topic") };
    [
        ("edit", edits.to_owned()),
        ("kind", written.kind.name().to_owned()),
        ("cluster", written.cluster.to_string()),
        ("team", written.team.to_string()),
        ("topic", topic),
        ("partitions", text("partitions")),
        ("factor", text("replicationFactor")),
        ("config", config.collect::<Vec<_>>().join("\n")),
        ("description", text("description")),
        ("contact", text("contact")),
        ("link", text("link")),
        ("tags", list(&spec["tags"])),
        ("namespace", text("namespace")),
        ("name", text("name")),
        ("grants", grants.collect::<Vec<_>>().join("\n")),
        ("access", text("access")),
        ("users", list(&spec["users"])),
        ("expires", text("expires")),
        ("group", text("group")),
        ("to", text("to")),
        ("topics", topics.collect::<Vec<_>>().join("\n")),
        ("reason", written.reason.clone().unwrap_or_default()),
    ]
    .into_iter()
    .fold(Query::default(), |query, (name, value)| query.with(name, &value))
    .on("/requests/new")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n']).filter(|word| !word.is_empty())
}

fn topic(asked: &Asked) -> Result<Value, String> {
    let mut spec = Map::new();
    spec.insert("topicName".to_owned(), Value::from(asked.get("topic")));
    for (field, key, what) in [("partitions", "partitions", "partitions"), ("factor", "replicationFactor", "replicas")]
    {
        if let Some(text) = asked.given(field) {
            let number: u32 = text.parse().map_err(|_| format!("How many {what}: a whole number."))?;
            spec.insert(key.to_owned(), Value::from(number));
        }
    }
    let mut config = Map::new();
    for line in asked.get("config").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) =
            line.split_once('=').ok_or_else(|| format!("Configuration is written key=value: {line:?}."))?;
        let value = value.trim();
        let said = match (value, value.parse::<i64>()) {
            ("", _) => Value::Null,
            (_, Ok(number)) => json!(WishValue::Number(number)),
            (_, Err(_)) => Value::from(value),
        };
        config.insert(key.trim().to_owned(), said);
    }
    if !config.is_empty() {
        spec.insert("config".to_owned(), Value::Object(config));
    }
    for field in ["description", "contact", "link"] {
        if let Some(text) = asked.given(field) {
            spec.insert(field.to_owned(), Value::from(text));
        }
    }
    if let Some(tags) = asked.given("tags") {
        let tags: Vec<&str> = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
        spec.insert("tags".to_owned(), Value::from(tags));
    }
    Ok(Value::Object(spec))
}

/// `payments.orders 0,3`: a topic and, if not all are meant, its partitions, a line each.
fn topics(text: &str) -> Result<Vec<Value>, String> {
    let line = |line: &str| {
        let mut words = words(line);
        let topic = words.next().unwrap_or_default();
        let partitions: Result<Vec<i32>, _> = words.map(str::parse).collect();
        let partitions = partitions.map_err(|_| {
            format!("Topics are written <topic> <partitions>, such as payments.invoices 0,3, a line each: {line:?}.")
        })?;
        let partitions = if partitions.is_empty() { Value::Null } else { json!(partitions) };
        Ok(json!({ "topic": topic, "partitions": partitions }))
    };
    text.lines().map(str::trim).filter(|text| !text.is_empty()).map(line).collect()
}

/// `payments.orders consume payments.app`: a topic, what may be done, and groups, a line each.
fn grants(text: &str) -> Result<Vec<Value>, String> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (topic, access) = words.next().zip(words.next()).ok_or_else(|| {
            format!("What it may do is written <topic> <consume, produce or both> <groups>, a line each: {line:?}.")
        })?;
        let (topic, pattern) = match topic.strip_suffix('*') {
            Some(prefix) => (prefix, "prefixed"),
            None => (topic, "literal"),
        };
        let groups: Vec<&str> = words.flat_map(|word| word.split(',')).filter(|word| !word.is_empty()).collect();
        Ok(json!({ "topic": topic, "pattern": pattern, "access": access, "groups": groups }))
    };
    text.lines().map(str::trim).filter(|text| !text.is_empty()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_the_request_that_the_api_would_take() {
        let form = "csrf=secret&kind=topicCreate&cluster=kafka%2Fprod&team=payments&topic=payments.a&partitions=3&\
                    config=retention.ms%3D86400000%0D%0Acleanup.policy%3Dcompact%2Cdelete%0D%0Asegment.ms%3D&tags=a,+b&reason=why+not";
        let Filled { request, back, edits } = asked_for(form);
        assert_eq!(edits, None);
        let request = request.unwrap();
        assert_eq!(
            request.spec,
            json!({
                "topicName": "payments.a", "partitions": 3,
                "config": { "retention.ms": 86_400_000, "cleanup.policy": "compact,delete", "segment.ms": null },
                "tags": ["a", "b"],
            })
        );
        assert_eq!((request.reason.as_deref(), request.cluster.to_string().as_str()), (Some("why not"), "kafka/prod"));
        assert!(!back.contains("secret") && back.starts_with("/requests/new?kind=topicCreate&"), "{back}");

        let form = "kind=credentialCreate&cluster=kafka/prod&team=payments&namespace=payments&name=app&\
                    grants=payments.a+both+payments.app,payments.b%0Aorders.*+consume";
        assert_eq!(
            asked_for(form).request.unwrap().spec["grants"],
            json!([
                { "topic": "payments.a", "pattern": "literal", "access": "both", "groups": ["payments.app", "payments.b"] },
                { "topic": "orders.", "pattern": "prefixed", "access": "consume", "groups": [] },
            ])
        );
    }

    #[test]
    fn what_was_written_fills_the_form_that_wrote_it() {
        for form in [
            "kind=topicChange&cluster=kafka/prod&team=payments&topic=payments.a&partitions=3&factor=2&\
             config=retention.ms%3D86400000%0Acleanup.policy%3Dcompact%2Cdelete%0Asegment.ms%3D&description=a%26b&\
             contact=%23x&link=https://x&tags=a,b&reason=why+not",
            "kind=credentialChange&cluster=kafka/prod&team=payments&namespace=payments&name=app&\
             grants=payments.a+both+payments.app,payments.b%0Aorders.*+consume",
            "kind=credentialRotate&cluster=kafka/prod&team=payments&namespace=payments&name=app",
            "kind=accessGrant&cluster=kafka/prod&team=orders&topic=payments.a&access=consume&users=orders/a,orders/b&\
             expires=2027-01-31T00:00:00Z",
            "kind=offsetsReset&cluster=kafka/prod&team=payments&group=payments.app&to=%2B5&\
             topics=payments.a%0Apayments.b+0,+3",
        ] {
            let written = asked_for(form).request.unwrap();
            let address = form_of(&written, "req_1");
            let Filled { edits, request, .. } = asked_for(address.split_once('?').unwrap().1);
            let again = request.unwrap();
            assert_eq!((edits.as_deref(), &again.spec, &again.reason), (Some("req_1"), &written.spec, &written.reason));
        }
    }

    #[test]
    fn topics_of_a_reset_are_lines_with_their_partitions() {
        let form = "kind=offsetsReset&cluster=kafka/prod&team=payments&group=payments.app&to=+%2B5+&\
                    topics=payments.a%0D%0A%0D%0Apayments.b+0,+3";
        assert_eq!(
            asked_for(form).request.unwrap().spec,
            json!({
                "group": "payments.app", "to": "+5",
                "topics": [
                    { "topic": "payments.a", "partitions": null },
                    { "topic": "payments.b", "partitions": [0, 3] },
                ],
            })
        );
        let all = "kind=offsetsReset&cluster=kafka/prod&team=payments&group=g&to=earliest&topics=";
        assert_eq!(asked_for(all).request.unwrap().spec["topics"], json!([]));
    }

    #[test]
    fn what_is_missing_is_said() {
        for (form, word) in [
            ("", "what you ask"),
            ("kind=topicCreate", "which cluster"),
            ("kind=topicCreate&cluster=kafka/prod", "which team"),
            ("kind=topicCreate&cluster=a/b&team=t&partitions=many", "whole number"),
            ("kind=topicCreate&cluster=a/b&team=t&config=x", "key=value"),
            ("kind=topicDelete&cluster=a/b&team=t&topic=x&confirm=y", "once more"),
            ("kind=credentialCreate&cluster=a/b&team=t&grants=x", "a line each"),
            ("kind=offsetsReset&cluster=a/b&team=t&group=g&to=latest&topics=a+x", "such as"),
            ("kind=offsetsReset&cluster=a/b&team=t&group=g&to=latest&topics=a+99999999999", "such as"),
        ] {
            let why = asked_for(form).request.unwrap_err();
            assert!(why.contains(word), "{form}: {why}");
        }
    }
}
