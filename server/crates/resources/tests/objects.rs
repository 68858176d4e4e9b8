//! The table of `objects.yaml` for a real API server is used by the sandbox's tests. Here it is kept in step with the code:
//! our own sentences must be in the definitions, and what is accepted must be understood.

#![expect(clippy::unwrap_used, reason = "tests")]

use klamm_resources::{
    KafkaCluster, KafkaGrant, KafkaOperation, KafkaTopic, KafkaUser, ValidatedCluster, ValidatedGrant, ValidatedTopic,
    ValidatedUser, crds,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Table {
    good: BTreeMap<String, Value>,
    refused: Vec<Refused>,
    accepted: Vec<Accepted>,
}

#[derive(Deserialize)]
struct Refused {
    kind: String,
    merge: Value,
    says: String,
}

#[derive(Deserialize)]
struct Accepted {
    kind: String,
    merge: Value,
}

/// Beginnings of sentences that are the API server's own.
const NOT_OURS: &[&str] =
    &["Unsupported value", "Duplicate value", "Required value", "greater than or equal", "must be of type"];

fn table() -> Table {
    serde_saphyr::from_str(include_str!("objects.yaml")).unwrap()
}

fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    target.remove(key);
                } else {
                    merge(target.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

#[test]
fn every_sentence_of_the_table_is_in_a_definition() {
    let mut sentences = BTreeMap::new();
    for crd in crds() {
        let mut found = Vec::new();
        collect_sentences(&serde_json::to_value(&crd).unwrap(), &mut found);
        sentences.insert(crd.spec.names.kind, found);
    }
    let table = table();
    for refused in &table.refused {
        assert!(refused.merge.is_object());
        let ours = sentences[&refused.kind].iter().any(|sentence| sentence.contains(&refused.says));
        let theirs = NOT_OURS.iter().any(|words| refused.says.contains(words));
        assert!(ours != theirs, "{}: no rule says {:?}", refused.kind, refused.says);
    }
    for (kind, found) in &sentences {
        for sentence in found {
            let tried = table.refused.iter().any(|refused| &refused.kind == kind && sentence.contains(&refused.says));
            let elsewhere = table.refused.iter().any(|refused| sentence.contains(&refused.says));
            let on_update = sentence.contains("make another one");
            assert!(
                tried || elsewhere || on_update || is_unlikely(sentence),
                "{kind}: nothing in the table tries {sentence:?}"
            );
        }
    }
}

/// A name longer than Kubernetes' own limit for most objects; reached only by a KafkaTopic of 250 to 253 characters.
fn is_unlikely(sentence: &str) -> bool {
    sentence.starts_with("a topic name has at most 249 characters") || sentence.starts_with("windows[].to")
}

fn collect_sentences(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for rule in fields.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten() {
                found.push(rule["message"].as_str().unwrap().to_owned());
            }
            fields.values().for_each(|field| collect_sentences(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_sentences(item, found)),
        _ => {}
    }
}

#[test]
fn what_is_accepted_is_understood() {
    let table = table();
    for accepted in &table.accepted {
        let mut object = table.good[&accepted.kind].clone();
        merge(&mut object, &accepted.merge);
        let read = |error: serde_json::Error| format!("{error}: {object}");
        let understood = match accepted.kind.as_str() {
            "KafkaCluster" => ValidatedCluster::from_resource(
                &serde_json::from_value::<KafkaCluster>(object.clone()).map_err(read).unwrap(),
            )
            .map(drop),
            "KafkaTopic" => ValidatedTopic::from_resource(
                &serde_json::from_value::<KafkaTopic>(object.clone()).map_err(read).unwrap(),
            )
            .map(drop),
            "KafkaUser" => ValidatedUser::from_resource(
                &serde_json::from_value::<KafkaUser>(object.clone()).map_err(read).unwrap(),
            )
            .map(drop),
            "KafkaGrant" => ValidatedGrant::from_resource(
                &serde_json::from_value::<KafkaGrant>(object.clone()).map_err(read).unwrap(),
            )
            .map(drop),
            "KafkaOperation" => {
                serde_json::from_value::<KafkaOperation>(object.clone()).map_err(read).unwrap();
                Ok(())
            }
            other => panic!("{other} is no kind of ours"),
        };
        understood.unwrap_or_else(|error| panic!("{error}: {object}"));
    }
}
