use super::{Filters, ListAddress, SortWords};
use crate::ui::{Erase, SortLink, SortWay, sort_links};
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
    let SortWay { label, href, sorted } = way(path, shown, label, sort);
    view! { <SortLink label href sorted number /> }.erased()
}

/// The head of a column whose cells hold two numbers, one below the other: each is sorted by as [`head`] says.
pub(crate) fn heads<S: SortWords, F: Filters>(
    path: &str,
    shown: Option<&ListAddress<S, F>>,
    two: [(&'static str, S); 2],
) -> AnyView {
    if let Some(shown) = shown {
        return sort_links(two.map(|(label, sort)| way(path, shown, label, sort)));
    }
    let [first, second] = two.map(|(label, _)| label);
    view! {
        <th scope="col" class="number">
            <div class="pair">
                <span>{first}</span>
                <span>{second}</span>
            </div>
        </th>
    }
    .erased()
}

/// How a list becomes sorted by this, and how it is by now.
fn way<S: SortWords, F: Filters>(path: &str, shown: &ListAddress<S, F>, label: &'static str, sort: S) -> SortWay {
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
    SortWay { label, href, sorted }
}
