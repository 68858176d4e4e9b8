//! What breaks when: pure, and the same for the same seed.

use crate::{Service, estate::dice::Dice};
use std::{fmt, time::Duration};

/// What there is to break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Nodes of Kubernetes.
    pub hosts: Vec<String>,
    /// Kafka nodes, by id.
    pub nodes: Vec<i32>,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// The plug of a Kubernetes node is pulled for a while.
    HostStopped {
        /// Which.
        host: String,
        /// How long.
        lasts: Duration,
    },
    /// A Kafka node is killed; its pod is made anew.
    NodeKilled {
        /// Which.
        node: i32,
    },
    /// The pod of a Kafka node is deleted, and may end in its own time.
    PodDeleted {
        /// Of which.
        node: i32,
    },
    /// A service is killed; it is started again.
    Killed(Service),
    /// A service answers nothing for a while.
    Frozen {
        /// Which.
        service: Service,
        /// How long.
        lasts: Duration,
    },
}

/// A fault after some quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// How long nothing happens before it.
    pub quiet: Duration,
    /// What happens then.
    pub what: Mischief,
}

impl Mischief {
    /// What it is without where and how long.
    pub fn kind(&self) -> String {
        match self {
            Self::HostStopped { .. } => "host stopped".to_owned(),
            Self::NodeKilled { .. } => "node killed".to_owned(),
            Self::PodDeleted { .. } => "pod deleted".to_owned(),
            Self::Killed(service) => format!("{} killed", service.name()),
            Self::Frozen { service, .. } => format!("{} frozen", service.name()),
        }
    }

    /// How long it lasts by itself.
    fn lasts(&self) -> Duration {
        match self {
            Self::HostStopped { lasts, .. } | Self::Frozen { lasts, .. } => *lasts,
            Self::NodeKilled { .. } | Self::PodDeleted { .. } | Self::Killed(_) => Duration::ZERO,
        }
    }
}

impl fmt::Display for Mischief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostStopped { host, lasts } => write!(f, "the host {host} stopped for {} s", lasts.as_secs()),
            Self::NodeKilled { node } => write!(f, "node {node} killed"),
            Self::PodDeleted { node } => write!(f, "the pod of node {node} deleted"),
            Self::Killed(service) => write!(f, "{} killed", service.name()),
            Self::Frozen { service, lasts } => write!(f, "{} frozen for {} s", service.name(), lasts.as_secs()),
        }
    }
}

/// Kinds of faults with their shares in hundredths.
#[derive(Clone, Copy)]
enum Kind {
    HostStopped,
    NodeKilled,
    PodDeleted,
    KlammKilled,
    KlammFrozen,
    ApiServerKilled,
    ApiServerFrozen,
}

/// Faults for about so long. Klamm's own death is the most frequent: it is what must be survived at every moment.
pub fn schedule(seed: u64, ground: &Ground, length: Duration) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut taken = Duration::ZERO;
    while taken < length {
        let mut dice = Dice::of(seed, "chaos", turns.len());
        let turn = Turn { quiet: seconds(&mut dice, 1, 12), what: mischief(&mut dice, ground) };
        taken += turn.quiet + turn.what.lasts();
        turns.push(turn);
    }
    turns
}

fn mischief(dice: &mut Dice, ground: &Ground) -> Mischief {
    let mut kinds = vec![
        (30, Kind::KlammKilled),
        (10, Kind::KlammFrozen),
        (10, Kind::ApiServerKilled),
        (10, Kind::ApiServerFrozen),
    ];
    if !ground.nodes.is_empty() {
        kinds.extend([(15, Kind::NodeKilled), (10, Kind::PodDeleted)]);
    }
    if !ground.hosts.is_empty() {
        kinds.push((15, Kind::HostStopped));
    }
    let node = |dice: &mut Dice| ground.nodes[dice.below(ground.nodes.len())];
    match dice.weighted(&kinds) {
        Kind::HostStopped => {
            let host = ground.hosts[dice.below(ground.hosts.len())].clone();
            Mischief::HostStopped { host, lasts: seconds(dice, 5, 40) }
        }
        Kind::NodeKilled => Mischief::NodeKilled { node: node(dice) },
        Kind::PodDeleted => Mischief::PodDeleted { node: node(dice) },
        Kind::KlammKilled => Mischief::Killed(Service::Klamm),
        // Longer than its Lease lasts, sometimes.
        Kind::KlammFrozen => Mischief::Frozen { service: Service::Klamm, lasts: seconds(dice, 2, 40) },
        Kind::ApiServerKilled => Mischief::Killed(Service::ApiServer),
        Kind::ApiServerFrozen => Mischief::Frozen { service: Service::ApiServer, lasts: seconds(dice, 2, 20) },
    }
}

fn seconds(dice: &mut Dice, least: i64, most: i64) -> Duration {
    Duration::from_secs(dice.between(least, most).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ground() -> Ground {
        Ground { hosts: ["node-a", "node-b", "node-c"].map(str::to_owned).to_vec(), nodes: vec![0, 1, 2] }
    }

    const LENGTH: Duration = Duration::from_mins(20);

    fn length(turns: &[Turn]) -> Duration {
        turns.iter().map(|turn| turn.quiet + turn.what.lasts()).sum()
    }

    #[test]
    fn the_same_seed_breaks_the_same_and_another_one_something_else() {
        assert_eq!(schedule(7, &ground(), LENGTH), schedule(7, &ground(), LENGTH));
        assert_ne!(schedule(7, &ground(), LENGTH), schedule(8, &ground(), LENGTH));
        let short = schedule(7, &ground(), Duration::from_mins(2));
        assert!(schedule(7, &ground(), LENGTH).starts_with(&short), "a shorter one is the beginning of the longer");
    }

    #[test]
    fn twenty_minutes_are_filled_and_break_everything_there_is() {
        let turns = schedule(7, &ground(), LENGTH);
        assert!(length(&turns) >= LENGTH && length(&turns[..turns.len() - 1]) < LENGTH);
        let kinds: BTreeSet<_> =
            turns.iter().map(|turn| std::mem::discriminant(&turn.what)).map(|kind| format!("{kind:?}")).collect();
        assert_eq!(kinds.len(), 5, "{turns:#?}");
        let host = |turn: &'_ Turn| match &turn.what {
            Mischief::HostStopped { host, .. } => Some(host.clone()),
            Mischief::NodeKilled { .. }
            | Mischief::PodDeleted { .. }
            | Mischief::Killed(_)
            | Mischief::Frozen { .. } => None,
        };
        let hosts: BTreeSet<String> = turns.iter().filter_map(host).collect();
        assert_eq!(hosts, ground().hosts.into_iter().collect());
    }

    #[test]
    fn what_is_not_there_is_not_broken() {
        let turns = schedule(7, &Ground { hosts: Vec::new(), nodes: Vec::new() }, LENGTH);
        assert!(turns.iter().all(|turn| matches!(turn.what, Mischief::Killed(_) | Mischief::Frozen { .. })));
    }
}
