//! Which node ids a cluster has. Pure: the lowest free ids go to new nodes, and an id once given away stays with its
//! pool.

use klamm_model::PoolName;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of ids, from every place that remembers them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownNodes {
    /// Nodes there are: founders, StatefulSets, status.
    pub(crate) nodes: BTreeMap<i32, PoolName>,
    /// Volumes that outlived their node. A pool takes its own back before it takes a new id.
    pub(crate) volumes: BTreeMap<i32, BTreeSet<PoolName>>,
}

/// Who is in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Nodes that shall be there, by id.
    pub(crate) nodes: BTreeMap<i32, PoolName>,
    /// Nodes that are there and no longer declared.
    pub(crate) surplus: BTreeMap<i32, PoolName>,
}

/// Gives ids to the nodes of all pools, in the order in which the pools are declared. Where there are too many, those of
/// `leaving` go first, else the highest.
pub(crate) fn assign(pools: &[(PoolName, usize)], leaving: &BTreeSet<i32>, known: &KnownNodes) -> Assignment {
    let mut assignment = Assignment { nodes: BTreeMap::new(), surplus: known.nodes.clone() };
    for (pool, replicas) in pools {
        let mut present: Vec<i32> = known.nodes.iter().filter(|(_, owner)| *owner == pool).map(|(id, _)| *id).collect();
        present.sort_by_key(|id| (leaving.contains(id), *id));
        for id in present.into_iter().take(*replicas) {
            assignment.surplus.remove(&id);
            assignment.nodes.insert(id, pool.clone());
        }
    }
    for (pool, replicas) in pools {
        let missing = replicas.saturating_sub(assignment.nodes.values().filter(|owner| *owner == pool).count());
        for _ in 0..missing {
            let free = |id: &i32| !assignment.nodes.contains_key(id) && !assignment.surplus.contains_key(id);
            let own_volume =
                known.volumes.iter().filter(|(_, pools)| pools.contains(pool)).map(|(id, _)| *id).find(|id| free(id));
            // A volume of another pool under this id would leave two volumes that claim to be the same node.
            let unused = || (0..=i32::MAX).find(|id| free(id) && !known.volumes.contains_key(id));
            if let Some(id) = own_volume.or_else(unused) {
                assignment.nodes.insert(id, pool.clone());
            }
        }
    }
    assignment
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pool(name: &str) -> PoolName {
        PoolName::new(name).unwrap()
    }

    fn known(nodes: &[(i32, &str)], volumes: &[(i32, &str)]) -> KnownNodes {
        let mut by_id: BTreeMap<i32, BTreeSet<PoolName>> = BTreeMap::new();
        for (id, name) in volumes {
            by_id.entry(*id).or_default().insert(pool(name));
        }
        KnownNodes { nodes: nodes.iter().map(|(id, name)| (*id, pool(name))).collect(), volumes: by_id }
    }

    fn ids(assignment: &Assignment, name: &str) -> Vec<i32> {
        assignment.nodes.iter().filter(|(_, owner)| owner.as_str() == name).map(|(id, _)| *id).collect()
    }

    #[test]
    fn new_nodes_get_the_lowest_free_ids_in_the_order_of_pools() {
        let assignment =
            assign(&[(pool("controllers"), 3), (pool("brokers"), 2)], &BTreeSet::new(), &KnownNodes::default());
        assert_eq!(ids(&assignment, "controllers"), [0, 1, 2]);
        assert_eq!(ids(&assignment, "brokers"), [3, 4]);
        assert!(assignment.surplus.is_empty());
    }

    #[test]
    fn a_gap_is_filled_and_present_nodes_keep_their_ids() {
        let assignment =
            assign(&[(pool("a"), 2), (pool("b"), 2)], &BTreeSet::new(), &known(&[(0, "a"), (2, "b")], &[]));
        assert_eq!(ids(&assignment, "a"), [0, 1]);
        assert_eq!(ids(&assignment, "b"), [2, 3]);
    }

    #[test]
    fn the_order_of_pools_does_not_matter_to_nodes_there_are() {
        let known = known(&[(0, "a"), (1, "b")], &[]);
        assert_eq!(
            assign(&[(pool("b"), 1), (pool("a"), 1)], &BTreeSet::new(), &known),
            assign(&[(pool("a"), 1), (pool("b"), 1)], &BTreeSet::new(), &known)
        );
    }

    #[test]
    fn kept_volumes_are_taken_back_by_their_pool() {
        let volumes = known(&[], &[(0, "a"), (1, "a"), (2, "b"), (5, "a")]);
        let assignment = assign(&[(pool("b"), 2), (pool("a"), 3)], &BTreeSet::new(), &volumes);
        assert_eq!(ids(&assignment, "a"), [0, 1, 5]);
        assert_eq!(ids(&assignment, "b"), [2, 3], "3 is the lowest id without a volume of another pool");
    }

    #[test]
    fn nodes_that_are_no_longer_declared_are_named_and_their_ids_stay_taken() {
        let assignment =
            assign(&[(pool("a"), 1), (pool("c"), 1)], &BTreeSet::new(), &known(&[(0, "a"), (1, "a"), (2, "b")], &[]));
        assert_eq!(ids(&assignment, "a"), [0]);
        assert_eq!(ids(&assignment, "c"), [3]);
        assert_eq!(assignment.surplus.keys().copied().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn those_that_are_to_leave_go_before_the_highest() {
        let known = known(&[(0, "a"), (1, "a"), (2, "a")], &[]);
        let assignment = assign(&[(pool("a"), 2)], &BTreeSet::from([1]), &known);
        assert_eq!(
            (ids(&assignment, "a"), assignment.surplus.keys().copied().collect::<Vec<_>>()),
            (vec![0, 2], vec![1])
        );
        let all = assign(&[(pool("a"), 3)], &BTreeSet::from([1]), &known);
        assert!(all.surplus.is_empty(), "nobody leaves a pool that keeps its size");
    }

    proptest! {
        #[test]
        fn assigning_twice_changes_nothing_and_every_pool_gets_what_it_declares(
            first in prop::collection::vec(0usize..5, 1..4),
            second in prop::collection::vec(0usize..5, 1..4),
        ) {
            let name = |counts: &[usize]| -> Vec<(PoolName, usize)> {
                counts.iter().enumerate().map(|(i, count)| (pool(&format!("p{i}")), *count)).collect()
            };
            let founded = assign(&name(&first), &BTreeSet::new(), &KnownNodes::default());
            let grown = assign(&name(&second), &BTreeSet::new(), &KnownNodes { nodes: founded.nodes.clone(), ..KnownNodes::default() });
            for (owner, count) in name(&second) {
                prop_assert_eq!(grown.nodes.values().filter(|o| **o == owner).count(), count);
            }
            for (id, owner) in &founded.nodes {
                let now = grown.nodes.get(id).or_else(|| grown.surplus.get(id));
                prop_assert_eq!(now, Some(owner), "an id never changes its pool");
            }
            let all: BTreeMap<_, _> = grown.nodes.iter().chain(&grown.surplus).map(|(i, p)| (*i, p.clone())).collect();
            let again = assign(&name(&second), &BTreeSet::new(), &KnownNodes { nodes: all, ..KnownNodes::default() });
            prop_assert_eq!(again, grown);
        }
    }
}
