//! API tokens of whoever is signed in: the list, the form that makes one, the one look at a new one, and how one ends.

mod api;
mod end;
mod list;
mod made;
mod make;
mod page;
mod words;

#[cfg(feature = "ssr")]
pub use api::NewToken;
pub(crate) use page::TokensPage;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::{Made, TokenList},
        page::{TokensView, TokensViewProps},
        words::Told,
    };
}
