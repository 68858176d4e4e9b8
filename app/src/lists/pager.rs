use super::{Filters, ListAddress, SortWords};
use crate::ui::{Empty, Erase, Pager, position};
use leptos::prelude::*;

/// Where one is in the list at `path`, and the way on. `nouns` is one of what is listed and many.
pub(crate) fn pager<S: SortWords, F: Filters>(
    address: &ListAddress<S, F>,
    path: &str,
    (shown, total): (usize, u64),
    next_cursor: Option<String>,
    nouns: (&str, &str),
) -> impl IntoView + use<S, F> {
    let next = next_cursor.map(|cursor| address.next_page(cursor, shown).href(path));
    let first = address.is_further_on().then(|| address.first_page().href(path));
    view! { <Pager summary=position(address.before, shown, total, nouns) first next /> }
}

/// What stands on a page past the end, which the list has left behind by becoming shorter; nothing on any other page.
pub(crate) fn past_the_end<S: SortWords, F: Filters>(
    address: &ListAddress<S, F>,
    path: &str,
    (shown, total): (usize, u64),
) -> Option<AnyView> {
    (shown == 0 && total > 0).then(|| {
        let first = address.first_page().href(path);
        view! {
            <Empty title="Nothing more here">
                <p>"The list has become shorter since. " <a href=first>"Back to its first page"</a></p>
            </Empty>
        }
        .erased()
    })
}
