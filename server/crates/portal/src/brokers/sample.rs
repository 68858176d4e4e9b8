//! Brokers of tests: a group whose offsets can be set, topics that can be tried, and what goes wrong with them.

use super::{
    Brokers, BrokersError, FetchedLogs, GroupLook, GroupQuestion, Logs, LogsFetch, LogsQuestion, TopicLogs, TopicTrial,
    sample_logs::{self, SampleLogs},
};
use futures::{FutureExt, future::BoxFuture};
use klamm_model::{ClusterRef, GroupId, GroupKind, GroupMember, GroupOffset, PartitionId, TopicName, UnixMillis};
use klamm_planner::offsets::{AtMoment, Log};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

/// What there is, for tests to change as they like.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) kind: GroupKind,
    pub(crate) members: Vec<String>,
    /// Of the group `payments.app`, by topic and partition.
    pub(crate) committed: BTreeMap<(String, i32), i64>,
    /// First and next offset of what can be read.
    pub(crate) logs: BTreeMap<(String, i32), (i64, i64)>,
    /// What the next commit meets.
    pub(crate) fate: Fate,
    /// How often offsets were set.
    pub(crate) commits: u32,
    /// How often somebody asked.
    pub(crate) looks: u32,
    /// How far the logs are at any moment that is asked about.
    pub(crate) at: Option<i64>,
    /// What they were to try.
    pub(crate) trials: Vec<TopicTrial>,
    /// How they answer that.
    pub(crate) manner: Manner,
    /// Records, by topic.
    pub(crate) records: BTreeMap<String, SampleLogs>,
    /// How often records were asked for.
    pub(crate) fetches: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Answers,
    Away,
    NeverAnswers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    /// It is done, and nobody hears of it.
    DoneInSilence,
    HasMembers,
    Refused,
}

/// The way to that world.
#[derive(Clone, Debug)]
pub(crate) struct Sample(pub(crate) Arc<Mutex<World>>);

pub(crate) const GROUP: &str = "payments.app";

impl Sample {
    pub(crate) fn new() -> Self {
        let at = |partition: i32| ("payments.a".to_owned(), partition);
        Self(Arc::new(Mutex::new(World {
            kind: GroupKind::Classic,
            members: Vec::new(),
            committed: [(at(0), 7), (at(1), 3)].into(),
            logs: [(at(0), (0, 10)), (at(1), (2, 10)), (at(2), (0, 10))].into(),
            fate: Fate::Done,
            commits: 0,
            looks: 0,
            at: None,
            trials: Vec::new(),
            manner: Manner::Answers,
            records: BTreeMap::new(),
            fetches: 0,
        })))
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.0.lock().unwrap());
    }

    /// Somebody else commits something.
    pub(crate) fn commits_elsewhere(&self, partition: i32, offset: i64) {
        self.change(|world| {
            world.committed.insert(("payments.a".to_owned(), partition), offset);
        });
    }

    /// A log begins and ends elsewhere.
    pub(crate) fn has_log(&self, partition: i32, ends: (i64, i64)) {
        self.change(|world| {
            world.logs.insert(("payments.a".to_owned(), partition), ends);
        });
    }

    pub(crate) fn committed(&self, partition: i32) -> Option<i64> {
        self.0.lock().unwrap().committed.get(&("payments.a".to_owned(), partition)).copied()
    }

    pub(crate) fn commits(&self) -> u32 {
        self.0.lock().unwrap().commits
    }

    pub(crate) fn looks(&self) -> u32 {
        self.0.lock().unwrap().looks
    }

    pub(crate) fn trials(&self) -> Vec<TopicTrial> {
        self.0.lock().unwrap().trials.clone()
    }
}

fn place((topic, partition): &(String, i32)) -> (TopicName, PartitionId) {
    (topic.parse().unwrap(), PartitionId(*partition))
}

