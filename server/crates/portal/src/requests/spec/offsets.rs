//! Where a group is to continue, as callers write it.

use crate::{GroupQuestion, Logs, views::paging::invalid};
use klamm_model::{GroupId, PartitionId, Problem, TopicName, UnixMillis};
use klamm_planner::offsets::ResetTo;
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::{BTreeMap, BTreeSet};

/// Topics that one request may name.
const MOST_TOPICS: usize = 256;

/// Where a group is to continue.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::requests) struct ResetSpec {
    pub(in crate::requests) group: GroupId,
    /// With these topics; where none is named, with all that the group has committed offsets of.
    #[serde(default)]
    pub(in crate::requests) topics: Vec<ResetTopic>,
    #[serde(deserialize_with = "target")]
    pub(in crate::requests) to: ResetTo,
}

/// A topic, or some of its partitions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::requests) struct ResetTopic {
    pub(in crate::requests) topic: TopicName,
    #[serde(default)]
    pub(in crate::requests) partitions: Option<BTreeSet<i32>>,
}

/// A text, or the number of an offset.
fn target<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResetTo, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "to: a text such as earliest, or an offset from 0 on")]
    enum Written {
        Text(String),
        Offset(u64),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Offset(offset) => offset.to_string(),
    };
    text.parse().map_err(|error| D::Error::custom(format!("to: {error}")))
}

impl ResetSpec {
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.topics.len() > MOST_TOPICS {
            return Err(invalid(&format!("spec.topics: {MOST_TOPICS} are the most; ask in several requests")));
        }
        let mut named = BTreeSet::new();
        for ResetTopic { topic, partitions } in &self.topics {
            if !named.insert(topic) {
                return Err(invalid(&format!("spec.topics: {topic} is named twice")));
            }
            if partitions.as_ref().is_some_and(BTreeSet::is_empty) {
                return Err(invalid(&format!("spec.topics: name partitions of {topic}, or leave them out for all")));
            }
        }
        match (self.to, self.topics.as_slice()) {
            (ResetTo::Offset(_), [ResetTopic { partitions: Some(partitions), .. }]) if partitions.len() == 1 => Ok(()),
            (ResetTo::Offset(_), _) => {
                Err(invalid("spec.to: an offset means something in one partition; name one topic with one partition"))
            }
            (ResetTo::Earliest | ResetTo::Latest | ResetTo::Moment(_) | ResetTo::Back(_) | ResetTo::Shift(_), _) => {
                Ok(())
            }
        }
    }

    /// What brokers are asked to find out where that is.
    pub(in crate::requests) fn question(&self, now: UnixMillis) -> GroupQuestion {
        let topic = |of: &ResetTopic| {
            let partitions = of.partitions.as_ref();
            (of.topic.clone(), partitions.map(|all| all.iter().copied().map(PartitionId).collect()))
        };
        let named: BTreeMap<TopicName, Option<BTreeSet<PartitionId>>> = self.topics.iter().map(topic).collect();
        let logs = if named.is_empty() { Logs::Committed } else { Logs::Of(named) };
        GroupQuestion { group: self.group.clone(), logs, moment: self.to.moment(now) }
    }
}
