//! What is searched for in records.

use super::{part::LARGEST_JSON, path::Path};
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

/// How a record stands to what is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is so.
    Fits,
    /// It is not.
    Not,
    /// Nobody can say: its value is too large to be looked into.
    TooLarge,
}

impl Filter {
    pub(super) fn new(contains: Option<&str>, place: Option<(Path, Option<&str>)>) -> Self {
        let expected = |text: &str| Expected { text: text.to_owned(), value: serde_json::from_str(text).ok() };
        Self {
            contains: contains.map(|text| text.as_bytes().to_vec()),
            place: place.map(|(path, text)| (path, text.map(expected))),
        }
    }

    pub(super) fn fits(&self, record: &Record) -> Fit {
        let holds_text = self
            .contains
            .as_ref()
            .is_none_or(|text| [&record.key, &record.value].into_iter().flatten().any(|bytes| holds(bytes, text)));
        match (holds_text, &self.place, &record.value) {
            (false, _, _) | (true, Some(_), None) => Fit::Not,
            (true, None, _) => Fit::Fits,
            // As values a megabyte may take forty, and a record may have eight.
            (true, Some(_), Some(bytes)) if bytes.len() > LARGEST_JSON => Fit::TooLarge,
            (true, Some((path, expected)), Some(bytes)) => {
                let value = serde_json::from_slice::<Value>(bytes).ok();
                let found = value.as_ref().and_then(|value| path.find(value));
                if found.is_some_and(|found| is_as(found, expected.as_ref())) { Fit::Fits } else { Fit::Not }
            }
        }
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
        let fit = |key, value| Filter::new(Some("nee"), None).fits(&record(key, value));
        assert_eq!((fit(Some("needle"), None), fit(None, Some("a needle"))), (Fit::Fits, Fit::Fits));
        assert_eq!((fit(None, None), fit(Some("ne"), Some("Nee"))), (Fit::Not, Fit::Not));
        assert_eq!(Filter::default().fits(&record(None, None)), Fit::Fits);
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
            assert_eq!(fits(path, expected), Fit::Fits, "{path} {expected:?}");
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
            assert_eq!(fits(path, expected), Fit::Not, "{path} {expected:?}");
        }
        let deep = "[".repeat(100_000);
        for value in [None, Some("{not json"), Some(deep.as_str())] {
            assert_eq!(at("$", None).fits(&record(None, value)), Fit::Not);
        }
    }

    #[test]
    fn what_is_too_large_is_not_looked_into_and_said_to_be_so() {
        let sized = |size: usize| format!("{{\"id\":7,\"of\":\"{}\"}}", "x".repeat(size - 16));
        let (largest, larger) = (sized(LARGEST_JSON), sized(LARGEST_JSON + 1));
        assert_eq!((largest.len(), larger.len()), (LARGEST_JSON, LARGEST_JSON + 1));
        let fit = |filter: &Filter, value: &str| filter.fits(&record(Some("key"), Some(value)));
        let by_place = at("$.id", Some("7"));
        assert_eq!((fit(&by_place, &largest), fit(&by_place, &larger)), (Fit::Fits, Fit::TooLarge));
        // Text is looked for in any record, and what does not hold it needs no second look.
        assert_eq!(fit(&Filter::new(Some("xxx"), None), &larger), Fit::Fits);
        let both = |text| Filter::new(Some(text), Some(("$.id".parse().unwrap(), None)));
        assert_eq!((fit(&both("key"), &larger), fit(&both("y"), &larger)), (Fit::TooLarge, Fit::TooLarge));
        assert_eq!(fit(&both("needle"), &larger), Fit::Not);
    }
}
