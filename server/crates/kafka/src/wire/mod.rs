//! Bytes to messages and back. No sockets in here, and no panic whatever a peer sends.
//!
//! Messages themselves come from `kafka-protocol`; this room adds the length prefix, headers, the choice of versions,
//! and the guard that keeps hostile lengths from becoming allocations.

mod codec;
mod frame;
mod guard;
mod versions;

pub(crate) use codec::{Question, decode, encode, malformed, request_name};
pub(crate) use frame::{FrameError, read_frame, split_correlation};
pub(crate) use guard::Guarded;
pub(crate) use versions::spoken;
pub use versions::{ApiTable, FeatureRange, VersionRange};

#[cfg(test)]
mod tests;
