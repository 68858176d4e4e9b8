//! Which racks can give replicas to which others, without any partition being spread worse by it.

use super::{
    lists::{PartitionIx, RackIx, index},
    state::{Part, State},
};

/// For each two racks, how many partitions have a replica in the one that may go to the other. Kept up to date with every move.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchange {
    racks: usize,
    counts: Vec<u32>,
    /// What another replica in each rack would change; kept to be used again.
    more: Vec<i64>,
    by_rack: Vec<u32>,
}

impl Exchange {
    pub(super) fn new(state: &State) -> Self {
        let racks = state.racks.len();
        let mut exchange = Self { racks, counts: vec![0; racks * racks], ..Self::default() };
        for partition in 0..index(state.partitions.len()) {
            exchange.note(state, partition);
        }
        exchange
    }

    /// Whether there is a partition that could go from rack to rack.
    pub(super) fn is_possible(&self, from: RackIx, to: RackIx) -> bool {
        self.counts[from as usize * self.racks + to as usize] > 0
    }

    /// Counts a partition as it is by now.
    pub(super) fn note(&mut self, state: &State, partition: PartitionIx) {
        self.each(state, partition, |count| *count += 1);
    }

    /// Counts a partition no more, which has to be as it was noted.
    pub(super) fn forget(&mut self, state: &State, partition: PartitionIx) {
        self.each(state, partition, |count| *count -= 1);
    }

    fn each(&mut self, state: &State, partition: PartitionIx, mut change: impl FnMut(&mut u32)) {
        if state.facts(partition).part != Part::Moves {
            return;
        }
        let rule = state.rule(partition);
        state.by_rack(partition, &mut self.by_rack);
        let more = (0_u32..).zip(&self.by_rack).map(|(rack, has)| rule.of_one_more(rack, *has));
        self.more.clear();
        self.more.extend(more);
        let replicas = state.now.of(partition);
        for (place, broker) in replicas.iter().enumerate() {
            let from = state.rack_of(*broker);
            let is_first_there =
                |earlier: &u32| state.rack_of(*earlier) != from || !state.may_leave(partition, *earlier);
            if !state.may_leave(partition, *broker) || !replicas[..place].iter().all(is_first_there) {
                continue;
            }
            let fewer = rule.of_one_fewer(from, self.by_rack[from as usize]);
            let row = &mut self.counts[from as usize * self.racks..][..self.racks];
            for (to, count) in row.iter_mut().enumerate() {
                if to != from as usize && fewer + self.more[to] <= 0 {
                    change(count);
                }
            }
        }
    }
}
