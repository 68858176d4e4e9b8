//! What somebody wants done to a cluster: beside `kind` in a plan that is asked for, in `spec` of a request. Pure.

use crate::views::paging::invalid;
use klamm_model::{
    BrokerId, ObjectName, OperationKind, OperationWish, PoolName, Problem, TopicName, UnixMillis, WishValue,
};
use klamm_planner::operations::{Goal, levels};
use klamm_resources::{Config, KafkaCluster, KafkaVersion, MetadataVersion, NodePool, Scalar, is_reserved_setting};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// As it is written: which fields are needed depends on the kind, and no other is taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Written {
    version: Option<String>,
    metadata_version: Option<String>,
    pool: Option<String>,
    replicas: Option<i64>,
    leaving: Option<BTreeSet<i32>>,
    brokers: Option<BTreeSet<i32>>,
    topics: Option<BTreeSet<TopicName>>,
    replication_factor: Option<i64>,
    config: Option<BTreeMap<String, Option<WishValue>>>,
    throttle_bytes_per_second: Option<i64>,
    accept_unavailable: BTreeSet<TopicName>,
    /// Of a KafkaOperation that is to be made: what it is called.
    name: Option<ObjectName>,
}

/// Understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) change: Change,
    /// Bytes per second that moving replicas may take on each broker.
    pub(crate) throttle: Option<i64>,
    /// Topics that may be unavailable for a while.
    pub(crate) accepts: BTreeSet<TopicName>,
    /// What the KafkaOperation is called, where one is made.
    pub(crate) name: Option<ObjectName>,
}

/// What is to be changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Nodes are restarted; all where none is named.
    Restart(BTreeSet<BrokerId>),
    /// Settings of brokers: none takes one away.
    Reconfigure(BTreeMap<String, Option<Scalar>>),
    /// Another version of Kafka.
    Upgrade(KafkaVersion),
    /// Another metadata version.
    Finalise(MetadataVersion),
    /// So many nodes in a pool; and those that go first when it shrinks, where somebody says which.
    Scale(PoolName, i32, Option<BTreeSet<i32>>),
    /// Replicas and leaders of these topics, or of all.
    Rebalance(BTreeSet<TopicName>),
    /// These topics get so many replicas.
    Factor(BTreeSet<TopicName>, u16),
    /// Nothing lies on these brokers any more.
    Drain(BTreeSet<BrokerId>),
}

/// More than any cluster has.
const MOST: usize = 1000;
const MOST_TOPICS: usize = 10_000;
const MOST_REPLICAS: u16 = 1000;
const MOST_SETTINGS: usize = 256;

impl Written {
    /// What is wanted, or which field is missing, too much or wrong; `place` is where the fields stand.
    pub(crate) fn understood(self, kind: OperationKind, place: &str) -> Result<Wanted, Problem> {
        self.checked(kind).map_err(|why| invalid(&format!("{place}{why}")))
    }

    fn checked(self, kind: OperationKind) -> Result<Wanted, String> {
        self.only(kind)?;
        let Self { throttle_bytes_per_second: throttle, accept_unavailable: accepts, name, .. } = self.clone();
        if throttle.is_some_and(|bytes| bytes < 1) {
            return Err("throttleBytesPerSecond: 1 is the least; leave it out to have what Klamm thinks fit".to_owned());
        }
        if accepts.len() > MOST_TOPICS {
            return Err("acceptUnavailable: 10,000 topics are the most".to_owned());
        }
        Ok(Wanted { change: self.change(kind)?, throttle, accepts, name })
    }

