use leptos::prelude::*;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something does not work.
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Info => "notice",
            Self::Warn => "notice notice-warn",
            Self::Bad => "notice notice-bad",
        }
    }
}

/// A sentence that stands out, led by one word that says what it is about.
#[component]
pub(crate) fn Notice(tone: Tone, #[prop(into)] word: String, children: Children) -> impl IntoView {
    view! {
        <div class=tone.class()>
            <strong class="notice-word">{word}</strong>
            <div class="notice-text">{children()}</div>
        </div>
    }
}

/// What stands where there is nothing: why, and what to do next.
#[component]
pub(crate) fn Empty(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <div class="empty-text">{children()}</div>
        </div>
    }
}
