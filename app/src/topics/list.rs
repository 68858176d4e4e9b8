use super::{
    api::{TopicList, topics},
    list_href,
    query::{ListQuery, order_word, sort_word},
    table::topic_table,
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, use_cluster},
    live::Live,
    ui::{Empty, PageHead, Pager, Panel, Skeleton, filter_chips, kept_fields, position},
};
use klamm_model::{ClusterRef, SortOrder, TopicSort};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// `/clusters/{namespace}/{name}/topics`.
#[component]
pub(crate) fn TopicsPage() -> impl IntoView {
    let name = use_cluster();
    let changes = Live::get().changes_of(name);
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(ListQuery::from_params));
    provide_context(query);
    let list = Resource::new(
        move || (name.get(), query.get().request(), changes.get()),
        |(name, request, _)| topics(name, request),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="topics" /> }
        }>
            {move || Suspend::new(async move {
                let answer = list.await;
                let asked = query.get_untracked();
                match kept.settle((name.get_untracked(), asked.request()), answer) {
                    Ok((list, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <TopicListView list query=asked />
                        }
                            .into_any()
                    }
                    Err(error) => problem_page(&error).into_any(),
                }
            })}
        </Transition>
    }
}

/// The list with its search, and where one is in it.
#[component]
pub(crate) fn TopicListView(list: TopicList, query: ListQuery) -> impl IntoView {
    let cluster = cluster_ref(&list.cluster);
    let path = list_href(&cluster);
    let total = list.topics.total;
    let found = counted(total, "topic", "topics");
    let sentence = if query.is_filtered() {
        format!("{found} of {} found", list.cluster.name)
    } else {
        format!("{} has {found}", list.cluster.name)
    };
    let facts = match (query.shows_internal(), query.is_filtered()) {
        (true, _) => "Kafka's own topics included",
        (false, true) => "Kafka's own topics left out",
        (false, false) => "Kafka's own topics are not counted",
    };
    let shown = list.topics.items.len();
    let empty = empty_words(&query, &path);
    let pager = list.topics.next_cursor.clone().map(|cursor| query.next_page(cursor, shown).href(&path));
    let first = (query.before > 0 || !query.cursor.is_empty()).then(|| query.first_page().href(&path));
    view! {
        <PageHead
            title=format!("Topics of {cluster}")
            sentence=sentence
            chip=list.cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=cluster.clone() current=ClusterTab::Topics />
        <StaleNotice cluster=list.cluster now=list.now />
        <Filters cluster=cluster.clone() query=query.clone() />
        <Panel title="Topics" flush=true>
            {topic_table(&cluster, list.topics.items, Some(&query), &empty)}
            <Pager summary=position(query.before, shown, total, ("topic", "topics")) first next=pager />
        </Panel>
    }
}

/// The search, and what narrows the list as chips that can be taken away.
#[component]
fn Filters(cluster: ClusterRef, query: ListQuery) -> impl IntoView {
    let path = list_href(&cluster);
    let without_search = ListQuery { search: String::new(), ..query.first_page() };
    let without_team = ListQuery { team: String::new(), ..query.first_page() };
    let chips = [
        (!query.search.is_empty())
            .then(|| (format!("name, team or object contains “{}”", query.search), without_search.href(&path))),
        (!query.team.is_empty()).then(|| (format!("team {}", query.team), without_team.href(&path))),
    ];
    let hidden = [
        ("team", query.team.clone()),
        ("sort", if query.sort == TopicSort::Name { String::new() } else { sort_word(query.sort).to_owned() }),
        ("order", if query.order == SortOrder::Asc { String::new() } else { order_word(query.order).to_owned() }),
    ];
    view! {
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                {kept_fields(hidden)}
                <label>
                    <span class="hidden">"Name, team or object contains"</span>
                    <input
                        type="search"
                        name="q"
                        value=query.search.clone()
                        placeholder="Name, team or object …"
                        autocomplete="off"
                        maxlength="317"
                    />
                </label>
                <label class="check">
                    <input type="checkbox" name="internal" value="true" checked=query.internal />
                    <span>"Kafka's own too"</span>
                </label>
                <button type="submit" class="button">
                    "Show"
                </button>
            </Form>
            {filter_chips(chips.into_iter().flatten())}
        </div>
    }
}

fn empty_words(query: &ListQuery, path: &str) -> ViewFn {
    let clear = ListQuery { internal: query.internal, ..ListQuery::default() }.href(path);
    let is_filtered = query.is_filtered();
    ViewFn::from(move || {
        if is_filtered {
            let clear = clear.clone();
            view! {
                <Empty title="No topic fits">
                    <p>
                        <a href=clear>"Show all topics"</a>
                        ", or search for a shorter part of the name."
                    </p>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty title="No topic yet">
                    <p>
                        "Declare one with a " <code>"KafkaTopic"</code>
                        " or a ConfigMap; it appears here when it exists."
                    </p>
                </Empty>
            }
            .into_any()
        }
    })
}
