//! Which version of which request a broker and this program both speak (KIP-35), and what its features are (KIP-584).

use crate::ClientError;
use kafka_protocol::{messages::ApiKey, protocol::Request};
use std::collections::BTreeMap;

/// An inclusive range of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// Lowest.
    pub min: i16,
    /// Highest.
    pub max: i16,
}

impl VersionRange {
    /// The versions in both.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let both = Self { min: self.min.max(other.min), max: self.max.min(other.max) };
        (both.min <= both.max).then_some(both)
    }
}

/// A feature as one node supports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureRange {
    /// Lowest level.
    pub min: i16,
    /// Highest level.
    pub max: i16,
}

/// What one broker says it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiTable {
    /// Requests by their key on the wire.
    pub(crate) apis: BTreeMap<i16, VersionRange>,
    /// Features the software supports, by name.
    pub supported: BTreeMap<String, FeatureRange>,
    /// Features as finalised for the cluster, by name.
    pub finalized: BTreeMap<String, i16>,
    /// Grows with every change of `finalized`; none when the broker does not know it.
    pub finalized_epoch: Option<i64>,
}

impl ApiTable {
    /// The versions of a request the broker offers.
    pub(crate) fn offered(&self, key: i16) -> Option<VersionRange> {
        self.apis.get(&key).copied()
    }

    /// The highest version of `R` that both sides speak, not above `ceiling`.
    pub(crate) fn negotiate<R: Request>(&self, what: &'static str, ceiling: i16) -> Result<i16, ClientError> {
        let mut ours = spoken::<R>();
        ours.max = ours.max.min(ceiling);
        let offered = self.offered(R::KEY);
        offered.and_then(|theirs| ours.intersect(theirs)).map(|both| both.max).ok_or(ClientError::UnsupportedByBroker {
            what,
            offered: offered.map(|o| (o.min, o.max)),
            spoken: (ours.min, ours.max),
        })
    }
}

/// The versions of `R` we speak: those with flexible encoding (KIP-482), which every broker since 2.8 has. The older
/// ones carry plain 32-bit counts, which cannot be guarded (see [`super::Guarded`]).
pub(crate) fn spoken<R: Request>() -> VersionRange {
    let range = R::VERSIONS;
    let first = (range.min..=range.max).find(|v| R::header_version(*v) >= 2).unwrap_or(range.max);
    VersionRange { min: first, max: range.max }
}

/// A request's name for messages, such as `CreateTopics`.
pub(super) fn name_of(key: i16) -> &'static str {
    macro_rules! names {
        ($($api:ident)*) => {
            match ApiKey::try_from(key) {
                $(Ok(ApiKey::$api) => stringify!($api),)*
                _ => "the request",
            }
        };
    }
    names!(Fetch ListOffsets Metadata OffsetFetch FindCoordinator DescribeGroups ListGroups SaslHandshake ApiVersions
        CreateTopics DeleteTopics DescribeAcls CreateAcls DeleteAcls DescribeConfigs DescribeLogDirs SaslAuthenticate
        CreatePartitions DeleteGroups ElectLeaders IncrementalAlterConfigs AlterPartitionReassignments
        ListPartitionReassignments DescribeClientQuotas AlterClientQuotas DescribeUserScramCredentials
        AlterUserScramCredentials DescribeQuorum UpdateFeatures DescribeCluster UnregisterBroker ConsumerGroupDescribe
        ShareGroupDescribe AddRaftVoter RemoveRaftVoter DescribeTopicPartitions)
}
