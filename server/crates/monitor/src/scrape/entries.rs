//! The entries of a JSON answer, one after the other as its bytes come in, so that it is never in memory as a whole. Pure.
//!
//! Where entries begin and end is seen by brackets, quotes and commas alone; what stands in one of them is read by `serde_json`.

use serde_json::{Map, Value};

/// Longest entry that is read; a longer one is passed over.
const LONGEST_ENTRY: usize = 16 * 1024;
/// The entry of an object in the list that is not read as one, but entry by entry.
const VALUE: &[u8] = b"\"value\"";

/// Whose entry something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// An object of the list.
    Part,
    /// The `value` of one of them.
    Value,
}

/// Takes `[{…, "value": {…}}, …]` apart. What is no such list ends it.
#[derive(Debug, Default)]
pub(super) struct Entries {
    place: Place,
    quotes: Quotes,
    /// Brackets that are open within the entry.
    inner: usize,
    /// The entry that has begun.
    begun: Vec<u8>,
    /// The entry is longer than anybody would read: its end is waited for.
    skipping: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Nothing has come yet.
    #[default]
    Before,
    /// The list, between its objects.
    List,
    /// An entry of one of its objects.
    Part,
    /// An entry of the value of one.
    Value,
    /// The list is over.
    After,
    /// It is no such list.
    Nonsense,
}

/// Whether the next byte stands in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quotes {
    #[default]
    Closed,
    Open,
    /// Behind a backslash.
    Escaped,
}

impl Entries {
    /// Takes what came, and hands on the entries that are whole now.
    pub(super) fn take(&mut self, bytes: &[u8], mut hand_on: impl FnMut(Of, Map<String, Value>)) {
        for byte in bytes {
            if self.place == Place::Nonsense {
                return;
            }
            self.byte(*byte, &mut hand_on);
        }
    }

    /// Whether the list has come to its end.
    pub(super) fn are_whole(&self) -> bool {
        self.place == Place::After
    }

    fn byte(&mut self, byte: u8, hand_on: &mut impl FnMut(Of, Map<String, Value>)) {
        self.place = match (self.place, byte) {
            (Place::Part | Place::Value, _) => return self.inside(byte, hand_on),
            (Place::Before, b'[') | (Place::List, b',') => Place::List,
            (Place::List, b'{') => Place::Part,
            (Place::List, b']') => Place::After,
            (here, byte) if byte.is_ascii_whitespace() => here,
            (Place::Before | Place::List | Place::After | Place::Nonsense, _) => Place::Nonsense,
        };
    }

    fn inside(&mut self, byte: u8, hand_on: &mut impl FnMut(Of, Map<String, Value>)) {
        match (self.quotes, byte) {
            (Quotes::Escaped, _) | (Quotes::Closed, b'"') => self.quotes = Quotes::Open,
            (Quotes::Open, b'\\') => self.quotes = Quotes::Escaped,
            (Quotes::Open, b'"') => self.quotes = Quotes::Closed,
            (Quotes::Closed, b'{') if self.opens_value() => {
                self.begun.clear();
                self.place = Place::Value;
                return;
            }
            (Quotes::Closed, b'{' | b'[') => self.inner += 1,
            (Quotes::Closed, b'}' | b']') if self.inner > 0 => self.inner -= 1,
            (Quotes::Closed, b'}') => {
                let outside = if self.place == Place::Value { Place::Part } else { Place::List };
                return self.end(outside, hand_on);
            }
            (Quotes::Closed, b']') => {
                self.place = Place::Nonsense;
                return;
            }
            (Quotes::Closed, b',') if self.inner == 0 => return self.end(self.place, hand_on),
            (Quotes::Open | Quotes::Closed, _) => {}
        }
        if self.begun.len() >= LONGEST_ENTRY {
            self.skipping = true;
            self.begun.clear();
        }
        if !self.skipping {
            self.begun.push(byte);
        }
    }

    /// Whether a bracket that opens here is that of the value.
    fn opens_value(&self) -> bool {
        let name = self.begun.trim_ascii().strip_suffix(b":").map(<[u8]>::trim_ascii_end);
        self.place == Place::Part && self.inner == 0 && name == Some(VALUE)
    }

