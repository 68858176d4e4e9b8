//! A place in JSON: `$.order.lines[0]["unit price"]`. Names, indices, and nothing that runs.

use serde_json::Value;
use std::str::FromStr;

/// The way to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Steps of the longest way.
const LONGEST: usize = 32;

/// What cannot be a way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAPath {
    #[error("it begins with $, as in $.order.id")]
    Begin,
    #[error("at character {0}: write .name, [0] or [\"a name\"]")]
    Step(usize),
    #[error("at most {LONGEST} steps")]
    TooLong,
}

impl FromStr for Path {
    type Err = NotAPath;

    fn from_str(text: &str) -> Result<Self, NotAPath> {
        let mut rest = text.trim().strip_prefix('$').ok_or(NotAPath::Begin)?;
        let whole = rest.chars().count();
        let mut steps = Vec::new();
        while !rest.is_empty() {
            // Counted from 1, with the sign at the beginning.
            let here = whole - rest.chars().count() + 2;
            let (step, after) = step(rest).ok_or(NotAPath::Step(here))?;
            steps.push(step);
            rest = after;
            if steps.len() > LONGEST {
                return Err(NotAPath::TooLong);
            }
        }
        Ok(Self(steps))
    }
}

/// The first step of a way, and the rest of it.
fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(name) = text.strip_prefix('.') {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (name, rest) = name.split_at(end);
        let is_plain = !name.is_empty() && !name.contains([']', '"', '\'', '*', '?', '(', ')', '@']);
        return is_plain.then(|| (Step::Name(name.to_owned()), rest));
    }
    let inside = text.strip_prefix('[')?;
    for quote in ['"', '\''] {
        if let Some(quoted) = inside.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Step::Name(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = inside.split_once(']')?;
    let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    Some((Step::Index(index.parse().ok().filter(|_| is_number)?), rest))
}

impl Path {
    /// What is there.
    pub(super) fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Name(name) => value.as_object()?.get(name),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn found(path: &str, value: &Value) -> Option<Value> {
        path.parse::<Path>().unwrap().find(value).cloned()
    }

    #[test]
    fn names_and_indices_lead_to_a_place_or_to_none() {
        let value = json!({ "a": { "b": [1, { "c d": "x" }], "ü-1": null }, "": 3 });
        assert_eq!(found("$", &value), Some(value.clone()));
        assert_eq!(found("$.a.b[0]", &value), Some(json!(1)));
        assert_eq!(found(" $.a.b[1][\"c d\"] ", &value), Some(json!("x")));
        assert_eq!(found("$['a'].b[1]['c d']", &value), Some(json!("x")));
        assert_eq!(found("$.a.ü-1", &value), Some(Value::Null));
        assert_eq!(found("$[\"\"]", &value), Some(json!(3)));
        for nowhere in ["$.b", "$.a.b[2]", "$.a[0]", "$[0]", "$.a.b.c", "$.a.b[1].c"] {
            assert_eq!(found(nowhere, &value), None, "{nowhere}");
        }
    }

    #[test]
    fn whatever_is_no_way_is_refused_with_its_place() {
        let refused = |path: &str| path.parse::<Path>().unwrap_err();
        for path in ["", "a", ".a", "a.$"] {
            assert_eq!(refused(path), NotAPath::Begin, "{path}");
        }
        for (path, at) in
            [("$a", 2), ("$.", 2), ("$.a..b", 4), ("$.a[", 4), ("$.a[-1]", 4), ("$[1]x", 5), ("$.a[b]", 4)]
        {
            assert_eq!(refused(path), NotAPath::Step(at), "{path}");
        }
        // Nothing that selects, computes or runs.
        for path in
            ["$..a", "$.*", "$[*]", "$[?(@.a)]", "$.a.length()", "$[0:2]", "$[+1]", "$[\"a]", "$[99999999999999999999]"]
        {
            assert!(path.parse::<Path>().is_err(), "{path}");
        }
        assert_eq!(refused(&format!("${}", ".a".repeat(33))), NotAPath::TooLong);
        assert!(format!("${}", ".a".repeat(32)).parse::<Path>().is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_a_way_or_none(text in ".{0,60}") {
            let _ = text.parse::<Path>();
            let _ = format!("${text}").parse::<Path>();
        }

        #[test]
        fn every_name_can_be_written(name in "[^\"]{0,20}", index in 0_usize..5) {
            let value = json!({ name.clone(): [0, 1, 2, 3, 4] });
            let path = format!("$[\"{name}\"][{index}]");
            // What stands before and after a way is left out, and never part of a name.
            prop_assert_eq!(found(&path, &value), Some(json!(index)));
        }
    }
}
