use super::{
    api::{TokenList, tokens},
    list::{EndedPanel, WorkingPanel},
    made::MadePanel,
    make::MakePanel,
    words::{self, Told},
};
use crate::{
    app::problem_page,
    ui::{Erase, Notice, PageHead, Skeleton},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// `/tokens`.
#[component]
pub(crate) fn TokensPage() -> impl IntoView {
    // Asked for once: a new token is in the first answer and in no other.
    let list = Resource::new(|| (), |()| tokens());
    let params = use_query_map();
    let param = move |key: &str| params.with_untracked(|params| params.get(key)).unwrap_or_default();
    view! {
        <Suspense fallback=|| {
            view! { <Skeleton what="your tokens" /> }
        }>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(list) => {
                        let told = Told { problem: param("problem"), ended: param("ended") };
                        view! { <TokensView list told /> }.erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Suspense>
    }
}

/// The new token if there is one, the form for another, and those there are.
#[component]
pub(crate) fn TokensView(list: TokenList, told: Told) -> impl IntoView {
    let sentence = words::sentence(&list);
    let notice = told.notice(&list).map(|(tone, word, text)| view! { <Notice tone word>{text}</Notice> });
    let TokenList { working, ended, ended_total, made, next, csrf, now } = list;
    let working_now = working.len();
    let make = view! { <MakePanel next csrf=csrf.clone() working=working_now /> };
    view! {
        <PageHead title="API tokens" sentence>
            "A token lets a program ask Klamm in your name, with no more rights than you have, until it ends"
        </PageHead>
        {notice}
        {made.map(|made| view! { <MadePanel made /> })}
        {make}
        <WorkingPanel tokens=working csrf now />
        {(ended_total > 0).then(|| view! { <EndedPanel tokens=ended total=ended_total now /> })}
    }
}
