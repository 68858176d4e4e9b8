//! The search over everything: where the field of the frame leads.

#[cfg(feature = "ssr")]
mod api;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub(crate) use api::search;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{page::drawn, words::found};
}

/// Where it is.
pub(crate) const PATH: &str = "/search";
/// Characters that can be looked for: no name is longer than the longest id of a group.
pub(crate) const LONGEST: usize = 1000;
