//! Limits on replication (KIP-73): seen, set, and taken away again as far as they are ours.
//!
//! What is ours is a [`Throttle`]: it is planned from what there is already, written down by whoever asks, then set, and
//! everything of it can be done again after a crash. Entries of lists come and go one by one, so that those of others stay. A
//! rate that somebody else set, and a list that names all replicas at once, are left alone and told.

mod plan;
mod seen;
#[cfg(test)]
mod tests;

pub use plan::{LeftAlone, ThrottlePlan};
pub use seen::{ListSeen, RateSeen, ThrottlesSeen};

use crate::{Apply, Client, ClientError, ConfigChange, ConfigEdit, ConfigResource, ErrorCode, KafkaError};
use klamm_model::{BrokerId, BySide, Throttle, ThrottleSide, ThrottledReplica, TopicName};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What came of taking a limit away.
#[derive(Debug, Default)]
pub struct TakenAway {
    /// What of it is still there, or may be: to be written down in place of the one before, and taken away once more.
    pub left: Throttle,
    /// Why that is so, and what is somebody else's by now.
    pub left_alone: Vec<LeftAlone>,
}

/// Brokers show changes a moment after the controller made them.
const SHOWN_AGAIN: Duration = Duration::from_millis(100);
/// So often it is looked.
const LOOKS: usize = 20;

type Changes = BTreeMap<ConfigResource, Vec<ConfigChange>>;

impl Client {
    /// Sets a limit that is written down already: rates first, because lists without a rate limit nothing. What could not be
    /// set, or is somebody else's by now, is told.
    pub async fn set_throttle(&self, throttle: &Throttle) -> Result<Vec<LeftAlone>, ClientError> {
        let rates = self.rates_seen(&throttle.limited()).await;
        let (changes, mut left_alone) = plan::rates_to_set(throttle, &rates);
        left_alone.extend(self.alter_each(changes).await?.into_values());
        let append = |replicas: &BTreeSet<ThrottledReplica>| ConfigEdit::Append(listed(replicas));
        let lists = throttle.replicas.iter().map(|(topic, replicas)| of_lists(topic, replicas, append));
        let refused = self.alter_each(lists.filter(|(_, changes)| !changes.is_empty()).collect()).await?;
        left_alone.extend(refused.into_values().filter(|told| !told.is_of_a_topic_gone()));
        Ok(left_alone)
    }

    /// Takes away what is ours of a limit. Topics that are gone took their lists with them; brokers that do not answer keep their
    /// rate, which only they can be asked to drop, until they answer. Of one that will never come back whoever asks lets go
    /// (`Throttle::without`): without lists its rate limits nothing, but whoever has its id next has it too.
    pub async fn remove_throttle(&self, throttle: &Throttle) -> Result<TakenAway, ClientError> {
        let mut taken =
            TakenAway { left: Throttle { rate: throttle.rate, ..Throttle::default() }, ..TakenAway::default() };
        self.remove_from_lists(throttle, &mut taken).await?;
        self.remove_rates(throttle, &mut taken).await?;
        Ok(taken)
    }

    /// The controller takes entries out whether or not the broker that is asked has heard of them yet.
    async fn remove_from_lists(&self, throttle: &Throttle, taken: &mut TakenAway) -> Result<(), ClientError> {
        let subtract = |replicas: &BTreeSet<ThrottledReplica>| ConfigEdit::Subtract(listed(replicas));
        let lists = throttle.replicas.iter().map(|(topic, replicas)| of_lists(topic, replicas, subtract));
        let refused = self.alter_each(lists.filter(|(_, changes)| !changes.is_empty()).collect()).await?;
        let is_written = |topic: &&TopicName| !refused.contains_key(&ConfigResource::Topic((*topic).clone()));
        let mut unshown: BTreeMap<TopicName, plan::Unshown> = throttle
            .replicas
            .keys()
            .filter(is_written)
            .map(|topic| (topic.clone(), plan::Unshown::StillOurs))
            .collect();
        for told in refused.into_values().filter(|told| !told.is_of_a_topic_gone()) {
            if let LeftAlone::Refused { of: ConfigResource::Topic(topic), .. } = &told {
                keep(taken, throttle, topic);
            }
            taken.left_alone.push(told);
        }
        for look in 0..LOOKS {
            if unshown.is_empty() {
                return Ok(());
            }
            if look > 0 {
                tokio::time::sleep(SHOWN_AGAIN).await;
            }
            let seen = self.lists_seen(&unshown.into_keys().collect()).await?;
            let (emptied, still) = plan::lists_emptied(throttle, &seen);
            let refused = self.alter_each(emptied).await?;
            taken.left_alone.extend(refused.into_values().filter(|told| !told.is_of_a_topic_gone()));
            unshown = still;
        }
        for topic in unshown.into_iter().filter(|(_, why)| *why == plan::Unshown::StillOurs).map(|(topic, _)| topic) {
            keep(taken, throttle, &topic);
            taken.left_alone.push(LeftAlone::NotShown(topic));
        }
        Ok(())
    }

    async fn remove_rates(&self, throttle: &Throttle, taken: &mut TakenAway) -> Result<(), ClientError> {
        let rates = self.rates_seen(&throttle.limited()).await;
        let (changes, told) = plan::rates_to_remove(throttle, &rates);
        let silent =
            |told: &LeftAlone| if let LeftAlone::SilentBroker { broker, .. } = told { Some(*broker) } else { None };
        let mut still: BTreeSet<BrokerId> = told.iter().filter_map(silent).collect();
        taken.left_alone.extend(told);
        let refused = self.alter_each(changes).await?;
        still.extend(refused.keys().filter_map(ConfigResource::only_at));
        taken.left_alone.extend(refused.into_values());
        let of_side = |side| throttle.brokers.of(side).intersection(&still).copied().collect();
        taken.left.brokers = BySide::each(of_side);
        Ok(())
    }

    /// Makes these changes; those that were refused are told.
    async fn alter_each(&self, changes: Changes) -> Result<BTreeMap<ConfigResource, LeftAlone>, ClientError> {
        if changes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let refused = |(of, outcome): (ConfigResource, Result<(), KafkaError>)| {
            let error = outcome.err()?;
            Some((of.clone(), LeftAlone::Refused { of, error }))
        };
        Ok(self.alter_configs(changes, Apply::Commit).await?.into_iter().filter_map(refused).collect())
    }
}

impl LeftAlone {
    fn is_of_a_topic_gone(&self) -> bool {
        matches!(self, Self::Refused { error, .. } if error.code == ErrorCode::UnknownTopicOrPartition)
    }
}

/// A topic whose entries may still be there.
fn keep(taken: &mut TakenAway, throttle: &Throttle, topic: &TopicName) {
    if let Some(replicas) = throttle.replicas.get(topic) {
        taken.left.replicas.insert(topic.clone(), replicas.clone());
    }
}

/// The same edit of a topic's lists on each side that has entries of ours.
fn of_lists(
    topic: &TopicName,
    replicas: &BySide<BTreeSet<ThrottledReplica>>,
    edit: impl Fn(&BTreeSet<ThrottledReplica>) -> ConfigEdit,
) -> (ConfigResource, Vec<ConfigChange>) {
    let sides = ThrottleSide::BOTH.into_iter().filter(|side| !replicas.of(*side).is_empty());
    let change =
        |side: ThrottleSide| ConfigChange { key: side.replicas_key().to_owned(), edit: edit(replicas.of(side)) };
    (ConfigResource::Topic(topic.clone()), sides.map(change).collect())
}

fn listed(replicas: &BTreeSet<ThrottledReplica>) -> String {
    replicas.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
