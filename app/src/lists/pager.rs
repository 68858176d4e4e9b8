use super::{Filters, ListAddress, SortWords};
use crate::ui::{Pager, position};
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
