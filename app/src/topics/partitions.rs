//! The partitions of a topic: a square each per broker.

use crate::ui::{Panel, Square, SquareRow, Squares};
use klamm_model::{BrokerId, PartitionView, human_count};
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample::partition;

    #[test]
    fn each_broker_has_its_own_view_of_a_partition() {
        let partition = partition(Some(0), &[0, 1, 2], &[0, 1]);
        let drawn: Vec<_> = (0..4).map(|broker| square(BrokerId(broker), &partition)).collect();
        assert_eq!(drawn, [Square::Dark, Square::Light, Square::Outlined, Square::None]);
    }
}