fn seen(world: &World, question: &GroupQuestion) -> Option<GroupLook> {
    let wanted = |(topic, partition): &(TopicName, PartitionId)| match &question.logs {
        Logs::Committed => world.committed.contains_key(&(topic.to_string(), partition.0)),
        Logs::Of(topics) => topics.get(topic).is_some_and(|ids| ids.as_ref().is_none_or(|ids| ids.contains(partition))),
    };
    let at = |moment: Option<UnixMillis>| match (moment, world.at) {
        (None, _) => AtMoment::NotAsked,
        (Some(_), Some(offset)) => AtMoment::Record(offset),
        (Some(_), None) => AtMoment::PastTheEnd,
    };
    let log =
        |(earliest, latest): &(i64, i64)| Some(Log { earliest: *earliest, latest: *latest, at: at(question.moment) });
    let known: BTreeSet<TopicName> = world.logs.keys().map(|one| place(one).0).collect();
    let gone = match &question.logs {
        Logs::Committed => {
            world.committed.keys().map(|one| place(one).0).filter(|name| !known.contains(name)).collect()
        }
        Logs::Of(topics) => topics.keys().filter(|name| !known.contains(name)).cloned().collect(),
    };
    let member = |name: &String| GroupMember { id: name.clone(), client_id: name.clone(), host: String::new() };
    (question.group.as_str() == GROUP).then(|| GroupLook {
        kind: world.kind,
        state: if world.members.is_empty() { "Empty" } else { "Stable" }.to_owned(),
        members: world.members.iter().map(member).collect(),
        committed: world.committed.iter().map(|(one, offset)| (place(one), *offset)).collect(),
        logs: world.logs.iter().map(|(one, ends)| (place(one), log(ends))).filter(|(one, _)| wanted(one)).collect(),
        gone,
    })
}

fn commit(world: &mut World, offsets: Vec<GroupOffset>) -> Result<(), BrokersError> {
    match world.fate {
        Fate::HasMembers => return Err(BrokersError::HasMembers),
        Fate::Refused => return Err(BrokersError::Refused("payments.a-0: no".to_owned())),
        Fate::Done | Fate::DoneInSilence => {}
    }
    world.commits += 1;
    for offset in offsets {
        world.committed.insert((offset.topic.to_string(), offset.partition.0), offset.committed);
    }
    match world.fate {
        Fate::DoneInSilence => Err(BrokersError::TimedOut(super::PATIENCE)),
        Fate::Done | Fate::HasMembers | Fate::Refused => Ok(()),
    }
}

impl Brokers for Sample {
    fn look<'a>(
        &'a self,
        _: &'a ClusterRef,
        question: &'a GroupQuestion,
    ) -> BoxFuture<'a, Result<Option<GroupLook>, BrokersError>> {
        async move {
            let mut world = self.0.lock().unwrap();
            world.looks += 1;
            Ok(seen(&world, question))
        }
        .boxed()
    }

    fn commit<'a>(
        &'a self,
        _: &'a ClusterRef,
        _: &'a GroupId,
        offsets: Vec<GroupOffset>,
    ) -> BoxFuture<'a, Result<(), BrokersError>> {
        async move { commit(&mut self.0.lock().unwrap(), offsets) }.boxed()
    }

    fn try_topic<'a>(&'a self, cluster: &'a ClusterRef, trial: TopicTrial) -> BoxFuture<'a, Result<(), BrokersError>> {
        let manner = {
            let mut world = self.0.lock().unwrap();
            world.trials.push(trial.clone());
            world.manner
        };
        match manner {
            Manner::Answers => async move { examined(&trial) }.boxed(),
            Manner::Away => async { Err(BrokersError::NoWay(cluster.clone())) }.boxed(),
            Manner::NeverAnswers => futures::future::pending().boxed(),
        }
    }

    fn logs<'a>(
        &'a self,
        _: &'a ClusterRef,
        question: &'a LogsQuestion,
    ) -> BoxFuture<'a, Result<Option<TopicLogs>, BrokersError>> {
        let world = self.0.lock().unwrap();
        let seen = world.records.get(question.topic.as_str()).map(|logs| sample_logs::seen(logs, question));
        async move { Ok(seen) }.boxed()
    }

    fn fetch<'a>(
        &'a self,
        _: &'a ClusterRef,
        fetch: &'a LogsFetch,
    ) -> BoxFuture<'a, Result<FetchedLogs, BrokersError>> {
        let mut world = self.0.lock().unwrap();
        world.fetches += 1;
        let fetched = sample_logs::fetched(&world.records[fetch.topic.as_str()], fetch);
        async move { Ok(fetched) }.boxed()
    }
}

/// They take anything but words where a time belongs.
fn examined(trial: &TopicTrial) -> Result<(), BrokersError> {
    let config = match trial {
        TopicTrial::Made(topic) => &topic.config,
        TopicTrial::Changed { config, .. } => config,
    };
    let wrong =
        config.iter().find(|(key, value)| key.split('.').next_back() == Some("ms") && value.parse::<i64>().is_err());
    wrong.map_or(Ok(()), |(key, value)| {
        let words = format!("Invalid value {value} for configuration {key}: Not a number of type LONG");
        Err(BrokersError::Refused(words))
    })
}
