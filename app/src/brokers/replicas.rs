//! Replicas that a broker holds.

use super::words::replica_role;
use crate::{
    lists::{pager, past_the_end},
    topics::{TopicsAddress, topic_href},
    ui::{Bytes, Empty, Erase, Panel, StatusWord, TableScroll, search_field},
};
use klamm_model::{ClusterRef, HeldPartition, Page};
use leptos::prelude::*;

/// Characters of the longest name of a topic.
const LONGEST_TOPIC: usize = 249;

/// The replicas it holds, by topic and partition.
#[component]
pub(super) fn HeldPanel(
    cluster: ClusterRef,
    held: Page<HeldPartition>,
    address: TopicsAddress,
    path: String,
) -> impl IntoView {
    let Page { items, total, next_cursor } = held;
    let shown = items.len();
    let pager = pager(&address, &path, (shown, total), next_cursor, ("replica", "replicas"));
    let field = search_field("Topic contains", &address.search, LONGEST_TOPIC);
    let content =
        past_the_end(&address, &path, (shown, total)).unwrap_or_else(|| replicas(&cluster, items, &address, &path));
    view! {
        <div class="filters">
            <form method="get" action=path class="filter-form">
                {field}
                <button type="submit" class="button">
                    "Show"
                </button>
            </form>
        </div>
        <Panel title="Replicas" hint="by topic and partition" flush=true>
            {content} {pager}
        </Panel>
    }
}

/// The largest of them.
#[component]
pub(super) fn LargestPanel(cluster: ClusterRef, held: Vec<HeldPartition>) -> impl IntoView {
    view! {
        <Panel title="Largest partitions" hint="of all that it holds" flush=true>
            {table(&cluster, "Largest partitions", held)}
        </Panel>
    }
}

fn replicas(cluster: &ClusterRef, held: Vec<HeldPartition>, address: &TopicsAddress, path: &str) -> AnyView {
    if held.is_empty() {
        let all = path.to_owned();
        let way_on = (!address.search.is_empty()).then(|| view! { <a href=all>"Show all replicas"</a> });
        return view! {
            <Empty title="No replica to show">
                <p>{way_on} " It holds none whose topic fits."</p>
            </Empty>
        }
        .erased();
    }
    table(cluster, "Replicas", held)
}

fn table(cluster: &ClusterRef, label: &'static str, held: Vec<HeldPartition>) -> AnyView {
    let rows: Vec<_> = held.into_iter().map(|held| held_row(cluster, held)).collect();
    view! {
        <TableScroll label>
            <thead>
                <tr>
                    <th scope="col">"Topic"</th>
                    <th scope="col" class="number">
                        "Partition"
                    </th>
                    <th scope="col">"This broker"</th>
                    <th scope="col">"Meant to lead"</th>
                    <th scope="col" class="number">
                        "Size on the leader"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn held_row(cluster: &ClusterRef, held: HeldPartition) -> AnyView {
    let (status, word) = replica_role(held.role);
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=topic_href(cluster, &held.topic)>
                    {held.topic.to_string()}
                </a>
            </th>
            <td class="number">{held.partition.to_string()}</td>
            <td>
                <StatusWord status word />
            </td>
            <td>{if held.is_preferred_leader { "yes" } else { "–" }}</td>
            <td class="number">
                <Bytes value=held.size_bytes />
            </td>
        </tr>
    }
    .erased()
}
