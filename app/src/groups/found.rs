use super::{
    api::{ClusterGroups, found_groups},
    list::table,
    list_href,
    query::GroupsQuery,
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{cluster_name, counted},
    live::Live,
    ui::{Empty, PageHead, Panel, Skeleton},
};
use klamm_model::{Known, human_count};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// `/groups`: consumer groups of all clusters.
#[component]
pub(crate) fn FoundGroupsPage() -> impl IntoView {
    let changes = Live::get().changes_anywhere();
    let params = use_query_map();
    let search = Memo::new(move |_| params.with(|params| params.get("q").unwrap_or_default().trim().to_owned()));
    let found = Resource::new(move || (search.get(), changes.get()), |(search, _)| found_groups(search));
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="consumer groups" /> }
        }>
            {move || Suspend::new(async move {
                let answer = found.await;
                let asked = search.get_untracked();
                match kept.settle(asked.clone(), answer) {
                    Ok((found, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <FoundGroupsView found search=asked />
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
pub(crate) fn FoundGroupsView(found: Vec<ClusterGroups>, search: String) -> impl IntoView {
    let total: u64 = found.iter().map(|cluster| cluster.page.total).sum();
    let clusters = counted(found.len() as u64, "cluster", "clusters");
    let groups = counted(total, "consumer group", "consumer groups");
    let sentence = match (search.is_empty(), total) {
        (true, _) => format!("{groups} in {clusters}"),
        (false, 0) => format!("No consumer group is called “{search}”"),
        (false, _) => format!("{groups} found"),
    };
    let facts = match found.iter().filter(|cluster| cluster.in_all == Known::Unknown).count() as u64 {
        0 => "Those furthest behind of every cluster; search, or open a cluster for all of them".to_owned(),
        silent => {
            format!("{} not counted: nobody could say which groups there are", counted(silent, "cluster", "clusters"))
        }
    };
    let panels = found
        .into_iter()
        .filter(|cluster| cluster.page.total > 0)
        .map(|cluster| view! { <FoundPanel cluster search=search.clone() /> })
        .collect_view();
    view! {
        <PageHead title="Consumer groups" sentence>
            {facts}
        </PageHead>
        <div class="filters">
            <Form method="GET" action="/groups" attr:class="filter-form">
                <label>
                    <span class="hidden">"Id contains"</span>
                    <input
                        type="search"
                        name="q"
                        value=search.clone()
                        placeholder="Id contains …"
                        autocomplete="off"
                        maxlength="1000"
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
                    <Panel title="Consumer groups" flush=true>
                        <Empty title="Nothing to show">
                            <p>
                                <a href="/groups">"Show groups of all clusters"</a>
                                ", or search for a shorter part of the id."
                            </p>
                        </Empty>
                    </Panel>
                }
            })}
    }
}

#[component]
fn FoundPanel(cluster: ClusterGroups, search: String) -> impl IntoView {
    let ClusterGroups { cluster, page, .. } = cluster;
    let all = GroupsQuery { search, ..GroupsQuery::default() }.href(&list_href(&cluster));
    let aside = view! { <a href=all>{format!("all {}", human_count(page.total))}</a> };
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{cluster_name(&cluster)}</h2>
                <span class="hint">{counted(page.total, "group", "groups")}</span>
                <span class="panel-aside">{aside}</span>
            </header>
            <div class="panel-flush">{table(&cluster, page.items, None)}</div>
        </section>
    }
}