    fn change(self, kind: OperationKind) -> Result<Change, String> {
        let ids = |all: Option<BTreeSet<i32>>| -> Result<BTreeSet<BrokerId>, String> {
            let all = all.unwrap_or_default();
            if all.len() > MOST || all.iter().any(|id| *id < 0) {
                return Err("brokers: ids of at most 1,000 nodes, none below 0".to_owned());
            }
            Ok(all.into_iter().map(BrokerId).collect())
        };
        Ok(match kind {
            OperationKind::Restart => Change::Restart(ids(self.brokers)?),
            OperationKind::Drain => {
                let brokers = ids(self.brokers)?;
                if brokers.is_empty() {
                    return Err("brokers: say which brokers are to be emptied".to_owned());
                }
                Change::Drain(brokers)
            }
            OperationKind::Rebalance => {
                let topics = self.topics.unwrap_or_default();
                if topics.len() > MOST_TOPICS {
                    return Err("topics: 10,000 are the most; leave it out for all".to_owned());
                }
                match self.replication_factor {
                    None => Change::Rebalance(topics),
                    Some(_) if topics.is_empty() => {
                        return Err("topics: say which topics are to have that replicationFactor".to_owned());
                    }
                    Some(factor) => {
                        let factor = u16::try_from(factor).ok().filter(|factor| (1..=MOST_REPLICAS).contains(factor));
                        let factor =
                            factor.ok_or_else(|| "replicationFactor: a whole number from 1 to 1000".to_owned())?;
                        Change::Factor(topics, factor)
                    }
                }
            }
            OperationKind::Upgrade => {
                let version = self.version.ok_or_else(|| "version: say which, such as 4.2.1".to_owned())?;
                Change::Upgrade(version.trim().parse().map_err(|error| format!("version: {error}"))?)
            }
            OperationKind::Finalise => {
                let version =
                    self.metadata_version.ok_or_else(|| "metadataVersion: say which, such as 4.2-IV1".to_owned())?;
                let version = version.trim().parse().map_err(|error| format!("metadataVersion: {error}"))?;
                Change::Finalise(version)
            }
            OperationKind::Scale => {
                let pool = self.pool.ok_or_else(|| "pool: say which".to_owned())?;
                let pool = pool.parse().map_err(|error| format!("pool: {error}"))?;
                let replicas = self.replicas.and_then(|replicas| i32::try_from(replicas).ok());
                let replicas = replicas.filter(|replicas| (0..=1000).contains(replicas));
                let replicas =
                    replicas.ok_or_else(|| "replicas: how many nodes the pool is to have, 0 to 1000".to_owned())?;
                Change::Scale(pool, replicas, self.leaving.filter(|leaving| !leaving.is_empty()))
            }
            OperationKind::Reconfigure => Change::Reconfigure(settings(self.config.unwrap_or_default())?),
        })
    }

    /// That nothing is said which this kind would not heed.
    fn only(&self, kind: OperationKind) -> Result<(), String> {
        let given = [
            ("version", self.version.is_some()),
            ("metadataVersion", self.metadata_version.is_some()),
            ("pool", self.pool.is_some()),
            ("replicas", self.replicas.is_some()),
            ("leaving", self.leaving.is_some()),
            ("brokers", self.brokers.is_some()),
            ("topics", self.topics.is_some()),
            ("replicationFactor", self.replication_factor.is_some()),
            ("config", self.config.is_some()),
        ];
        let takes: &[&str] = match kind {
            OperationKind::Restart | OperationKind::Drain => &["brokers"],
            OperationKind::Reconfigure => &["config"],
            OperationKind::Upgrade => &["version"],
            OperationKind::Finalise => &["metadataVersion"],
            OperationKind::Scale => &["pool", "replicas", "leaving"],
            OperationKind::Rebalance => &["topics", "replicationFactor"],
        };
        match given.iter().find(|(field, is_given)| *is_given && !takes.contains(field)) {
            Some((field, _)) => Err(format!("{field}: a {} does not take it", kind.name())),
            None => Ok(()),
        }
    }
}

fn settings(config: BTreeMap<String, Option<WishValue>>) -> Result<BTreeMap<String, Option<Scalar>>, String> {
    if config.is_empty() {
        return Err("config: say which settings are to be what; null takes one away".to_owned());
    }
    if config.len() > MOST_SETTINGS {
        return Err("config: 256 settings are the most".to_owned());
    }
    let setting = |(key, value): (String, Option<WishValue>)| {
        if let Some(instead) = is_reserved_setting(&key) {
            return Err(format!("config.{key}: {instead}"));
        }
        let value = value.map(|value| match value {
            WishValue::Number(number) => Scalar::from(number),
            WishValue::Flag(flag) => Scalar::from(flag.to_string()),
            WishValue::Text(text) => Scalar::from(text),
        });
        Ok((key, value))
    };
    config.into_iter().map(setting).collect()
}

