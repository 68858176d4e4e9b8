//! What is searched for in records.

use super::path::Path;
use klamm_kafka::records::Record;
use serde_json::Value;

/// What a record has to be like. Without anything, every record is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    contains: Option<Vec<u8>>,
    place: Option<(Path, Option<Expected>)>,
}

/// What has to be at a place: this text, or what it says as JSON.
#[derive(Clone, Debug, PartialEq)]
struct Expected {
    text: String,
    value: Option<Value>,
}

impl Filter {
    pub(super) fn new(contains: Option<&str>, place: Option<(Path, Option<&str>)>) -> Self {
        let expected = |text: &str| Expected { text: text.to_owned(), value: serde_json::from_str(text).ok() };
        Self {
            contains: contains.map(|text| text.as_bytes().to_vec()),
            place: place.map(|(path, text)| (path, text.map(expected))),
        }
    }

    pub(super) fn fits(&self, record: &Record) -> bool {
        self.contains
            .as_ref()
            .is_none_or(|text| [&record.key, &record.value].into_iter().flatten().any(|bytes| holds(bytes, text)))
            && self.place.as_ref().is_none_or(|(path, expected)| {
                let value = record.value.as_ref().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
                value.is_some_and(|value| path.find(&value).is_some_and(|found| is_as(found, expected.as_ref())))
            })
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn is_as(found: &Value, expected: Option<&Expected>) -> bool {
    let Some(Expected { text, value }) = expected else { return true };
    found.as_str() == Some(text) || value.as_ref().is_some_and(|value| same(found, value))
}

/// Numbers are the same however they are written.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        // As whole numbers first: large ones would be rounded to the same.
        (Some(_), Some(_)) if one.is_i64() && other.is_i64() => one.as_i64() == other.as_i64(),
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: Option<&str>, value: Option<&str>) -> Record {
        let bytes = |text: &str| bytes::Bytes::copy_from_slice(text.as_bytes());
        let (key, value) = (key.map(bytes), value.map(bytes));
        Record { offset: 0, timestamp: None, key, value, headers: Vec::new(), header_count: 0 }
    }

    fn at(path: &str, expected: Option<&str>) -> Filter {
        Filter::new(None, Some((path.parse().unwrap(), expected)))
    }

    #[test]
    fn text_is_found_in_keys_and_values_and_nowhere_else() {
        let filter = Filter::new(Some("nee"), None);
        assert!(filter.fits(&record(Some("needle"), None)) && filter.fits(&record(None, Some("a needle"))));
        assert!(!filter.fits(&record(None, None)) && !filter.fits(&record(Some("ne"), Some("Nee"))));
        assert!(Filter::default().fits(&record(None, None)));
    }

    #[test]
    fn a_place_has_to_be_there_and_to_say_what_is_expected() {
        let value = r#"{"id":7,"big":9007199254740993,"name":"ada","on":true,"none":null,"half":0.50,"list":[1,2]}"#;
        let fits = |path: &str, expected| at(path, expected).fits(&record(None, Some(value)));
        for (path, expected) in [
            ("$.id", None),
            ("$.none", None),
            ("$.id", Some("7")),
            ("$.id", Some("7.0")),
            ("$.name", Some("ada")),
            ("$.name", Some("\"ada\"")),
            ("$.on", Some("true")),
            ("$.none", Some("null")),
            ("$.half", Some("0.5")),
            ("$.list", Some("[1, 2]")),
            ("$.big", Some("9007199254740993")),
        ] {
            assert!(fits(path, expected), "{path} {expected:?}");
        }
        for (path, expected) in [
            ("$.nothing", None),
            ("$.id", Some("8")),
            ("$.id", Some("seven")),
            ("$.name", Some("Ada")),
            ("$.on", Some("1")),
            ("$.list", Some("[2, 1]")),
            ("$.big", Some("9007199254740992")),
        ] {
            assert!(!fits(path, expected), "{path} {expected:?}");
        }
        assert!(!at("$", None).fits(&record(None, Some("{not json"))) && !at("$", None).fits(&record(None, None)));
        let deep = "[".repeat(100_000);
        assert!(!at("$", None).fits(&record(None, Some(&deep))));
    }
}
