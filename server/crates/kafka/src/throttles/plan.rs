//! What of a limit is ours to set and to take away. Pure.

use super::{Changes, ListSeen, RateSeen, ThrottlesSeen};
use crate::{ClientError, ConfigChange, ConfigEdit, ConfigResource, ErrorCode, KafkaError, PerTopic};
use klamm_model::{BrokerId, BySide, Throttle, ThrottleSide, TopicName};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What to set, as it is to be written down before.
#[derive(Debug, Default)]
pub struct ThrottlePlan {
    /// What is ours: what was before, and what comes now.
    pub ours: Throttle,
    /// What of the wish will not be set, and why.
    pub left_alone: Vec<LeftAlone>,
}

/// Something that is not set, or not taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftAlone {
    /// Somebody else gave the broker another rate.
    Rate {
        /// The broker.
        broker: BrokerId,
        /// On which side.
        side: ThrottleSide,
        /// As it is set.
        rate: String,
    },
    /// Somebody else has the topic list all its replicas at once.
    AllReplicas {
        /// The topic.
        topic: TopicName,
        /// On which side.
        side: ThrottleSide,
    },
    /// The topic's list is not one that is read here.
    StrangeList {
        /// The topic.
        topic: TopicName,
        /// On which side.
        side: ThrottleSide,
        /// As it is set.
        list: String,
    },
    /// The broker did not tell its rates, which only it can be asked for and have changed.
    SilentBroker {
        /// The broker.
        broker: BrokerId,
        /// Why, in a sentence.
        reason: String,
    },
    /// Nobody told the topic's lists.
    SilentTopic {
        /// The topic.
        topic: TopicName,
        /// Why.
        error: KafkaError,
    },
    /// The controller took our entries out of the topic's lists, but brokers show them still.
    NotShown(TopicName),
    /// A change was refused.
    Refused {
        /// Of what.
        of: ConfigResource,
        /// Why.
        error: KafkaError,
    },
}

impl fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate { broker, side, rate } => {
                write!(f, "Somebody else limits replication of broker {broker} to {rate} bytes a second ({side})")
            }
            Self::AllReplicas { topic, side } => {
                write!(f, "Somebody else limits all replicas of the topic {topic} ({side})")
            }
            Self::StrangeList { topic, side, list } => {
                write!(f, "The list of limited replicas of the topic {topic} is not understood ({side}): {list:?}")
            }
            Self::SilentBroker { broker, reason } => {
                write!(f, "Broker {broker} does not tell its limits on replication: {reason}")
            }
            Self::SilentTopic { topic, error } => {
                write!(f, "Nobody tells which replicas of the topic {topic} are limited: {error}")
            }
            Self::NotShown(topic) => write!(f, "Brokers still show replicas of the topic {topic} as limited"),
            Self::Refused { of: ConfigResource::Topic(topic), error } => {
                write!(f, "The list of limited replicas of the topic {topic} could not be changed: {error}")
            }
            Self::Refused { of: ConfigResource::Broker(broker), error } => {
                write!(f, "The limit on replication of broker {broker} could not be changed: {error}")
            }
            Self::Refused { of: ConfigResource::BrokerDefaults | ConfigResource::Group(_), error } => {
                write!(f, "A limit on replication could not be changed: {error}")
            }
        }
    }
}

impl ThrottlesSeen {
    /// What of a wish can be set beside what is there. `before` is what was written down up to now: it stays ours, with its rate; to
    /// give another rate it is taken away first.
    pub fn plan(&self, wish: &Throttle, before: &Throttle) -> ThrottlePlan {
        let mut plan = ThrottlePlan::default();
        let mut ours = Throttle { rate: wish.rate, ..Throttle::default() };
        for side in ThrottleSide::BOTH {
            let known = before.brokers.of(side);
            for broker in wish.brokers.of(side).iter().filter(|broker| !known.contains(broker)) {
                match self.rate_of(*broker, side) {
                    Ok(RateSeen::None) => drop(ours.brokers.of_mut(side).insert(*broker)),
                    Ok(RateSeen::OnBroker(rate) | RateSeen::Elsewhere(rate)) => {
                        plan.left_alone.push(LeftAlone::Rate { broker: *broker, side, rate: rate.clone() });
                    }
                    Err(silent) if plan.left_alone.contains(&silent) => {}
                    Err(silent) => plan.left_alone.push(silent),
                }
            }
        }
        for (topic, replicas) in &wish.replicas {
            let lists = match self.lists.get(topic) {
                Some(Ok(lists)) => lists,
                Some(Err(error)) if error.code == ErrorCode::UnknownTopicOrPartition => continue,
                Some(Err(error)) => {
                    plan.left_alone.push(LeftAlone::SilentTopic { topic: topic.clone(), error: error.clone() });
                    continue;
                }
                None => continue,
            };
            for side in ThrottleSide::BOTH.into_iter().filter(|side| !replicas.of(*side).is_empty()) {
                let others = match lists.of(side) {
                    ListSeen::None => BTreeSet::new(),
                    ListSeen::Replicas(others) => others.clone(),
                    ListSeen::All => {
                        plan.left_alone.push(LeftAlone::AllReplicas { topic: topic.clone(), side });
                        continue;
                    }
                    ListSeen::Strange(list) => {
                        let (topic, list) = (topic.clone(), list.clone());
                        plan.left_alone.push(LeftAlone::StrangeList { topic, side, list });
                        continue;
                    }
                };
                let new = replicas.of(side).difference(&others).copied();
                ours.replicas.entry(topic.clone()).or_default().of_mut(side).extend(new);
            }
        }
        ours.replicas.retain(|_, replicas| !replicas.leader.is_empty() || !replicas.follower.is_empty());
        plan.ours = if before.is_empty() { ours } else { before.clone().with(&ours) };
        plan
    }

