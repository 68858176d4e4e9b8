//! What is wrong with a cluster or will be: the words of findings.

use crate::{BrokerId, GroupId, ObjectName, PartitionId, PersonName, TopicName, UnixMillis};
use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FindingSeverity {
    /// Worth knowing.
    Info,
    /// Somebody should see to it in the next days.
    Warning,
    /// Somebody should see to it now: something does not serve, or soon will not.
    Critical,
}

impl FindingSeverity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// As it is called in JSON, in addresses, in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)+) => {
        /// Which rule found it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum FindingRule {
            $($(#[$doc])* $variant,)+
        }

        impl FindingRule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it is called in JSON, in addresses, in the database and in metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

rules! {
    /// No broker answers.
    ClusterUnreachable = "clusterUnreachable";
    /// A declared broker does not serve.
    BrokerDown = "brokerDown";
    /// Partitions without a leader.
    OfflinePartitions = "offlinePartitions";
    /// Partitions with fewer in-sync replicas than producers with `acks=all` need.
    UnderMinIsr = "underMinIsr";
    /// Partitions with fewer in-sync replicas than replicas.
    UnderReplicated = "underReplicated";
    /// Nobody is the active controller.
    NoController = "noController";
    /// More than one says that it is.
    SeveralControllers = "severalControllers";
    /// A voter of the metadata quorum is behind.
    QuorumLag = "quorumLag";
    /// A volume has little left.
    DiskLow = "diskLow";
    /// A volume will be full soon, if it goes on like this.
    DiskFullSoon = "diskFullSoon";
    /// A topic's retention does not fit its disks.
    RetentionDoesNotFit = "retentionDoesNotFit";
    /// A broker gave a log dir up.
    LogDirOffline = "logDirOffline";
    /// Some brokers lead many more partitions than others.
    LeaderSkew = "leaderSkew";
    /// All replicas of a partition are in one rack though there are several.
    RackViolation = "rackViolation";
    /// Topics with one replica, where there are several brokers.
    FactorOne = "factorOne";
    /// Topics of which no broker may fail: `min.insync.replicas` is the replication factor.
    MinIsrEqualsFactor = "minIsrEqualsFactor";
    /// Replication throttles without a reassignment.
    ForgottenThrottle = "forgottenThrottle";
    /// A reassignment that does not move.
    StuckReassignment = "stuckReassignment";
    /// A group with members whose offsets do not move though there is something to read.
    StuckGroup = "stuckGroup";
    /// A group that rebalances without end.
    RebalancingGroup = "rebalancingGroup";
    /// A group that nobody is in though records come that it has not read.
    EmptyGroup = "emptyGroup";
    /// A topic to which records came without a pause, and come no more.
    ProducersStopped = "producersStopped";
    /// A consent that a credential lives by ends soon, or one that was rotated away does.
    CredentialExpiring = "credentialExpiring";
    /// What is in Kafka differs from what is declared.
    Drift = "drift";
    /// Brokers of several versions.
    MixedVersions = "mixedVersions";
    /// All brokers run a newer version than the finalized metadata version.
    MetadataHeldBack = "metadataHeldBack";
    /// A target of numbers does not answer, or lies.
    TargetTrouble = "targetTrouble";
    /// Lines of a target cannot be read.
    TargetRejects = "targetRejects";
}

impl FindingRule {
    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

/// What a finding is about, beside its cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "name")]
pub enum FindingSubject {
    /// The cluster itself.
    Cluster,
    /// A broker.
    Broker(BrokerId),
    /// A log dir of a broker.
    Volume(BrokerId, String),
    /// A topic.
    Topic(TopicName),
    /// A consumer group.
    Group(GroupId),
    /// A pod that numbers are read from.
    Target(ObjectName),
    /// A credential, by namespace and name.
    Credential(String),
}

/// A partition, as findings name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedPartition {
    /// Of this topic.
    pub topic: TopicName,
    /// Its index.
    pub partition: PartitionId,
}

/// Something wrong with a cluster: `GET /api/v1/clusters/{namespace}/{name}/findings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterFinding {
    /// The same for as long as it is the same trouble: made from rule and subject.
    pub id: String,
    /// Which rule found it.
    pub rule: FindingRule,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What it is about.
    pub subject: FindingSubject,
    /// What is so, in a sentence: `3 partitions have no leader: orders-7, orders-8 and orders-9`.
    pub message: String,
    /// What follows from it.
    pub meaning: String,
    /// What to do.
    pub advice: String,
    /// The page that does it, or tells more.
    pub link: Option<String>,
    /// Partitions that it concerns: the first of them.
    pub partitions: Vec<NamedPartition>,
    /// How many it concerns in all.
    pub partition_total: u32,
    /// Since when, as far as anybody watched.
    pub since: UnixMillis,
    /// Who said that they know.
    pub acknowledged: Option<Acknowledgement>,
}

/// That somebody knows of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledgement {
    /// Who.
    pub by: PersonName,
    /// Why it may stay so.
    pub reason: String,
    /// When they said so.
    pub at: UnixMillis,
    /// Until when it is believed.
    pub until: UnixMillis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_called_alike_everywhere() {
        for rule in FindingRule::ALL.iter().copied() {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
            assert_eq!(FindingRule::named(rule.name()), Some(rule));
        }
        for severity in FindingSeverity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.name());
            assert_eq!(FindingSeverity::named(severity.name()), Some(severity));
        }
    }
}
