//! What would be different, a line each. Pure.

use super::manifest::Intent;
use klamm_model::Change;
use klamm_resources::ObjectManifest;
use serde_json::Value;

/// More lines than anybody reads; the YAML has all of it.
const MOST: usize = 200;

/// What the request itself says.
const SAID: [&str; 4] = ["metadata.name", "metadata.namespace", "spec.cluster.name", "spec.cluster.namespace"];

/// What a request of this intent would make different.
pub(super) fn of(intent: Intent, base: Option<&ObjectManifest>, manifest: &ObjectManifest) -> Vec<Change> {
    match (intent, base) {
        (Intent::Remove, Some(base)) => removed(base),
        (Intent::Remove | Intent::Write, base) => between(base, manifest),
    }
}

/// The differences between what is there and what would be written.
fn between(base: Option<&ObjectManifest>, manifest: &ObjectManifest) -> Vec<Change> {
    let parsed = |manifest: &ObjectManifest| serde_json::from_str::<Value>(manifest.json()).unwrap_or_default();
    let (before, after) = (base.map(parsed).unwrap_or_default(), parsed(manifest));
    let mut all = Vec::new();
    for part in ["metadata", "spec", "data"] {
        compare(part, &before[part], &after[part], &mut all);
    }
    // Where it is, and on which cluster, says the request itself.
    all.retain(|change| !SAID.contains(&change.field.as_str()));
    all.truncate(MOST);
    all
}

/// What goes when an object goes.
fn removed(base: &ObjectManifest) -> Vec<Change> {
    let before: Value = serde_json::from_str(base.json()).unwrap_or_default();
    let mut all = Vec::new();
    for part in ["spec", "data"] {
        compare(part, &before[part], &Value::Null, &mut all);
    }
    all.retain(|change| !SAID.contains(&change.field.as_str()));
    all.truncate(MOST);
    all
}

fn compare(at: &str, before: &Value, after: &Value, all: &mut Vec<Change>) {
    let empty = serde_json::Map::new();
    let fields = |value: &'_ Value| -> Option<serde_json::Map<String, Value>> {
        match value {
            Value::Object(fields) => Some(fields.clone()),
            Value::Null => Some(empty.clone()),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    };
    if before == after {
        return;
    }
    match (fields(before), fields(after)) {
        (Some(old), Some(new)) => {
            let gone = old.keys().filter(|key| !new.contains_key(*key));
            for key in new.keys().chain(gone) {
                let nothing = Value::Null;
                let (one, other) = (old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing));
                compare(&place(at, key), one, other, all);
            }
        }
        (_, _) => all.push(Change { field: at.to_owned(), before: text(before), after: text(after) }),
    }
}

/// Names with dots stand in quotes, as in TOML and in `jq`.
fn place(at: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { format!("{at}.{key}") } else { format!("{at}.\"{key}\"") }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest(value: &Value) -> ObjectManifest {
        ObjectManifest::from_json(value.to_string())
    }

    #[test]
    fn lines_say_what_differs_and_nothing_else() {
        let before = manifest(&json!({
            "metadata": { "name": "a", "namespace": "n" },
            "spec": { "partitions": 6, "config": { "retention.ms": 1000, "cleanup.policy": "delete" }, "cluster": { "name": "c" } },
        }));
        let after = manifest(&json!({
            "metadata": { "name": "a", "namespace": "n", "annotations": { "klamm.dev/description": "x" } },
            "spec": { "partitions": 12, "config": { "retention.ms": 2000 }, "cluster": { "name": "c" } },
        }));
        let lines: Vec<_> = between(Some(&before), &after)
            .into_iter()
            .map(|change| (change.field, change.before, change.after))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            lines,
            [
                ("metadata.annotations.\"klamm.dev/description\"".to_owned(), None, some("x")),
                ("spec.partitions".to_owned(), some("6"), some("12")),
                ("spec.config.\"retention.ms\"".to_owned(), some("1000"), some("2000")),
                ("spec.config.\"cleanup.policy\"".to_owned(), some("delete"), None),
            ]
        );
        assert!(between(Some(&after), &after).is_empty());
        assert_eq!(between(None, &after).len(), 3);
        assert_eq!(removed(&after)[0], Change { field: "spec.partitions".to_owned(), before: some("12"), after: None });
    }
}
