//! Teams whose objects are kept in Git: what was agreed to is not written but handed out, and the request goes on once the
//! object is as it was agreed to, whoever wrote it.

use super::{
    Applier,
    step::{Next, generation, unable},
    target::Target,
};
use crate::{
    ObservedCluster,
    requests::{Intent, Means},
};
use klamm_model::Problem;
use klamm_store::RequestRow;
use serde_json::Value;

/// Between two looks whether somebody has committed it.
const LOOK_MILLIS: i64 = 1_000;

impl Applier {
    /// Whether it is an object that is written, and the owner's objects are kept in Git, as the rules say.
    pub(super) fn is_exported(&self, row: &RequestRow, seen: &ObservedCluster) -> bool {
        let standing = self.portal.policies.now();
        let environment = seen.declared.environment.as_deref().unwrap_or_default();
        let rules = standing.policy.of(environment).map(|(_, rules)| rules);
        Means::of(row.request.kind) == Means::Object
            && rules.is_some_and(|rules| rules.export.contains(&row.request.owner))
    }

    /// Goes on once the object is there, or gone. Until then the wish is looked at as it would be before it is written.
    pub(super) async fn export(&self, row: &RequestRow, seen: &ObservedCluster) -> Result<Next, Problem> {
        let request = &row.request;
        let target = Target::of(&self.client, row)?;
        let standing = match target.read().await {
            Ok(standing) => standing,
            Err(error) => return Ok(unable(row, &error)),
        };
        let parsed = |json: &str| serde_json::from_str::<Value>(json).unwrap_or_default();
        let is_so = match (Intent::of(request.kind), &standing) {
            (Intent::Remove, standing) => standing.is_none(),
            (Intent::Write, None) => false,
            (Intent::Write, Some(standing)) => {
                let base = request.body.base_json.as_deref().map(parsed).unwrap_or_default();
                fulfils(&parsed(&request.body.manifest_json), &base, &parsed(standing.manifest.json()))
            }
        };
        if is_so {
            return Ok(Next::found(generation(standing.as_ref())));
        }
        let next = self.begin(row, seen).await?;
        if !next.may_write() {
            return Ok(next);
        }
        let what = match Intent::of(request.kind) {
            Intent::Write => "commits its manifest there",
            Intent::Remove => "takes its manifest away there",
        };
        let message = format!("team {}, whose objects are kept in Git, until somebody {what}", request.owner);
        Ok(Next::wait(row, message, LOOK_MILLIS))
    }
}

/// Whether an object is as was agreed to: all that was to be is, and all that was to be taken away is gone. What others
/// have added besides does not matter.
fn fulfils(wanted: &Value, base: &Value, standing: &Value) -> bool {
    let (Some(wanted), Some(standing)) = (wanted.as_object(), standing.as_object()) else {
        return wanted == standing;
    };
    let before = |key: &String| base.get(key).unwrap_or(&Value::Null);
    let there = wanted
        .iter()
        .all(|(key, value)| standing.get(key).is_some_and(|standing| fulfils(value, before(key), standing)));
    let taken_away = base.as_object().into_iter().flatten().filter(|(key, _)| !wanted.contains_key(*key));
    there && taken_away.into_iter().all(|(key, _)| !standing.contains_key(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_fulfils_what_was_agreed_to_whatever_others_have_added() {
        let base = json!({ "spec": { "partitions": 3, "config": { "a": 1, "b": 2 } } });
        let wanted = json!({ "spec": { "partitions": 6, "config": { "a": 5 } } });
        let fulfilled = |standing: Value| fulfils(&wanted, &base, &standing);
        assert!(fulfilled(wanted.clone()));
        assert!(fulfilled(json!({
            "metadata": { "annotations": { "argocd.argoproj.io/tracking-id": "x" } },
            "spec": { "partitions": 6, "config": { "a": 5, "c": 1 } },
        })));
        assert!(!fulfilled(base.clone()), "not yet");
        assert!(!fulfilled(json!({ "spec": { "partitions": 6, "config": { "a": 5, "b": 2 } } })), "still there");
        assert!(!fulfilled(json!({ "spec": { "partitions": 6 } })), "half of it");
        assert!(fulfils(&wanted, &Value::Null, &wanted), "and where nothing was before");
    }
}
