use super::browser;
use leptos::prelude::*;
use std::time::Duration;

/// How long the button says that it has been done.
const SAID_FOR: Duration = Duration::from_secs(2);

/// Puts `text` on the clipboard. Not shown without the module; the text stands beside it.
#[component]
pub(crate) fn CopyButton(#[prop(into)] text: String) -> impl IntoView {
    let done = RwSignal::new(false);
    let copy = move |_| {
        browser::copy(&text);
        done.set(true);
        set_timeout(move || drop(done.try_set(false)), SAID_FOR);
    };
    view! {
        <button type="button" class="button small needs-module" on:click=copy>
            <span aria-live="polite">{move || if done.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
}
