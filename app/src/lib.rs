//! The pages of Klamm, rendered on the server and hydrated in the browser: one folder per noun, and `ui` without any.
//!
//! Feature `ssr` is the server's half and may use the portal; feature `hydrate` is the browser's half and links the model
//! only. Markup is the same on both sides: `cfg` may appear in functions that touch the browser or the request, never in
//! a view.

#![recursion_limit = "256"]
#![expect(unreachable_pub, reason = "the component macro makes property types public")]
#![expect(clippy::needless_pass_by_value, reason = "components own their properties")]

mod app;
#[cfg(feature = "ssr")]
mod audit;
mod brokers;
#[cfg(feature = "ssr")]
mod catalogue;
#[cfg(feature = "ssr")]
mod charts;
#[cfg(feature = "ssr")]
mod clients;
mod clusters;
#[cfg(feature = "ssr")]
mod credentials;
#[cfg(feature = "ssr")]
mod disks;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod door;
mod encoding;
mod error;
#[cfg(feature = "ssr")]
mod findings;
mod groups;
mod lists;
mod live;
#[cfg(feature = "ssr")]
mod messages;
#[cfg(feature = "ssr")]
mod operations;
#[cfg(feature = "ssr")]
mod people;
mod placement;
mod policies;
#[cfg(feature = "ssr")]
mod requests;
mod search;
mod session;
#[cfg(feature = "ssr")]
mod sessions;
mod sheet;
#[cfg(feature = "ssr")]
mod sheets;
#[cfg(feature = "ssr")]
mod targets;
#[cfg(feature = "ssr")]
mod teams;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
mod tokens;
mod topics;
mod ui;
#[cfg(feature = "ssr")]
mod webhooks;

pub use app::App;
#[cfg(feature = "ssr")]
pub use credentials::Shown;
#[cfg(feature = "ssr")]
pub use document::{content_security_policy, shell};
pub use error::AppError;
#[cfg(feature = "ssr")]
pub use messages::{PeekForm, Peeked, peek_asked};
#[cfg(feature = "ssr")]
pub use people::PasswordMade;
#[cfg(feature = "ssr")]
pub use requests::{Filled, Purpose, asked_for};
#[cfg(feature = "ssr")]
pub use sheets::typed;
#[cfg(feature = "ssr")]
pub use teams::TeamTokenMade;
#[cfg(feature = "ssr")]
pub use tokens::NewToken;

/// Where server functions live. All of them read, by GET; changes go through forms and `/api/v1`.
pub const SERVER_FN_PREFIX: &str = "/api/fn";

/// Takes over the page that the server rendered. Called by the script in the page's head once the module has loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    ui::follow_charts();
    ui::mark_hydrated();
}
