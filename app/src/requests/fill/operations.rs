//! What the form of an operation says, and what stands in it when one that was written is changed.

use super::{setting, words};
use crate::sheets::Asked;
use klamm_model::OperationKind;
use serde_json::{Map, Value, json};

/// What the fields say, as the API would take it.
pub(super) fn spec(kind: OperationKind, asked: &Asked) -> Result<Value, String> {
    let mut spec = Map::new();
    let mut put = |name: &str, value: Value| drop(spec.insert(name.to_owned(), value));
    match kind {
        OperationKind::Restart | OperationKind::Drain => {
            let brokers = ids(asked.get("brokers"))?;
            if !brokers.is_empty() {
                put("brokers", json!(brokers));
            }
        }
        OperationKind::Reconfigure => {
            let lines = asked.get("config").lines().map(str::trim).filter(|line| !line.is_empty());
            let config: Map<String, Value> = lines.map(setting).collect::<Result<_, _>>()?;
            put("config", Value::Object(config));
        }
        OperationKind::Upgrade => put("version", Value::from(asked.get("version"))),
        OperationKind::Finalise => {
            let level = asked.get("metadata");
            if asked.get("confirm") != level {
                return Err("Write the metadata version once more: there may be no way back from it.".to_owned());
            }
            put("metadataVersion", Value::from(level));
        }
        OperationKind::Scale => {
            put("pool", Value::from(asked.get("pool")));
            let nodes: u32 = asked.get("replicas").parse().map_err(|_| "How many nodes: a whole number.".to_owned())?;
            put("replicas", Value::from(nodes));
            let leaving = ids(asked.get("leaving"))?;
            if !leaving.is_empty() {
                put("leaving", json!(leaving));
            }
        }
        OperationKind::Rebalance => {
            let topics: Vec<&str> = words(asked.get("topics")).collect();
            if !topics.is_empty() {
                put("topics", json!(topics));
            }
            if let Some(factor) = asked.given("factor") {
                let factor: u32 = factor.parse().map_err(|_| "How many replicas: a whole number.".to_owned())?;
                put("replicationFactor", Value::from(factor));
            }
        }
    }
    if let Some(limit) = asked.given("throttle") {
        let limit: u64 = limit.parse().map_err(|_| "Bytes a second: a whole number.".to_owned())?;
        put("throttleBytesPerSecond", Value::from(limit));
    }
    let accepts: Vec<&str> = words(asked.get("accept")).collect();
    if !accepts.is_empty() {
        put("acceptUnavailable", json!(accepts));
    }
    // What an operation is called is found out when it is asked for; one that is changed keeps its name.
    if let Some(name) = asked.given("name").filter(|_| asked.given("edit").is_some() && !kind.is_declared()) {
        put("name", Value::from(name));
    }
    Ok(Value::Object(spec))
}

/// Whether enough is filled in for a plan.
pub(in crate::requests) fn is_enough(kind: OperationKind, asked: &Asked) -> bool {
    let needed: &[&str] = match kind {
        OperationKind::Restart | OperationKind::Rebalance => &[],
        OperationKind::Drain => &["brokers"],
        OperationKind::Reconfigure => &["config"],
        OperationKind::Upgrade => &["version"],
        OperationKind::Finalise => &["metadata"],
        OperationKind::Scale => &["pool", "replicas"],
    };
    needed.iter().all(|field| asked.given(field).is_some())
}

/// What stands in the fields of the form that would write this.
pub(super) fn values(spec: &Value) -> Vec<(&'static str, String)> {
    let text = |name: &str| match &spec[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    };
    let list = |name: &str| {
        let all = spec[name].as_array().into_iter().flatten();
        let all = all.map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
        all.collect::<Vec<_>>().join(", ")
    };
    vec![
        ("version", text("version")),
        ("metadata", text("metadataVersion")),
        ("pool", text("pool")),
        ("replicas", text("replicas")),
        ("leaving", list("leaving")),
        ("brokers", list("brokers")),
        ("throttle", text("throttleBytesPerSecond")),
        ("accept", list("acceptUnavailable")),
    ]
}

fn ids(text: &str) -> Result<Vec<i32>, String> {
    let id = |word: &str| word.parse().map_err(|_| format!("Nodes are told by their ids, such as 1, 2: {word:?}."));
    words(text).map(id).collect()
}
