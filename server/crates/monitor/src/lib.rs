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
mod history;
mod nodes;
mod objects;
mod observed;
mod shelf;
mod vitals;
mod watching;

pub use declarations::Declarations;
pub use directory::{Monitor, MonitorOptions, RevisionMap};
pub use history::{DETAIL_MILLIS, History, Points, SeriesAnswer, SeriesQuestion};
pub use objects::{Readiness, Told, UserObject};
pub use observed::{Declared, DeclaredTenant, Door, ObservedCluster};
pub use vitals::Vitals;
