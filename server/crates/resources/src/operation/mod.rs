//! `KafkaOperation`: a change of a whole cluster, with its history.

mod spec;
mod status;

pub use klamm_model::OperationKind;
pub use spec::{KafkaOperation, KafkaOperationSpec};
pub use status::{
    KafkaOperationStatus, MoveLanes, MovingPartition, OperationEvent, OperationOurs, OperationPhase, OperationStep,
    OwnThrottle, StepState, ThrottledTopic, TopicPartitions, WaitingOn,
};
