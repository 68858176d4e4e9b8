use leptos::prelude::*;
use leptos_meta::Title;

/// The head of a page: a sentence about the state, the facts below it.
#[component]
pub(crate) fn PageHead(
    /// What stands in the browser's tab.
    #[prop(into)]
    title: String,
    /// The headline.
    #[prop(into)]
    sentence: String,
    /// A short word beside it.
    #[prop(optional_no_strip)]
    chip: Option<String>,
    /// The line of facts.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=in_title(title) />
        <div class="page-head">
            <h1>{sentence} " " {chip.map(|chip| view! { <Chip text=chip /> })}</h1>
            <p class="facts">{children()}</p>
        </div>
    }
}

/// A title as leptos wants it: it writes titles into the document as they are, and sets them in the browser as text.
fn in_title(title: String) -> String {
    if cfg!(feature = "ssr") { escaped(&title) } else { title }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A short word in a box.
#[component]
pub(crate) fn Chip(#[prop(into)] text: String) -> impl IntoView {
    view! { <span class="chip">{text}</span> }
}

/// A part of a page with a title.
#[component]
pub(crate) fn Panel(
    #[prop(into)] title: String,
    #[prop(into, optional)] hint: String,
    /// Stands at the right of the title.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// Whether the content reaches the edges, as tables do.
    #[prop(optional)]
    flush: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{title}</h2>
                <span class="hint">{hint}</span>
                {aside.map(|aside| view! { <span class="panel-aside">{aside}</span> })}
            </header>
            <div class=if flush { "panel-flush" } else { "panel-body" }>{children()}</div>
        </section>
    }
}

/// Links to the pages of one thing.
#[component]
pub(crate) fn Tabs(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{children()}</ul>
        </nav>
    }
}

/// One of them.
#[component]
pub(crate) fn Tab(
    #[prop(into)] href: String,
    label: &'static str,
    #[prop(optional)] current: bool,
    /// How much there is to see, where that is worth telling.
    #[prop(optional)]
    count: u32,
) -> impl IntoView {
    view! {
        <li>
            <a href=href aria-current=current.then_some("page")>
                {label}
                {(count > 0).then(|| format!(" ({count})"))}
            </a>
        </li>
    }
}

/// Grey bars where content will be.
#[component]
pub(crate) fn Skeleton(#[prop(into)] what: String) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="hidden">{format!("Loading {what}")}</span>
            <span class="bar bar-wide"></span>
            <span class="bar"></span>
            <span class="bar bar-block"></span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_itself() {
        assert_eq!(escaped("</title><script>a&b"), "&lt;/title&gt;&lt;script&gt;a&amp;b");
    }
}
