//! Where replicas are, broker by broker: a square for every so many of them.

use crate::ui::{Empty, Erase, Panel, Square, SquareRow, Squares};
use klamm_model::{BrokerPlacement, human_count};
#[cfg(feature = "ssr")]
use klamm_model::{BrokerView, NodeRole};
use leptos::prelude::*;

/// Squares beside each other, and at most for one broker.
const COLUMNS: usize = 36;
const MOST_SQUARES: u32 = 108;

/// What a broker holds, to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    label: String,
    hint: String,
    leaders: u32,
    followers: u32,
    out_of_sync: u32,
}

impl Held {
    /// Those of these nodes that are brokers.
    #[cfg(feature = "ssr")]
    pub(crate) fn of_nodes(nodes: &[BrokerView]) -> Vec<Self> {
        let brokers = nodes.iter().filter(|node| node.roles.contains(&NodeRole::Broker));
        brokers
            .map(|broker| Self {
                label: broker.id.to_string(),
                hint: broker.rack.clone().unwrap_or_default(),
                leaders: broker.leaders,
                followers: broker.replicas.saturating_sub(broker.leaders).saturating_sub(broker.out_of_sync),
                out_of_sync: broker.out_of_sync,
            })
            .collect()
    }

    /// These brokers, in their order.
    pub(crate) fn of_brokers(brokers: &[BrokerPlacement]) -> Vec<Self> {
        brokers
            .iter()
            .map(|broker| Self {
                label: broker.id.to_string(),
                hint: broker.rack.clone().unwrap_or_default(),
                leaders: broker.leaders,
                followers: broker.followers,
                out_of_sync: broker.out_of_sync,
            })
            .collect()
    }

    fn replicas(&self) -> u32 {
        self.leaders.saturating_add(self.followers).saturating_add(self.out_of_sync)
    }
}

/// Brokers with their replicas.
#[component]
pub(crate) fn PlacementPanel(brokers: Vec<Held>) -> impl IntoView {
    let unit = unit(brokers.iter().map(Held::replicas).max().unwrap_or_default());
    let hint = match unit {
        1 => "a square is a replica: leaders dark, followers light, out of sync outlined".to_owned(),
        unit => format!(
            "a square is {} replicas: leaders dark, followers light, out of sync outlined",
            human_count(unit.into())
        ),
    };
    let rows: Vec<_> = brokers.iter().map(|broker| row(broker, unit)).collect();
    if rows.is_empty() {
        return view! {
            <Panel title="Placement" flush=true>
                <Empty title="Nothing is placed yet">
                    <p>"Replicas are drawn here, broker by broker, as soon as the first broker answers."</p>
                </Empty>
            </Panel>
        }
        .erased();
    }
    view! {
        <Panel title="Placement" hint=hint>
            <Squares rows columns=COLUMNS />
        </Panel>
    }
    .erased()
}

/// How many replicas a square stands for, so that the fullest broker still fits.
fn unit(most_replicas: u32) -> u32 {
    most_replicas.div_ceil(MOST_SQUARES).max(1)
}

fn row(held: &Held, unit: u32) -> SquareRow {
    SquareRow {
        label: held.label.clone(),
        hint: held.hint.clone(),
        squares: squares(held.leaders, held.followers, held.out_of_sync, unit),
        words: format!(
            "Broker {}: leads {}, follows in sync {}, out of sync {}",
            held.label,
            human_count(held.leaders.into()),
            human_count(held.followers.into()),
            human_count(held.out_of_sync.into())
        ),
    }
}

/// Leaders, then followers, then those out of sync. What is out of sync always shows, however little it is.
fn squares(leaders: u32, followers: u32, out_of_sync: u32, unit: u32) -> Vec<Square> {
    let total = (leaders + followers + out_of_sync).div_ceil(unit);
    let outlined = out_of_sync.div_ceil(unit).min(total);
    let dark = leaders.div_ceil(unit).min(total - outlined);
    let light = total - outlined - dark;
    [(Square::Dark, dark), (Square::Light, light), (Square::Outlined, outlined)]
        .into_iter()
        .flat_map(|(square, count)| std::iter::repeat_n(square, count as usize))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(squares: &[Square], wanted: Square) -> usize {
        squares.iter().filter(|square| **square == wanted).count()
    }

    #[test]
    fn the_fullest_broker_fits() {
        assert_eq!(unit(0), 1);
        assert_eq!(unit(108), 1);
        assert_eq!(unit(109), 2);
        for replicas in [1, 108, 109, 5000, 200_000] {
            assert!(squares(0, replicas, 0, unit(replicas)).len() <= MOST_SQUARES as usize, "{replicas}");
        }
    }

    #[test]
    fn one_replica_out_of_sync_among_thousands_shows() {
        let drawn = squares(2000, 3000, 1, unit(5001));
        assert_eq!(count(&drawn, Square::Outlined), 1);
    }

    #[test]
    fn a_square_for_each_while_they_are_few() {
        let drawn = squares(2, 3, 1, 1);
        assert_eq!(count(&drawn, Square::Dark), 2);
        assert_eq!(count(&drawn, Square::Light), 3);
        assert_eq!(count(&drawn, Square::Outlined), 1);
        assert!(squares(0, 0, 0, 1).is_empty());
    }
}
