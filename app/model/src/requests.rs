//! Requests: what people may ask for, and what the rules say about a wish.

use crate::OperationKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A change of a whole cluster; it is called like the operation.
    Operation(OperationKind),
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
        Self::Operation(OperationKind::Restart),
        Self::Operation(OperationKind::Reconfigure),
        Self::Operation(OperationKind::Upgrade),
        Self::Operation(OperationKind::Finalise),
        Self::Operation(OperationKind::Scale),
        Self::Operation(OperationKind::Rebalance),
        Self::Operation(OperationKind::Drain),
    ];

    /// Their names, in the same order.
    const NAMES: [&str; 18] = {
        let mut names = [""; 18];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As it is written in rules and in JSON.
    pub const fn name(self) -> &'static str {
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
            Self::Operation(kind) => kind.name(),
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
            | Self::Operation(_) => TopicPart::None,
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
            Self::Operation(OperationKind::Restart) => "restart nodes of a cluster",
            Self::Operation(OperationKind::Reconfigure) => "change settings of brokers",
            Self::Operation(OperationKind::Upgrade) => "bring a cluster to another version",
            Self::Operation(OperationKind::Finalise) => "finalise a metadata version",
            Self::Operation(OperationKind::Scale) => "scale a pool of nodes",
            Self::Operation(OperationKind::Rebalance) => "rebalance a cluster",
            Self::Operation(OperationKind::Drain) => "empty brokers",
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
            Self::Operation(kind) => Some(kind),
        }
    }
}

impl Serialize for RequestKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for RequestKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| D::Error::unknown_variant(&name, &Self::NAMES))
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
            assert_eq!(serde_json::from_value::<RequestKind>(kind.name().into()).unwrap(), kind);
            // As keys, too.
            let counted = std::collections::BTreeMap::from([(kind, 1)]);
            let written = serde_json::to_string(&counted).unwrap();
            assert_eq!(written, format!("{{\"{}\":1}}", kind.name()));
            assert_eq!(serde_json::from_str::<std::collections::BTreeMap<_, i32>>(&written).unwrap(), counted);
        }
        let names = RequestKind::ALL.map(RequestKind::name);
        assert_eq!(
            names.join(" "),
            "topicCreate topicChange topicDelete topicAdopt credentialCreate credentialChange credentialRotate credentialDelete \
             accessGrant accessRevoke offsetsReset restart reconfigure upgrade finalise scale rebalance drain",
            "rows of databases, rules and addresses have these"
        );
        assert_eq!(names, RequestKind::NAMES);
        for operation in OperationKind::ALL {
            assert!(RequestKind::ALL.contains(&RequestKind::Operation(operation)), "{operation:?} can be asked for");
        }
        let unknown = serde_json::from_value::<RequestKind>("topicMake".into()).unwrap_err().to_string();
        assert!(unknown.starts_with("unknown variant `topicMake`, expected one of `topicCreate`, "), "{unknown}");
        for state in RequestState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
            assert_eq!(RequestState::named(state.name()), Some(state));
        }
    }
}
