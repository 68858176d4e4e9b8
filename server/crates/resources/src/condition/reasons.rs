/// A reason of the closed vocabulary of one kind of object.
pub trait Reason: Copy {
    /// The word in `reason`, also that of Events.
    fn as_str(self) -> &'static str;
}

macro_rules! reasons {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }

        impl Reason for $type {
            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

reasons!(
    /// Reasons on a KafkaCluster.
    ClusterReason {
        /// Every broker serves.
        Serving,
        /// Some brokers do not serve.
        BrokersDown,
        /// Pods and volumes are being made.
        CreatingBrokers,
        /// Pods run, the quorum has no leader yet.
        FormingQuorum,
        /// Nothing is left to do.
        Idle,
        /// The declaration cannot be understood or contradicts itself.
        InvalidSpec,
        /// Klamm cannot do this yet.
        NotSupported,
        /// A changed field takes effect only with a restart.
        RestartNeeded,
        /// A declared change is of a kind that is never carried out, such as a smaller volume.
        ChangeRefused,
        /// No node has room, or the right labels, for a broker.
        Unschedulable,
        /// A broker or controller stands on a cordoned Kubernetes node and stays there for now.
        NodeCordoned,
        /// The image cannot be had.
        ImageUnavailable,
        /// A broker ends again and again.
        BrokerCrashing,
        /// A volume cannot be had.
        VolumeUnavailable,
        /// Brokers do not answer.
        KafkaUnreachable,
        /// Brokers refuse the credentials.
        AuthenticationFailed,
        /// A Secret that the spec names is missing or lacks a key.
        SecretMissing,
        /// An object of a needed name belongs to somebody else.
        ResourceConflict,
        /// Kubernetes does not let Klamm do what is needed.
        Forbidden,
        /// A tenant's namespace lacks the RoleBinding that Klamm needs.
        TenantRoleMissing,
        /// A tenant's namespace does not exist.
        TenantNamespaceMissing,
        /// Two clusters say that they are the default.
        DefaultAmbiguous,
        /// An operation runs.
        OperationRunning,
        /// Metadata version is older than what the brokers could run.
        FinalisePending,
        /// `paused` is set.
        Paused,
        /// It is being deleted.
        Deleting,
        /// A call to Kubernetes or Kafka failed; it is tried again.
        Retrying,
    }
);

reasons!(
    /// Reasons on a topic's declaration.
    TopicReason {
        /// The topic is as declared.
        InSync,
        /// The topic is being created.
        Creating,
        /// The topic is being changed.
        Changing,
        /// The topic was created.
        Created,
        /// The topic was changed as declared.
        Changed,
        /// The topic was changed elsewhere and changed back.
        DriftReverted,
        /// The object no longer has a say about the topic.
        Released,
        /// The topic was found in Kafka and got a declaration.
        Imported,
        /// The declaration cannot be understood.
        InvalidSpec,
        /// Klamm cannot do this yet.
        NotSupported,
        /// Some fields hold, others were refused.
        PartlyApplied,
        /// Fewer partitions than there are.
        PartitionsReductionNotAllowed,
        /// Another factor than the topic has.
        ReplicationFactorChangeNotSupported,
        /// More partitions than the cluster allows a topic.
        ExceedsMaxPartitions,
        /// More replicas than the cluster allows.
        ExceedsMaxReplicationFactor,
        /// Longer retention than the cluster allows.
        ExceedsMaxRetention,
        /// More replicas than there are brokers.
        NotEnoughBrokers,
        /// Kafka refused a value.
        RejectedByKafka,
        /// Kafka's own topics are not declared.
        ProtectedTopic,
        /// Another object declares the same topic and was first.
        ResourceConflict,
        /// Two names are one in Kafka's metrics.
        MetricNameCollision,
        /// The namespace is no tenant of the cluster.
        NotATenant,
        /// The name is outside the namespace's prefixes.
        NameNotAllowed,
        /// Somebody's consent is missing.
        ApprovalRequired,
        /// The cluster does not exist.
        ClusterNotFound,
        /// Nothing says which cluster is meant.
        ClusterAmbiguous,
        /// The cluster is not ready for topics yet.
        ClusterNotReady,
        /// Brokers do not answer.
        KafkaUnreachable,
        /// The topic differs from its declaration and `drift` is `report`.
        DriftFound,
        /// The topic was renamed here; the old one is kept.
        Renamed,
        /// `paused` is set.
        Paused,
        /// It is being deleted.
        Deleting,
        /// The topic stays in Kafka although its declaration went.
        Retained,
        /// The topic was deleted in Kafka.
        Deleted,
        /// A call failed; it is tried again.
        Retrying,
    }
);

reasons!(
    /// Reasons on a KafkaUser.
    UserReason {
        /// Credentials, ACLs and Secret are as declared.
        InSync,
        /// Credentials are being made.
        Creating,
        /// ACLs or quotas are being changed.
        Changing,
        /// Credentials were made.
        Created,
        /// ACLs or quotas were changed as declared.
        Changed,
        /// Credentials, ACLs, quotas and Secret were removed.
        Deleted,
        /// A name of a group or transactional id is outside what the namespace may use.
        NameNotAllowed,
        /// The Kafka user stays although its declaration went.
        Retained,
        /// The declaration cannot be understood.
        InvalidSpec,
        /// Klamm cannot do this yet.
        NotSupported,
        /// Some grants hold, others were refused or wait.
        PartlyApplied,
        /// Kafka refused something.
        RejectedByKafka,
        /// The name is kept for Klamm.
        ReservedName,
        /// A Kafka user of that name exists and is not ours.
        ForeignUser,
        /// A Secret of that name exists and is not ours.
        SecretConflict,
        /// The Secret was changed or deleted and has a new password now.
        SecretRestored,
        /// The namespace is no tenant of the cluster.
        NotATenant,
        /// Raw ACLs are for the cluster's own namespace.
        RawAclsNotAllowed,
        /// The owner's consent is missing.
        ApprovalRequired,
        /// A topic that is granted does not exist yet.
        TopicMissing,
        /// A new password is being introduced while the old one still works.
        Rotating,
        /// The Secret holds another Kafka user now; the one before works until its grace is over.
        Rotated,
        /// A rotation waits until the grace of the one before is over.
        RotationWaits,
        /// The Kafka user of before a rotation was removed: its grace is over.
        PreviousRemoved,
        /// The cluster does not exist.
        ClusterNotFound,
        /// Nothing says which cluster is meant.
        ClusterAmbiguous,
        /// The cluster is not ready for users yet.
        ClusterNotReady,
        /// Brokers do not answer.
        KafkaUnreachable,
        /// It is being deleted.
        Deleting,
        /// A call failed; it is tried again.
        Retrying,
    }
);

reasons!(
    /// Reasons on a KafkaGrant.
    GrantReason {
        /// It counts.
        InEffect,
        /// Its time is over.
        Expired,
        /// The declaration cannot be understood.
        InvalidSpec,
        /// The namespace does not own the topics it grants.
        NotOwner,
        /// The namespace is no tenant of the cluster.
        NotATenant,
        /// The cluster does not exist.
        ClusterNotFound,
    }
);

reasons!(
    /// Reasons on a KafkaOperation.
    OperationReason {
        /// It is done.
        Done,
        /// It runs.
        Running,
        /// It will run.
        Planned,
        /// Its first step began.
        Began,
        /// A step was done.
        StepDone,
        /// Something was set going.
        Acted,
        /// `paused` is set.
        Paused,
        /// It goes on.
        Resumed,
        /// The declaration says something else by now.
        Superseded,
        /// It was cancelled.
        Cancelled,
        /// It cannot be done.
        Failed,
        /// A guard forbids the next step now.
        GuardBlocked,
        /// Topics would be unavailable, and nobody has accepted that.
        AcceptUnavailable,
        /// No maintenance window is open.
        OutsideWindow,
        /// The time between two steps is not over.
        Soaking,
        /// Another operation of the cluster runs.
        AnotherRuns,
        /// The declaration cannot be understood.
        InvalidSpec,
        /// Klamm cannot do this yet.
        NotSupported,
        /// The cluster does not exist.
        ClusterNotFound,
        /// Brokers do not answer.
        KafkaUnreachable,
        /// Somebody's consent is missing.
        ApprovalRequired,
    }
);

reasons!(
    /// Reasons in Events on a workload that wants a credential.
    InjectionReason {
        /// Its credential was declared.
        Injected,
        /// It says neither what it reads nor what it writes.
        AnnotationMissing,
        /// A part of an annotation cannot be read.
        InvalidAnnotation,
        /// A KafkaUser of the needed name exists and was not made for it.
        UserConflict,
        /// The cluster does not exist.
        ClusterNotFound,
        /// Nothing says which cluster is meant.
        ClusterAmbiguous,
        /// Its credential lives on another cluster than it names.
        BoundElsewhere,
        /// A call to Kubernetes failed; it is tried again.
        Retrying,
    }
);
