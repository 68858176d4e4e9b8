use super::KafkaTopic;
use crate::{
    Deletion,
    invalid::{InvalidSpec, Problems},
};
use klamm_model::{ClusterRef, Namespace, TopicName};
use std::{collections::BTreeMap, fmt};

/// How a topic was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// A `KafkaTopic`.
    Resource,
    /// The ConfigMap of the talk's first operator: `num.partitions`, `repl.factor`.
    NbAlpha,
    /// The ConfigMap of the talk: `partitions`, `replication-factor`, `properties`.
    Nb,
    /// The ConfigMap of Strimzi 0.2: `partitions`, `replicas`, `config` in JSON.
    Strimzi02,
}

impl Dialect {
    /// Its name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "KafkaTopic",
            Self::NbAlpha => "nb-alpha",
            Self::Nb => "nb",
            Self::Strimzi02 => "strimzi-0.2",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A topic as somebody wants it. What is absent is left to the cluster: it is never -1 and never 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDeclaration {
    /// How it was written down.
    pub dialect: Dialect,
    /// The topic's name in Kafka. It may be an internal one, which whoever carries it out refuses.
    pub name: TopicName,
    /// How many partitions, 1 or more.
    pub partitions: Option<i32>,
    /// How many replicas, 1 or more.
    pub replication_factor: Option<i16>,
    /// Topic configuration.
    pub config: BTreeMap<String, String>,
    /// What becomes of the topic when the object goes; none means what the cluster says.
    pub deletion: Option<Deletion>,
    /// Whether the topic is left as it is.
    pub paused: bool,
    /// What was read but probably not meant, in sentences.
    pub warnings: Vec<String>,
}

/// A KafkaTopic whose declaration was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedTopic {
    /// The cluster it names.
    pub cluster: ClusterRef,
    /// The topic it wants.
    pub declaration: TopicDeclaration,
}

impl ValidatedTopic {
    /// Reads a declaration; every problem is named.
    pub fn from_resource(resource: &KafkaTopic) -> Result<Self, InvalidSpec> {
        let spec = &resource.spec;
        let mut problems = Problems::default();
        let namespace: Option<Namespace> =
            problems.take("metadata.namespace", resource.metadata.namespace.as_deref().unwrap_or_default().parse());
        let cluster = namespace.and_then(|namespace| problems.take("spec.cluster", spec.cluster.resolve(&namespace)));
        let name = match &spec.topic_name {
            Some(name) => problems.take("spec.topicName", name.parse::<TopicName>()),
            None => problems
                .take("metadata.name", resource.metadata.name.as_deref().unwrap_or_default().parse::<TopicName>()),
        };
        let partitions =
            spec.partitions.and_then(|value| problems.take("spec.partitions", self::partitions(i64::from(value))));
        let replication_factor = spec
            .replication_factor
            .and_then(|value| problems.take("spec.replicationFactor", self::replication_factor(i64::from(value))));
        let config = problems.config("spec.config", &spec.config);
        match (cluster, name) {
            (Some(cluster), Some(name)) if problems.is_empty() => Ok(Self {
                cluster,
                declaration: TopicDeclaration {
                    dialect: Dialect::Resource,
                    name,
                    partitions,
                    replication_factor,
                    config,
                    deletion: spec.deletion,
                    paused: spec.paused,
                    warnings: Vec::new(),
                },
            }),
            _ => Err(problems.into_error()),
        }
    }
}

/// A number of partitions as declared, or what to write instead.
pub(crate) fn partitions(value: i64) -> Result<i32, String> {
    let partitions = i32::try_from(value).ok().filter(|partitions| *partitions >= 1);
    partitions.ok_or_else(|| {
        format!("{value} is no number of partitions: write 1 or more, or leave it out to take what the cluster gives")
    })
}

/// A replication factor as declared, or what to write instead.
pub(crate) fn replication_factor(value: i64) -> Result<i16, String> {
    let factor = i16::try_from(value).ok().filter(|factor| *factor >= 1);
    factor.ok_or_else(|| {
        format!("{value} is no replication factor: write 1 or more, or leave it out to take what the cluster gives")
    })
}
