use super::{Filters, ListAddress, SortWords};
use crate::ui::{Erase, SortLink};
use klamm_model::SortOrder;
use leptos::prelude::*;

/// What stands below a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Texts, which begin at the left.
    Words,
    /// Numbers, which end at the right.
    Numbers,
}

/// The head of a column. Where the list at `path` stands in the address, it sorts by `sort`; anywhere else it is a word.
pub(crate) fn head<S: SortWords, F: Filters>(
    path: &str,
    shown: Option<&ListAddress<S, F>>,
    label: &'static str,
    sort: S,
    holds: Holds,
) -> AnyView {
    let number = holds == Holds::Numbers;
    let Some(shown) = shown else {
        return view! {
            <th scope="col" class=number.then_some("number")>
                {label}
            </th>
        }
        .erased();
    };
    let sorted = (shown.sort == sort).then_some(match shown.order {
        SortOrder::Asc => "ascending",
        SortOrder::Desc => "descending",
    });
    let (path, shown) = (path.to_owned(), shown.clone());
    // What the address asks for by now: the list it asks for may still be on its way, and its filter must not be lost.
    let asked = use_context::<Memo<ListAddress<S, F>>>();
    let href = Signal::derive(move || {
        let asked = asked.map_or_else(|| shown.clone(), |asked| asked.get());
        asked.sorted_by(sort).href(&path)
    });
    view! { <SortLink label href sorted number /> }.erased()
}
