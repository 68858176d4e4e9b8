//! The partitions of a topic: a square each per broker, and a table.

use crate::ui::{Bytes, Count, Empty, Erase, Panel, Square, SquareRow, Squares, Status, StatusWord, TableScroll};
use klamm_model::{BrokerId, Known, PartitionView, human_count};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Squares beside each other, and at most for one broker.
const COLUMNS: usize = 36;
const MOST_SQUARES: usize = 252;

/// Brokers × partitions: a column of the picture is a partition.
#[component]
pub(crate) fn TopicPlacementPanel(partitions: Vec<PartitionView>) -> impl IntoView {
    let brokers: BTreeSet<_> = partitions.iter().flat_map(|partition| partition.replicas.iter().copied()).collect();
    let drawn = partitions.len().min(MOST_SQUARES);
    let hint = if drawn < partitions.len() {
        format!("the first {drawn} partitions: leaders dark, followers light, out of sync outlined")
    } else {
        "a square is a partition: leaders dark, followers light, out of sync outlined".to_owned()
    };
    let rows: Vec<_> = brokers.into_iter().map(|broker| row(broker, &partitions)).collect();
    view! {
        <Panel title="Placement" hint=hint>
            <Squares rows columns=COLUMNS />
        </Panel>
    }
}

fn row(broker: BrokerId, partitions: &[PartitionView]) -> SquareRow {
    let squares: Vec<_> = partitions.iter().map(|partition| square(broker, partition)).collect();
    let count = |wanted| human_count(squares.iter().filter(|square| **square == wanted).count() as u64);
    let words = format!(
        "Broker {broker}: leads {}, follows in sync {}, out of sync {}",
        count(Square::Dark),
        count(Square::Light),
        count(Square::Outlined)
    );
    SquareRow {
        label: broker.to_string(),
        hint: String::new(),
        squares: squares.into_iter().take(MOST_SQUARES).collect(),
        words,
    }
}

fn square(broker: BrokerId, partition: &PartitionView) -> Square {
    if !partition.replicas.contains(&broker) {
        Square::None
    } else if partition.leader == Some(broker) {
        Square::Dark
    } else if partition.in_sync.contains(&broker) {
        Square::Light
    } else {
        Square::Outlined
    }
}

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
        <Panel title="Partitions" hint="the first replica is the preferred leader" flush=true>
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
    use klamm_model::PartitionId;

    fn partition(leader: Option<i32>, replicas: &[i32], in_sync: &[i32]) -> PartitionView {
        PartitionView {
            id: PartitionId(0),
            leader: leader.map(BrokerId),
            replicas: replicas.iter().copied().map(BrokerId).collect(),
            in_sync: in_sync.iter().copied().map(BrokerId).collect(),
            earliest_offset: Known::Unknown,
            latest_offset: Known::Unknown,
            size_bytes: Known::Unknown,
        }
    }

    #[test]
    fn a_partition_is_told_by_its_worst_side() {
        assert_eq!(state(&partition(Some(0), &[0, 1], &[0, 1])).1, "In sync");
        assert_eq!(state(&partition(Some(1), &[0, 1], &[0, 1])).1, "In sync, led elsewhere");
        assert_eq!(state(&partition(Some(1), &[0, 1], &[1])).1, "Under-replicated");
        assert_eq!(state(&partition(None, &[0, 1], &[0])).1, "Offline");
    }

    #[test]
    fn each_broker_has_its_own_view_of_a_partition() {
        let partition = partition(Some(0), &[0, 1, 2], &[0, 1]);
        let drawn: Vec<_> = (0..4).map(|broker| square(BrokerId(broker), &partition)).collect();
        assert_eq!(drawn, [Square::Dark, Square::Light, Square::Outlined, Square::None]);
    }
}
