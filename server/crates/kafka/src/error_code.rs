//! Kafka's error codes: which mean "try again", and what to tell people.

use std::fmt;

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same question gets the same answer.
    Never,
    /// Ask again after a moment: something is being elected, loaded or throttled.
    Later,
    /// Ask again elsewhere: leader, coordinator or controller has moved.
    Elsewhere,
}

macro_rules! codes {
    ($($variant:ident = $code:literal, $kafka:literal, $retry:ident, $sentence:literal;)*) => {
        /// The error codes that administration meets. Everything else is [`ErrorCode::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $kafka, "`: ", $sentence)]
                $variant,
            )*
            /// A code without a name here.
            Other(i16),
        }

        impl ErrorCode {
            /// Reads a code of the protocol; none for 0, which is success.
            pub fn from_wire(code: i16) -> Option<Self> {
                match code {
                    0 => None,
                    $($code => Some(Self::$variant),)*
                    other => Some(Self::Other(other)),
                }
            }

            /// The number on the wire.
            pub fn to_wire(self) -> i16 {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Other(code) => code,
                }
            }

            /// Whether asking again can help.
            pub fn retry(self) -> Retry {
                match self {
                    $(Self::$variant => Retry::$retry,)*
                    Self::Other(_) => Retry::Never,
                }
            }

            /// Kafka's own name, as in its documentation.
            pub fn kafka_name(self) -> &'static str {
                match self {
                    $(Self::$variant => $kafka,)*
                    Self::Other(_) => "UNKNOWN",
                }
            }

            /// What happened, for people.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                    Self::Other(_) => "The broker refused for a reason this program has no words for.",
                }
            }

            #[cfg(test)]
            pub(crate) const NAMED: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

