use super::browser;
use leptos::prelude::*;
use std::time::Duration;

/// How long a button says that it has been done.
const SAID_FOR: Duration = Duration::from_secs(2);

/// What was copied a moment ago. Above the pages, because parts of them are made anew whenever something changes.
#[derive(Clone, Copy)]
struct Copied(RwSignal<Option<String>>);

/// Remembers for every [`CopyButton`] of the application.
pub(crate) fn provide_clipboard() {
    provide_context(Copied(RwSignal::new(None)));
}

/// Puts `text` on the clipboard. Not shown without the module; the text stands beside it.
#[component]
pub(crate) fn CopyButton(#[prop(into)] text: String) -> impl IntoView {
    let Copied(copied) = use_context().unwrap_or_else(|| Copied(RwSignal::new(None)));
    let word = {
        let text = text.clone();
        move || if copied.with(|copied| copied.as_ref() == Some(&text)) { "Copied" } else { "Copy" }
    };
    let copy = move |_| {
        browser::copy(&text);
        copied.set(Some(text.clone()));
        set_timeout(move || copied.set(None), SAID_FOR);
    };
    view! {
        <button type="button" class="button small needs-module" on:click=copy>
            <span aria-live="polite">{word}</span>
        </button>
    }
}
