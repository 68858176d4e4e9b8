//! Bytes as people can read them, and no more of them than was asked for.

use super::question::Show;
use klamm_kafka::records::{Header, Record, Stamps};
use klamm_model::{MessageForm, MessageHeader, MessagePart, MessageView, PartitionId};
use serde::de::IgnoredAny;
use std::fmt::Write;

/// What is larger is not looked at as JSON.
pub(super) const LARGEST_JSON: usize = 1 << 20;
/// Bytes of a header's value that are told.
const LONGEST_HEADER: usize = 1024;
/// Bytes of a header's name.
const LONGEST_NAME: usize = 200;
/// Bytes in a line of hex.
const LINE: usize = 16;
/// Characters that a byte takes there.
const DIGITS: usize = 3;

pub(super) fn message(
    partition: PartitionId,
    record: &Record,
    (stamps, in_transaction): (Stamps, bool),
    show: Show,
) -> MessageView {
    let shown = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map(|bytes| part(bytes, show));
    let headers = record.headers.iter().map(|header| told(header, show)).collect();
    MessageView {
        partition,
        offset: record.offset,
        timestamp: record.timestamp,
        appended: matches!(stamps, Stamps::Appended(_)),
        key: shown(&record.key),
        value: shown(&record.value),
        headers,
        header_count: record.header_count as u64,
        in_transaction,
    }
}

fn told(header: &Header, show: Show) -> MessageHeader {
    let name = &header.name[..header.name.len().min(LONGEST_NAME)];
    let show = Show { longest: show.longest.min(LONGEST_HEADER), ..show };
    MessageHeader {
        name: readable(name).unwrap_or_else(|| lossy(name)),
        value: header.value.as_ref().map(|bytes| part(bytes, show)),
    }
}

/// Bytes in the form that is wanted, or in the nearest that they have.
pub(super) fn part(bytes: &[u8], Show { form, longest }: Show) -> MessagePart {
    let as_json = || json(bytes, longest).map(|text| (MessageForm::Json, text));
    let as_text = || readable(bytes).map(|text| (MessageForm::Text, text));
    let as_hex = || (MessageForm::Hex, hex(bytes, longest));
    let (form, text) = match form {
        None | Some(MessageForm::Json) => as_json().or_else(as_text).unwrap_or_else(as_hex),
        Some(MessageForm::Text) => as_text().unwrap_or_else(|| (MessageForm::Text, lossy(bytes))),
        Some(MessageForm::Hex) => as_hex(),
    };
    let (text, cut) = match form {
        MessageForm::Hex => (text, bytes.len() > longest / DIGITS),
        MessageForm::Json | MessageForm::Text => shortened(text, longest),
    };
    MessagePart { form, text, size: bytes.len() as u64, cut }
}

fn shortened(mut text: String, longest: usize) -> (String, bool) {
    let is_longer = text.len() > longest;
    text.truncate(text.floor_char_boundary(longest));
    (text, is_longer)
}

/// Text without signs that steer a terminal.
fn readable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_odd = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t');
    (!text.contains(is_odd)).then(|| text.to_owned())
}

fn lossy(bytes: &[u8]) -> String {
    let readable = |sign: char| {
        let is_odd = sign.is_control() && !matches!(sign, '\n' | '\r' | '\t');
        if is_odd { char::REPLACEMENT_CHARACTER } else { sign }
    };
    String::from_utf8_lossy(bytes).chars().map(readable).collect()
}

fn hex(bytes: &[u8], longest: usize) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().take(longest / DIGITS).enumerate() {
        let before = match at % LINE {
            _ if at == 0 => "",
            0 => "\n",
            _ => " ",
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "{before}{byte:02x}");
    }
    text
}