codes! {
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR", Never, "The broker failed unexpectedly; its log says why.";
    OffsetOutOfRange = 1, "OFFSET_OUT_OF_RANGE", Never, "The log does not reach there, or no longer does.";
    CorruptMessage = 2, "CORRUPT_MESSAGE", Never, "The broker's own copy of the records is damaged.";
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION", Never, "There is no such topic or partition, or this user may not see it.";
    LeaderNotAvailable = 5, "LEADER_NOT_AVAILABLE", Later, "The partition has no leader at the moment.";
    NotLeaderOrFollower = 6, "NOT_LEADER_OR_FOLLOWER", Elsewhere, "The broker that was asked no longer leads the partition.";
    RequestTimedOut = 7, "REQUEST_TIMED_OUT", Later, "The cluster did not finish the request in time.";
    BrokerNotAvailable = 8, "BROKER_NOT_AVAILABLE", Later, "The broker is not available.";
    ReplicaNotAvailable = 9, "REPLICA_NOT_AVAILABLE", Later, "The replica is not available on the broker that was asked.";
    OffsetMetadataTooLarge = 12, "OFFSET_METADATA_TOO_LARGE", Never, "The note beside a committed offset is longer than the brokers take.";
    NetworkException = 13, "NETWORK_EXCEPTION", Later, "A broker lost its connection to another broker while answering.";
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS", Later, "The group coordinator is still loading.";
    CoordinatorNotAvailable = 15, "COORDINATOR_NOT_AVAILABLE", Elsewhere, "The group has no coordinator at the moment.";
    NotCoordinator = 16, "NOT_COORDINATOR", Elsewhere, "The broker that was asked no longer coordinates the group.";
    InvalidTopic = 17, "INVALID_TOPIC_EXCEPTION", Never, "Kafka does not accept this topic name.";
    IllegalGeneration = 22, "ILLEGAL_GENERATION", Never, "The group has members, and whoever asked is none of them.";
    InvalidGroupId = 24, "INVALID_GROUP_ID", Never, "Kafka does not accept this group id.";
    UnknownMemberId = 25, "UNKNOWN_MEMBER_ID", Never, "The group has members, and whoever asked is none of them.";
    RebalanceInProgress = 27, "REBALANCE_IN_PROGRESS", Never, "The group has members, whose partitions are just being arranged.";
    TopicAuthorizationFailed = 29, "TOPIC_AUTHORIZATION_FAILED", Never, "The user may not do this with the topic; an ACL is missing.";
    GroupAuthorizationFailed = 30, "GROUP_AUTHORIZATION_FAILED", Never, "The user may not do this with the group; an ACL is missing.";
    ClusterAuthorizationFailed = 31, "CLUSTER_AUTHORIZATION_FAILED", Never, "The user may not do this in the cluster; make it a super user or give it the ACL.";
    UnsupportedSaslMechanism = 33, "UNSUPPORTED_SASL_MECHANISM", Never, "The listener does not accept this way of signing in.";
    IllegalSaslState = 34, "ILLEGAL_SASL_STATE", Never, "The listener did not expect a sign-in now; it may not ask for one at all.";
    UnsupportedVersion = 35, "UNSUPPORTED_VERSION", Never, "The brokers are too old, or a feature is not finalised yet, for this request.";
    TopicAlreadyExists = 36, "TOPIC_ALREADY_EXISTS", Never, "A topic of this name exists already.";
    InvalidPartitions = 37, "INVALID_PARTITIONS", Never, "The number of partitions is not possible; it can only grow.";
    InvalidReplicationFactor = 38, "INVALID_REPLICATION_FACTOR", Never, "The replication factor is below 1 or above the number of brokers that run.";
    InvalidReplicaAssignment = 39, "INVALID_REPLICA_ASSIGNMENT", Never, "The assignment of replicas to brokers is not possible.";
    InvalidConfig = 40, "INVALID_CONFIG", Never, "A configuration key or value is not accepted by the brokers.";
    NotController = 41, "NOT_CONTROLLER", Elsewhere, "The controller has moved.";
    InvalidRequest = 42, "INVALID_REQUEST", Never, "The broker did not accept the request as it was written.";
    UnsupportedForMessageFormat = 43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", Never, "The log of this partition is in a format too old for the question.";
    PolicyViolation = 44, "POLICY_VIOLATION", Never, "A policy configured in the brokers forbids it.";
    TransactionalIdAuthorizationFailed = 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", Never, "The user may not use the transactional id; an ACL is missing.";
    SecurityDisabled = 54, "SECURITY_DISABLED", Never, "The cluster has no authorizer, so it keeps no ACLs.";
    OperationNotAttempted = 55, "OPERATION_NOT_ATTEMPTED", Never, "Not tried, because another part of the same request failed.";
    StorageError = 56, "KAFKA_STORAGE_ERROR", Later, "A log directory of the broker failed; look at its disk.";
    LogDirNotFound = 57, "LOG_DIR_NOT_FOUND", Never, "The broker has no such log directory.";
    SaslAuthenticationFailed = 58, "SASL_AUTHENTICATION_FAILED", Never, "The broker did not accept the user name and password.";
    ReassignmentInProgress = 60, "REASSIGNMENT_IN_PROGRESS", Never, "The partition is being moved; wait until that is done.";
    NonEmptyGroup = 68, "NON_EMPTY_GROUP", Never, "The group still has members; stop them first.";
    GroupIdNotFound = 69, "GROUP_ID_NOT_FOUND", Never, "There is no such group.";
    ListenerNotFound = 72, "LISTENER_NOT_FOUND", Later, "The partition's leader has no listener of the name that was asked through.";
    TopicDeletionDisabled = 73, "TOPIC_DELETION_DISABLED", Never, "The brokers run with delete.topic.enable=false.";
    FencedLeaderEpoch = 74, "FENCED_LEADER_EPOCH", Elsewhere, "The partition has got another leader meanwhile.";
    UnknownLeaderEpoch = 75, "UNKNOWN_LEADER_EPOCH", Later, "The broker has not yet heard of the partition's newest leader.";
    StaleBrokerEpoch = 77, "STALE_BROKER_EPOCH", Never, "The broker has been restarted meanwhile.";
    OffsetNotAvailable = 78, "OFFSET_NOT_AVAILABLE", Later, "The new leader does not know the end of the log yet.";
    PreferredLeaderNotAvailable = 80, "PREFERRED_LEADER_NOT_AVAILABLE", Never, "The preferred leader is not in sync, so it cannot lead.";
    EligibleLeadersNotAvailable = 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", Never, "No replica that may lead is available.";
    ElectionNotNeeded = 84, "ELECTION_NOT_NEEDED", Never, "The partition already has the leader it should have.";
    NoReassignmentInProgress = 85, "NO_REASSIGNMENT_IN_PROGRESS", Never, "The partition is not being moved.";
    UnstableOffsetCommit = 88, "UNSTABLE_OFFSET_COMMIT", Later, "A transaction on the group's offsets is still open.";
    ThrottlingQuotaExceeded = 89, "THROTTLING_QUOTA_EXCEEDED", Later, "The user's quota for changes is used up for the moment.";
    ResourceNotFound = 91, "RESOURCE_NOT_FOUND", Never, "There is nothing of that name.";
    DuplicateResource = 92, "DUPLICATE_RESOURCE", Never, "The request names the same thing twice.";
    UnacceptableCredential = 93, "UNACCEPTABLE_CREDENTIAL", Never, "The brokers do not accept this credential (empty, or too few or too many iterations).";
    InconsistentVoterSet = 94, "INCONSISTENT_VOTER_SET", Never, "The quorum's voters have changed meanwhile.";
    InvalidUpdateVersion = 95, "INVALID_UPDATE_VERSION", Never, "The feature cannot be set to this level from where it is, or a node does not know the level.";
    FeatureUpdateFailed = 96, "FEATURE_UPDATE_FAILED", Never, "The controller could not change the feature; its log says why.";
    UnknownTopicId = 100, "UNKNOWN_TOPIC_ID", Never, "There is no topic with this id.";
    DuplicateBrokerRegistration = 101, "DUPLICATE_BROKER_REGISTRATION", Never, "Another broker with this id is registered.";
    BrokerIdNotRegistered = 102, "BROKER_ID_NOT_REGISTERED", Never, "No broker with this id is registered.";
    InconsistentTopicId = 103, "INCONSISTENT_TOPIC_ID", Later, "The topic was deleted and made again meanwhile.";
    InconsistentClusterId = 104, "INCONSISTENT_CLUSTER_ID", Never, "The brokers belong to another cluster than expected.";
    FencedMemberEpoch = 110, "FENCED_MEMBER_EPOCH", Never, "The group has members, and whoever asked is none of them any more.";
    StaleMemberEpoch = 113, "STALE_MEMBER_EPOCH", Never, "The group has members, and whoever asked is none of them.";
    MismatchedEndpointType = 114, "MISMATCHED_ENDPOINT_TYPE", Never, "The address belongs to a controller where a broker was expected, or the other way round.";
    UnknownControllerId = 116, "UNKNOWN_CONTROLLER_ID", Never, "There is no controller with this id.";
    InvalidRegistration = 119, "INVALID_REGISTRATION", Never, "The controller considers the broker's registration invalid.";
    InvalidVoterKey = 125, "INVALID_VOTER_KEY", Never, "The node has another directory id than the one given.";
    DuplicateVoter = 126, "DUPLICATE_VOTER", Never, "The node votes already.";
    VoterNotFound = 127, "VOTER_NOT_FOUND", Never, "The node is not a voter.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(code) => write!(f, "error code {code}"),
            named => f.write_str(named.kafka_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::ResponseError;

    #[test]
    fn numbers_are_those_of_the_protocol() {
        for code in ErrorCode::NAMED {
            assert_eq!(ErrorCode::from_wire(code.to_wire()), Some(*code));
            let theirs = ResponseError::try_from_code(code.to_wire()).unwrap();
            assert!(!matches!(theirs, ResponseError::Unknown(_)), "{code} is unknown to the protocol crate");
            let screaming = code.kafka_name().replace('_', "").to_lowercase();
            let camel = theirs.to_string().to_lowercase();
            assert_eq!(screaming, camel, "{code} has the wrong number");
        }
        assert_eq!(ErrorCode::from_wire(0), None);
        assert_eq!(ErrorCode::from_wire(31_000), Some(ErrorCode::Other(31_000)));
    }

    #[test]
    fn what_moves_is_asked_elsewhere_and_refusals_are_final() {
        assert_eq!(ErrorCode::NotController.retry(), Retry::Elsewhere);
        assert_eq!(ErrorCode::NotCoordinator.retry(), Retry::Elsewhere);
        assert_eq!(ErrorCode::CoordinatorLoadInProgress.retry(), Retry::Later);
        assert_eq!(ErrorCode::LeaderNotAvailable.retry(), Retry::Later);
        // A topic that is not there is an answer, not a hiccup, for whoever looks before creating it.
        assert_eq!(ErrorCode::UnknownTopicOrPartition.retry(), Retry::Never);
        assert_eq!(ErrorCode::InvalidConfig.retry(), Retry::Never);
        assert_eq!(ErrorCode::Other(7777).retry(), Retry::Never);
    }
}
