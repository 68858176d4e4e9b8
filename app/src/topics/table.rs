use super::{list_href, query::ListQuery, topic_href, words::owner};
use crate::{
    clusters::{health_status, health_word},
    ui::{Bytes, Count, Rate, SortLink, StatusWord, TableScroll},
};
use klamm_model::{ClusterRef, Known, SortOrder, TopicRow, TopicSort};
use leptos::prelude::*;

/// Topics of one cluster. With a query, the heads of the columns sort.
#[component]
pub(crate) fn TopicTable(
    cluster: ClusterRef,
    topics: Vec<TopicRow>,
    /// What stands there when there are none.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    topic_table(&cluster, topics, None, &empty)
}

pub(super) fn topic_table(
    cluster: &ClusterRef,
    topics: Vec<TopicRow>,
    query: Option<&ListQuery>,
    empty: &ViewFn,
) -> AnyView {
    if topics.is_empty() {
        return empty.run().into_any();
    }
    let [name, state, partitions, rate, size] = [
        ("Topic", TopicSort::Name, false),
        ("State", TopicSort::Health, false),
        ("Partitions", TopicSort::Partitions, true),
        ("In", TopicSort::RecordsPerSecond, true),
        ("Size", TopicSort::SizeBytes, true),
    ]
    .map(|(label, sort, number)| head(cluster, query, label, sort, number));
    let rows: Vec<_> = topics.into_iter().map(|topic| topic_row(cluster, topic)).collect();
    view! {
        <TableScroll label=format!("Topics of {cluster}")>
            <thead>
                <tr>
                    {name}
                    {state}
                    {partitions}
                    <th scope="col" class="number">
                        "Factor"
                    </th>
                    {rate}
                    {size}
                    <th scope="col">"Team"</th>
                    <th scope="col">"Declared by"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .into_any()
}

fn head(
    cluster: &ClusterRef,
    query: Option<&ListQuery>,
    label: &'static str,
    sort: TopicSort,
    number: bool,
) -> AnyView {
    match query {
        Some(query) => {
            let path = list_href(cluster);
            let shown = query.clone();
            // What the address asks for by now: the list it asks for may still be on its way, and its filter must not be lost.
            let asked = use_context::<Memo<ListQuery>>();
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
        None => view! {
            <th scope="col" class=number.then_some("number")>
                {label}
            </th>
        }
        .into_any(),
    }
}

fn topic_row(cluster: &ClusterRef, topic: TopicRow) -> AnyView {
    let behind = match (topic.offline, topic.under_replicated) {
        (0, 0) => String::new(),
        (0, behind) => format!(" · {behind} under-replicated"),
        (offline, _) => format!(" · {offline} offline"),
    };
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=topic_href(cluster, &topic.name)>
                    {topic.name.to_string()}
                </a>
            </th>
            <td>
                <StatusWord status=health_status(topic.health) word=health_word(topic.health) />
                <span class="aside">{behind}</span>
            </td>
            <td class="number">
                <Count value=Known::Known(topic.partition_count.into()) />
            </td>
            <td class="number">
                <Count value=Known::Known(topic.replication_factor.into()) />
            </td>
            <td class="number">
                <Rate value=topic.records_per_second unit="rec" />
            </td>
            <td class="number">
                <Bytes value=topic.size_bytes />
            </td>
            <td>{topic.team.map_or_else(|| "–".to_owned(), |team| team.to_string())}</td>
            <td class="object">{topic.owner.as_ref().map_or_else(|| "–".to_owned(), owner)}</td>
        </tr>
    }
    .into_any()
}
