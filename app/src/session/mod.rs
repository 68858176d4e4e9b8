//! Whoever is at the browser: signing in and out, and the page with what is theirs.

mod account;
mod api;
mod inbox;
mod login;
mod my_work;

pub(crate) use account::{Account, sign_in_again};
#[cfg(feature = "hydrate")]
pub(crate) use api::me;
pub(crate) use inbox::Inbox;
pub(crate) use login::LoginPage;
pub(crate) use my_work::MyWorkPage;

/// What tests of pages draw.
#[cfg(all(test, feature = "ssr"))]
pub(crate) mod views {
    pub(crate) use super::{
        api::MyWork,
        my_work::{MyWorkView, MyWorkViewProps},
    };
}
