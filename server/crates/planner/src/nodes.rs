//! Which node ids a cluster's pools get. Ids are given once and stay: the lowest free one for whoever comes, and nobody
//! gets an id that somebody who has yet to leave still holds.

use klamm_model::{BrokerId, PoolName};
use std::collections::{BTreeMap, BTreeSet};

/// How many nodes a pool wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolWish {
    /// The pool.
    pub name: PoolName,
    /// `replicas`.
    pub replicas: u32,
    /// Who goes first when the pool shrinks; after them, or without them, the highest id.
    pub leaving: BTreeSet<BrokerId>,
}

/// Who has which id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeAssignment {
    /// Nodes that were there and stay.
    pub kept: BTreeMap<BrokerId, PoolName>,
    /// Nodes to be made.
    pub added: BTreeMap<BrokerId, PoolName>,
    /// Nodes that are there and no pool wants any more.
    pub surplus: BTreeMap<BrokerId, PoolName>,
}

impl NodeAssignment {
    /// Everybody the pools want.
    pub fn wanted(&self) -> BTreeMap<BrokerId, PoolName> {
        self.kept.iter().chain(&self.added).map(|(id, pool)| (*id, pool.clone())).collect()
    }
}

/// Gives ids to the pools in the order they are listed; `existing` is what was given before, from status.
pub fn assign_ids(pools: &[PoolWish], existing: &BTreeMap<BrokerId, PoolName>) -> NodeAssignment {
    let mut assignment = NodeAssignment::default();
    let mut free = (0..).map(BrokerId).filter(|id| !existing.contains_key(id));
    let mut done = BTreeSet::new();
    for pool in pools.iter().filter(|pool| done.insert(&pool.name)) {
        let wanted = usize::try_from(pool.replicas).unwrap_or(usize::MAX);
        let staying = staying(pool, existing, wanted);
        let missing = wanted.saturating_sub(staying.len());
        assignment.kept.extend(staying.into_iter().map(|id| (id, pool.name.clone())));
        assignment.added.extend(free.by_ref().take(missing).map(|id| (id, pool.name.clone())));
    }
    assignment.surplus = existing
        .iter()
        .filter(|(id, _)| !assignment.kept.contains_key(id))
        .map(|(id, pool)| (*id, pool.clone()))
        .collect();
    assignment
}

