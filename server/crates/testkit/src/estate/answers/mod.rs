//! What a broker of an estate answers, a file for each subject. Pure but for the clock of the quorum.

mod access;
mod cluster;
mod configs;
mod disks;
mod groups;
mod moves;
mod topics;

use super::{Shared, faults::Condition, wire::Heard};
use anyhow::bail;
use bytes::Bytes;
use kafka_protocol::{
    messages::{ApiKey, BrokerId},
    protocol::StrBytes,
};

/// The requests an estate answers; it says so in its greeting.
const ANSWERED: &[ApiKey] = &[
    ApiKey::ApiVersions,
    ApiKey::Metadata,
    ApiKey::DescribeCluster,
    ApiKey::DescribeQuorum,
    ApiKey::DescribeConfigs,
    ApiKey::DescribeAcls,
    ApiKey::DescribeLogDirs,
    ApiKey::ListPartitionReassignments,
    ApiKey::AlterPartitionReassignments,
    ApiKey::ElectLeaders,
    ApiKey::IncrementalAlterConfigs,
    ApiKey::ListOffsets,
    ApiKey::FindCoordinator,
    ApiKey::ListGroups,
    ApiKey::DescribeGroups,
    ApiKey::ConsumerGroupDescribe,
    ApiKey::ShareGroupDescribe,
    ApiKey::OffsetFetch,
];

/// Everything an answer follows from.
struct Question<'a> {
    shared: &'a Shared,
    condition: &'a Condition,
    /// The broker that is asked.
    broker: i32,
    heard: &'a Heard,
}

/// Whether this only asks what the broker can do.
pub(super) fn is_greeting(heard: &Heard) -> bool {
    heard.key == ApiKey::ApiVersions
}

/// The frame that answers a request.
pub(super) fn answer(shared: &Shared, condition: &Condition, broker: i32, heard: &Heard) -> anyhow::Result<Bytes> {
    let question = Question { shared, condition, broker, heard };
    match heard.key {
        ApiKey::ApiVersions => cluster::versions(&question),
        ApiKey::Metadata => topics::metadata(&question),
        ApiKey::DescribeCluster => cluster::describe(&question),
        ApiKey::DescribeQuorum => cluster::quorum(&question),
        ApiKey::DescribeConfigs => configs::describe(&question),
        ApiKey::DescribeAcls => access::describe(&question),
        ApiKey::DescribeLogDirs => disks::describe(&question),
        ApiKey::ListPartitionReassignments => moves::list(&question),
        ApiKey::AlterPartitionReassignments => moves::reassign(&question),
        ApiKey::ElectLeaders => moves::elect(&question),
        ApiKey::IncrementalAlterConfigs => moves::configure(&question),
        ApiKey::ListOffsets => topics::offsets(&question),
        ApiKey::FindCoordinator => groups::coordinator(&question),
        ApiKey::ListGroups => groups::list(&question),
        ApiKey::DescribeGroups => groups::describe_classic(&question),
        ApiKey::ConsumerGroupDescribe => groups::describe_consumer(&question),
        ApiKey::ShareGroupDescribe => groups::describe_share(&question),
        ApiKey::OffsetFetch => groups::committed(&question),
        other => bail!("an estate does not answer {other:?}"),
    }
}

impl Question<'_> {
    /// The place and the topic of that name.
    fn topic(&self, name: &str) -> Option<&super::world::Topic> {
        let place = self.shared.places.topics.get(name)?;
        self.topics().get(*place)
    }

    fn topics(&self) -> &[super::world::Topic] {
        if self.condition.has(super::Fault::NoTopics) {
            return &[];
        }
        self.condition.changed.topics.as_ref().map_or(&self.shared.world.topics, |changed| changed)
    }

    fn groups(&self) -> &[super::world::Group] {
        if self.condition.has(super::Fault::NoGroups) { &[] } else { &self.shared.world.groups }
    }

    fn brokers(&self) -> impl Iterator<Item = (i32, std::net::SocketAddr)> {
        (1..).zip(self.shared.addresses.iter().copied())
    }
}

fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

fn ids(brokers: &[i32]) -> Vec<BrokerId> {
    brokers.iter().copied().map(BrokerId).collect()
}

/// The protocol's type for ids; sixteen bytes always are one.
fn uuid<U: TryFrom<Vec<u8>> + Default>(bytes: &[u8; 16]) -> U {
    U::try_from(bytes.to_vec()).unwrap_or_default()
}

fn index(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
