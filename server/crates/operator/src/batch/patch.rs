use serde::Serialize;
use serde_json::{Map, Value, json};

/// A merge patch that makes a status exactly `next`, for an object of this uid and no other; none when nothing changes.
/// What `previous` has and `next` lacks is taken away.
pub(crate) fn status_patch<S: Serialize>(uid: &str, previous: &S, next: &S) -> Option<Value> {
    let (Ok(Value::Object(previous)), Ok(Value::Object(next))) =
        (serde_json::to_value(previous), serde_json::to_value(next))
    else {
        return None;
    };
    let mut changed: Map<String, Value> =
        previous.keys().filter(|key| !next.contains_key(*key)).map(|key| (key.clone(), Value::Null)).collect();
    changed.extend(next.into_iter().filter(|(key, value)| previous.get(key) != Some(value)));
    // A status field is replaced as a whole: merged into, a map would keep the entries it lost.
    if changed.is_empty() { None } else { Some(json!({ "metadata": { "uid": uid }, "status": changed })) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn only_what_changed_is_sent_and_what_went_is_taken_away() {
        let status =
            |pairs: &[(&str, i32)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect::<BTreeMap<_, _>>();
        let patch = status_patch("u", &status(&[("a", 1), ("b", 2), ("c", 3)]), &status(&[("a", 1), ("b", 5)]));
        assert_eq!(patch, Some(json!({ "metadata": { "uid": "u" }, "status": { "c": null, "b": 5 } })));
        assert_eq!(status_patch("u", &status(&[("a", 1)]), &status(&[("a", 1)])), None);
    }
}
