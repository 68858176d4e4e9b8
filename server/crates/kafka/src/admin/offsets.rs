//! Where logs begin and end, asked of the leaders.

use super::{
    batch::cut,
    topics::{PartitionDescription, TopicDescription},
    words,
};
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use futures::{StreamExt, stream};
use kafka_protocol::messages::{
    self, ListOffsetsRequest,
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
};
use klamm_model::{BrokerId, PartitionId, TopicName, UnixMillis};
use std::collections::{BTreeMap, HashMap};

/// Which place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first offset still there.
    Earliest,
    /// The next offset to be written.
    Latest,
    /// The first record of this moment or later. Moments before 1970 are taken for that of 1970.
    At(UnixMillis),
}

impl OffsetSpec {
    /// Negative times mean something else to brokers.
    fn timestamp(self) -> i64 {
        match self {
            Self::Earliest => -2,
            Self::Latest => -1,
            Self::At(at) => at.0.max(0),
        }
    }

    /// Whether a leader that names no offset has said something: that all records are older.
    fn may_find_none(self) -> bool {
        match self {
            Self::Earliest | Self::Latest => false,
            Self::At(_) => true,
        }
    }
}

/// What leaders answer where no record is as young as was asked for.
const PAST_THE_END: i64 = -1;

/// Partitions by who leads them. Those without a leader are in nobody's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionsByLeader(BTreeMap<BrokerId, BTreeMap<TopicName, Vec<PartitionId>>>);

impl PartitionsByLeader {
    /// Sorts described topics by the leaders of their partitions.
    pub fn of<'a>(topics: impl IntoIterator<Item = (&'a TopicName, &'a TopicDescription)>) -> Self {
        let mut sorted = Self::default();
        for (name, topic) in topics {
            for PartitionDescription { id, leader, .. } in &topic.partitions {
                if let Some(leader) = leader {
                    sorted.add(*leader, name, *id);
                }
            }
        }
        sorted
    }

    /// Takes out what these brokers lead, and says which of them lead anything.
    pub fn leave_out<'a>(&mut self, leaders: impl IntoIterator<Item = &'a BrokerId>) -> Vec<BrokerId> {
        leaders.into_iter().copied().filter(|leader| self.0.remove(leader).is_some()).collect()
    }

    /// Adds one partition.
    pub fn add(&mut self, leader: BrokerId, topic: &TopicName, partition: PartitionId) {
        let topics = self.0.entry(leader).or_default();
        match topics.get_mut(topic) {
            Some(partitions) => partitions.push(partition),
            None => drop(topics.insert(topic.clone(), vec![partition])),
        }
    }
}

/// Offsets as far as leaders answered.
#[derive(Debug, Default)]
pub struct OffsetListing {
    offsets: HashMap<TopicName, BTreeMap<PartitionId, i64>>,
    /// Leaders that did not answer.
    pub unanswered: BTreeMap<BrokerId, ClientError>,
}

impl OffsetListing {
    /// The offset of a partition; none when nobody could say.
    pub fn get(&self, topic: &TopicName, partition: PartitionId) -> Option<i64> {
        self.told(topic, partition).filter(|offset| *offset >= 0)
    }

    /// Whether the leader said that all records are older than the moment that was asked about.
    pub fn is_past_the_end(&self, topic: &TopicName, partition: PartitionId) -> bool {
        self.told(topic, partition) == Some(PAST_THE_END)
    }

    fn told(&self, topic: &TopicName, partition: PartitionId) -> Option<i64> {
        self.offsets.get(topic)?.get(&partition).copied()
    }

    /// The offsets of a topic's partitions.
    pub fn topic(&self, topic: &TopicName) -> Option<&BTreeMap<PartitionId, i64>> {
        self.offsets.get(topic)
    }
}

/// Partitions in one question.
const PARTITIONS: usize = 5000;
/// Leaders asked at once.
const LEADERS: usize = 8;
/// Later versions add a time limit that only concerns tiered storage.
const WITHOUT_TIME_LIMIT: i16 = 9;

type Piece = Vec<(TopicName, Vec<PartitionId>)>;
type Found = Vec<(TopicName, BTreeMap<PartitionId, i64>)>;

impl Client {
    /// Offsets of these partitions. A partition whose leader has just changed is missing from the answer.
    pub async fn list_offsets(&self, partitions: &PartitionsByLeader, spec: OffsetSpec) -> OffsetListing {
        let ask = |(leader, topics): (BrokerId, Vec<Piece>)| async move {
            let mut found = Found::new();
            for piece in topics {
                match self.offsets_at(leader, piece, spec).await {
                    Ok(offsets) => found.extend(offsets),
                    Err(error) => return (leader, found, Some(error)),
                }
            }
            (leader, found, None)
        };
        // Collected before anything is awaited: a borrowing iterator held across an await keeps the future from being `Send`.
        let questions: Vec<(BrokerId, Vec<Piece>)> = partitions
            .0
            .iter()
            .map(|(leader, topics)| {
                let topics: Piece = topics.iter().map(|(name, ids)| (name.clone(), ids.clone())).collect();
                (*leader, cut(topics, PARTITIONS, |(_, ids)| ids.len()))
            })
            .collect();
        let mut answers = stream::iter(questions.into_iter().map(ask)).buffer_unordered(LEADERS);
        let mut listing = OffsetListing::default();
        while let Some((leader, found, error)) = answers.next().await {
            for (topic, offsets) in found {
                listing.offsets.entry(topic).or_default().extend(offsets);
            }
            if let Some(error) = error {
                listing.unanswered.insert(leader, error);
            }
        }
        listing
    }

    async fn offsets_at(&self, leader: BrokerId, topics: Piece, spec: OffsetSpec) -> Result<Found, ClientError> {
        let timestamp = spec.timestamp();
        let partition = |id: &PartitionId| {
            ListOffsetsPartition::default()
                .with_partition_index(id.0)
                .with_current_leader_epoch(-1)
                .with_timestamp(timestamp)
        };
        let topic = |(name, ids): &(TopicName, Vec<PartitionId>)| {
            ListOffsetsTopic::default()
                .with_name(words::topic(name))
                .with_partitions(ids.iter().map(partition).collect())
        };
        let request = ListOffsetsRequest::default()
            .with_replica_id(messages::BrokerId(-1))
            .with_topics(topics.iter().map(topic).collect());
        let ask = Ask::look(&request).to(Target::Broker(leader)).up_to(WITHOUT_TIME_LIMIT);
        let response = self.ask(ask).await?;
        let found = response.topics.iter().filter_map(|topic| {
            let is_told = |offset: i64| offset >= 0 || (spec.may_find_none() && offset == PAST_THE_END);
            let known =
                topic.partitions.iter().filter(|p| KafkaError::check(p.error_code, None).is_ok() && is_told(p.offset));
            let offsets = known.map(|p| (PartitionId(p.partition_index), p.offset)).collect();
            Some((words::topic_name(&topic.name)?, offsets))
        });
        Ok(found.collect())
    }
}
