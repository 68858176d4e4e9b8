//! The logs of a topic, and records out of them.

use super::BrokersError;
use futures::future::{OptionFuture, join, join_all};
use klamm_kafka::{
    Client, ClientError, ErrorCode, FetchQuestion, Fetched, OffsetListing, OffsetSpec, PartitionsByLeader,
    TopicSelection,
};
use klamm_model::{BrokerId, Isolation, PartitionId, TopicName, UnixMillis};
use klamm_planner::offsets::{AtMoment, Log};
use std::collections::BTreeMap;

/// What is asked about the logs of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsQuestion {
    /// Which topic.
    pub topic: TopicName,
    /// This partition alone.
    pub partition: Option<PartitionId>,
    /// The moment that records are looked for.
    pub moment: Option<UnixMillis>,
    /// Whose records: logs end where these end.
    pub isolation: Isolation,
}

/// The logs of a topic.
pub type TopicLogs = BTreeMap<PartitionId, TopicLog>;

/// The log of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicLog {
    /// Who has it; none while nobody leads it.
    pub leader: Option<BrokerId>,
    /// Where it begins and ends; none where the leader did not say.
    pub log: Option<Log>,
}

/// What is read of a topic, by who leads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsFetch {
    /// Which topic.
    pub topic: TopicName,
    /// What each leader is asked for.
    pub of: BTreeMap<BrokerId, FetchQuestion>,
}

/// What leaders sent, or why not, for people.
pub type FetchedLogs = BTreeMap<PartitionId, Result<Fetched, String>>;

pub(super) async fn topic_logs(client: &Client, question: &LogsQuestion) -> Result<Option<TopicLogs>, BrokersError> {
    let names = TopicSelection::Names([question.topic.clone()].into());
    let described = client.describe_topics(&names).await.map_err(BrokersError::Away)?.remove(&question.topic);
    let topic = match described {
        Some(Ok(topic)) => topic,
        Some(Err(source)) if source.code != ErrorCode::UnknownTopicOrPartition => {
            return Err(BrokersError::Away(ClientError::Broker { what: "the description of a topic", source }));
        }
        Some(Err(_)) | None => return Ok(None),
    };
    let is_wanted = |id: PartitionId| question.partition.is_none_or(|wanted| wanted == id);
    let leaders_of: BTreeMap<PartitionId, Option<BrokerId>> =
        topic.partitions.iter().filter(|one| is_wanted(one.id)).map(|one| (one.id, one.leader)).collect();
    let mut leaders = PartitionsByLeader::default();
    for (id, leader) in &leaders_of {
        if let Some(leader) = leader {
            leaders.add(*leader, &question.topic, *id);
        }
    }
    let moment = OptionFuture::from(question.moment.map(|at| client.list_offsets(&leaders, OffsetSpec::At(at))));
    let (earliest, moment) = join(client.list_offsets(&leaders, OffsetSpec::Earliest), moment).await;
    let end = match question.isolation {
        Isolation::Committed => OffsetSpec::LatestStable,
        Isolation::Uncommitted => OffsetSpec::Latest,
    };
    // The end comes last, so that no record seems to lie beyond it.
    let latest = client.list_offsets(&leaders, end).await;
    let log = |id: PartitionId| {
        let topic = &question.topic;
        let (earliest, latest) = (earliest.get(topic, id)?, latest.get(topic, id)?);
        Some(Log { earliest, latest, at: at_moment(moment.as_ref(), topic, id)? })
    };
    Ok(Some(leaders_of.into_iter().map(|(id, leader)| (id, TopicLog { leader, log: log(id) })).collect()))
}

fn at_moment(told: Option<&OffsetListing>, topic: &TopicName, id: PartitionId) -> Option<AtMoment> {
    match told {
        None => Some(AtMoment::NotAsked),
        Some(told) if told.is_past_the_end(topic, id) => Some(AtMoment::PastTheEnd),
        Some(told) => told.get(topic, id).map(AtMoment::Record),
    }
}

pub(super) async fn fetched(client: &Client, fetch: &LogsFetch) -> FetchedLogs {
    // Collected before anything is awaited: a borrowing iterator held across an await keeps the future from being `Send`.
    let asked: Vec<_> =
        fetch.of.iter().map(|(leader, question)| of_leader(client, &fetch.topic, *leader, question)).collect();
    join_all(asked).await.into_iter().flatten().collect()
}

async fn of_leader(client: &Client, topic: &TopicName, leader: BrokerId, question: &FetchQuestion) -> FetchedLogs {
    match client.fetch(topic, leader, question).await {
        Ok(told) => told.into_iter().map(|(id, one)| (id, one.map_err(|error| error.to_string()))).collect(),
        Err(error) => {
            let why = error.explain();
            question.places.iter().map(|place| (place.partition, Err(why.clone()))).collect()
        }
    }
}
