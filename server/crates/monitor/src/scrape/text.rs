//! Lines of Prometheus' text format 0.0.4. Pure.
//!
//! `prometheus-parse` reads what stands outside of labels. It splits labels at every comma and equals sign, though values may
//! hold both, and ends them at the first brace: they are read here, as the format says.

use prometheus_parse::LineInfo;
use std::borrow::Cow;

/// Longest line that is read.
const LONGEST_LINE: usize = 16 * 1024;

/// Hands lines on as bytes come in.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// The line is longer than anybody would read: its end is waited for.
    skipping: bool,
}

/// What came of a line's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The line.
    Read(&'a str),
    /// It is too long, or no text.
    Unreadable,
}

impl Lines {
    /// Takes what came, and hands on the lines that are whole now.
    pub(super) fn take(&mut self, mut bytes: &[u8], mut hand_on: impl FnMut(Line<'_>)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.skipping {
                self.skipping = false;
            } else if self.begun.is_empty() {
                hand_on(read(line));
            } else {
                self.begun.extend_from_slice(line);
                hand_on(read(&self.begun));
                self.begun.clear();
            }
        }
        if self.begun.len() + bytes.len() > LONGEST_LINE {
            if !self.skipping {
                hand_on(Line::Unreadable);
            }
            self.skipping = true;
            self.begun.clear();
        } else if !self.skipping {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// The last line, where nothing ended it.
    pub(super) fn end(&mut self, mut hand_on: impl FnMut(Line<'_>)) {
        if !self.begun.is_empty() {
            hand_on(read(&self.begun));
            self.begun.clear();
        }
    }
}

fn read(line: &[u8]) -> Line<'_> {
    // Who wants to keep a reader busy sends millions of them.
    if line.is_empty() {
        return Line::Read("");
    }
    match std::str::from_utf8(line) {
        Ok(text) if text.len() <= LONGEST_LINE => Line::Read(text.trim_matches([' ', '\t', '\r'])),
        Ok(_) | Err(_) => Line::Unreadable,
    }
}

/// A number with its name.
#[derive(Debug, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) labels: Labels<'a>,
    pub(super) value: f64,
    /// Milliseconds since 1970, where the exporter says when it was so.
    pub(super) at: Option<i64>,
}

/// Labels of a line, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels<'a>(pub(super) Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Labels<'_> {
    /// The value of a label, however its name is written; none where there is none or nothing in it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(label, _)| label.eq_ignore_ascii_case(name))?;
        Some(found.1.as_ref()).filter(|value| !value.is_empty())
    }
}

/// The name that a line begins with; none where it is a comment, empty, or no sample.
pub(super) fn name(line: &str) -> Option<&str> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(line.len());
    line.get(..end).filter(|name| !name.is_empty())
}

/// Why a line says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("its labels are cut")]
    Labels,
    #[error("its number is none")]
    Number,
}

/// Reads a line that begins with this name.
pub(super) fn sample<'a>(line: &'a str, name: &str) -> Result<Sample<'a>, Unreadable> {
    let after = line.get(name.len()..).unwrap_or_default().trim_start();
    let (labels, rest) = match after.strip_prefix('{') {
        Some(inside) => labels(inside).ok_or(Unreadable::Labels)?,
        None => (Labels::default(), after),
    };
    // What `prometheus-parse` is given has no labels, so that it cannot cut them.
    let bare = format!("x {}", rest.trim_start());
    let LineInfo::Sample { value, timestamp, .. } = LineInfo::parse(&bare) else { return Err(Unreadable::Number) };
    let value = number(value).ok_or(Unreadable::Number)?;
    let at = timestamp.map(|text| text.parse().map_err(|_| Unreadable::Number)).transpose()?;
    Ok(Sample { labels, value, at })
}

/// As Go writes numbers; Rust reads all of its forms but `NaN` with a sign.
fn number(text: &str) -> Option<f64> {
    if text.trim_start_matches(['+', '-']).eq_ignore_ascii_case("nan") { Some(f64::NAN) } else { text.parse().ok() }
}

/// `a="b",c="d"} rest`: the labels and the rest.
fn labels(mut text: &str) -> Option<(Labels<'_>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start_matches([' ', '\t', ',']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((Labels(labels), rest));
        }
        let (name, after) = text.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || name.contains(['"', '{', '}', ',']) {
            return None;
        }
        let (value, rest) = quoted(after.trim_start().strip_prefix('"')?)?;
        labels.push((Cow::Borrowed(name), value));
        text = rest.trim_start_matches([' ', '\t']);
        if !text.starts_with([',', '}']) {
            return None;
        }
    }
}

/// What stands before the closing quote, and what behind it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = text.find(['"', '\\'])?;
    if text.as_bytes().get(end) == Some(&b'"') {
        return Some((Cow::Borrowed(text.get(..end)?), text.get(end + 1..)?));
    }
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((Cow::Owned(value), text.get(place + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests;
