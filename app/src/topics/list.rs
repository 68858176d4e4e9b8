use super::{
    LONGEST_ABOUT,
    address::{TopicFilters, TopicsAddress},
    api::{TopicList, topics},
    list_href,
    table::topic_table,
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, use_cluster},
    lists::{pager, past_the_end},
    live::Live,
    ui::{Empty, Erase, PageHead, Panel, Skeleton, filter_chips, kept_fields, search_field},
};
use klamm_model::ClusterRef;
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// `/clusters/{namespace}/{name}/topics`.
#[component]
pub(crate) fn TopicsPage() -> impl IntoView {
    let name = use_cluster();
    let changes = Live::get().changes_of(name);
    let params = use_query_map();
    let address = Memo::new(move |_| params.with(TopicsAddress::from_params));
    provide_context(address);
    let list = Resource::new(
        move || (name.get(), address.get().request(), changes.get()),
        |(name, request, _)| topics(name, request),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="topics" /> }
        }>
            {move || Suspend::new(async move {
                let answer = list.await;
                let asked = address.get_untracked();
                match kept.settle((name.get_untracked(), asked.request()), answer) {
                    Ok((list, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <TopicListView list address=asked />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// The list with its search, and where one is in it.
#[component]
pub(crate) fn TopicListView(list: TopicList, address: TopicsAddress) -> impl IntoView {
    let cluster = cluster_ref(&list.cluster);
    let path = list_href(&cluster);
    let total = list.topics.total;
    let found = counted(total, "topic", "topics");
    let sentence = if address.is_filtered() {
        format!("{found} of {} found", list.cluster.name)
    } else {
        format!("{} has {found}", list.cluster.name)
    };
    let facts = match (address.shows_internal(), address.is_filtered()) {
        (true, _) => "Kafka's own topics included",
        (false, true) => "Kafka's own topics left out",
        (false, false) => "Kafka's own topics are not counted",
    };
    let shown = list.topics.items.len();
    let table = past_the_end(&address, &path, (shown, total)).unwrap_or_else(|| {
        topic_table(&cluster, list.topics.items, Some((&address, list.now)), &empty_words(&address, &path))
    });
    let pager = pager(&address, &path, (shown, total), list.topics.next_cursor, ("topic", "topics"));
    view! {
        <PageHead
            title=format!("Topics of {cluster}")
            sentence=sentence
            chip=list.cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=cluster.clone() current=ClusterTab::Topics findings=list.cluster.findings />
        <StaleNotice cluster=list.cluster now=list.now />
        <Filters cluster=cluster.clone() address=address.clone() />
        <Panel title="Topics" flush=true>
            {table} {pager}
        </Panel>
    }
}

/// The search, and what narrows the list as chips that can be taken away.
#[component]
fn Filters(cluster: ClusterRef, address: TopicsAddress) -> impl IntoView {
    let path = list_href(&cluster);
    let TopicsAddress { search, filters, .. } = &address;
    let without_team = TopicFilters { team: String::new(), ..filters.clone() };
    let chips = [
        (!search.is_empty()).then(|| {
            let without = address.narrowed("", filters.clone());
            (format!("name, team or object contains “{search}”"), without.href(&path))
        }),
        (!filters.team.is_empty())
            .then(|| (format!("team {}", filters.team), address.narrowed(search, without_team).href(&path))),
    ];
    let hidden = [
        ("team", filters.team.clone()),
        ("sort", address.sort_word().to_owned()),
        ("order", address.order_word().to_owned()),
    ];
    let (field, internal) = (search_field("Name, team or object contains", search, LONGEST_ABOUT), filters.internal);
    view! {
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                {kept_fields(hidden)} {field}
                <label class="check">
                    <input type="checkbox" name="internal" value="true" checked=internal />
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

fn empty_words(address: &TopicsAddress, path: &str) -> ViewFn {
    let all = TopicFilters { internal: address.filters.internal, ..TopicFilters::default() };
    let clear = TopicsAddress::of("", all).href(path);
    let is_filtered = address.is_filtered();
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
            .erased()
        } else {
            view! {
                <Empty title="No topic yet">
                    <p>
                        "Declare one with a " <code>"KafkaTopic"</code>
                        " or a ConfigMap; it appears here when it exists."
                    </p>
                </Empty>
            }
            .erased()
        }
    })
}