impl Change {
    pub(crate) fn kind(&self) -> OperationKind {
        match self {
            Self::Restart(_) => OperationKind::Restart,
            Self::Reconfigure(_) => OperationKind::Reconfigure,
            Self::Upgrade(_) => OperationKind::Upgrade,
            Self::Finalise(_) => OperationKind::Finalise,
            Self::Scale(..) => OperationKind::Scale,
            Self::Rebalance(_) | Self::Factor(..) => OperationKind::Rebalance,
            Self::Drain(_) => OperationKind::Drain,
        }
    }

    /// The same as people read it in an operation.
    pub(crate) fn told(&self) -> OperationWish {
        let mut wish = OperationWish::default();
        match self {
            Self::Restart(brokers) | Self::Drain(brokers) => wish.brokers = brokers.iter().copied().collect(),
            Self::Rebalance(topics) => wish.topics = topics.iter().map(ToString::to_string).collect(),
            Self::Factor(topics, factor) => {
                wish.topics = topics.iter().map(ToString::to_string).collect();
                wish.replication_factor = Some(u32::from(*factor));
            }
            Self::Upgrade(version) => wish.version = Some(version.to_string()),
            Self::Finalise(version) => wish.metadata_version = Some(version.to_string()),
            Self::Scale(pool, replicas, _) => {
                (wish.pool, wish.replicas) = (Some(pool.to_string()), u32::try_from(*replicas).ok());
            }
            Self::Reconfigure(config) => {
                let texts = config.iter().filter_map(|(key, value)| Some((key.clone(), value.as_ref()?.text()?)));
                wish.config = texts.map(|(key, text)| (key, text.into_owned())).collect();
            }
        }
        wish
    }

    /// The cluster as it would be declared.
    pub(crate) fn declared(&self, standing: &KafkaCluster) -> Result<KafkaCluster, Problem> {
        let mut wished = standing.clone();
        let spec = &mut wished.spec;
        match self {
            Self::Restart(_) | Self::Rebalance(_) | Self::Factor(..) | Self::Drain(_) => {}
            Self::Upgrade(version) => spec.version = Some(version.to_string()),
            Self::Finalise(version) => spec.metadata_version = Some(version.to_string()),
            Self::Scale(name, replicas, leaving) => {
                let names: Vec<String> = spec.pools.iter().map(|pool| pool.name.clone()).collect();
                let is_meant = |pool: &&mut NodePool| pool.name == name.as_str();
                let pool =
                    spec.pools.iter_mut().find(is_meant).ok_or_else(|| {
                        invalid(&format!("pool: there is no pool {name}; there is {}", names.join(", ")))
                    })?;
                pool.replicas = *replicas;
                if let Some(leaving) = leaving {
                    pool.leaving = leaving.iter().copied().collect();
                }
            }
            Self::Reconfigure(config) => set(&mut spec.config, config),
        }
        Ok(wished)
    }

    /// What is to be reached.
    pub(crate) fn goal(&self, now: UnixMillis) -> Result<Goal, Problem> {
        Ok(match self {
            Self::Restart(nodes) => Goal::Restart { nodes: nodes.clone(), asked: now },
            Self::Reconfigure(_) => Goal::Reconfigure,
            Self::Upgrade(version) => Goal::Upgrade { to: version.to_string() },
            Self::Finalise(version) => {
                let name = version.to_string();
                let unknown = || invalid(&format!("metadataVersion: Klamm does not know {name}"));
                Goal::Finalise { levels: levels(&name).ok_or_else(unknown)?, name }
            }
            Self::Scale(..) => Goal::Scale,
            Self::Rebalance(topics) => Goal::Rebalance { topics: topics.clone() },
            Self::Factor(topics, factor) => {
                Goal::Factor { factors: topics.iter().map(|topic| (topic.clone(), u32::from(*factor))).collect() }
            }
            Self::Drain(brokers) => Goal::Drain { brokers: brokers.clone() },
        })
    }
}

fn set(standing: &mut Config, wished: &BTreeMap<String, Option<Scalar>>) {
    for (key, value) in wished {
        match value {
            Some(value) => drop(standing.insert(key.clone(), value.clone())),
            None => drop(standing.remove(key)),
        }
    }
}
