//! Java properties (`java.util.Properties.load`), line by line: comments, continuation lines, the three separators,
//! escapes and UTF-16 code units.

use std::{collections::BTreeMap, fmt::Write};

/// A key with its value and the line it begins on, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counted from 1.
    pub line: usize,
    /// Without escapes; empty when a line begins with its separator.
    pub key: String,
    /// Without escapes. Space at its end is part of it, as in Java.
    pub value: String,
}

/// A text that Java would not read either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropertiesError {
    /// `\u` without four hexadecimal digits.
    #[error("\\u needs four hexadecimal digits after it; for a backslash write \\\\")]
    BadUnicodeEscape {
        /// Counted from 1.
        line: usize,
    },
    /// Half of a character.
    #[error("a \\u escape is half of a character: write both halves, or the character itself")]
    LoneSurrogate {
        /// Counted from 1.
        line: usize,
    },
}

impl PropertiesError {
    /// The line, counted from 1.
    pub fn line(self) -> usize {
        match self {
            Self::BadUnicodeEscape { line } | Self::LoneSurrogate { line } => line,
        }
    }
}

/// Reads all entries in their order; a key may occur twice.
pub fn parse(text: &str) -> Result<Vec<Entry>, PropertiesError> {
    let mut entries = Vec::new();
    let mut lines = natural_lines(text).enumerate();
    while let Some((index, first)) = lines.next() {
        let first = first.trim_start_matches(is_blank);
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = String::new();
        let mut part = first;
        // A line that ends in an odd number of backslashes goes on in the next one, whatever that looks like.
        loop {
            let Some(continued) = continued(part) else {
                logical.push_str(part);
                break;
            };
            logical.push_str(continued);
            match lines.next() {
                Some((_, next)) => part = next.trim_start_matches(is_blank),
                None => break,
            }
        }
        if let Some(entry) = entry(index + 1, &logical)? {
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// Prints entries so that [`parse`], and Java, read the same.
pub fn print(entries: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for (key, value) in entries {
        escape(&mut out, key, Part::Key);
        out.push('=');
        escape(&mut out, value, Part::Value);
        out.push('\n');
    }
    out
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

fn natural_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let Some(end) = current.find(['\n', '\r']) else {
            rest = None;
            return Some(current);
        };
        let width = if current[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&current[end + width..]);
        Some(&current[..end])
    })
}

fn continued(line: &str) -> Option<&str> {
    let backslashes = line.bytes().rev().take_while(|b| *b == b'\\').count();
    if backslashes.is_multiple_of(2) { None } else { line.strip_suffix('\\') }
}

fn entry(line: usize, logical: &str) -> Result<Option<Entry>, PropertiesError> {
    if logical.is_empty() {
        return Ok(None);
    }
    let mut escaped = false;
    let end = logical.find(|c| {
        let ends = !escaped && (is_blank(c) || c == '=' || c == ':');
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = logical.split_at(end.unwrap_or(logical.len()));
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_blank);
    Ok(Some(Entry { line, key: unescape(line, key)?, value: unescape(line, value)? }))
}

fn unescape(line: usize, text: &str) -> Result<String, PropertiesError> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut buffer = [0; 2];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            units.extend_from_slice(c.encode_utf16(&mut buffer));
            continue;
        }
        match chars.next() {
            Some('u') => {
                let digits = chars.as_str().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
                let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
                units.push(unit.ok_or(PropertiesError::BadUnicodeEscape { line })?);
                chars = chars.as_str()[4..].chars();
            }
            Some('t') => units.push(u16::from(b'\t')),
            Some('n') => units.push(u16::from(b'\n')),
            Some('r') => units.push(u16::from(b'\r')),
            Some('f') => units.push(0xc),
            Some(other) => units.extend_from_slice(other.encode_utf16(&mut buffer)),
            None => {}
        }
    }
    String::from_utf16(&units).map_err(|_| PropertiesError::LoneSurrogate { line })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Value,
}

fn escape(out: &mut String, text: &str, part: Part) {
    for (i, c) in text.chars().enumerate() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\\' => out.push_str("\\\\"),
            ' ' | '=' | ':' | '#' | '!' if part == Part::Key => {
                out.push('\\');
                out.push(c);
            }
            ' ' if i == 0 => out.push_str("\\ "),
            // A separator at the beginning of a value would be taken for the one before it.
            '=' | ':' if i == 0 => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                // Infallible: a String never refuses text. Control characters are all in the basic plane.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
