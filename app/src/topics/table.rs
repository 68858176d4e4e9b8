use super::{
    address::TopicsAddress,
    list_href, topic_href,
    words::{self, owner},
};
use crate::{
    clusters::{health_status, health_word},
    lists::{Holds, head},
    ui::{Bytes, Count, Erase, Rate, StatusWord, TableScroll, Unknown},
};
use klamm_model::{ClusterRef, Known, TopicRow, TopicSort, UnixMillis};
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

/// By how much a topic grows, in words.
pub(super) fn growth(per_day: Known<i64>) -> AnyView {
    match per_day {
        Known::Known(per_day) => words::growth(per_day).erased(),
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

/// When a topic was last written to, in words.
pub(super) fn written(at: Known<UnixMillis>, now: UnixMillis) -> AnyView {
    match at {
        Known::Known(at) => at.ago(now).erased(),
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}

pub(super) fn topic_table(
    cluster: &ClusterRef,
    topics: Vec<TopicRow>,
    list: Option<(&TopicsAddress, UnixMillis)>,
    empty: &ViewFn,
) -> AnyView {
    if topics.is_empty() {
        return empty.run().erased();
    }
    let path = list_href(cluster);
    let (address, now) = list.unzip();
    let [name, state, partitions, rate, size, growth, written] = [
        ("Topic", TopicSort::Name, Holds::Words),
        ("State", TopicSort::Health, Holds::Words),
        ("Partitions", TopicSort::Partitions, Holds::Numbers),
        ("In", TopicSort::RecordsPerSecond, Holds::Numbers),
        ("Size", TopicSort::SizeBytes, Holds::Numbers),
        ("Growth", TopicSort::GrowthBytesPerDay, Holds::Numbers),
        ("Written", TopicSort::LastWriteAt, Holds::Numbers),
    ]
    .map(|(label, sort, holds)| head(&path, address, label, sort, holds));
    let rows: Vec<_> = topics.into_iter().map(|topic| topic_row(cluster, topic, now)).collect();
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
                    {now.map(|_| (growth, written))}
                    <th scope="col">"Team"</th>
                    <th scope="col">"Declared by"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn topic_row(cluster: &ClusterRef, topic: TopicRow, now: Option<UnixMillis>) -> AnyView {
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
            {now.map(|now| {
                view! {
                    <td class="number">{growth(topic.growth_bytes_per_day)}</td>
                    <td class="number">{written(topic.last_write_at, now)}</td>
                }
            })}
            <td>{topic.team.map_or_else(|| "–".to_owned(), |team| team.to_string())}</td>
            <td class="object">{topic.owner.as_ref().map_or_else(|| "–".to_owned(), owner)}</td>
        </tr>
    }
    .erased()
}
