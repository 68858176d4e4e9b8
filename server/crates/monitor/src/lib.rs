//! The running inventory: one task per cluster looks at its brokers and at what is declared in Kubernetes, and publishes one
//! immutable value. Readers take the current value without waiting; a cluster that does not answer delays nobody and keeps
//! its last inventory, marked with the reason.
//!
//! Nothing here writes to Kafka or Kubernetes.

mod collector;
mod connect;
mod declarations;
mod declared;
mod directory;
mod findings;
mod growth;
mod history;
mod hosts;
mod nodes;
mod objects;
mod observed;
pub mod outlook;
mod pace;
mod reminders;
mod scrape;
mod shelf;
mod vitals;
mod watching;

pub use declarations::Declarations;
pub use directory::{Monitor, MonitorOptions, RevisionMap};
pub use findings::{RetentionMisfit, VolumeForecast};
pub use history::{DETAIL_MILLIS, History, Points, SeriesAnswer, SeriesQuestion, step_for};
pub use objects::{OperationObject, Readiness, Told, UserObject};
pub use observed::{Declared, DeclaredTenant, Door, ObservedCluster};
pub use pace::{Behind, GroupPace, Unread};
pub use reminders::reminders;
pub use scrape::ExportReader;
pub use vitals::{Acknowledged, TopicPace, Vitals};
