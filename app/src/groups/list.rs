use super::{
    api::{GroupList, groups},
    group_link, list_href,
    query::GroupsQuery,
    words::{self, STATES},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, use_cluster},
    live::Live,
    ui::{
        Count, Empty, PageHead, Pager, Panel, Skeleton, SortLink, StatusWord, TableScroll, filter_chips, kept_fields,
        position,
    },
};
use klamm_model::{ClusterRef, GroupRow, GroupSort, Known, SortOrder, human_count};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// `/clusters/{namespace}/{name}/groups`.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    let name = use_cluster();
    let changes = Live::get().changes_of(name);
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(GroupsQuery::from_params));
    provide_context(query);
    let list = Resource::new(
        move || (name.get(), query.get().request(), changes.get()),
        |(name, request, _)| groups(name, request),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="consumer groups" /> }
        }>
            {move || Suspend::new(async move {
                let answer = list.await;
                let asked = query.get_untracked();
                match kept.settle((name.get_untracked(), asked.request()), answer) {
                    Ok((list, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <GroupListView list query=asked />
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
pub(crate) fn GroupListView(list: GroupList, query: GroupsQuery) -> impl IntoView {
    let cluster = cluster_ref(&list.cluster);
    let path = list_href(&cluster);
    let total = list.groups.total;
    let found = counted(total, "consumer group", "consumer groups");
    let sentence = match (list.in_all, query.is_filtered()) {
        (Known::Unknown, _) => format!("Nobody knows the consumer groups of {} yet", list.cluster.name),
        (Known::Known(_), true) => format!("{found} of {} found", list.cluster.name),
        (Known::Known(_), false) => format!("{} has {found}", list.cluster.name),
    };
    let facts = match list.in_all {
        Known::Known(all) if query.is_filtered() => format!("Of {} in all", human_count(all.into())),
        Known::Known(_) => "Lag is in records, of all partitions a group committed offsets of".to_owned(),
        Known::Unknown => "They are shown as soon as their coordinators answer".to_owned(),
    };
    let shown = list.groups.items.len();
    let next = list.groups.next_cursor.clone().map(|cursor| query.next_page(cursor, shown).href(&path));
    let first = (query.before > 0 || !query.cursor.is_empty()).then(|| query.first_page().href(&path));
    let table = if list.groups.items.is_empty() {
        no_groups(&query, &path, list.in_all)
    } else {
        table(&cluster, list.groups.items, Some(&query))
    };
    view! {
        <PageHead
            title=format!("Consumer groups of {cluster}")
            sentence=sentence
            chip=list.cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=cluster.clone() current=ClusterTab::Groups />
        <StaleNotice cluster=list.cluster now=list.now />
        <Filters cluster=cluster query=query.clone() />
        <Panel title="Consumer groups" flush=true>
            {table}
            <Pager summary=position(query.before, shown, total, ("group", "groups")) first next />
        </Panel>
    }
}

/// Groups of one cluster. With a query, the heads of the columns sort.
pub(super) fn table(cluster: &ClusterRef, groups: Vec<GroupRow>, query: Option<&GroupsQuery>) -> AnyView {
    let [name, state, members, lag] = [
        ("Group", GroupSort::Name, false),
        ("State", GroupSort::State, false),
        ("Members", GroupSort::Members, true),
        ("Lag", GroupSort::Lag, true),
    ]
    .map(|(label, sort, number)| head(cluster, query, label, sort, number));
    let rows: Vec<_> = groups.into_iter().map(|group| row(cluster, group)).collect();
    view! {
        <TableScroll label=format!("Consumer groups of {cluster}")>
            <thead>
                <tr>
                    {name} {state} <th scope="col">"Protocol"</th> {members} <th scope="col" class="number">
                        "Topics"
                    </th> <th scope="col" class="number">
                        "Partitions"
                    </th> {lag}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .into_any()
}

fn head(
    cluster: &ClusterRef,
    query: Option<&GroupsQuery>,
    label: &'static str,
    sort: GroupSort,
    number: bool,
) -> AnyView {
    let Some(query) = query else {
        return view! {
            <th scope="col" class=number.then_some("number")>
                {label}
            </th>
        }
        .into_any();
    };
    let path = list_href(cluster);
    let shown = query.clone();
    // What the address asks for by now: the list it asks for may still be on its way, and its filter must not be lost.
    let asked = use_context::<Memo<GroupsQuery>>();
    let href = Signal::derive(move || {
        let asked = asked.map_or_else(|| shown.clone(), |asked| asked.get());
        asked.sorted_by(sort).href(&path)
    });
    let sorted = (query.sort == sort).then_some(match query.order {
        SortOrder::Asc => "ascending",
        SortOrder::Desc => "descending",
    });
    view! { <SortLink label href sorted number /> }.into_any()
}

fn row(cluster: &ClusterRef, group: GroupRow) -> AnyView {
    let (status, word) = words::state(&group.state);
    let count = |count: Known<u32>| count.map(u64::from);
    view! {
        <tr>
            <th scope="row">{group_link(cluster, &group.id)}</th>
            <td>
                <StatusWord status word />
            </td>
            <td>{words::kind(group.kind)}</td>
            <td class="number">
                <Count value=count(group.member_count) />
            </td>
            <td class="number">
                <Count value=count(group.topic_count) />
            </td>
            <td class="number">
                <Count value=count(group.partition_count) />
            </td>
            <td class="number">
                <Count value=group.lag />
            </td>
        </tr>
    }
    .into_any()
}

/// The search, and what narrows the list as chips that can be taken away.
#[component]
fn Filters(cluster: ClusterRef, query: GroupsQuery) -> impl IntoView {
    let path = list_href(&cluster);
    let first = query.first_page();
    let without_search = GroupsQuery { search: String::new(), ..first.clone() };
    let without_state = GroupsQuery { state: String::new(), ..first.clone() };
    let without_topic = GroupsQuery { topic: String::new(), ..first };
    let chips = [
        (!query.search.is_empty()).then(|| (format!("id contains “{}”", query.search), without_search.href(&path))),
        (!query.state.is_empty()).then(|| (format!("state {}", query.state), without_state.href(&path))),
        (!query.topic.is_empty()).then(|| (format!("reads {}", query.topic), without_topic.href(&path))),
    ];
    let hidden = [
        ("topic", query.topic.clone()),
        ("sort", query.sort_word().to_owned()),
        ("order", query.order_word().to_owned()),
    ];
    let chosen = query.state.clone();
    let states = [("", "Any state"), ("unknown", "Unknown")]
        .into_iter()
        .chain(STATES.map(|state| (state, state)))
        .map(|(value, label)| {
            let selected = chosen.eq_ignore_ascii_case(value);
            view! {
                <option value=value selected=selected>
                    {label}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                {kept_fields(hidden)}
                <label>
                    <span class="hidden">"Id contains"</span>
                    <input
                        type="search"
                        name="q"
                        value=query.search.clone()
                        placeholder="Id contains …"
                        autocomplete="off"
                        maxlength="1000"
                    />
                </label>
                <label>
                    <span class="hidden">"State"</span>
                    <select name="state">{states}</select>
                </label>
                <button type="submit" class="button">
                    "Show"
                </button>
            </Form>
            {filter_chips(chips.into_iter().flatten())}
        </div>
    }
}

fn no_groups(query: &GroupsQuery, path: &str, in_all: Known<u32>) -> AnyView {
    if in_all == Known::Unknown {
        return view! {
            <Empty title="Not read yet">
                <p>"No broker has said yet which groups there are. The list fills by itself."</p>
            </Empty>
        }
        .into_any();
    }
    if query.is_filtered() {
        let all = path.to_owned();
        return view! {
            <Empty title="No group fits">
                <p>
                    <a href=all>"Show all groups"</a>
                    ", or search for a shorter part of the id."
                </p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No consumer group yet">
            <p>"A group is there as soon as a consumer with its " <code>"group.id"</code> " connects."</p>
        </Empty>
    }
    .into_any()
}
