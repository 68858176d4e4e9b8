use super::{Icon, IconShape};
use leptos::prelude::*;

/// A table with a scroll of its own, so that a narrow page never scrolls sideways. Reachable by keyboard.
#[component]
pub(crate) fn TableScroll(#[prop(into)] label: String, children: Children) -> impl IntoView {
    let caption = label.clone();
    view! {
        <div class="table-scroll" role="region" aria-label=label tabindex="0">
            <table>
                <caption class="hidden">{caption}</caption>
                {children()}
            </table>
        </div>
    }
}

/// The head of a column that the server can sort by: a link, so that it works everywhere.
#[component]
pub(crate) fn SortLink(
    label: &'static str,
    /// Where a click leads.
    href: Signal<String>,
    /// `ascending` or `descending` when the table is sorted by this column.
    sorted: Option<&'static str>,
    /// Whether the column holds numbers.
    #[prop(optional)]
    number: bool,
) -> impl IntoView {
    let arrow = sorted.map(|way| {
        let shape = if way == "ascending" { IconShape::Up } else { IconShape::Down };
        view! { <Icon shape /> }
    });
    view! {
        <th scope="col" class=number.then_some("number") aria-sort=sorted>
            <a href=move || href.get()>{label} {arrow}</a>
        </th>
    }
}

/// Where one is in a long list.
#[component]
pub(crate) fn Pager(
    /// `1–50 of 1 234 topics`.
    summary: String,
    /// Back to the beginning, when this is not it.
    first: Option<String>,
    /// Onwards, when there is more.
    next: Option<String>,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label="Pages">
            <span class="pager-summary">{summary}</span>
            {first.map(|href| view! { <a class="button" href=href>"First page"</a> })}
            {next
                .map(|href| {
                    view! {
                        <a class="button" href=href rel="next">
                            "Next page"
                        </a>
                    }
                })}
        </nav>
    }
}
