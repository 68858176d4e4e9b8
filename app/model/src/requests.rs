//! Requests: what people may ask for, and what the rules say about a wish.

use crate::OperationKind;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestKind {
    /// A new topic.
    TopicCreate,
    /// Other partitions or configuration.
    TopicChange,
    /// The end of a topic and of its records.
    TopicDelete,
    /// A topic that nobody declares becomes a team's.
    TopicAdopt,
    /// A new Kafka user with its Secret.
    CredentialCreate,
    /// Other rights of one.
    CredentialChange,
    /// A new password, with the old one working for a while.
    CredentialRotate,
    /// The end of one.
    CredentialDelete,
    /// Somebody else's use of one's topics.
    AccessGrant,
    /// The end of that.
    AccessRevoke,
    /// A consumer group continues elsewhere.
    OffsetsReset,
    /// Nodes of a cluster are restarted one by one.
    Restart,
    /// Other settings of brokers.
    Reconfigure,
    /// Another version of Kafka.
    Upgrade,
    /// Another metadata version: there may be no way back.
    Finalise,
    /// More or fewer nodes.
    Scale,
    /// Replicas and leaders are spread.
    Rebalance,
    /// Brokers are emptied.
    Drain,
}

impl RequestKind {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::TopicCreate,
        Self::TopicChange,
        Self::TopicDelete,
        Self::TopicAdopt,
        Self::CredentialCreate,
        Self::CredentialChange,
        Self::CredentialRotate,
        Self::CredentialDelete,
        Self::AccessGrant,
        Self::AccessRevoke,
        Self::OffsetsReset,
        Self::Restart,
        Self::Reconfigure,
        Self::Upgrade,
        Self::Finalise,
        Self::Scale,
        Self::Rebalance,
        Self::Drain,
    ];

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As it is written in rules and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::TopicCreate => "topicCreate",
            Self::TopicChange => "topicChange",
            Self::TopicDelete => "topicDelete",
            Self::TopicAdopt => "topicAdopt",
            Self::CredentialCreate => "credentialCreate",
            Self::CredentialChange => "credentialChange",
            Self::CredentialRotate => "credentialRotate",
            Self::CredentialDelete => "credentialDelete",
            Self::AccessGrant => "accessGrant",
            Self::AccessRevoke => "accessRevoke",
            Self::OffsetsReset => "offsetsReset",
            Self::Restart => "restart",
            Self::Reconfigure => "reconfigure",
            Self::Upgrade => "upgrade",
            Self::Finalise => "finalise",
            Self::Scale => "scale",
            Self::Rebalance => "rebalance",
            Self::Drain => "drain",
        }
    }

    /// Whether it says what a topic is to be like; then the team may have more afterwards.
    pub fn topic_part(self) -> TopicPart {
        match self {
            Self::TopicCreate | Self::TopicChange | Self::TopicAdopt => TopicPart::Described,
            Self::TopicDelete
            | Self::CredentialCreate
            | Self::CredentialChange
            | Self::CredentialRotate
            | Self::CredentialDelete
            | Self::AccessGrant
            | Self::AccessRevoke
            | Self::OffsetsReset
            | Self::Restart
            | Self::Reconfigure
            | Self::Upgrade
            | Self::Finalise
            | Self::Scale
            | Self::Rebalance
            | Self::Drain => TopicPart::None,
        }
    }

    /// What somebody does who asks for it: `create a topic`.
    pub fn words(self) -> &'static str {
        match self {
            Self::TopicCreate => "create a topic",
            Self::TopicChange => "change a topic",
            Self::TopicDelete => "delete a topic",
            Self::TopicAdopt => "adopt a topic",
            Self::CredentialCreate => "create a credential",
            Self::CredentialChange => "change a credential",
            Self::CredentialRotate => "rotate a credential",
            Self::CredentialDelete => "delete a credential",
            Self::AccessGrant => "grant access",
            Self::AccessRevoke => "revoke access",
            Self::OffsetsReset => "reset the offsets of a group",
            Self::Restart => "restart nodes of a cluster",
            Self::Reconfigure => "change settings of brokers",
            Self::Upgrade => "bring a cluster to another version",
            Self::Finalise => "finalise a metadata version",
            Self::Scale => "scale a pool of nodes",
            Self::Rebalance => "rebalance a cluster",
            Self::Drain => "empty brokers",
        }
    }

    /// The operation of a whole cluster that it asks for; none where it asks for something of a team's.
    pub fn operation(self) -> Option<OperationKind> {
        match self {
            Self::TopicCreate
            | Self::TopicChange
            | Self::TopicDelete
            | Self::TopicAdopt
            | Self::CredentialCreate
            | Self::CredentialChange
            | Self::CredentialRotate
            | Self::CredentialDelete
            | Self::AccessGrant
            | Self::AccessRevoke
            | Self::OffsetsReset => None,
            Self::Restart => Some(OperationKind::Restart),
            Self::Reconfigure => Some(OperationKind::Reconfigure),
            Self::Upgrade => Some(OperationKind::Upgrade),
            Self::Finalise => Some(OperationKind::Finalise),
            Self::Scale => Some(OperationKind::Scale),
            Self::Rebalance => Some(OperationKind::Rebalance),
            Self::Drain => Some(OperationKind::Drain),
        }
    }
}

/// Whether a request says what a topic is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicPart {
    /// It does: the topic is made, changed or taken on as described.
    Described,
    /// It names what it is about, and no more.
    None,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestState {
    /// Its writer still thinks about it; nobody else sees it.
    Draft,
    /// Asked for; what the rules say about it has still to be found out.
    Submitted,
    /// Somebody has to agree.
    NeedsApproval,
    /// Agreed; it is about to be applied.
    Approved,
    /// What was agreed is written; it is not there yet.
    Applying,
    /// It is there.
    Applied,
    /// It could not be applied; it can be tried again.
    Failed,
    /// Somebody said no.
    Declined,
    /// Whoever asked took it back.
    Cancelled,
    /// Nobody answered in time.
    Expired,
    /// What it asked for became so without it.
    Superseded,
}

impl RequestState {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Submitted,
        Self::NeedsApproval,
        Self::Approved,
        Self::Applying,
        Self::Applied,
        Self::Failed,
        Self::Declined,
        Self::Cancelled,
        Self::Expired,
        Self::Superseded,
    ];

    /// As it is written in JSON, in addresses and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::NeedsApproval => "needsApproval",
            Self::Approved => "approved",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::NeedsApproval => "needs approval",
            Self::Approved => "approved",
            Self::Applying => "being applied",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }
}

/// What a rule says about a wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which rule, as its place in the document: `environments.prod.topics.allowed.partitions`.
    pub rule: String,
    /// What follows from it.
    pub severity: Severity,
    /// For people: what is so, and what to do.
    pub message: String,
}

/// What follows from a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody has to be asked.
    Approval,
    /// It cannot be had.
    Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_written_alike_everywhere() {
        for kind in RequestKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(RequestKind::named(kind.name()), Some(kind));
        }
        for state in RequestState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
            assert_eq!(RequestState::named(state.name()), Some(state));
        }
    }
}