    /// The entry is over, and this comes next.
    fn end(&mut self, next: Place, hand_on: &mut impl FnMut(Of, Map<String, Value>)) {
        let of = if self.place == Place::Value { Of::Value } else { Of::Part };
        self.place = next;
        let entry = std::mem::take(&mut self.begun);
        // One that is passed over has left nothing behind.
        if std::mem::take(&mut self.skipping) || entry.trim_ascii().is_empty() {
            return;
        }
        match serde_json::from_slice::<Map<String, Value>>(&[&b"{"[..], &entry, b"}"].concat()) {
            Ok(entry) => hand_on(of, entry),
            Err(_) => self.place = Place::Nonsense,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    /// Every entry of an answer that comes in such parts, and whether all of it came.
    fn cut(answer: &[u8], part: usize) -> (Vec<(Of, String, Value)>, bool) {
        let (mut entries, mut seen) = (Entries::default(), Vec::new());
        for bytes in answer.chunks(part) {
            entries.take(bytes, |of, entry| seen.extend(entry.into_iter().map(|(name, value)| (of, name, value))));
            assert!(entries.begun.capacity() <= 2 * LONGEST_ENTRY, "{}", entries.begun.capacity());
        }
        (seen, entries.are_whole())
    }

    #[test]
    fn the_entries_of_values_are_told_one_by_one() {
        let answer = br#" [ {"request":{"value":{"a":1}}, "value" : {"b,\"}":{"c":[2]},"d":{}} ,"status":200},{"value":5}, {}] "#;
        let of = |of, name: &str, value| (of, name.to_owned(), value);
        let wanted = vec![
            of(Of::Part, "request", json!({ "value": { "a": 1 } })),
            of(Of::Value, "b,\"}", json!({ "c": [2] })),
            of(Of::Value, "d", json!({})),
            of(Of::Part, "status", json!(200)),
            of(Of::Part, "value", json!(5)),
        ];
        assert_eq!(cut(answer, 3), (wanted, true));
    }

    #[test]
    fn what_is_no_list_of_objects_ends_at_once() {
        for nonsense in [
            "{\"a\":1}",
            "[[",
            "[0,0",
            "[{]",
            "[{\"a\":}]",
            "[{\"a\":1 2}]",
            "[{\"a\"}]",
            "[{\"a\":[}}]",
            "[]x",
            "<html>",
        ] {
            let (seen, is_whole) = cut(nonsense.as_bytes(), 1);
            assert_eq!((seen.len(), is_whole), (0, false), "{nonsense}");
        }
        for cut_short in ["", "[", "[{", "[{\"a\":1", "[{\"a\":1}", "[{\"value\":{\"a\":\"]}]"] {
            assert!(!cut(cut_short.as_bytes(), 1).1, "{cut_short}");
        }
    }

    #[test]
    fn however_much_comes_next_to_nothing_of_it_is_kept() {
        let many = |text: &str| text.repeat((256 << 10) / text.len());
        assert_eq!(cut(format!("[{}0]", many("0,")).as_bytes(), 4096), (Vec::new(), false));
        // What is too long is passed over, and what comes behind it is read.
        let long = [
            format!("{}{}", many("["), many("]")),
            format!("\"{}\"", many("x")),
            format!("{{{}\"a\":0}}", many("\"a\":0,")),
        ];
        for long in long {
            let answer = format!("[{{\"value\":{{\"a\":{long},\"b\":1}},\"status\":200,\"c\":{long}}}]");
            let wanted = vec![(Of::Value, "b".to_owned(), json!(1)), (Of::Part, "status".to_owned(), json!(200))];
            assert_eq!(cut(answer.as_bytes(), 4096), (wanted, true));
        }
        let deep = format!("[{{\"a\":{}{}}}]", "[".repeat(1000), "]".repeat(1000));
        assert_eq!(cut(deep.as_bytes(), 4096), (Vec::new(), false), "deeper than anything is read");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a\"\\\\{}\\[\\],: ü]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                object(inner).prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn object(of: impl Strategy<Value = Value>) -> impl Strategy<Value = BTreeMap<String, Value>> {
        proptest::collection::btree_map("[a-c\"\\\\{}]{0,3}|value", of, 0..5)
    }

    proptest! {
        #[test]
        fn entries_are_those_that_a_reader_of_all_of_it_sees(
            parts in proptest::collection::vec(object(value()), 0..4),
            is_pretty in any::<bool>(),
            chunk in 1_usize..40,
        ) {
            let mut wanted = Vec::new();
            for (name, value) in parts.iter().flatten() {
                match value {
                    Value::Object(inner) if name == "value" => {
                        wanted.extend(inner.iter().map(|(name, value)| (Of::Value, name.clone(), value.clone())));
                    }
                    other => wanted.push((Of::Part, name.clone(), other.clone())),
                }
            }
            let text = if is_pretty { serde_json::to_string_pretty(&parts) } else { serde_json::to_string(&parts) };
            prop_assert_eq!(cut(text.unwrap().as_bytes(), chunk), (wanted, true));
        }

        #[test]
        fn no_bytes_are_too_much_for_it(bytes in proptest::collection::vec(any::<u8>(), 0..200), chunk in 1_usize..40) {
            cut(&bytes, chunk);
            cut(&[&b"[{\"value\":{"[..], &bytes].concat(), chunk);
        }
    }
}
