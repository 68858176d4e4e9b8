//! What releases of Kafka can do: levels of `metadata.version` and of other features, and which levels cannot be left again.
//!
//! Everything here is in the `kafka-server-common` jar of each release (`MetadataVersion`, `Feature`); a test holds the
//! table against the jars. A new release is a row in [`RELEASES`] and its levels in [`LEVELS`].

use super::{Door, FeatureRange, Refusal};
use std::collections::BTreeMap;

/// The feature that every other one comes with.
pub const METADATA: &str = "metadata.version";

/// The mode of the quorum, which never goes back.
pub const KRAFT: &str = "kraft.version";

/// A release line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// `4` and `1` of 4.1.
    pub line: (u16, u16),
    /// Levels of `metadata.version` that it can do; the highest is the one it finalises.
    pub metadata: (i16, i16),
    /// Highest levels of other features.
    pub features: &'static [(&'static str, i16)],
}

/// Releases that Klamm rolls between, oldest first.
pub const RELEASES: &[Release] = &[
    Release { line: (3, 9), metadata: (1, 21), features: &[(KRAFT, 1), (TRANSACTION, 0)] },
    Release { line: (4, 0), metadata: (7, 25), features: &[(KRAFT, 1), (TRANSACTION, 2), (GROUP, 1), (ELR, 1)] },
    Release {
        line: (4, 1),
        metadata: (7, 27),
        features: &[(KRAFT, 1), (TRANSACTION, 2), (GROUP, 1), (ELR, 1), (SHARE, 1), (STREAMS, 0)],
    },
    Release {
        line: (4, 2),
        metadata: (7, 29),
        features: &[(KRAFT, 1), (TRANSACTION, 2), (GROUP, 1), (ELR, 1), (SHARE, 1), (STREAMS, 1)],
    },
    Release {
        line: (4, 3),
        metadata: (7, 30),
        features: &[(KRAFT, 1), (TRANSACTION, 2), (GROUP, 1), (ELR, 1), (SHARE, 1), (STREAMS, 1)],
    },
];

/// Transactions with a defence on the server's side (KIP-890).
const TRANSACTION: &str = "transaction.version";
/// Consumer groups of the new protocol (KIP-848).
const GROUP: &str = "group.version";
/// Replicas that may lead without being in sync (KIP-966).
pub(super) const ELR: &str = "eligible.leader.replicas.version";
/// Share groups (KIP-932).
const SHARE: &str = "share.version";
/// Streams groups (KIP-1071).
const STREAMS: &str = "streams.version";

/// Levels of `metadata.version` from 1 on: the name, and whether records of metadata changed with it, so that a cluster
/// that went there cannot go back below it.
pub const LEVELS: &[(&str, Change)] = &[
    ("3.0-IV1", Change::Metadata),
    ("3.1-IV0", Change::None),
    ("3.2-IV0", Change::Metadata),
    ("3.3-IV0", Change::None),
    ("3.3-IV1", Change::Metadata),
    ("3.3-IV2", Change::Metadata),
    ("3.3-IV3", Change::Metadata),
    ("3.4-IV0", Change::Metadata),
    ("3.5-IV0", Change::None),
    ("3.5-IV1", Change::None),
    ("3.5-IV2", Change::Metadata),
    ("3.6-IV0", Change::None),
    ("3.6-IV1", Change::Metadata),
    ("3.6-IV2", Change::Metadata),
    ("3.7-IV0", Change::Metadata),
    ("3.7-IV1", Change::None),
    ("3.7-IV2", Change::Metadata),
    ("3.7-IV3", Change::None),
    ("3.7-IV4", Change::None),
    ("3.8-IV0", Change::None),
    ("3.9-IV0", Change::None),
    ("4.0-IV0", Change::None),
    ("4.0-IV1", Change::Metadata),
    ("4.0-IV2", Change::None),
    ("4.0-IV3", Change::None),
    ("4.1-IV0", Change::None),
    ("4.1-IV1", Change::None),
    ("4.2-IV0", Change::None),
    ("4.2-IV1", Change::None),
    ("4.3-IV0", Change::Metadata),
];

/// What came with a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing that an older level would not read.
    None,
    /// Records that an older level does not read.
    Metadata,
}

/// Levels that other features get with a level of `metadata.version`: from which one on, and which.
pub const DEFAULTS: &[(&str, i16, i16)] =
    &[(GROUP, 22, 1), (TRANSACTION, 24, 2), (ELR, 26, 1), (SHARE, 28, 1), (STREAMS, 29, 1)];