    fn rate_of(&self, broker: BrokerId, side: ThrottleSide) -> Result<&RateSeen, LeftAlone> {
        match self.rates.get(&broker) {
            Some(Ok(rates)) => Ok(rates.of(side)),
            Some(Err(error)) => Err(LeftAlone::SilentBroker { broker, reason: error.explain() }),
            None => Err(LeftAlone::SilentBroker { broker, reason: "it was not asked".to_owned() }),
        }
    }
}

type Rates = BTreeMap<BrokerId, Result<BySide<RateSeen>, ClientError>>;

/// Rates of ours that are not there yet. One that somebody else set meanwhile stays.
pub(super) fn rates_to_set(throttle: &Throttle, seen: &Rates) -> (Changes, Vec<LeftAlone>) {
    let rate = throttle.rate.to_string();
    rates_to_change(throttle, seen, |set| match set {
        RateSeen::None => Due::Change(ConfigEdit::Set(rate.clone())),
        RateSeen::OnBroker(set) if *set == rate => Due::Nothing,
        RateSeen::OnBroker(set) | RateSeen::Elsewhere(set) => Due::Tell(set.clone()),
    })
}

/// Rates of ours that are there, or may be: a broker that was just told may not show it yet.
pub(super) fn rates_to_remove(throttle: &Throttle, seen: &Rates) -> (Changes, Vec<LeftAlone>) {
    let rate = throttle.rate.to_string();
    rates_to_change(throttle, seen, |set| match set {
        RateSeen::None => Due::Change(ConfigEdit::Delete),
        RateSeen::OnBroker(set) if *set == rate => Due::Change(ConfigEdit::Delete),
        RateSeen::OnBroker(set) => Due::Tell(set.clone()),
        // Ours would hide it.
        RateSeen::Elsewhere(_) => Due::Nothing,
    })
}

enum Due {
    Change(ConfigEdit),
    Nothing,
    Tell(String),
}

fn rates_to_change(throttle: &Throttle, seen: &Rates, due: impl Fn(&RateSeen) -> Due) -> (Changes, Vec<LeftAlone>) {
    let (mut changes, mut left_alone) = (Changes::new(), Vec::new());
    for broker in throttle.limited() {
        let rates = match seen.get(&broker) {
            Some(Ok(rates)) => rates,
            Some(Err(error)) => {
                left_alone.push(LeftAlone::SilentBroker { broker, reason: error.explain() });
                continue;
            }
            None => continue,
        };
        for side in ThrottleSide::BOTH.into_iter().filter(|side| throttle.brokers.of(*side).contains(&broker)) {
            match due(rates.of(side)) {
                Due::Change(edit) => {
                    let change = ConfigChange { key: side.rate_key().to_owned(), edit };
                    changes.entry(ConfigResource::Broker(broker)).or_default().push(change);
                }
                Due::Nothing => {}
                Due::Tell(rate) => left_alone.push(LeftAlone::Rate { broker, side, rate }),
            }
        }
    }
    (changes, left_alone)
}

/// Why a topic's lists cannot be judged yet, after our entries were taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unshown {
    /// It shows our entries still.
    StillOurs,
    /// It shows no list, though it was just written.
    NotThere,
}

/// After our entries were taken out: lists in which nothing is left, to be taken away altogether; and topics of which the
/// broker that was asked does not know yet.
pub(super) fn lists_emptied(
    throttle: &Throttle,
    seen: &PerTopic<BySide<ListSeen>>,
) -> (Changes, BTreeMap<TopicName, Unshown>) {
    let (mut emptied, mut unshown) = (Changes::new(), BTreeMap::new());
    for (topic, lists) in seen {
        let (Ok(lists), Some(ours)) = (lists, throttle.replicas.get(topic)) else { continue };
        let mut empty = Vec::new();
        for side in ThrottleSide::BOTH.into_iter().filter(|side| !ours.of(*side).is_empty()) {
            match lists.of(side) {
                ListSeen::None => {
                    unshown.entry(topic.clone()).or_insert(Unshown::NotThere);
                }
                ListSeen::Replicas(replicas) if replicas.is_empty() => {
                    empty.push(ConfigChange { key: side.replicas_key().to_owned(), edit: ConfigEdit::Delete });
                }
                ListSeen::Replicas(replicas) if replicas.is_disjoint(ours.of(side)) => {}
                ListSeen::Replicas(_) => {
                    unshown.insert(topic.clone(), Unshown::StillOurs);
                }
                ListSeen::All | ListSeen::Strange(_) => {}
            }
        }
        // The one side shows what the other does not yet: both wait.
        if !unshown.contains_key(topic) && !empty.is_empty() {
            emptied.insert(ConfigResource::Topic(topic.clone()), empty);
        }
    }
    (emptied, unshown)
}
