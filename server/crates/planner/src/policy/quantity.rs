//! How much and how long, as people write it in rules: `7d`, `50GiB`.

use serde::{Deserialize, Deserializer, de::Error};
use std::{fmt, str::FromStr};

/// A text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not {what}; write a whole number and a unit, such as {example}")]
pub struct NotAQuantity {
    value: String,
    what: &'static str,
    example: &'static str,
}

/// A stretch of time, in milliseconds. `ms`, `s`, `m`, `h`, `d`, `w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u64);

/// A number of bytes. `B`, and `kB` to `TB` in thousands, `KiB` to `TiB` in 1024s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

const SPANS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
    ("B", 1),
];

fn read(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// The largest unit that leaves a whole number.
fn written(value: u64, units: &[(&str, u64)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (unit, factor) =
        units.iter().find(|(_, factor)| value != 0 && value.is_multiple_of(*factor)).unwrap_or_else(|| {
            // The smallest stands last.
            &units[units.len() - 1]
        });
    write!(f, "{} {unit}", value / factor)
}

impl FromStr for Span {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAQuantity { value: text.to_owned(), what: "a stretch of time", example: "\"12h\" or \"7d\"" };
        read(text, &SPANS).map(Self).ok_or_else(wrong)
    }
}

impl FromStr for Size {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAQuantity { value: text.to_owned(), what: "a number of bytes", example: "\"50GiB\"" };
        read(text, &SIZES).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(self.0, &SPANS, f)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(self.0, &SIZES, f)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantities_are_read_as_people_write_them() {
        let span = |text: &str| text.parse::<Span>().map(|span| span.0).ok();
        assert_eq!(
            [span("7d"), span("12 h"), span("5ms"), span("2w")].map(Option::unwrap),
            [604_800_000, 43_200_000, 5, 1_209_600_000]
        );
        assert_eq!(["", "d", "7", "-1d", "1.5h", "7 days", "99999999999999999999d"].map(span), [None; 7]);
        let size = |text: &str| text.parse::<Size>().map(|size| size.0).ok();
        assert_eq!((size("50GiB"), size("1 kB"), size("1KB")), (Some(53_687_091_200), Some(1000), None));
        assert_eq!(
            "1.5h".parse::<Span>().unwrap_err().to_string(),
            "\"1.5h\" is not a stretch of time; write a whole number and a unit, such as \"12h\" or \"7d\""
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(value: u64) {
            prop_assert_eq!(Span(value).to_string().parse(), Ok(Span(value)));
            prop_assert_eq!(Size(value).to_string().parse(), Ok(Size(value)));
        }
    }
}