impl Release {
    /// The release line of a version such as `4.1.2`.
    pub fn of(version: &str) -> Option<&'static Self> {
        let (line, _) = parsed(version)?;
        RELEASES.iter().find(|release| release.line == line)
    }

    /// Levels of a feature that it can do; features that it does not know can only be at 0.
    pub fn range(&self, feature: &str) -> FeatureRange {
        if feature == METADATA {
            return FeatureRange { min: self.metadata.0, max: self.metadata.1 };
        }
        let max = self.features.iter().find(|(name, _)| *name == feature).map_or(0, |(_, max)| *max);
        FeatureRange { min: 0, max }
    }

    /// `4.1`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.line.0, self.line.1)
    }
}

/// `4.1.2` as line and patch.
pub(super) fn parsed(version: &str) -> Option<((u16, u16), u16)> {
    let mut parts = version.split('.').map(|part| part.parse::<u16>().ok());
    let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(((major, minor), patch))
}

/// The name of a level of `metadata.version`: `4.1-IV1`, or the number where it has none here.
pub fn level_name(level: i16) -> String {
    let at = usize::try_from(level).ok().and_then(|level| level.checked_sub(1));
    at.and_then(|at| LEVELS.get(at)).map_or_else(|| format!("level {level}"), |(name, _)| (*name).to_owned())
}

/// The level of a metadata version by name: `4.1-IV1`, or `4.1` for the one that release finalises.
pub fn level_of(name: &str) -> Option<i16> {
    if let Some(at) = LEVELS.iter().position(|(known, _)| *known == name) {
        return i16::try_from(at + 1).ok();
    }
    RELEASES.iter().find(|release| release.name() == name).map(|release| release.metadata.1)
}

/// Levels of all features that go with a metadata version by name, as `kafka-features.sh upgrade --release-version` sets
/// them. The mode of the quorum stays what it is.
pub fn levels(name: &str) -> Option<BTreeMap<String, i16>> {
    let metadata = level_of(name)?;
    let others = DEFAULTS
        .iter()
        .map(|(feature, from, level)| ((*feature).to_owned(), if metadata >= *from { *level } else { 0 }));
    Some(others.chain([(METADATA.to_owned(), metadata)]).collect())
}

/// Levels that are crossed on the way up and cannot be left again.
pub fn one_way(from: i16, to: i16) -> Vec<i16> {
    let crossed = LEVELS
        .iter()
        .zip(1_i16..)
        .filter(|((_, change), level)| *change == Change::Metadata && *level > from && *level <= to);
    crossed.map(|(_, level)| level).collect()
}

/// Whether a feature that goes from one level to another can come back.
pub fn door(feature: &str, from: i16, to: i16) -> Door {
    if feature == KRAFT && to > from {
        return Door::OneWay("A quorum never goes back to an older kraft.version.".to_owned());
    }
    let crossed = if feature == METADATA { one_way(from, to) } else { Vec::new() };
    let names: Vec<String> = crossed.into_iter().map(level_name).collect();
    match names.as_slice() {
        [] => Door::Open,
        [one] => Door::OneWay(format!("There is no way back from {one} to {}.", level_name(from))),
        [.., last] => Door::OneWay(format!(
            "It crosses {} levels that cannot be left again ({}): there is no way back from {last} to {}.",
            names.len(),
            names.join(", "),
            level_name(from)
        )),
    }
}

/// Whether software may be exchanged while these features are in force. Kafka rolls between any two releases that both
/// can do what is in force; a downgrade is the same way.
pub fn path(from: &str, to: &str, in_force: &BTreeMap<String, i16>) -> Result<(), Refusal> {
    let Some(release) = Release::of(to) else {
        let known: Vec<String> = RELEASES.iter().map(Release::name).collect();
        return Err(Refusal::Path(format!("Klamm does not know Kafka {to}; it knows {}", known.join(", "))));
    };
    for (feature, level) in in_force.iter().filter(|(_, level)| **level != 0) {
        let range = release.range(feature);
        if *level < range.min {
            return Err(Refusal::Path(format!(
                "Kafka {to} needs {feature} {} at least, and {} is in force: it has to be finalised with Kafka {from} first",
                named(feature, range.min),
                named(feature, *level)
            )));
        }
        if *level > range.max {
            let back = match door(feature, range.max, *level) {
                Door::Open => format!(": bring it to {} first", named(feature, range.max)),
                Door::OneWay(why) => format!(". {why}"),
            };
            return Err(Refusal::Path(format!(
                "{feature} {} is in force, and Kafka {to} can do {} at most{back}",
                named(feature, *level),
                named(feature, range.max)
            )));
        }
    }
    Ok(())
}

/// A level as people know it.
pub(super) fn named(feature: &str, level: i16) -> String {
    if feature == METADATA { level_name(level) } else { level.to_string() }
}
