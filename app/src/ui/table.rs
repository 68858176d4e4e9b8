use super::{Icon, IconShape, erased::Erase as _};
use klamm_model::human_count;
use leptos::prelude::*;

/// A table with a scroll of its own, so that a narrow page never scrolls sideways. Reachable by keyboard.
#[component]
pub(crate) fn TableScroll(
    #[prop(into)] label: String,
    /// Whether cells of a row stand below each other where there is no room for columns; each says the head of its column in
    /// `data-head`.
    #[prop(optional)]
    stacks: bool,
    children: Children,
) -> impl IntoView {
    let caption = label.clone();
    let class = if stacks { "table-scroll stacks" } else { "table-scroll" };
    view! {
        <div class=class role="region" aria-label=label tabindex="0">
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
    view! {
        <th scope="col" class=number.then_some("number") aria-sort=sorted>
            <a href=move || href.get()>{label} {arrow(sorted)}</a>
        </th>
    }
}

/// One of several numbers in the cells of a column, each of which the server can sort by.
pub(crate) struct SortWay {
    /// What it is called.
    pub(crate) label: &'static str,
    /// Where a click leads.
    pub(crate) href: Signal<String>,
    /// `ascending` or `descending` when the table is sorted by it.
    pub(crate) sorted: Option<&'static str>,
}

/// The head of a column whose cells hold several numbers below each other: a link for each, in their order.
pub(crate) fn sort_links(ways: impl IntoIterator<Item = SortWay>) -> AnyView {
    let mut sorted_by = None;
    let mut links = Vec::new();
    for SortWay { label, href, sorted } in ways {
        sorted_by = sorted_by.or(sorted);
        // The column is sorted by one of them only, and that is the one.
        let current = sorted.map(|_| "true");
        let link = view! {
            <a href=move || href.get() aria-current=current>
                {label}
                {arrow(sorted)}
            </a>
        };
        links.push(link.erased());
    }
    view! {
        <th scope="col" class="number" aria-sort=sorted_by>
            <div class="pair">{links}</div>
        </th>
    }
    .erased()
}

/// Which way a table is sorted.
fn arrow(sorted: Option<&'static str>) -> Option<AnyView> {
    sorted.map(|way| {
        let shape = if way == "ascending" { IconShape::Up } else { IconShape::Down };
        view! { <Icon shape /> }.erased()
    })
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

/// `51–100 of 1 234 topics`: where one is, never claiming more than there is. `nouns` is one of them and many.
pub(crate) fn position(before: u64, shown: usize, total: u64, nouns: (&str, &str)) -> String {
    let shown = shown as u64;
    let noun = if total == 1 { nouns.0 } else { nouns.1 };
    let of = format!("of {} {noun}", human_count(total));
    if shown == 0 || before.saturating_add(shown) > total {
        return format!("{} {of}", human_count(shown));
    }
    format!("{}–{} {of}", human_count(before + 1), human_count(before + shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_never_claims_more_than_there_is() {
        let position = |before, shown, total| position(before, shown, total, ("topic", "topics"));
        assert_eq!(position(0, 50, 1234), "1–50 of 1\u{202f}234 topics");
        assert_eq!(position(1200, 34, 1234), "1\u{202f}201–1\u{202f}234 of 1\u{202f}234 topics");
        assert_eq!(position(9999, 34, 1234), "34 of 1\u{202f}234 topics");
        assert_eq!(position(u64::MAX, 1, 1), "1 of 1 topic");
        assert_eq!(position(0, 0, 0), "0 of 0 topics");
    }
}
