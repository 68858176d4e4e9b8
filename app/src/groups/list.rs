use super::{
    LONGEST_ID,
    address::{GroupFilters, GroupsAddress},
    api::{GroupList, groups},
    group_link, list_href,
    words::{self, STATES},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, counted, use_cluster},
    lists::{Holds, head, pager, past_the_end},
    live::Live,
    ui::{
        Count, Empty, Erase, PageHead, Panel, Skeleton, StatusWord, TableScroll, Unknown, filter_chips, kept_fields,
        search_field,
    },
};
use klamm_model::{ClusterRef, GroupRow, GroupSort, Known, LagTrend, UnixMillis, human_count};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// `/clusters/{namespace}/{name}/groups`.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    let name = use_cluster();
    let changes = Live::get().changes_of(name);
    let params = use_query_map();
    let address = Memo::new(move |_| params.with(GroupsAddress::from_params));
    provide_context(address);
    let list = Resource::new(
        move || (name.get(), address.get().request(), changes.get()),
        |(name, request, _)| groups(name, request),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="consumer groups" /> }
        }>
            {move || Suspend::new(async move {
                let answer = list.await;
                let asked = address.get_untracked();
                match kept.settle((name.get_untracked(), asked.request()), answer) {
                    Ok((list, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <GroupListView list address=asked />
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
pub(crate) fn GroupListView(list: GroupList, address: GroupsAddress) -> impl IntoView {
    let cluster = cluster_ref(&list.cluster);
    let path = list_href(&cluster);
    let total = list.groups.total;
    let found = counted(total, "consumer group", "consumer groups");
    let sentence = match (list.in_all, address.is_filtered()) {
        (Known::Unknown, _) => format!("Nobody knows the consumer groups of {} yet", list.cluster.name),
        (Known::Known(_), true) => format!("{found} of {} found", list.cluster.name),
        (Known::Known(_), false) => format!("{} has {found}", list.cluster.name),
    };
    let facts = match list.in_all {
        Known::Known(all) if address.is_filtered() => format!("Of {} in all", human_count(all.into())),
        Known::Known(_) => "Lag is in records, of all partitions a group committed offsets of".to_owned(),
        Known::Unknown => "They are shown as soon as their coordinators answer".to_owned(),
    };
    let shown = list.groups.items.len();
    let pager = pager(&address, &path, (shown, total), list.groups.next_cursor, ("group", "groups"));
    let table = past_the_end(&address, &path, (shown, total)).unwrap_or_else(|| {
        if shown == 0 {
            no_groups(&address, &path, list.in_all)
        } else {
            table(&cluster, list.groups.items, list.now, Some(&address))
        }
    });
    view! {
        <PageHead
            title=format!("Consumer groups of {cluster}")
            sentence=sentence
            chip=list.cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=cluster.clone() current=ClusterTab::Groups findings=list.cluster.findings />
        <StaleNotice cluster=list.cluster now=list.now />
        <Filters cluster address />
        <Panel title="Consumer groups" flush=true>
            {table} {pager}
        </Panel>
    }
}

/// Groups of one cluster. With a query, the heads of the columns sort.
pub(super) fn table(
    cluster: &ClusterRef,
    groups: Vec<GroupRow>,
    now: UnixMillis,
    address: Option<&GroupsAddress>,
) -> AnyView {
    let path = list_href(cluster);
    let [name, state, members, lag, late] = [
        ("Group", GroupSort::Name, Holds::Words),
        ("State", GroupSort::State, Holds::Words),
        ("Members", GroupSort::Members, Holds::Numbers),
        ("Lag", GroupSort::Lag, Holds::Numbers),
        ("Behind", GroupSort::LagSeconds, Holds::Numbers),
    ]
    .map(|(label, sort, holds)| head(&path, address, label, sort, holds));
    let rows: Vec<_> = groups.into_iter().map(|group| row(cluster, group, now)).collect();
    view! {
        <TableScroll label=format!("Consumer groups of {cluster}")>
            <thead>
                <tr>
                    {name} {state} <th scope="col">"Protocol"</th> {members} <th scope="col" class="number">
                        "Topics"
                    </th> <th scope="col" class="number">
                        "Partitions"
                    </th> {lag} {late}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn row(cluster: &ClusterRef, group: GroupRow, now: UnixMillis) -> AnyView {
    let (status, word) = words::state(&group.state);
    let count = |count: Known<u32>| count.map(u64::from);
    let going = words::going(&group, now).map(|going| format!(" · {going}"));
    view! {
        <tr>
            <th scope="row">{group_link(cluster, &group.id)}</th>
            <td>
                <StatusWord status word />
                <span class="aside">{going}</span>
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
            <td class="number">{late(group.lag_seconds, group.lag_seconds_at_least)}</td>
        </tr>
    }
    .erased()
}

/// How late a group is, in words.
pub(super) fn late(seconds: Known<u64>, at_least: Known<u64>) -> AnyView {
    match words::late(seconds, at_least) {
        Known::Known(words) => words.erased(),
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

/// The search, and what narrows the list as chips that can be taken away.
#[component]
fn Filters(cluster: ClusterRef, address: GroupsAddress) -> impl IntoView {
    let path = list_href(&cluster);
    let GroupsAddress { search, filters, .. } = &address;
    let GroupFilters { state, topic, trend } = filters;
    let narrowed = |search: &str, filters: GroupFilters| address.narrowed(search, filters).href(&path);
    let chips = [
        (!search.is_empty()).then(|| (format!("id contains “{search}”"), narrowed("", filters.clone()))),
        (!state.is_empty()).then(|| {
            let without = GroupFilters { state: String::new(), ..filters.clone() };
            (format!("state {state}"), narrowed(search, without))
        }),
        (!topic.is_empty()).then(|| {
            let without = GroupFilters { topic: String::new(), ..filters.clone() };
            (format!("reads {topic}"), narrowed(search, without))
        }),
        (!trend.is_empty()).then(|| {
            let without = GroupFilters { trend: String::new(), ..filters.clone() };
            (format!("lag {trend}"), narrowed(search, without))
        }),
    ];
    let hidden = [
        ("topic", topic.clone()),
        ("sort", address.sort_word().to_owned()),
        ("order", address.order_word().to_owned()),
    ];
    let options = |chosen: &str, all: Vec<(&'static str, &'static str)>| {
        let each = all.into_iter().map(|(value, label)| {
            let selected = chosen.eq_ignore_ascii_case(value);
            view! {
                <option value=value selected=selected>
                    {label}
                </option>
            }
            .erased()
        });
        each.collect::<Vec<_>>()
    };
    let states = [("", "Any state"), ("unknown", "Unknown")].into_iter().chain(STATES.map(|state| (state, state)));
    let states = options(state, states.collect());
    let trends = [LagTrend::Growing, LagTrend::Steady, LagTrend::Shrinking].map(|trend| (trend.name(), trend.name()));
    let trends = options(trend, [("", "Any trend")].into_iter().chain(trends).collect());
    let field = search_field("Id contains", search, LONGEST_ID);
    view! {
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                {kept_fields(hidden)} {field}
                <label>
                    <span class="hidden">"State"</span>
                    <select name="state">{states}</select>
                </label>
                <label>
                    <span class="hidden">"Where the lag is going"</span>
                    <select name="trend">{trends}</select>
                </label>
                <button type="submit" class="button">
                    "Show"
                </button>
            </Form>
            {filter_chips(chips.into_iter().flatten())}
        </div>
    }
}

fn no_groups(address: &GroupsAddress, path: &str, in_all: Known<u32>) -> AnyView {
    if in_all == Known::Unknown {
        return view! {
            <Empty title="Not read yet">
                <p>"No broker has said yet which groups there are. The list fills by itself."</p>
            </Empty>
        }
        .erased();
    }
    if address.is_filtered() {
        let all = path.to_owned();
        return view! {
            <Empty title="No group fits">
                <p>
                    <a href=all>"Show all groups"</a>
                    ", or search for a shorter part of the id."
                </p>
            </Empty>
        }
        .erased();
    }
    view! {
        <Empty title="No consumer group yet">
            <p>"A group is there as soon as a consumer with its " <code>"group.id"</code> " connects."</p>
        </Empty>
    }
    .erased()
}
