//! What befalls a fleet while an operation runs in it.

use super::{
    super::{
        lives::Fault,
        world::{Part, Place, Pod},
    },
    fleet::{Fleet, Whose},
};
use crate::operations::Replicas;
use klamm_model::BrokerId;
use proptest::prelude::*;

/// One thing of many; nodes, partitions and topics are those of a number, counted round and round.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trouble {
    /// Its process ends hard, and comes back.
    Crash(usize),
    /// Its machine is gone for a while.
    Gone(usize, i64),
    /// Its pod finds no place for a while.
    Stuck(usize, i64),
    /// The controller does not let it in for a while.
    Fenced(usize, i64),
    /// A replica falls behind for a while.
    Lag(usize, i64),
    /// Something cannot be seen for a while.
    Blind(Part, i64),
    OtherController(usize),
    /// It serves, and does not answer us for a while.
    Silent(usize, i64),
    /// Others fill its disk, and empty it again.
    Full(usize, i64),
    /// Partitions are told as they were before the last moves were over.
    Older(i64),
    /// Somebody else moves a replica of a partition to a broker.
    Foreign(usize, usize, i64),
    NewTopic(usize),
    DropTopic(usize),
    /// A broker that is being scaled away is gone for good.
    DiesForGood(usize),
    /// Klamm is restarted while it waits.
    Restart,
    /// So many bytes a second are asked for from now on.
    Rate(u64),
}

/// Rates that people ask for.
pub(super) const RATES: [u64; 3] = [1 << 20, 8 << 20, 50 << 20];

pub(super) fn some_trouble() -> impl Strategy<Value = Trouble> {
    let node = 0usize..8;
    let place = 0usize..16;
    let parts = vec![Part::Topics, Part::Minimums, Part::Quorum, Part::Moves];
    let of_nodes = prop_oneof![
        node.clone().prop_map(Trouble::Crash),
        (node.clone(), 1i64..20).prop_map(|(at, seconds)| Trouble::Gone(at, seconds)),
        (node.clone(), 1i64..20).prop_map(|(at, seconds)| Trouble::Stuck(at, seconds)),
        (node.clone(), 1i64..15).prop_map(|(at, seconds)| Trouble::Fenced(at, seconds)),
        (node.clone(), 1i64..5).prop_map(|(at, seconds)| Trouble::Silent(at, seconds)),
        (node.clone(), 1i64..20).prop_map(|(at, seconds)| Trouble::Full(at, seconds)),
        node.clone().prop_map(Trouble::OtherController),
        node.clone().prop_map(Trouble::DiesForGood),
    ];
    let of_partitions = prop_oneof![
        (place.clone(), 1i64..15).prop_map(|(at, seconds)| Trouble::Lag(at, seconds)),
        (place, node, 1i64..12).prop_map(|(at, to, seconds)| Trouble::Foreign(at, to, seconds)),
        (0usize..4).prop_map(Trouble::NewTopic),
        (0usize..4).prop_map(Trouble::DropTopic),
    ];
    let of_looks = prop_oneof![
        (prop::sample::select(parts), 1i64..12).prop_map(|(part, seconds)| Trouble::Blind(part, seconds)),
        (1i64..12).prop_map(Trouble::Older),
        Just(Trouble::Restart),
        prop::sample::select(RATES.to_vec()).prop_map(Trouble::Rate),
    ];
    prop_oneof![4 => of_nodes, 2 => of_partitions, 2 => of_looks]
}

impl Trouble {
    /// Seconds after which nothing is left of it but what takes its course.
    pub(super) fn lasts(self) -> i64 {
        match self {
            Self::Gone(_, seconds)
            | Self::Stuck(_, seconds)
            | Self::Fenced(_, seconds)
            | Self::Lag(_, seconds)
            | Self::Blind(_, seconds)
            | Self::Silent(_, seconds)
            | Self::Full(_, seconds)
            | Self::Older(seconds)
            | Self::Foreign(_, _, seconds) => seconds,
            Self::Crash(_)
            | Self::OtherController(_)
            | Self::NewTopic(_)
            | Self::DropTopic(_)
            | Self::DiesForGood(_)
            | Self::Restart
            | Self::Rate(_) => 0,
        }
    }
}

