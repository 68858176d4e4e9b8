//! A real sandbox for tests, and an outside Kafka client to look at it with. One bring-up per test binary, a namespace per
//! test; the sandbox ends with the test process because it holds the other end of its standard input. And a stand-in estate:
//! brokers of any number of topics and groups, without Kafka.
//!
//! Only dev-dependencies may point here.

mod estate;
mod kafka;
mod sandbox;
mod wait;

pub use estate::{Estate, EstateSize, Fault};
pub use kafka::{ClientError, GroupMember, OutsideClient};
pub use sandbox::{BringUp, TestSandbox};
pub use wait::{Waited, eventually, wait_for_object};
