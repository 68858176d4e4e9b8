//! Where logs begin and end, asked of the leaders.

use super::{
    batch::cut,
    fetch::level,
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
    list_offsets_response::ListOffsetsPartitionResponse,
};
use klamm_model::{BrokerId, Isolation, PartitionId, TopicName, UnixMillis};
use std::collections::{BTreeMap, HashMap};

/// Which place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first offset still there.
    Earliest,
    /// The next offset to be written.
    Latest,
    /// The first offset of the oldest transaction that is still open; the next one to be written where none is.
    LatestStable,
    /// The first record of this moment or later. Moments before 1970 are taken for that of 1970.
    At(UnixMillis),
}

impl OffsetSpec {
    /// Negative times mean something else to brokers.
    fn timestamp(self) -> i64 {
        match self {
            Self::Earliest => -2,
            Self::Latest | Self::LatestStable => -1,
            Self::At(at) => at.0.max(0),
        }
    }

    fn isolation(self) -> Isolation {
        match self {
            Self::LatestStable => Isolation::Committed,
            Self::Earliest | Self::Latest | Self::At(_) => Isolation::Uncommitted,
        }
    }

    /// Whether a leader that names no offset has said something: that all records are older.
    fn may_find_none(self) -> bool {
        match self {
            Self::Earliest | Self::Latest | Self::LatestStable => false,
            Self::At(_) => true,
        }
    }
}

/// What leaders answer where no record is as young as was asked for.
const PAST_THE_END: i64 = -1;
/// And where there is no record at all.
const NO_TIMESTAMP: i64 = -1;

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

/// Asked for instead of a time, since this version of the request (KIP-734).
const NEWEST: i64 = -3;
const KNOWS_NEWEST: i16 = 7;

type Piece = Vec<(TopicName, Vec<PartitionId>)>;
type Found = Vec<(TopicName, BTreeMap<PartitionId, i64>)>;

/// What leaders are asked of each partition.
#[derive(Clone, Copy)]
struct Question {
    timestamp: i64,
    isolation: Isolation,
    /// What is read of what they answer, where they refuse nothing; none where that says nothing.
    read: fn(&ListOffsetsPartitionResponse) -> Option<i64>,
}

impl From<OffsetSpec> for Question {
    fn from(spec: OffsetSpec) -> Self {
        let read: fn(&ListOffsetsPartitionResponse) -> Option<i64> = if spec.may_find_none() {
            |told| Some(told.offset).filter(|offset| *offset >= PAST_THE_END)
        } else {
            |told| Some(told.offset).filter(|offset| *offset >= 0)
        };
        Self { timestamp: spec.timestamp(), isolation: spec.isolation(), read }
    }
}

/// What a leader says of the newest record of a partition; what there is comes after what there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NewestRecord {
    /// There is no record.
    Missing,
    /// It has this timestamp.
    At(UnixMillis),
}

/// When logs were last written to, as far as leaders answered.
#[derive(Debug, Default)]
pub struct NewestListing(OffsetListing);

impl NewestListing {
    /// The newest record of a partition; none where its leader did not answer.
    pub fn get(&self, topic: &TopicName, partition: PartitionId) -> Option<NewestRecord> {
        let millis = self.0.told(topic, partition)?;
        Some(if millis > NO_TIMESTAMP { NewestRecord::At(UnixMillis(millis)) } else { NewestRecord::Missing })
    }

    /// Leaders that did not answer.
    pub fn unanswered(&self) -> &BTreeMap<BrokerId, ClientError> {
        &self.0.unanswered
    }
}

impl Client {
    /// Offsets of these partitions. A partition whose leader has just changed is missing from the answer.
    pub async fn list_offsets(&self, partitions: &PartitionsByLeader, spec: OffsetSpec) -> OffsetListing {
        self.listed(partitions, spec.into()).await
    }

    /// The timestamps of the newest records of these partitions. Brokers that are too old to be asked answer nothing.
    pub async fn newest_records(&self, partitions: &PartitionsByLeader) -> NewestListing {
        let isolation = Isolation::Uncommitted;
        let question = Question { timestamp: NEWEST, isolation, read: |told| Some(told.timestamp.max(NO_TIMESTAMP)) };
        NewestListing(self.listed(partitions, question).await)
    }

    async fn listed(&self, partitions: &PartitionsByLeader, question: Question) -> OffsetListing {
        let ask = |(leader, topics): (BrokerId, Vec<Piece>)| async move {
            let mut found = Found::new();
            for piece in topics {
                match self.offsets_at(leader, piece, question).await {
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

    async fn offsets_at(&self, leader: BrokerId, topics: Piece, question: Question) -> Result<Found, ClientError> {
        let Question { timestamp, isolation, read } = question;
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
            .with_isolation_level(level(isolation))
            .with_topics(topics.iter().map(topic).collect());
        let ask = Ask::look(&request).to(Target::Broker(leader)).up_to(WITHOUT_TIME_LIMIT).fitted(without_newest);
        let response = self.ask(ask).await?;
        let found = response.topics.iter().filter_map(|topic| {
            let known = topic.partitions.iter().filter(|told| KafkaError::check(told.error_code, None).is_ok());
            let read = |told: &ListOffsetsPartitionResponse| Some((PartitionId(told.partition_index), read(told)?));
            Some((words::topic_name(&topic.name)?, known.filter_map(read).collect()))
        });
        Ok(found.collect())
    }
}

/// An older broker would take it for a time, and name the first record of the log.
fn without_newest(mut request: ListOffsetsRequest, version: i16) -> ListOffsetsRequest {
    if version < KNOWS_NEWEST {
        for topic in &mut request.topics {
            topic.partitions.retain(|partition| partition.timestamp != NEWEST);
        }
    }
    request
}
