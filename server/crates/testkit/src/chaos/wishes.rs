//! What operators ask for in the middle of chaos: pure, and the same for the same seed.

use crate::estate::dice::Dice;
use std::fmt;

/// Something that is asked for, when everything asked for before was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nodes are restarted.
    Restart {
        /// Which; none means all.
        nodes: Vec<i32>,
    },
    /// A setting that brokers take while they run.
    RetentionMs(i64),
    /// A setting for which they have to be restarted.
    Partitions(i64),
    /// The software is exchanged; features stay where they are, so that there is a way back.
    Version(&'static str),
    /// So many brokers beside those that there are from the beginning: more join, or some go.
    Beside(u32),
    /// Brokers are emptied, and given free again.
    Drain {
        /// Which.
        nodes: Vec<i32>,
    },
    /// Replicas and leaders are spread.
    Rebalance,
}

impl Wish {
    /// The kind of operation that it comes to.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Restart { .. } => "restart",
            Self::RetentionMs(_) | Self::Partitions(_) => "reconfigure",
            Self::Version(_) => "upgrade",
            Self::Beside(_) => "scale",
            Self::Drain { .. } => "drain",
            Self::Rebalance => "rebalance",
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restart { nodes } if nodes.is_empty() => f.write_str("restart of all"),
            Self::Restart { nodes } => write!(f, "restart of {nodes:?}"),
            Self::RetentionMs(value) => write!(f, "log.retention.ms {value}"),
            Self::Partitions(value) => write!(f, "num.partitions {value}"),
            Self::Version(version) => write!(f, "version {version}"),
            Self::Beside(count) => write!(f, "{count} brokers beside the three"),
            Self::Drain { nodes } => write!(f, "drain of {nodes:?}"),
            Self::Rebalance => f.write_str("rebalance"),
        }
    }
}

/// Where wishes begin: three nodes with the ids 0 to 2, of the first version.
const FIRST_BESIDE: i32 = 3;

/// Wishes without end, in rounds; each round has every kind, and ends with the three nodes it began with. `versions` take turns,
/// and the cluster begins with the first of them.
pub fn wishes(seed: u64, versions: [&'static str; 2]) -> impl Iterator<Item = Wish> {
    (0..).flat_map(move |number| round(seed, number, versions))
}

fn round(seed: u64, number: usize, versions: [&'static str; 2]) -> Vec<Wish> {
    let mut dice = Dice::of(seed, "wishes", number);
    let (node, turn) = (dice.pick(&[0, 1, 2]), i64::try_from(number).unwrap_or_default());
    let mut wishes = vec![
        Wish::Restart { nodes: vec![node] },
        Wish::Restart { nodes: Vec::new() },
        // Another one each time, or nothing would be to do.
        Wish::RetentionMs(3_600_000 + turn * 60_000 + dice.between(0, 59_999)),
        Wish::Partitions(2 + turn),
        Wish::Version(versions[(number + 1) % 2]),
        Wish::Rebalance,
    ];
    shuffle(&mut wishes, &mut dice);
    let more = dice.pick(&[1_u32, 1, 2]);
    let emptied = FIRST_BESIDE + if more == 1 { 0 } else { dice.pick(&[0, 1]) };
    // Each somewhere behind the one before it.
    let mut least = 0;
    for wish in [Wish::Beside(more), Wish::Drain { nodes: vec![emptied] }, Wish::Beside(0)] {
        let at = least + dice.below(wishes.len() + 1 - least);
        wishes.insert(at, wish);
        least = at + 1;
    }
    wishes
}

fn shuffle(wishes: &mut [Wish], dice: &mut Dice) {
    for last in (1..wishes.len()).rev() {
        wishes.swap(last, dice.below(last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const VERSIONS: [&str; 2] = ["4.1.2", "4.2.1"];
    const OF_A_ROUND: usize = 9;

    fn first(seed: u64, count: usize) -> Vec<Wish> {
        wishes(seed, VERSIONS).take(count).collect()
    }

    #[test]
    fn the_same_seed_wishes_the_same_and_another_one_something_else() {
        assert_eq!(first(7, 40), first(7, 40));
        assert_ne!(first(7, OF_A_ROUND), first(8, OF_A_ROUND));
    }

    #[test]
    fn a_round_has_every_kind_and_no_broker_is_emptied_or_goes_that_is_not_there() {
        for seed in 0..50 {
            let all = first(seed, 3 * OF_A_ROUND);
            for round in all.chunks(OF_A_ROUND) {
                let kinds: BTreeSet<&str> = round.iter().map(Wish::kind).collect();
                assert_eq!(kinds.len(), 6, "{round:?}");
            }
            let mut beside = 0;
            for wish in &all {
                match wish {
                    Wish::Beside(count) => {
                        assert_ne!(*count, beside, "{all:?}");
                        beside = *count;
                    }
                    Wish::Drain { nodes } => {
                        let there = FIRST_BESIDE..FIRST_BESIDE + i32::try_from(beside).unwrap();
                        assert!(nodes.iter().all(|node| there.contains(node)), "{all:?}");
                    }
                    Wish::Restart { .. }
                    | Wish::RetentionMs(_)
                    | Wish::Partitions(_)
                    | Wish::Version(_)
                    | Wish::Rebalance => {}
                }
            }
            assert_eq!(beside, 0);
        }
    }

    #[test]
    fn every_wish_changes_something() {
        for seed in 0..50 {
            let all = first(seed, 4 * OF_A_ROUND);
            let versions: Vec<_> = all.iter().filter(|wish| matches!(wish, Wish::Version(_))).collect();
            assert!(versions[0] == &Wish::Version("4.2.1") && versions.windows(2).all(|two| two[0] != two[1]));
            let settings = || all.iter().filter(|wish| matches!(wish, Wish::RetentionMs(_) | Wish::Partitions(_)));
            let different: BTreeSet<String> = settings().map(ToString::to_string).collect();
            assert_eq!(different.len(), settings().count());
        }
    }
}
