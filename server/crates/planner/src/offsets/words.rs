//! How people write where a group is to continue.

use super::ResetTo;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use klamm_model::UnixMillis;
use std::{fmt, str::FromStr};

/// A text says nothing that a group could continue at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is none of earliest, latest, a moment such as 2026-11-28T10:00:00Z, a time back such as PT1H, a shift such as \
     +100 or -100, and an offset"
)]
pub struct NoTarget {
    /// What was written, shortened.
    pub text: String,
}

/// No text that means anything is longer.
const LONGEST: usize = 64;
/// `2026-11-28T`: what a moment begins with, which tells it from everything else that a parser of times takes.
const DATE: usize = 10;

impl FromStr for ResetTo {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        parsed(text).ok_or_else(|| NoTarget { text: text.chars().take(LONGEST).collect() })
    }
}

fn parsed(text: &str) -> Option<ResetTo> {
    if text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    match (text, text.as_bytes().first()?) {
        ("earliest", _) => Some(ResetTo::Earliest),
        ("latest", _) => Some(ResetTo::Latest),
        (_, b'P') => back(text),
        (_, b'+' | b'-') => {
            let digits = text.get(1..).is_some_and(are_digits);
            digits.then(|| text.parse().ok().map(ResetTo::Shift))?
        }
        (_, b'0'..=b'9') if are_digits(text) => {
            let offset: i64 = text.parse().ok()?;
            u64::try_from(offset).ok().map(ResetTo::Offset)
        }
        (_, b'0'..=b'9') => moment(text),
        _ => None,
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// RFC 3339, and nothing of what else a parser of times would take.
fn moment(text: &str) -> Option<ResetTo> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"TZ:.+-".contains(&byte));
    let has_date = text.as_bytes().get(DATE) == Some(&b'T');
    let at: Timestamp = (is_plain && has_date).then(|| text.parse().ok())??;
    Some(ResetTo::Moment(UnixMillis(at.as_millisecond())))
}

/// ISO 8601 as Java reads it: days of 24 hours and what is smaller, for a month is no amount of time.
fn back(text: &str) -> Option<ResetTo> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"PDTHMS.".contains(&byte));
    let span: Span = is_plain.then(|| text.parse().ok())??;
    if span.get_years() != 0 || span.get_months() != 0 || span.get_weeks() != 0 {
        return None;
    }
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    u64::try_from(duration.as_millis()).ok().map(ResetTo::Back)
}

impl fmt::Display for ResetTo {
    /// As it is written in requests and in manifests: the same meaning is the same text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Moment(at) => match Timestamp::from_millisecond(at.0) {
                Ok(at) => write!(f, "{at}"),
                // No text means this moment.
                Err(_) => write!(f, "{} ms since 1970", at.0),
            },
            Self::Back(millis) => {
                let millis = i64::try_from(*millis).unwrap_or(i64::MAX);
                write!(f, "{}", SignedDuration::from_millis(millis))
            }
            Self::Shift(by) => write!(f, "{by:+}"),
            Self::Offset(offset) => write!(f, "{offset}"),
        }
    }
}
