use crate::{
    AppError,
    app::{Kept, TroubleNotice, problem_page},
    clusters::cluster_name,
    live::Live,
    ui::{Empty, Erase, PageHead, Panel, Skeleton, search_field},
};
use klamm_model::{ClusterRef, human_count};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};
use serde::{Serialize, de::DeserializeOwned};

/// A page that shows what the server finds for `?q=`, and follows all clusters. `what` is what it waits for.
pub(crate) fn found_page<T, A>(
    what: &'static str,
    ask: impl Fn(String) -> A + Copy + Send + Sync + 'static,
    show: fn(T, String) -> AnyView,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    A: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let changes = Live::get().changes_anywhere();
    let params = use_query_map();
    let search = Memo::new(move |_| params.with(|params| params.get("q").unwrap_or_default().trim().to_owned()));
    let found = Resource::new(move || (search.get(), changes.get()), move |(search, _)| ask(search));
    let kept = Kept::new();
    view! {
        <Transition fallback=move || {
            view! { <Skeleton what /> }
        }>
            {move || Suspend::new(async move {
                let answer = found.await;
                let asked = search.get_untracked();
                match kept.settle(asked.clone(), answer) {
                    Ok((found, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            {show(found, asked)}
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// What was found in one cluster.
pub(crate) struct FoundCluster {
    /// Which one.
    pub(crate) cluster: ClusterRef,
    /// How many there are.
    pub(crate) total: u64,
    /// The same in words: `12 topics`.
    pub(crate) counted: String,
    /// The list that has all of them.
    pub(crate) all: String,
    /// The first of them.
    pub(crate) table: AnyView,
}

/// What was found, cluster by cluster, below the field that was searched by.
#[component]
pub(crate) fn FoundFrame(
    title: &'static str,
    sentence: String,
    facts: String,
    path: &'static str,
    /// What stands in the field before anybody typed: `Id contains`.
    field: &'static str,
    /// How much can be typed.
    longest: usize,
    search: String,
    found: Vec<FoundCluster>,
    /// What to do where there is nothing: the words of the link, and of the rest of the sentence.
    way_on: (&'static str, &'static str),
) -> impl IntoView {
    let nothing = found.is_empty().then(|| {
        view! {
            <Panel title flush=true>
                <Empty title="Nothing to show">
                    <p>
                        <a href=path>{way_on.0}</a>
                        {way_on.1}
                    </p>
                </Empty>
            </Panel>
        }
    });
    view! {
        <PageHead title sentence>
            {facts}
        </PageHead>
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                {search_field(field, &search, longest)}
                <button type="submit" class="button">
                    "Search"
                </button>
            </Form>
        </div>
        {found.into_iter().map(panel).collect_view()}
        {nothing}
    }
}

fn panel(FoundCluster { cluster, total, counted, all, table }: FoundCluster) -> impl IntoView {
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{cluster_name(&cluster)}</h2>
                <span class="hint">{counted}</span>
                <span class="panel-aside">
                    <a href=all>{format!("all {}", human_count(total))}</a>
                </span>
            </header>
            <div class="panel-flush">{table}</div>
        </section>
    }
}
