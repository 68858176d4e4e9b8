use super::PartitionView;
use crate::{ConfigSource, Known, Namespace, Owner, PartitionId, RequestKind, TeamName};
use serde::{Deserialize, Serialize};

/// Partitions that a page of a topic shows at once; more would make it heavy.
pub const PARTITIONS_SHOWN: u32 = 200;

/// A topic on its own page, beside what its row in a list says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicOverview {
    /// Kafka's topic id.
    pub id: String,
    /// How evenly records come to its partitions; unknown while nobody has watched any of them for a minute.
    pub spread: Known<PartitionSpread>,
    /// The partitions shown, in order: at most [`PARTITIONS_SHOWN`] of them.
    pub partitions: Vec<PartitionView>,
    /// How many stand before those.
    pub from: u32,
    /// Keys set on the topic itself.
    pub config: Known<Vec<ConfigLine>>,
}

/// How records spread over the partitions of a topic, over about the last minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum PartitionSpread {
    /// No partition stands out, or there is nothing to spread.
    Even,
    /// One gets more than its share.
    #[serde(rename_all = "camelCase")]
    Skewed {
        /// The one that gets most.
        hottest: PartitionId,
        /// How many times as many as a partition gets on average.
        times_mean: f64,
    },
}

/// Whether somebody may ask that a topic becomes another, or, where no object declares it, that one does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicOffer {
    /// What they would ask for.
    pub kind: RequestKind,
    /// For this team; null where it is nobody's.
    pub team: Option<TeamName>,
    /// Why not, in a sentence; null where they may.
    pub why_not: Option<String>,
}

/// A configuration value in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigLine {
    /// The key.
    pub key: String,
    /// The value; null when Kafka keeps it to itself.
    pub value: Option<String>,
    /// The value as people say it, where that says more: `7 days`.
    pub words: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
}

/// The object that declares a topic, written as somebody would apply it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum TopicManifest {
    /// This object declares it.
    Declared {
        /// Which one.
        owner: Owner,
        /// Its text.
        yaml: String,
    },
    /// No object declares it; this one would take it on as it is.
    Adoption {
        /// Where that object would be.
        namespace: Namespace,
        /// Its text.
        yaml: String,
    },
    /// Kafka's own, which nobody declares.
    KafkasOwn,
    /// An object declares it, whose text is not at hand just now.
    NotAtHand {
        /// Which one.
        owner: Owner,
    },
}
