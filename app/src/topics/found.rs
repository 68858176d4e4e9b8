use super::{api::found_topics, list_href, query::ListQuery, table::TopicTable};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTopics, cluster_name, counted},
    live::Live,
    ui::{Empty, PageHead, Panel, Skeleton},
};
use klamm_model::human_count;
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// `/topics`: topics of all clusters.
#[component]
pub(crate) fn FoundTopicsPage() -> impl IntoView {
    let changes = Live::get().changes_anywhere();
    let params = use_query_map();
    let search = Memo::new(move |_| params.with(|params| params.get("q").unwrap_or_default().trim().to_owned()));
    let found = Resource::new(move || (search.get(), changes.get()), |(search, _)| found_topics(search));
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="topics" /> }
        }>
            {move || Suspend::new(async move {
                let answer = found.await;
                let asked = search.get_untracked();
                match kept.settle(asked.clone(), answer) {
                    Ok((found, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <FoundView found search=asked />
                        }
                            .into_any()
                    }
                    Err(error) => problem_page(&error).into_any(),
                }
            })}
        </Transition>
    }
}

/// What was found, cluster by cluster.
#[component]
pub(crate) fn FoundView(found: Vec<ClusterTopics>, search: String) -> impl IntoView {
    let total: u64 = found.iter().map(|cluster| cluster.page.total).sum();
    let clusters = counted(found.len() as u64, "cluster", "clusters");
    let sentence = match (search.is_empty(), total) {
        (true, _) => format!("{} in {clusters}", counted(total, "topic", "topics")),
        (false, 0) => format!("No topic is called “{search}”"),
        (false, _) => format!("{} found", counted(total, "topic", "topics")),
    };
    let facts = if search.is_empty() {
        "The first of every cluster; search, or open a cluster for all of them".to_owned()
    } else {
        format!("Name, team or declaring object contains “{search}”, in {clusters}")
    };
    let panels = found
        .into_iter()
        .filter(|cluster| cluster.page.total > 0)
        .map(|cluster| view! { <FoundPanel cluster search=search.clone() /> })
        .collect_view();
    view! {
        <PageHead title="Topics" sentence>
            {facts}
        </PageHead>
        <div class="filters">
            <Form method="GET" action="/topics" attr:class="filter-form">
                <label>
                    <span class="hidden">"Name, team or object contains"</span>
                    <input
                        type="search"
                        name="q"
                        value=search.clone()
                        placeholder="Name, team or object …"
                        autocomplete="off"
                        maxlength="317"
                    />
                </label>
                <button type="submit" class="button">
                    "Search"
                </button>
            </Form>
        </div>
        {panels}
        {(total == 0)
            .then(|| {
                view! {
                    <Panel title="Topics" flush=true>
                        <Empty title="Nothing to show">
                            <p>
                                <a href="/topics">"Show topics of all clusters"</a>
                                ", or search for a shorter part of the name."
                            </p>
                        </Empty>
                    </Panel>
                }
            })}
    }
}

#[component]
fn FoundPanel(cluster: ClusterTopics, search: String) -> impl IntoView {
    let ClusterTopics { cluster, page, .. } = cluster;
    let all = ListQuery { search, ..ListQuery::default() }.href(&list_href(&cluster));
    let aside = view! { <a href=all>{format!("all {}", human_count(page.total))}</a> };
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{cluster_name(&cluster)}</h2>
                <span class="hint">{counted(page.total, "topic", "topics")}</span>
                <span class="panel-aside">{aside}</span>
            </header>
            <div class="panel-flush">
                <TopicTable cluster topics=page.items empty=|| ().into_any() />
            </div>
        </section>
    }
}