impl Fleet {
    /// `ours` are partitions that are written down as moved by us: nobody else sets those on their way.
    pub(super) fn befall(&mut self, trouble: Trouble, ours: &Replicas) {
        let now = self.world.now;
        match trouble {
            Trouble::Crash(at) => self.usual(at, Fault::Crash),
            Trouble::Gone(at, seconds) => self.usual(at, |at| Fault::Gone(at, seconds)),
            Trouble::Stuck(at, seconds) => self.usual(at, |at| Fault::Stuck(at, seconds)),
            Trouble::Fenced(at, seconds) => self.usual(at, |at| Fault::Fenced(at, seconds)),
            Trouble::Lag(at, seconds) => self.world.befall(Fault::Lag(at, seconds)),
            Trouble::Blind(part, seconds) => self.world.befall(Fault::Blind(part, seconds)),
            Trouble::OtherController(at) => self.world.befall(Fault::OtherController(at)),
            Trouble::Silent(at, seconds) => {
                if let Some(id) = self.node_at(at) {
                    self.silent.insert(id, now + seconds);
                }
            }
            Trouble::Full(at, seconds) => {
                if let Some(id) = self.node_at(at) {
                    self.full.insert(id, now + seconds);
                }
            }
            Trouble::Older(seconds) => self.older_until = now + seconds,
            Trouble::Foreign(at, to, seconds) => self.foreign(at, to, now + seconds, ours),
            Trouble::NewTopic(at) => self.create_topic(at),
            Trouble::DropTopic(at) => self.drop_topic(at),
            Trouble::DiesForGood(at) => self.dies_for_good(at),
            Trouble::Restart | Trouble::Rate(_) => {}
        }
    }

    fn node_at(&self, at: usize) -> Option<BrokerId> {
        let there: Vec<BrokerId> = self.world.nodes.keys().copied().filter(|id| self.is_there(*id)).collect();
        there.get(at % there.len().max(1)).copied()
    }

    /// What befalls nodes in a roll as well. That one counts those that were never made, or are gone, too.
    fn usual(&mut self, at: usize, fault: impl FnOnce(usize) -> Fault) {
        let Some(id) = self.node_at(at) else { return };
        if let Some(place) = self.world.nodes.keys().position(|one| *one == id) {
            self.world.befall(fault(place));
        }
    }

    fn foreign(&mut self, at: usize, to: usize, until: i64, ours: &Replicas) {
        let is_free = |place: &Place| !self.moves.contains_key(place) && !ours.contains_key(place);
        let free: Vec<Place> = self.places().into_iter().filter(is_free).collect();
        let Some(place) = free.get(at % free.len().max(1)).filter(|_| self.world.active.is_some()) else { return };
        let Some(mut replicas) = self.partition(place).map(|partition| partition.replicas.clone()) else { return };
        let others: Vec<BrokerId> = self.serving().into_iter().filter(|id| !replicas.contains(id)).collect();
        let Some(to) = others.get(to % others.len().max(1)) else { return };
        replicas.pop();
        replicas.push(*to);
        self.touched.insert(place.clone());
        self.set_going(place, &replicas, Whose::Theirs { until });
    }

    /// Only where nothing is lost with it: neither what it alone has in sync, nor the quorum.
    fn dies_for_good(&mut self, at: usize) {
        let leaves: Vec<BrokerId> = self.surplus.iter().copied().filter(|id| self.is_there(*id)).collect();
        let Some(id) = leaves.get(at % leaves.len().max(1)).copied() else { return };
        let serving = self.serving();
        let others_have = self.held(id).iter().all(|place| {
            let partition = self.partition(place);
            partition
                .is_some_and(|partition| partition.in_sync.iter().any(|other| *other != id && serving.contains(other)))
        });
        let voters: Vec<BrokerId> =
            self.world.nodes.iter().filter(|(_, node)| node.controller).map(|(id, _)| *id).collect();
        let left = voters.iter().filter(|voter| **voter != id && !self.dead.contains(*voter)).count();
        let is_quorum_left = !voters.contains(&id) || left * 2 > voters.len();
        if !others_have || !is_quorum_left || self.world.active.is_none() {
            return;
        }
        self.dead.insert(id);
        if let Some(node) = self.world.nodes.get_mut(&id) {
            node.pod = Pod::Stuck { until: i64::MAX };
        }
        for place in self.held(id) {
            let Some(partition) = self.partition_mut(&place) else { continue };
            partition.in_sync.remove(&id);
            partition.catches_up.remove(&id);
            partition.leader = partition.leader.filter(|leader| *leader != id);
        }
    }
}
