//! The catalogue: topics by their names, across clusters and environments.

use super::{Health, WishValue};
use crate::{ClusterRef, Known, Owner, RequestKind, TeamName, TopicName, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which part of the catalogue is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CatalogueRequest {
    /// Keep topics whose name, team, declaring object, description, contact or tags contain this, ignoring case.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// Keep topics of this team.
    pub team: Option<String>,
    /// Keep topics that are in this environment.
    pub environment: Option<String>,
    /// Keep topics of which this is to be said: `orphaned`, `unused` or `differs`.
    pub only: Option<String>,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// A topic by its name: an item of `GET /api/v1/topics`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueTopic {
    /// The name that all of them have.
    pub name: TopicName,
    /// Whose it is, where anybody's.
    pub team: Option<TeamName>,
    /// What people say of it.
    #[serde(flatten)]
    pub about: TopicAbout,
    /// Where it is, in the order in which it is promoted.
    pub places: Vec<TopicPlace>,
    /// What somebody should do something about.
    pub notes: Vec<CatalogueNote>,
}

/// What people say of a topic, in annotations of the object that declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicAbout {
    /// What it is for.
    pub description: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Where more is written; always `http:` or `https:`.
    pub link: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
}

/// A topic on one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicPlace {
    /// Which.
    pub cluster: ClusterRef,
    /// The cluster's environment.
    pub environment: Option<String>,
    /// The object that declares it there.
    pub owner: Option<Owner>,
    /// Who wrote that object, as a field manager: `klamm-portal`, `kubectl-client-side-apply`, `argocd-controller`.
    pub manager: Option<String>,
    /// The team of that object's namespace.
    pub team: Option<TeamName>,
    /// How many partitions.
    pub partitions: u32,
    /// The largest number of replicas of a partition.
    pub replication_factor: u32,
    /// Bytes of all replicas.
    pub size_bytes: Known<u64>,
    /// By how many bytes it grows in a day, all replicas together; less than nothing where it shrinks.
    #[serde(default)]
    pub growth_bytes_per_day: Known<i64>,
    /// Records appended per second.
    pub records_per_second: Known<f64>,
    /// In one word.
    pub health: Health,
    /// Since when nothing has been written and no group has moved, as far as Klamm has watched.
    pub quiet_since: Known<UnixMillis>,
}

/// What can be said of a topic that somebody should do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CatalogueFinding {
    /// No object declares it.
    Orphaned,
    /// Nobody has written or read for long.
    Unused,
    /// It is not the same everywhere.
    Differs,
}

impl CatalogueFinding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Orphaned, Self::Unused, Self::Differs];

    /// How requests name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orphaned => "orphaned",
            Self::Unused => "unused",
            Self::Differs => "differs",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.name() == name)
    }
}

/// Something that is to be said of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueNote {
    /// What.
    pub finding: CatalogueFinding,
    /// On which cluster; none where it is about all of them.
    pub cluster: Option<ClusterRef>,
    /// The same, in a sentence.
    pub message: String,
}

/// A topic on all clusters, side by side: `GET /api/v1/topics/{topic}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// As lists have it.
    #[serde(flatten)]
    pub topic: CatalogueTopic,
    /// How it is set, by setting; values in the order of `places`.
    pub settings: Vec<TopicSetting>,
    /// Who uses it, by cluster.
    pub users: Vec<TopicUser>,
    /// How many more use it than are listed.
    pub users_left_out: u32,
    /// Where it can go next.
    pub promotions: Vec<Promotion>,
}

/// How a topic is set on each cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicSetting {
    /// `partitions`, `replicationFactor` or a key of the configuration.
    pub name: String,
    /// In the order of the places; none where it is not set there.
    pub values: Vec<Option<String>>,
    /// Whether they are alike.
    pub comparison: Comparison,
}

/// Whether values are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Comparison {
    /// The same everywhere.
    Alike,
    /// Not the same everywhere.
    Differs,
}

/// Somebody who may use a topic, or was seen to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum TopicUser {
    /// A credential that was given rights to it.
    Credential {
        /// On which cluster.
        cluster: ClusterRef,
        /// `<namespace>/<name>` of the KafkaUser.
        name: String,
        /// The team of its namespace.
        team: Option<TeamName>,
        /// `consume`, `produce` or `both`.
        access: String,
    },
    /// A consumer group that has committed offsets.
    Group {
        /// On which cluster.
        cluster: ClusterRef,
        /// Its id.
        name: String,
        /// How many members it has now.
        members: Known<u32>,
        /// Records it is behind in this topic.
        lag: Known<u64>,
    },
}

/// The request that would take a topic to the next environment, ready for `POST /api/v1/requests`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Promotion {
    /// Where it is.
    pub from: ClusterRef,
    /// Where it would be.
    pub cluster: ClusterRef,
    /// The environment of that cluster.
    pub environment: String,
    /// `topicCreate`, or `topicChange` where it is there already.
    pub kind: RequestKind,
    /// Whose wish it would be.
    pub team: TeamName,
    /// What is asked for. Replication is left to the cluster: it says how many brokers there are, not what the topic is.
    pub spec: PromotedTopic,
}

/// A topic as it would be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromotedTopic {
    /// Its name.
    pub topic_name: TopicName,
    /// How many partitions.
    pub partitions: u32,
    /// What is set on it.
    pub config: BTreeMap<String, WishValue>,
    /// What people say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where more is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}
