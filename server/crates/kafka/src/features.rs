//! Levels of `metadata.version` by name (KIP-584, `MetadataVersion.java`), and what they tell of the software.

use std::{fmt, str::FromStr};

/// The level a cluster's metadata is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataVersion(i16);

/// The first level with a name here; Kafka 4 begins with it.
const FIRST: i16 = 7;
/// Names from [`FIRST`] on, without gaps.
const NAMES: [&str; 28] = [
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0", "3.7-IV1",
    "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0",
    "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0", "4.4-IV0", "4.4-IV1", "4.4-IV2", "4.5-IV0",
];

impl MetadataVersion {
    /// From its level; any level is one, with or without a name here.
    pub fn from_level(level: i16) -> Self {
        Self(level)
    }

    /// Its level, as in `updateFeatures`.
    pub fn level(self) -> i16 {
        self.0
    }

    /// Its name, where this program knows it.
    pub fn name(self) -> Option<&'static str> {
        usize::try_from(self.0.checked_sub(FIRST)?).ok().and_then(|index| NAMES.get(index)).copied()
    }

    /// The release line that brought the level.
    pub fn line(self) -> Option<SoftwareLine> {
        let (line, _) = self.name()?.split_once("-IV")?;
        let (major, minor) = line.split_once('.')?;
        Some(SoftwareLine { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }

    /// The highest level of a release line, such as `4.1-IV1` for 4.1: what its brokers finalise for a new cluster.
    pub fn newest_of(line: SoftwareLine) -> Option<Self> {
        (FIRST..).take(NAMES.len()).map(Self).filter(|version| version.line() == Some(line)).last()
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "level {}", self.0),
        }
    }
}

/// Why a text is not a metadata version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a metadata.version known here; write it like 4.1-IV1")]
pub struct UnknownMetadataVersion(String);

impl FromStr for MetadataVersion {
    type Err = UnknownMetadataVersion;

    /// `4.1-IV1`; or `4.1`, which is the newest of that line, as Kafka's own tool reads it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = (FIRST..).zip(NAMES).find(|(_, name)| *name == text).map(|(level, _)| Self(level));
        let of_line = || {
            let (major, minor) = text.split_once('.')?;
            Self::newest_of(SoftwareLine { major: major.parse().ok()?, minor: minor.parse().ok()? })
        };
        named.or_else(of_line).ok_or_else(|| UnknownMetadataVersion(text.chars().take(80).collect()))
    }
}

/// A release line such as 4.1.
///
/// Brokers do not tell their version. What they do tell is the highest `metadata.version` they support, and every line
/// brings at least one level of its own, so that the highest level's name begins with the line. Patch releases look the
/// same; brokers run with `unstable.feature.versions.enable` may look newer than they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftwareLine {
    /// 4 of 4.1.
    pub major: u8,
    /// 1 of 4.1.
    pub minor: u8,
}

impl fmt::Display for SoftwareLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_the_names_of_kafka() {
        for (level, name) in
            [(7, "3.3-IV3"), (21, "3.9-IV0"), (25, "4.0-IV3"), (27, "4.1-IV1"), (29, "4.2-IV1"), (33, "4.4-IV2")]
        {
            assert_eq!(MetadataVersion::from_level(level).to_string(), name);
            assert_eq!(name.parse::<MetadataVersion>().unwrap().level(), level);
        }
        assert_eq!(MetadataVersion::from_level(99).to_string(), "level 99");
        assert_eq!(MetadataVersion::from_level(i16::MIN).name(), None);
    }

    #[test]
    fn a_line_stands_for_its_newest_level() {
        assert_eq!("4.1".parse::<MetadataVersion>().unwrap().level(), 27);
        assert_eq!(MetadataVersion::from_level(29).line(), Some(SoftwareLine { major: 4, minor: 2 }));
        for bad in ["", "4", "4.1-IV9", "9.9", "level 27"] {
            assert!(bad.parse::<MetadataVersion>().is_err(), "{bad}");
        }
    }
}
