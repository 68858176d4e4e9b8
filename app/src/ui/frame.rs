use super::erased::Erase as _;
use super::{
    Icon, IconShape, browser,
    help::{HELP_BUTTON, Help},
};
use leptos::{ev, prelude::*};
use leptos_router::{components::Form, hooks::use_location};

/// A link of the side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NavEntry {
    /// Where it leads.
    pub(crate) href: &'static str,
    /// Its word.
    pub(crate) label: &'static str,
    /// Its picture.
    pub(crate) icon: IconShape,
}

impl NavEntry {
    /// Whether `path` is this page or one below it.
    fn holds(&self, path: &str) -> bool {
        match path.strip_prefix(self.href) {
            Some(rest) if self.href != "/" => rest.is_empty() || rest.starts_with('/'),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    }
}

/// A step on the way to the page. The last one has no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crumb {
    /// Its word.
    pub(crate) label: String,
    /// Where it leads.
    pub(crate) href: Option<String>,
}

/// Where the search field sends what is typed, and what it says while it is empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchTarget {
    /// The page that shows what was found, by `?q=`.
    pub(crate) action: &'static str,
    /// What can be searched for.
    pub(crate) label: &'static str,
    /// How much can be typed.
    pub(crate) longest: usize,
}

const SEARCH: &str = "search";

/// Everything around a page: skip link, side, top bar. `tools` stand at the right end of the bar.
#[component]
pub(crate) fn Frame(
    nav: Vec<NavEntry>,
    #[prop(into)] crumbs: Signal<Vec<Crumb>>,
    search: SearchTarget,
    /// What the field says: what was searched for, while that is shown.
    searched: Signal<String>,
    tools: AnyView,
    /// Stands beside the entry that leads there.
    badge: (&'static str, AnyView),
    children: Children,
) -> impl IntoView {
    let (at, badge) = badge;
    let mut badge = Some(badge);
    listen_for_keys();
    let path = use_location().pathname;
    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="frame">
            <nav class="side" aria-label="Main">
                <a class="brand" href="/">
                    <Logo />
                    <span>"Klamm"</span>
                </a>
                <ul>
                    {nav
                        .into_iter()
                        .map(|entry| {
                            let badge = if entry.href == at { badge.take() } else { None };
                            view! {
                                <li>
                                    <a
                                        href=entry.href
                                        aria-current=move || path.with(|path| entry.holds(path)).then_some("page")
                                    >
                                        <Icon shape=entry.icon />
                                        <span>{entry.label}</span>
                                        {badge}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
            <header class="top">
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol>
                        {move || {
                            crumbs.get()
                                .into_iter()
                                .map(|Crumb { label, href }| match href {
                                    Some(href) => view! { <li><a href=href>{label}</a></li> }.erased(),
                                    None => view! { <li><span aria-current="page">{label}</span></li> }.erased(),
                                })
                                .collect_view()
                        }}
                    </ol>
                </nav>
                <Form method="GET" action=search.action attr:class="search" attr:role="search">
                    <label class="hidden" for=SEARCH>
                        {search.label}
                    </label>
                    <Icon shape=IconShape::Search />
                    <input
                        id=SEARCH
                        type="search"
                        name="q"
                        placeholder=format!("{} …", search.label)
                        value=move || Some(searched.get()).filter(|searched| !searched.is_empty())
                        autocomplete="off"
                        maxlength=search.longest
                    />
                    <kbd aria-hidden="true">"/"</kbd>
                </Form>
                <div class="tools">{tools} <Help /></div>
            </header>
            <main id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
}

/// Two rock faces and the water between them.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d="M1 2.5Q1 1 2.5 1H7l-1 4.5L8 10l-2 4.5L7 19H2.5Q1 19 1 17.5z" />
            <path d="M19 2.5Q19 1 17.5 1H13l1 4.5L12 10l2 4.5L13 19h4.5Q19 19 19 17.5z" />
        </svg>
    }
}

fn listen_for_keys() {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, |event| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() || browser::is_typing() {
                return;
            }
            match event.key().as_str() {
                "/" => {
                    event.prevent_default();
                    browser::focus(SEARCH);
                }
                "?" => browser::click(HELP_BUTTON),
                _ => {}
            }
        });
        on_cleanup(move || handle.remove());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_its_own_page_and_those_below() {
        let entry = |href| NavEntry { href, label: "", icon: IconShape::Work };
        assert!(entry("/").holds("/"));
        assert!(!entry("/").holds("/clusters"));
        assert!(entry("/clusters").holds("/clusters/kafka/demo"));
        assert!(!entry("/clusters").holds("/clusters-of-others"));
    }
}