fn staying(pool: &PoolWish, existing: &BTreeMap<BrokerId, PoolName>, wanted: usize) -> Vec<BrokerId> {
    let members = existing.iter().filter(|(_, of)| **of == pool.name).map(|(id, _)| *id);
    let (leaving, mut staying): (Vec<_>, Vec<_>) = members.partition(|id| pool.leaving.contains(id));
    // Named ones leave only as far as the pool shrinks: `leaving` says who, `replicas` says how many.
    let spare = wanted.saturating_sub(staying.len());
    staying.truncate(wanted);
    staying.extend(leaving.into_iter().take(spare));
    staying
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(value: &str) -> PoolName {
        PoolName::new(value).unwrap()
    }

    fn pool(value: &str, replicas: u32, leaving: &[i32]) -> PoolWish {
        PoolWish { name: name(value), replicas, leaving: leaving.iter().copied().map(BrokerId).collect() }
    }

    fn ids(nodes: &BTreeMap<BrokerId, PoolName>) -> Vec<i32> {
        nodes.keys().map(|id| id.0).collect()
    }

    #[test]
    fn a_new_cluster_counts_from_zero_in_the_order_of_its_pools() {
        let made = assign_ids(&[pool("controllers", 3, &[]), pool("brokers", 2, &[])], &BTreeMap::new());
        assert_eq!(ids(&made.added), [0, 1, 2, 3, 4]);
        assert_eq!(made.added[&BrokerId(3)], name("brokers"));
        assert!(made.surplus.is_empty());
    }

    #[test]
    fn a_gap_is_filled_first_and_nobody_is_renamed() {
        let existing = [(0, "a"), (2, "a"), (3, "b")].map(|(id, p)| (BrokerId(id), name(p))).into();
        let grown = assign_ids(&[pool("a", 4, &[]), pool("b", 1, &[])], &existing);
        assert_eq!(ids(&grown.kept), [0, 2, 3]);
        assert_eq!(ids(&grown.added), [1, 4]);
    }

    #[test]
    fn the_highest_leaves_unless_somebody_is_named() {
        let existing: BTreeMap<_, _> = (0..4).map(|id| (BrokerId(id), name("a"))).collect();
        assert_eq!(ids(&assign_ids(&[pool("a", 3, &[])], &existing).surplus), [3]);
        assert_eq!(ids(&assign_ids(&[pool("a", 3, &[1])], &existing).surplus), [1]);
        assert_eq!(ids(&assign_ids(&[pool("a", 2, &[1])], &existing).surplus), [1, 3]);
        assert_eq!(ids(&assign_ids(&[pool("a", 4, &[1])], &existing).surplus), [0; 0]);
    }

    #[test]
    fn a_pool_that_is_gone_keeps_its_ids_until_its_nodes_are() {
        let existing = [(0, "old"), (1, "old")].map(|(id, p)| (BrokerId(id), name(p))).into();
        let moved = assign_ids(&[pool("new", 2, &[])], &existing);
        assert_eq!(ids(&moved.surplus), [0, 1]);
        assert_eq!(ids(&moved.added), [2, 3]);
    }

    fn some_pools() -> impl Strategy<Value = Vec<PoolWish>> {
        let leaving = prop::collection::btree_set((0..12).prop_map(BrokerId), 0..4);
        prop::collection::vec(("[abc]", 0u32..6, leaving), 0..4).prop_map(|pools| {
            pools
                .into_iter()
                .map(|(pool, replicas, leaving)| PoolWish { name: name(&pool), replicas, leaving })
                .collect()
        })
    }

    fn some_nodes() -> impl Strategy<Value = BTreeMap<BrokerId, PoolName>> {
        prop::collection::btree_map((0..12).prop_map(BrokerId), "[abcd]".prop_map(|p| name(&p)), 0..8)
    }

    proptest! {
        #[test]
        fn every_pool_gets_its_number_of_ids_and_no_id_is_given_twice(pools in some_pools(), existing in some_nodes()) {
            let made = assign_ids(&pools, &existing);
            let wanted = made.wanted();
            prop_assert_eq!(wanted.len(), made.kept.len() + made.added.len());
            for (index, pool) in pools.iter().enumerate() {
                if pools[..index].iter().all(|earlier| earlier.name != pool.name) {
                    let members = wanted.values().filter(|of| **of == pool.name).count();
                    prop_assert_eq!(members, pool.replicas as usize);
                }
            }
            for (id, pool) in &made.kept {
                prop_assert_eq!(existing.get(id), Some(pool));
            }
            for id in made.added.keys() {
                prop_assert!(!existing.contains_key(id));
            }
            let all: BTreeSet<_> = made.kept.keys().chain(made.surplus.keys()).collect();
            prop_assert_eq!(all, existing.keys().collect::<BTreeSet<_>>());
            // Lowest free: below the highest id given, no id is unused.
            if let Some(highest) = made.added.keys().next_back() {
                for id in 0..highest.0 {
                    prop_assert!(existing.contains_key(&BrokerId(id)) || made.added.contains_key(&BrokerId(id)));
                }
            }
        }

        #[test]
        fn asking_again_changes_nothing(pools in some_pools(), existing in some_nodes()) {
            let first = assign_ids(&pools, &existing).wanted();
            let again = assign_ids(&pools, &first);
            prop_assert!(again.added.is_empty());
            prop_assert!(again.surplus.is_empty());
            prop_assert_eq!(again.kept, first);
        }
    }
}
