//! Answers put together. Pure.

use super::{
    FreshBroker, FreshLook, FreshPart, FreshTopic, OfBrokers, Unseen, Wanted,
    ask::{Answers, FETCH_TIMEOUT, MINIMUM, OfBroker, Told},
};
use crate::{ClientError, ClusterDescription, ConfigValue, Features, PerTopic, QuorumDescription, TopicDescription};
use klamm_model::{BrokerId, BrokerState, ConfigSource, Known, TopicName, error_chain};
use std::collections::{BTreeMap, BTreeSet};

/// What was not answered, each reason once.
#[derive(Default)]
struct Missing(Vec<Unseen>);

impl Missing {
    fn note(&mut self, part: FreshPart, broker: Option<BrokerId>, reason: String) {
        let unseen = Unseen { part, broker, reason };
        if !self.0.contains(&unseen) {
            self.0.push(unseen);
        }
    }

    fn noted<T>(&mut self, part: FreshPart, broker: Option<BrokerId>, answer: Result<T, ClientError>) -> Known<T> {
        answer.map_err(|error| self.note(part, broker, error.explain())).ok().into()
    }
}

pub(super) fn put_together(cluster: ClusterDescription, answers: Answers, wanted: &Wanted) -> FreshLook {
    let Answers { quorum, told, brokers, moves, minimums } = answers;
    let mut missing = Missing::default();
    let quorum = missing.noted(FreshPart::Quorum, None, quorum);
    let told = missing.noted(FreshPart::Topics, None, told);
    let (by, topics, cluster) = match told {
        Known::Known(Told { by, topics, cluster }) => (by, Known::Known(topics), cluster),
        Known::Unknown => (None, Known::Unknown, cluster),
    };
    let features = finalized(brokers.values());
    if features == Known::Unknown {
        missing.note(FreshPart::Features, None, "no broker has heard of them".to_owned());
    }
    let fetch_timeout = shortest_fetch_timeout(brokers.values());
    if fetch_timeout == Known::Unknown {
        missing.note(FreshPart::Quorum, None, format!("no broker tells its {FETCH_TIMEOUT}"));
    }
    let defaults = minimums_of_brokers(&brokers);
    let mut seen = of_brokers(&cluster, brokers, &mut missing);
    let topics = topics.map(|topics| {
        let said = missing.noted(FreshPart::Minimums, None, minimums);
        let rules = Minimums { said, defaults, brokers: &seen, wanted: &wanted.minimums };
        let topics = of_topics(topics, &rules, &mut missing);
        let placed = topics.values().flat_map(|topic| &topic.partitions).flat_map(|partition| &partition.replicas);
        let absent: BTreeSet<BrokerId> = placed.copied().filter(|id| !seen.contains_key(id)).collect();
        seen.extend(absent.into_iter().map(|id| (id, absentee())));
        topics
    });
    FreshLook {
        cluster_id: Known::Known(cluster.cluster_id),
        older_by: age(by, quorum.value(), &mut missing),
        brokers: Known::Known(seen),
        quorum_fetch_timeout: fetch_timeout,
        moves: missing.noted(FreshPart::Moves, None, moves),
        quorum,
        topics,
        features,
        unseen: missing.0,
    }
}

/// How far the broker that told was behind just before it told.
fn age(by: Option<BrokerId>, quorum: Option<&QuorumDescription>, missing: &mut Missing) -> Known<u64> {
    let replica = by.and_then(|by| quorum?.replicas().find(|replica| replica.id == by));
    let age = replica.zip(quorum).map_or(Known::Unknown, |(replica, quorum)| quorum.millis_behind(replica));
    if age == Known::Unknown {
        missing.note(FreshPart::Age, None, "no broker that has read everything answered".to_owned());
    }
    age
}

/// As told by whoever heard of the controller last.
fn finalized<'a>(brokers: impl Iterator<Item = &'a OfBroker>) -> Known<BTreeMap<String, i16>> {
    let tables = brokers.filter_map(|broker| broker.table.as_ref().ok());
    Features::newest(tables).map(|features| features.finalized).into()
}

fn number(keys: &BTreeMap<String, ConfigValue>, key: &str) -> Option<u64> {
    keys.get(key)?.value.as_ref()?.parse().ok()
}

fn shortest_fetch_timeout<'a>(brokers: impl Iterator<Item = &'a OfBroker>) -> Known<u64> {
    brokers.filter_map(|broker| number(broker.keys.as_ref().ok()?, FETCH_TIMEOUT)).min().into()
}

/// What each broker asks for where a topic says nothing.
fn minimums_of_brokers(brokers: &BTreeMap<BrokerId, OfBroker>) -> BTreeMap<BrokerId, u32> {
    let minimum = |broker: &OfBroker| u32::try_from(number(broker.keys.as_ref().ok()?, MINIMUM)?).ok();
    brokers.iter().filter_map(|(id, broker)| Some((*id, minimum(broker)?))).collect()
}

