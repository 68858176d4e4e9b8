//! The form of a request, as it was filled in, as a request.

mod operations;

pub(super) use operations::is_enough;

use super::prefill::Was;
use crate::{
    sheets::{Asked, typed},
    ui::Query,
};
use klamm_model::{RequestKind, WishValue};
use klamm_portal::{Filing, NewRequest, asking_team};
use serde_json::{Map, Value, json};

/// A form that says something.
#[derive(Debug)]
pub struct Filled {
    /// The request that it takes the place of, as it was sent.
    pub edits: Option<String>,
    /// What it asks for, or what is wrong with it, in a sentence.
    pub request: Result<NewRequest, String>,
    /// What it was sent for.
    pub purpose: Purpose,
    /// Where the form is with what was filled into it.
    pub back: String,
}

/// What a form is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To see what would become of it.
    Look,
    /// To have it, or to keep it as a draft.
    Ask,
}

/// What belongs to one sending of the form and not into its address, least of all the token that says that it is ours.
const NOT_KEPT: [&str; 3] = ["csrf", "filing", "said"];

/// What a form asks for, as it was sent.
pub fn asked_for(form: &str) -> Filled {
    let is_kept = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| !NOT_KEPT.contains(&typed(name).as_str()));
    let kept: Vec<&str> = form.split('&').filter(is_kept).collect();
    let back = format!("/requests/new?{}", kept.join("&"));
    let asked = Asked::of(form);
    let purpose = if asked.get("filing") == "look" { Purpose::Look } else { Purpose::Ask };
    Filled { edits: asked.given("edit"), request: request(&asked), purpose, back }
}

pub(super) fn request(asked: &Asked) -> Result<NewRequest, String> {
    let kind = RequestKind::named(asked.get("kind")).ok_or("Say what you ask for.")?;
    let cluster = asked.get("cluster").parse().map_err(|_| "Say on which cluster.".to_owned())?;
    let team =
        asked.given("team").map(|team| team.parse()).transpose().map_err(|_| "Say for which team.".to_owned())?;
    let team = asking_team(kind, team).map_err(|_| "Say for which team.".to_owned())?;
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
        RequestKind::Operation(kind) => operations::spec(kind, asked)?,
    })
}

/// `key=value`; without a value the setting is taken away.
fn setting(line: &str) -> Result<(String, Value), String> {
    let (key, value) = line.split_once('=').ok_or_else(|| format!("Configuration is written key=value: {line:?}."))?;
    let (key, value) = (key.trim(), value.trim());
    let said = match (value, value.parse::<i64>()) {
        ("", _) => Value::Null,
        (_, Ok(number)) => json!(WishValue::Number(number)),
        (_, Err(_)) => Value::from(value),
    };
    Ok((key.to_owned(), said))
}

/// The address of the form, filled in as a request was written; `edits` is the request that it takes the place of.
pub(super) fn form_of(written: &NewRequest, edits: &str) -> String {
    let query = Query::default().with("edit", edits);
    values_of(written).into_iter().fold(query, |query, (name, value)| query.with(name, &value)).on("/requests/new")
}

/// What stands in the fields of the form that would write this.
pub(super) fn values_of(written: &NewRequest) -> Vec<(&'static str, String)> {
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
        if let Some(topic) = one.as_str() {
            return topic.to_owned();
        }
        let partitions = one["partitions"].as_array().into_iter().flatten().map(Value::to_string);
        format!("{} {}", one["topic"].as_str().unwrap_or_default(), partitions.collect::<Vec<_>>().join(","))
    });
    let topic = if spec["topic"].is_null() { text("topicName") } else { text("topic") };
    let mut values = vec![
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
    ];
    if written.kind.operation().is_some() {
        values.extend(operations::values(spec));
    }
    values
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n']).filter(|word| !word.is_empty())
}

fn topic(asked: &Asked) -> Result<Value, String> {
    let was = Was::of(asked);
    let mut spec = Map::new();
    spec.insert("topicName".to_owned(), Value::from(asked.get("topic")));
    for (field, key, what) in [("partitions", "partitions", "partitions"), ("factor", "replicationFactor", "replicas")]
    {
        if let Some(text) = asked.given(field).filter(|text| !was.says(field, text)) {
            let number: u32 = text.parse().map_err(|_| format!("How many {what}: a whole number."))?;
            spec.insert(key.to_owned(), Value::from(number));
        }
    }
    let mut config = Map::new();
    let mut gone = was.config();
    for line in asked.get("config").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, said) = setting(line)?;
        let value = line.split_once('=').map(|(_, value)| value.trim());
        if gone.remove(key.as_str()) == value {
            continue;
        }
        config.insert(key, said);
    }
    config.extend(gone.into_keys().map(|key| (key.to_owned(), Value::Null)));
    if !config.is_empty() {
        spec.insert("config".to_owned(), Value::Object(config));
    }
    let is_said = |field: &str, text: &str| was.lost(field, text) || !(text.is_empty() || was.says(field, text));
    for field in ["description", "contact", "link"] {
        let text = asked.get(field);
        if is_said(field, text) {
            spec.insert(field.to_owned(), Value::from(text));
        }
    }
    let tags = asked.get("tags");
    if is_said("tags", tags) {
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
        let Filled { request, back, edits, purpose } = asked_for(form);
        assert_eq!((edits, purpose), (None, Purpose::Ask));
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
    fn the_address_of_a_form_that_was_sent_holds_what_was_filled_in_and_nothing_else() {
        let form = "csrf=secret&%63srf=secret&said=invalid&kind=topicCreate&topic=a%26csrf%3Db&filing=look";
        let Filled { purpose, back, .. } = asked_for(form);
        assert_eq!((purpose, back.as_str()), (Purpose::Look, "/requests/new?kind=topicCreate&topic=a%26csrf%3Db"));
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
            "kind=restart&cluster=kafka/prod&brokers=1,+2&accept=a+b&edit=x&name=restart-1",
            "kind=reconfigure&cluster=kafka/prod&config=num.io.threads%3D4%0Aa.b%3D",
            "kind=upgrade&cluster=kafka/prod&team=payments&version=4.2.1",
            "kind=scale&cluster=kafka/prod&pool=main&replicas=2&leaving=1",
            "kind=rebalance&cluster=kafka/prod&topics=a+b&throttle=1000",
            "kind=rebalance&cluster=kafka/prod&topics=a+b&factor=3",
            "kind=drain&cluster=kafka/prod&brokers=2",
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
    fn operations_are_asked_for_without_a_team_and_finalising_twice() {
        let finalise = "kind=finalise&cluster=kafka/prod&metadata=4.2-IV1";
        assert!(asked_for(finalise).request.unwrap_err().contains("no way back"));
        let request = asked_for(&format!("{finalise}&confirm=4.2-IV1")).request.unwrap();
        assert_eq!((request.team.as_str(), &request.spec), ("operators", &json!({ "metadataVersion": "4.2-IV1" })));
        let all = asked_for("kind=restart&cluster=kafka/prod&name=somebody").request.unwrap();
        assert_eq!(all.spec, json!({}), "a name is for those that are changed");
        let factor = asked_for("kind=rebalance&cluster=kafka/prod&topics=a&factor=3").request.unwrap();
        assert_eq!(factor.spec, json!({ "topics": ["a"], "replicationFactor": 3 }));
        let wrong = asked_for("kind=drain&cluster=kafka/prod&brokers=one").request.unwrap_err();
        assert!(wrong.contains("\"one\""), "{wrong}");
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
