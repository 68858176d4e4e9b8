//! What rooms that work in batches share: a queue that holds every key once, however often it changes; news that are
//! told when there is time; the loop around a watch; and a cluster's tenants in the planner's words.
//!
//! Nothing of topics or users may enter.

mod contact;
mod key;
mod news;
mod queue;
mod status;
mod tenants;
mod together;
mod watching;

pub(crate) use contact::{Contact, contact};
pub(crate) use key::ObjectKey;
pub(crate) use news::{News, NewsDesk, Tone};
pub(crate) use queue::{Next, QUIET_FAILURES, Queue, QueueFigures};
pub(crate) use status::{LastSeen, version_of, write_status};
pub(crate) use tenants::tenancy;
pub(crate) use together::together;
pub(crate) use watching::{Audience, watch};
