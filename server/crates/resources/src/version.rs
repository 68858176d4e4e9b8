use std::{fmt, str::FromStr};

/// A text that is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a {kind}: write it as {example}")]
pub struct InvalidVersion {
    /// What was wanted.
    pub kind: &'static str,
    /// What was given.
    pub value: String,
    /// How it looks.
    pub example: &'static str,
}

/// A version of Kafka: `4.1.2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KafkaVersion {
    /// `4` of `4.1.2`.
    pub major: u16,
    /// `1` of `4.1.2`.
    pub minor: u16,
    /// `2` of `4.1.2`.
    pub patch: u16,
}

impl KafkaVersion {
    /// The oldest version that Klamm runs: dynamic quorums (KIP-853) began there.
    pub const OLDEST: Self = Self { major: 3, minor: 9, patch: 0 };
}

impl fmt::Display for KafkaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for KafkaVersion {
    type Err = InvalidVersion;
    fn from_str(value: &str) -> Result<Self, InvalidVersion> {
        let parse = || {
            let mut parts = value.split('.').map(number);
            let version = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
            parts.next().is_none().then_some(version)
        };
        parse().ok_or_else(|| InvalidVersion {
            kind: "Kafka version",
            value: value.chars().take(40).collect(),
            example: "4.1.2",
        })
    }
}

/// A metadata version by name: `4.1-IV1`, or `4.1` for the one its release finalises by default.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetadataVersion {
    /// `4` of `4.1-IV1`.
    pub major: u16,
    /// `1` of `4.1-IV1`.
    pub minor: u16,
    /// `1` of `4.1-IV1`; none for `4.1`.
    pub level: Option<u16>,
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.level.map_or(Ok(()), |level| write!(f, "-IV{level}"))
    }
}

impl FromStr for MetadataVersion {
    type Err = InvalidVersion;
    fn from_str(value: &str) -> Result<Self, InvalidVersion> {
        let parse = || {
            let (release, level) = match value.split_once("-IV") {
                Some((release, level)) => (release, Some(number(level)?)),
                None => (value, None),
            };
            let (major, minor) = release.split_once('.')?;
            Some(Self { major: number(major)?, minor: number(minor)?, level })
        };
        parse().ok_or_else(|| InvalidVersion {
            kind: "metadata version",
            value: value.chars().take(40).collect(),
            example: "4.1-IV1 or 4.1",
        })
    }
}

fn number(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered_as_numbers() {
        let version = |text: &str| text.parse::<KafkaVersion>();
        assert_eq!(version("4.1.2").unwrap().to_string(), "4.1.2");
        assert!(version("4.10.0").unwrap() > version("4.9.9").unwrap());
        for text in ["", "4", "4.1", "4.1.2.3", "4.1.x", "v4.1.2", "4.1.+2", "4.1.99999"] {
            assert!(version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_versions_keep_their_form() {
        for text in ["4.1-IV1", "4.1", "3.9-IV0"] {
            assert_eq!(text.parse::<MetadataVersion>().unwrap().to_string(), text);
        }
        for text in ["", "4", "4.1-IV", "4.1-1", "4.1.2", "IV1"] {
            assert!(text.parse::<MetadataVersion>().is_err(), "{text}");
        }
    }
}
