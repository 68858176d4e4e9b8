//! Requests: what somebody wants, judged by the rules, decided by people, and written by the [`crate::Applier`].
//!
//! Here a wish becomes the exact manifest that would be applied ([`manifest`]), with what would be different ([`changes`]) and
//! what it would do ([`effect`]); people agree to the digest of both what would be written and what it was made from, so
//! that any other thing asks again. Nothing of Kubernetes is written here.

mod changes;
mod decide;
mod edit;
mod effect;
mod facts;
mod list;
mod manifest;
mod offer;
mod preview;
mod spec;
mod subject;
mod submit;
mod trial;
mod view;

pub use edit::{About, EditedRequest};
pub use preview::Preview;
pub use spec::{Filing, NewRequest, asking_team};
pub use subject::{DeclaredTopic, Subject};

pub(crate) use effect::plan_of;
pub(crate) use facts::{Concerned, audited as audited_object};
pub(crate) use manifest::{Intent, Means, hash_of};
pub(crate) use offer::{offer, topic_offer};
pub(crate) use spec::wanted_of;
pub(crate) use submit::{Judged, Verdict, as_new};
pub(crate) use view::waits_for;

#[cfg(test)]
pub(crate) mod tests;