fn of_brokers(
    cluster: &ClusterDescription,
    mut answers: BTreeMap<BrokerId, OfBroker>,
    missing: &mut Missing,
) -> BTreeMap<BrokerId, FreshBroker> {
    let mut seen = BTreeMap::new();
    for node in &cluster.brokers {
        let (table, disks) = match answers.remove(&node.id) {
            Some(OfBroker { table, disks, .. }) => (missing.noted(FreshPart::Broker, Some(node.id), table), disks),
            // It joined a moment ago.
            None => (Known::Unknown, None),
        };
        let state = match (node.state, &table) {
            (BrokerState::Running, Known::Unknown) => BrokerState::Unknown,
            (BrokerState::Fenced, Known::Unknown) => BrokerState::Down,
            (state, _) => state,
        };
        let disks = disks.map_or(Known::Unknown, |disks| missing.noted(FreshPart::Disks, Some(node.id), disks));
        let supported = table.map(|table| table.supported);
        seen.insert(node.id, FreshBroker { state, rack: node.rack.clone(), supported, disks });
    }
    seen
}

/// A broker that should have replicas and is not registered, or not listed because it is fenced.
fn absentee() -> FreshBroker {
    FreshBroker { state: BrokerState::Down, rack: None, supported: Known::Unknown, disks: Known::Unknown }
}

/// How many replicas must be in sync, and who says so.
struct Minimums<'a> {
    said: Known<PerTopic<BTreeMap<String, ConfigValue>>>,
    defaults: BTreeMap<BrokerId, u32>,
    brokers: &'a BTreeMap<BrokerId, FreshBroker>,
    wanted: &'a OfBrokers,
}

fn of_topics(
    described: PerTopic<TopicDescription>,
    rules: &Minimums<'_>,
    missing: &mut Missing,
) -> BTreeMap<TopicName, FreshTopic> {
    let mut topics = BTreeMap::new();
    for (name, outcome) in described {
        match outcome {
            Ok(described) => {
                let min_in_sync = rules.of(&name, &described, missing);
                let TopicDescription { id, internal, partitions } = described;
                topics.insert(name, FreshTopic { id, internal, min_in_sync, partitions });
            }
            Err(error) => missing.note(FreshPart::Topics, None, format!("{name}: {}", error_chain(&error))),
        }
    }
    topics
}

impl Minimums<'_> {
    fn of(&self, name: &TopicName, topic: &TopicDescription, missing: &mut Missing) -> Known<u32> {
        let placed: BTreeSet<BrokerId> =
            topic.partitions.iter().flat_map(|partition| partition.replicas.iter().copied()).collect();
        let Known::Known(said) = &self.said else { return Known::Unknown };
        if !placed.iter().any(|broker| self.wanted.has(*broker)) {
            return Known::Unknown;
        }
        let told = match said.get(name) {
            Some(Ok(keys)) => keys.get(MINIMUM),
            Some(Err(error)) => {
                missing.note(FreshPart::Minimums, None, format!("{name}: {}", error_chain(error)));
                return Known::Unknown;
            }
            None => None,
        };
        let Some(told) = told else {
            missing.note(FreshPart::Minimums, None, format!("brokers do not tell it of {name}"));
            return Known::Unknown;
        };
        let own = told.value.as_ref().and_then(|value| value.parse().ok());
        if told.source == ConfigSource::Topic {
            return own.into();
        }
        // Whoever comes to lead counts by its own configuration.
        let may_lead = |id: &&BrokerId| self.brokers.get(*id).is_some_and(|broker| broker.state != BrokerState::Down);
        let mut most = None;
        for broker in placed.iter().filter(may_lead) {
            let Some(minimum) = self.defaults.get(broker) else {
                let reason = "it does not tell its own, and has replicas of topics that say nothing of it";
                missing.note(FreshPart::Minimums, Some(*broker), format!("broker {broker}: {reason}"));
                return Known::Unknown;
            };
            most = most.max(Some(*minimum));
        }
        most.or(own).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QuorumReplica;
    use klamm_model::UnixMillis;

    #[test]
    fn an_answer_is_as_old_as_its_broker_was_behind_and_that_of_anybody_has_no_age() {
        let replica = |id: i32, caught_up: i64| QuorumReplica {
            id: BrokerId(id),
            directory_id: None,
            log_end_offset: Known::Unknown,
            last_fetch: Known::Unknown,
            last_caught_up: Known::Known(UnixMillis(caught_up)),
        };
        let mut quorum = QuorumDescription {
            leader: Some(BrokerId(0)),
            leader_epoch: 1,
            high_watermark: 1,
            voters: vec![replica(0, 10_000)],
            observers: vec![replica(1, 9_600)],
        };
        let of = |by: Option<i32>, quorum: Option<&QuorumDescription>| {
            let mut missing = Missing::default();
            let age = age(by.map(BrokerId), quorum, &mut missing);
            let told: Vec<String> = missing.0.iter().map(ToString::to_string).collect();
            assert_eq!(age == Known::Unknown, told.iter().any(|one| one.contains("how new")), "{told:?}");
            age
        };
        assert_eq!(of(Some(0), Some(&quorum)), Known::Known(0), "the only broker there is, too");
        assert_eq!(of(Some(1), Some(&quorum)), Known::Known(400));
        assert_eq!((of(None, Some(&quorum)), of(Some(0), None)), (Known::Unknown, Known::Unknown));
        quorum.leader = None;
        assert_eq!(of(Some(0), Some(&quorum)), Known::Unknown);
    }
}
