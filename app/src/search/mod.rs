//! The search over everything: where the field of the frame leads.

mod api;
mod page;
#[cfg(feature = "ssr")]
mod words;

pub(crate) use page::SearchPage;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        page::{FoundEverythingView, FoundEverythingViewProps},
        words::found,
    };
}

/// Where it is.
pub(crate) const PATH: &str = "/search";
/// Characters that can be looked for: no name is longer than the longest id of a group.
pub(crate) const LONGEST: usize = 1000;
