use super::{
    address::TopicsAddress,
    list_href, topic_href,
    words::{self, owner},
};
use crate::{
    clusters::{counted, health_status, health_word},
    lists::{Holds, head, heads},
    ui::{ByteRate, Bytes, Count, Erase, Rate, StatusWord, TableScroll, Unknown},
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
fn growth(per_day: Known<i64>) -> AnyView {
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
    let [name, state, partitions] = [
        ("Topic", TopicSort::Name, Holds::Words),
        ("State", TopicSort::Health, Holds::Words),
        ("Partitions", TopicSort::Partitions, Holds::Numbers),
    ]
    .map(|(label, sort, holds)| head(&path, address, label, sort, holds));
    // Two numbers below each other, so that a window that is not very wide has room for all of them.
    let [comes, is_read, kept, moves] = [
        [("Records in", TopicSort::RecordsPerSecond), ("Bytes in", TopicSort::BytesInPerSecond)],
        [("Bytes out", TopicSort::BytesOutPerSecond), ("Groups", TopicSort::GroupCount)],
        [("Records", TopicSort::Records), ("Size", TopicSort::SizeBytes)],
        [("Growth", TopicSort::GrowthBytesPerDay), ("Written", TopicSort::LastWriteAt)],
    ]
    .map(|two| heads(&path, address, two));
    let rows: Vec<_> = topics.into_iter().map(|topic| topic_row(cluster, topic, now)).collect();
    view! {
        <TableScroll label=format!("Topics of {cluster}")>
            <thead>
                <tr>
                    {name}
                    {state}
                    {partitions}
                    {comes}
                    {is_read}
                    {kept}
                    {now.map(|_| moves)}
                    <th scope="col">"Declared by"</th>
                </tr>
            </thead>
            <tbody class="from-the-top">{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn topic_row(cluster: &ClusterRef, topic: TopicRow, now: Option<UnixMillis>) -> AnyView {
    let behind = match (topic.offline, topic.under_replicated) {
        (0, 0) => None,
        (0, behind) => Some(format!("{behind} under-replicated")),
        (offline, _) => Some(format!("{offline} offline")),
    };
    let name = view! {
        <a class="name" href=topic_href(cluster, &topic.name)>
            {topic.name.to_string()}
        </a>
    };
    let team = aside(topic.team.map(|team| format!("team {team}")));
    let state = view! { <StatusWord status=health_status(topic.health) word=health_word(topic.health) /> };
    let partitions = view! { <Count value=Known::Known(topic.partition_count.into()) /> };
    let factor = aside(Some(format!("factor {}", topic.replication_factor)));
    let records_in = view! { <Rate value=topic.records_per_second unit="rec" /> };
    let bytes_in = view! { <ByteRate value=topic.bytes_in_per_second /> };
    let bytes_out = view! { <ByteRate value=topic.bytes_out_per_second /> };
    let records = view! { <Count value=topic.records /> };
    let size = view! { <Bytes value=topic.size_bytes /> };
    view! {
        <tr>
            <th scope="row">{pair(name.erased(), team)}</th>
            <td>{pair(state.erased(), aside(behind))}</td>
            <td class="number">{pair(partitions.erased(), factor)}</td>
            <td class="number">{pair(records_in.erased(), bytes_in.erased())}</td>
            <td class="number">{pair(bytes_out.erased(), groups(topic.group_count))}</td>
            <td class="number">{pair(records.erased(), size.erased())}</td>
            {now.map(|now| {
                let (growth, written) = (growth(topic.growth_bytes_per_day), written(topic.last_write_at, now));
                view! { <td class="number">{pair(growth, written)}</td> }
            })}
            <td class="object">{topic.owner.as_ref().map_or_else(|| "–".to_owned(), owner)}</td>
        </tr>
    }
    .erased()
}

/// What a cell holds, one below the other.
fn pair(above: AnyView, below: AnyView) -> AnyView {
    view! {
        <div class="pair">
            <span>{above}</span>
            {below}
        </div>
    }
    .erased()
}

fn aside(words: Option<String>) -> AnyView {
    words.map(|words| view! { <span class="aside">{words}</span> }).erased()
}

/// How many groups read a topic, in words.
fn groups(count: Known<u32>) -> AnyView {
    match count {
        Known::Known(count) => counted(count.into(), "group", "groups").erased(),
        Known::Unknown => view! { <Unknown /> }.erased(),
    }
}
