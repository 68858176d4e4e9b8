//! The rules about what may be asked for, in words, and a form that tries a wish against them.

mod api;
mod page;
#[cfg(feature = "ssr")]
mod words;

pub(crate) use page::PoliciesPage;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        page::{PoliciesView, PoliciesViewProps},
        words::{TriedWish, page, verdict},
    };
}

/// Where it is.
pub(crate) const PATH: &str = "/policies";
