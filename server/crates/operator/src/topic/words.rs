//! The planner's reasons in the words of conditions.

use klamm_model::TopicName;
use klamm_planner::{
    tenancy::NotAllowed,
    topics::{RefusalReason, RemovalOutcome},
};
use klamm_resources::TopicReason;

/// Something that has a reason in conditions.
pub(super) trait InWords {
    fn reason(&self) -> TopicReason;
}

pub(super) fn reason_of(what: &impl InWords) -> TopicReason {
    what.reason()
}

impl InWords for RefusalReason {
    fn reason(&self) -> TopicReason {
        match self {
            Self::InternalTopic => TopicReason::ProtectedTopic,
            Self::CollidesInMetrics { .. } => TopicReason::MetricNameCollision,
            Self::OutOfRange { .. } | Self::Unreadable { .. } => TopicReason::InvalidSpec,
            Self::FewerPartitions { .. } => TopicReason::PartitionsReductionNotAllowed,
            Self::FactorDiffers { .. } | Self::BoundElsewhere { .. } | Self::BelongsToOperations => {
                TopicReason::NotSupported
            }
            Self::FactorAboveBrokers { .. } => TopicReason::NotEnoughBrokers,
            Self::TooManyPartitions { .. } => TopicReason::ExceedsMaxPartitions,
            Self::FactorAboveCap { .. } => TopicReason::ExceedsMaxReplicationFactor,
            Self::RetentionAboveCap { .. } => TopicReason::ExceedsMaxRetention,
            Self::Rejected { .. } => TopicReason::RejectedByKafka,
        }
    }
}

impl InWords for NotAllowed {
    fn reason(&self) -> TopicReason {
        match self {
            Self::NotATenant { .. } => TopicReason::NotATenant,
            Self::OutsidePrefixes { .. } | Self::Anothers { .. } => TopicReason::NameNotAllowed,
        }
    }
}

/// What became of a topic whose last declaration went.
pub(super) fn sentence_of_end(outcome: RemovalOutcome, name: &TopicName) -> (TopicReason, String) {
    match outcome {
        RemovalOutcome::Deleted => (TopicReason::Deleted, format!("topic {name} was deleted with its records")),
        RemovalOutcome::AlreadyGone => (TopicReason::Deleted, format!("topic {name} was gone already")),
        RemovalOutcome::Retained => (
            TopicReason::Retained,
            format!("topic {name} stays with its records, as the deletion policy says; declare it again to manage it"),
        ),
        RemovalOutcome::NeverManaged => (
            TopicReason::Retained,
            format!(
                "topic {name} stays: this object went before it came to manage the topic, which may be somebody else's; delete it in Kafka if it should go"
            ),
        ),
        RemovalOutcome::Protected => (TopicReason::Retained, format!("topic {name} is Kafka's own and stays")),
        RemovalOutcome::AnotherTopic => (
            TopicReason::Retained,
            format!(
                "topic {name} stays: it is not the one this object managed, somebody deleted that and made another of the same name; delete it in Kafka if it should go"
            ),
        ),
    }
}