/// An object or a list, indented. What it says stays as it was written: numbers are not rounded, and names that occur twice stay.
fn json(bytes: &[u8], longest: usize) -> Option<String> {
    let opens = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(opens, b'{' | b'[') || bytes.len() > LARGEST_JSON {
        return None;
    }
    serde_json::from_slice::<IgnoredAny>(bytes).ok()?;
    let text = readable(bytes)?;
    let mut written = String::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut signs = text.chars().peekable();
    let line = |written: &mut String, depth: usize| {
        written.push('\n');
        // Deep lists would be nothing but blanks.
        written.extend(std::iter::repeat_n("  ", depth.min(32)));
    };
    while let Some(sign) = signs.next() {
        // One more, so that it is known to be cut.
        if written.len() > longest {
            break;
        }
        if in_text {
            written.push(sign);
            in_text = escaped || sign != '"';
            escaped = sign == '\\' && !escaped;
            continue;
        }
        match sign {
            ' ' | '\n' | '\r' | '\t' => {}
            '{' | '[' => {
                while signs.next_if(char::is_ascii_whitespace).is_some() {}
                written.push(sign);
                if let Some(end) = signs.next_if(|next| matches!(next, '}' | ']')) {
                    written.push(end);
                } else {
                    depth += 1;
                    line(&mut written, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut written, depth);
                written.push(sign);
            }
            ',' => {
                written.push(sign);
                line(&mut written, depth);
            }
            ':' => written.push_str(": "),
            sign => {
                in_text = sign == '"';
                written.push(sign);
            }
        }
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn shown(bytes: &[u8], form: Option<MessageForm>, longest: usize) -> MessagePart {
        part(bytes, Show { form, longest })
    }

    fn auto(bytes: &[u8]) -> (MessageForm, String) {
        let MessagePart { form, text, .. } = shown(bytes, None, 10_000);
        (form, text)
    }

    #[test]
    fn bytes_are_shown_in_the_form_that_fits_them() {
        let json = br#" {"a":[1,{"b":"x, {y} \" [z]"}],"e":{},"f":[ ],"n":12345678901234567890.10,"n":2} "#;
        let written = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x, {y} \\\" [z]\"\n    }\n  ],\n  \"e\": {},\n  \"f\": [],\n  \
                       \"n\": 12345678901234567890.10,\n  \"n\": 2\n}";
        assert_eq!(auto(json), (MessageForm::Json, written.to_owned()));
        assert_eq!(auto(b"plain"), (MessageForm::Text, "plain".to_owned()));
        assert_eq!(auto(b"42"), (MessageForm::Text, "42".to_owned()));
        assert_eq!(auto(b"{broken"), (MessageForm::Text, "{broken".to_owned()));
        assert_eq!(auto("zwei\nZeilen\tü".as_bytes()), (MessageForm::Text, "zwei\nZeilen\tü".to_owned()));
        assert_eq!(auto(&[0, 0xff, 0x1b]), (MessageForm::Hex, "00 ff 1b".to_owned()));
        assert_eq!(auto(b"\x1b[31mred"), (MessageForm::Hex, "1b 5b 33 31 6d 72 65 64".to_owned()));
        assert_eq!(auto(b""), (MessageForm::Text, String::new()));
    }

    #[test]
    fn a_form_that_is_wanted_is_had_where_that_can_be() {
        assert_eq!(shown(b"{}", Some(MessageForm::Hex), 100).text, "7b 7d");
        assert_eq!(shown(b"{}", Some(MessageForm::Text), 100).form, MessageForm::Text);
        assert_eq!(shown(b"a\xff\x1bb", Some(MessageForm::Text), 100).text, "a\u{fffd}\u{fffd}b");
        assert_eq!(shown(b"text", Some(MessageForm::Json), 100).form, MessageForm::Text);
        assert_eq!(auto(&[7; 17]).1, "07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07\n07");
    }

    #[test]
    fn what_is_long_is_cut_and_its_length_told() {
        for (bytes, text) in [("äöü".as_bytes(), "äö"), (b"\x00\x01\x02", "00"), (br#"{"a":1}"#, "{\n  \"")] {
            let part = shown(bytes, None, 5);
            assert_eq!((part.text.as_str(), part.size, part.cut), (text, bytes.len() as u64, true));
        }
        assert!(!shown(b"short", None, 5).cut);
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let part = shown(&deep, None, 4096);
        assert!(part.text.len() <= 4096 && part.cut, "{}", part.text.len());
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_shown_and_never_more_than_asked_for(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            form in proptest::option::of(proptest::sample::select(vec![MessageForm::Json, MessageForm::Text, MessageForm::Hex])),
            longest in 1_usize..200,
        ) {
            let part = shown(&bytes, form, longest);
            prop_assert!(part.text.len() <= longest);
            prop_assert!(!part.text.contains(|sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t')));
            prop_assert_eq!(part.size, bytes.len() as u64);
        }

        #[test]
        fn indented_json_says_the_same(text in r#"(\{"[a-c]{0,3}":|\[|\{\}|[0-9]{1,4}|"[^"\\]{0,6}"|,|\]|\}| |null){0,12}"#) {
            if let (Ok(value), Some(indented)) = (serde_json::from_str::<Value>(&text), json(text.as_bytes(), 100_000)) {
                prop_assert_eq!(serde_json::from_str::<Value>(&indented).ok(), Some(value));
            }
        }
    }
}
