//! A real sandbox for tests, and an outside Kafka client to look at it with. One bring-up per test binary, a namespace per
//! test; the sandbox ends with the test process because it holds the other end of its standard input. And a stand-in estate:
//! brokers of any number of topics and groups, without Kafka. And a database for each test, SQLite or PostgreSQL. And batches of records, as producers write them.
//! And what operations on real clusters are judged by: a [`watcher`], a [`load`] that knows what it wrote, and [`chaos`] from a seed;
//! what comes of them stands in the table of [`soak`].
//!
//! Only dev-dependencies may point here.

mod batches;
pub mod chaos;
mod database;
mod estate;
mod kafka;
pub mod load;
mod sandbox;
pub mod soak;
mod steady;
mod wait;
pub mod watcher;

pub use batches::{Packing, SampleBatch, SampleRecord};
pub use database::{Disk, TestDatabase, Writing, on_a_small_disk};
pub use estate::{BadExporter, Estate, EstateSize, Fault};
pub use kafka::{ClientError, Fate, GroupMember, OutsideClient};
pub use sandbox::{BringUp, SecondKlamm, Service, TestSandbox, Tidied};
pub use steady::{Acknowledgements, SteadyProducer};
pub use wait::{NotYet, Waited, eventually, wait_for_object, while_it_goes_on};
