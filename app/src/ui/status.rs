use super::erased::Erase as _;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a mark says. Each has a shape of its own, so that colour is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    /// A filled disc.
    Ok,
    /// A ring.
    Warn,
    /// A square.
    Bad,
    /// A dashed ring.
    Unknown,
}

/// A mark with its word.
#[component]
pub(crate) fn StatusWord(status: Status, #[prop(into)] word: String) -> impl IntoView {
    view! {
        <span class="status">
            <Mark status />
            <span>{word}</span>
        </span>
    }
}

#[component]
fn Mark(status: Status) -> impl IntoView {
    let (class, shape) = match status {
        Status::Ok => ("mark mark-ok", view! { <circle cx="5" cy="5" r="4" /> }.erased()),
        Status::Warn => ("mark mark-warn", view! { <circle cx="5" cy="5" r="3.2" /> }.erased()),
        Status::Bad => ("mark mark-bad", view! { <rect x="1" y="1" width="8" height="8" rx="1" /> }.erased()),
        Status::Unknown => ("mark mark-unknown", view! { <circle cx="5" cy="5" r="3.4" /> }.erased()),
    };
    view! {
        <svg class=class viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
            {shape}
        </svg>
    }
}
