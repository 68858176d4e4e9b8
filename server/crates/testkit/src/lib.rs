//! A real sandbox for tests, and an outside Kafka client to look at it with. One bring-up per test binary, a namespace per
//! test; the sandbox ends with the test process because it holds the other end of its standard input. And a stand-in estate:
//! brokers of any number of topics and groups, without Kafka. And a database for each test, SQLite or PostgreSQL.
//!
//! Only dev-dependencies may point here.

mod database;
mod estate;
mod kafka;
mod sandbox;
mod wait;

pub use database::{Disk, TestDatabase, Writing, on_a_small_disk};
pub use estate::{Estate, EstateSize, Fault};
pub use kafka::{ClientError, GroupMember, OutsideClient};
pub use sandbox::{BringUp, TestSandbox};
pub use wait::{Waited, eventually, wait_for_object};
