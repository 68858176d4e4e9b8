//! The partitions of a topic as a table.

use crate::ui::{Bytes, Count, Empty, Erase, Panel, Rate, Status, StatusWord, TableScroll};
use klamm_model::{BrokerId, Known, PartitionView};
use leptos::prelude::*;

/// What the table does not say by itself.
const HINT: &str = "the first replica is the preferred leader · records in are those of the last minute";

/// The partitions with their leaders, replicas and offsets, and where one is among them.
#[component]
pub(super) fn PartitionsPanel(partitions: Vec<PartitionView>, pager: Option<AnyView>) -> impl IntoView {
    let content = if partitions.is_empty() {
        view! {
            <Empty title="No partition has been seen yet">
                <p>"The topic has just been made; its partitions appear here in a moment."</p>
            </Empty>
        }
        .erased()
    } else {
        view! {
            <TableScroll label="Partitions">
                <thead>
                    <tr>
                        <th scope="col">"Partition"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Leader"</th>
                        <th scope="col">"Replicas"</th>
                        <th scope="col">"In sync"</th>
                        <th scope="col" class="number">
                            "First offset"
                        </th>
                        <th scope="col" class="number">
                            "Next offset"
                        </th>
                        <th scope="col" class="number">
                            "Records in"
                        </th>
                        <th scope="col" class="number">
                            "Size"
                        </th>
                    </tr>
                </thead>
                <tbody>{partitions.into_iter().map(partition_row).collect_view()}</tbody>
            </TableScroll>
        }
        .erased()
    };
    view! {
        <Panel title="Partitions" hint=HINT flush=true>
            {content}
            {pager}
        </Panel>
    }
}

fn partition_row(partition: PartitionView) -> impl IntoView {
    let (status, word) = state(&partition);
    view! {
        <tr>
            <th scope="row">
                {partition.id.to_string()}
            </th>
            <td>
                <StatusWord status word />
            </td>
            <td>{partition.leader.map_or_else(|| "none".to_owned(), |leader| leader.to_string())}</td>
            <td>{ids(&partition.replicas)}</td>
            <td>{ids(&partition.in_sync)}</td>
            <td class="number">
                <Count value=offset(partition.earliest_offset) />
            </td>
            <td class="number">
                <Count value=offset(partition.latest_offset) />
            </td>
            <td class="number">
                <Rate value=partition.records_per_second unit="rec" />
            </td>
            <td class="number">
                <Bytes value=partition.size_bytes />
            </td>
        </tr>
    }
}

/// How a partition is, in a word. A leader that is not the preferred one is worth a word, not a colour.
fn state(partition: &PartitionView) -> (Status, &'static str) {
    let Some(leader) = partition.leader else {
        return (Status::Bad, "Offline");
    };
    if partition.in_sync.len() < partition.replicas.len() {
        (Status::Warn, "Under-replicated")
    } else if partition.replicas.first() == Some(&leader) {
        (Status::Ok, "In sync")
    } else {
        (Status::Ok, "In sync, led elsewhere")
    }
}

fn offset(offset: Known<i64>) -> Known<u64> {
    offset.value().and_then(|offset| u64::try_from(*offset).ok()).into()
}

fn ids(brokers: &[BrokerId]) -> String {
    if brokers.is_empty() {
        return "none".to_owned();
    }
    brokers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample::partition;

    #[test]
    fn a_partition_is_told_by_its_worst_side() {
        assert_eq!(state(&partition(Some(0), &[0, 1], &[0, 1])).1, "In sync");
        assert_eq!(state(&partition(Some(1), &[0, 1], &[0, 1])).1, "In sync, led elsewhere");
        assert_eq!(state(&partition(Some(1), &[0, 1], &[1])).1, "Under-replicated");
        assert_eq!(state(&partition(None, &[0, 1], &[0])).1, "Offline");
    }
}
