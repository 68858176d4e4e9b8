//! `KafkaOperation`: a change of a whole cluster, with its history.

mod spec;
mod status;

pub use spec::{KafkaOperation, KafkaOperationSpec, OperationKind};
pub use status::{
    KafkaOperationStatus, MoveLanes, MovingPartition, OperationEvent, OperationOurs, OperationPhase, OperationStep,
    OwnThrottle, StepState, ThrottledTopic, TopicPartitions, WaitingOn,
};
