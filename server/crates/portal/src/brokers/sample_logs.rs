//! Logs of tests, served as leaders serve them.

use super::{FetchedLogs, LogsFetch, LogsQuestion, TopicLog, TopicLogs};
use bytes::Bytes;
use klamm_kafka::{AbortedTransaction, Fetched, records::batches};
use klamm_model::{BrokerId, Isolation, PartitionId, UnixMillis};
use klamm_planner::offsets::{AtMoment, Log};
use klamm_testkit::SampleBatch;
use std::collections::BTreeMap;

/// The log of a partition. It begins with its first batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct SampleLog {
    /// By where they begin.
    pub(crate) batches: Vec<SampleBatch>,
    /// Where the oldest open transaction begins.
    pub(crate) open_from: Option<i64>,
    /// Transactions that do not count.
    pub(crate) aborted: Vec<AbortedTransaction>,
    /// Bytes instead of those of the batches, from whatever offset on.
    pub(crate) instead: Option<Bytes>,
}

fn last_offset(batch: &SampleBatch) -> i64 {
    batch.base_offset + i64::try_from(batch.records.len()).unwrap() - 1
}

impl SampleLog {
    pub(crate) fn of(batches: Vec<SampleBatch>) -> Self {
        Self { batches, ..Self::default() }
    }

    fn end(&self, isolation: Isolation) -> i64 {
        let end = self.batches.last().map_or(0, |last| last_offset(last) + 1);
        match isolation {
            Isolation::Committed => self.open_from.map_or(end, |open| open.min(end)),
            Isolation::Uncommitted => end,
        }
    }

    fn at(&self, moment: UnixMillis) -> AtMoment {
        let mut times = self
            .batches
            .iter()
            .flat_map(|batch| (0..).zip(&batch.records).map(move |(at, _)| (batch.at + at, batch.base_offset + at)));
        times.find(|(time, _)| *time >= moment.0).map_or(AtMoment::PastTheEnd, |(_, offset)| AtMoment::Record(offset))
    }

    fn seen(&self, question: &LogsQuestion) -> Log {
        Log {
            earliest: self.batches.first().map_or(0, |first| first.base_offset),
            latest: self.end(question.isolation),
            at: question.moment.map_or(AtMoment::NotAsked, |moment| self.at(moment)),
        }
    }

    /// The batches from the one that holds the offset; of them the first as a whole where `first`, else as many as fit.
    fn read(&self, offset: i64, most: usize, first: bool, isolation: Isolation) -> Fetched {
        if let Some(bytes) = &self.instead {
            return Fetched { bytes: bytes.clone(), aborted: Vec::new() };
        }
        let end = self.end(isolation);
        let wanted = self.batches.iter().filter(|batch| last_offset(batch) >= offset && batch.base_offset < end);
        let mut bytes = Vec::new();
        for batch in wanted {
            let batch = batch.bytes();
            let is_first = bytes.is_empty() && first;
            if !is_first && bytes.len() + batch.len() > most {
                // Brokers cut in the middle of a batch, if something is there already.
                bytes.extend(batch.iter().take(if bytes.is_empty() { 0 } else { most - bytes.len() }));
                break;
            }
            bytes.extend(batch);
        }
        let aborted = match isolation {
            Isolation::Committed => self.aborted.clone(),
            Isolation::Uncommitted => Vec::new(),
        };
        Fetched { bytes: bytes.into(), aborted }
    }
}

/// The logs of one topic, each led by the broker of its number modulo three.
pub(crate) type SampleLogs = BTreeMap<i32, SampleLog>;

pub(crate) fn seen(logs: &SampleLogs, question: &LogsQuestion) -> TopicLogs {
    let wanted = logs.iter().filter(|(id, _)| question.partition.is_none_or(|wanted| wanted.0 == **id));
    let log = |(id, log): (&i32, &SampleLog)| {
        (PartitionId(*id), TopicLog { leader: Some(BrokerId(id % 3)), log: Some(log.seen(question)) })
    };
    wanted.map(log).collect()
}

pub(crate) fn fetched(logs: &SampleLogs, fetch: &LogsFetch) -> FetchedLogs {
    let mut told = FetchedLogs::new();
    for (leader, question) in &fetch.of {
        let mut left = usize::try_from(question.bytes).unwrap();
        let mut nothing_yet = true;
        for place in &question.places {
            assert_eq!(place.partition.0 % 3, leader.0, "leaders are asked for what they lead");
            let most = left.min(usize::try_from(place.bytes).unwrap());
            let log = &logs[&place.partition.0];
            let sent = log.read(place.offset, most, nothing_yet, question.isolation);
            left = left.saturating_sub(sent.bytes.len());
            nothing_yet &= batches(sent.bytes.clone()).next().is_none();
            told.insert(place.partition, Ok(sent));
        }
    }
    told
}
