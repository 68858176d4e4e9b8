//! The rules about what may be asked for, in words, and a form that tries a wish against them. All of it is said on the server.

#[cfg(feature = "ssr")]
mod api;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub(crate) use api::policies;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        page::drawn,
        words::{TriedWish, page, verdict},
    };
}

/// Where it is.
pub(crate) const PATH: &str = "/policies";
