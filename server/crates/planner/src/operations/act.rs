//! What is done, one at a time. Each act can be done again without harm: a crash may hide that it was done.

use super::{Scope, Throttle};
use klamm_model::{BrokerId, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Replicas of partitions, the preferred leader first.
pub type Replicas = BTreeMap<(TopicName, PartitionId), Vec<BrokerId>>;

/// One act.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Write these keys of a dynamic configuration; none takes a key away.
    Configure(BTreeMap<Scope, BTreeMap<String, Option<String>>>),
    /// Write the node's StatefulSet as declared, and delete exactly the pod that was judged.
    Replace(BrokerId),
    /// Make these nodes.
    Create(BTreeSet<BrokerId>),
    /// Have no new replicas placed there: by ourselves, and by Kafka from 4.3 (`cordoned.log.dirs`, KIP-1066).
    Cordon(BTreeSet<BrokerId>),
    /// Have new replicas placed there again.
    Uncordon(BTreeSet<BrokerId>),
    /// Set a limit on replication that is written down already.
    Throttle(Throttle),
    /// Take away what is ours of a limit.
    Unthrottle(Throttle),
    /// Set replicas on their way.
    Move(Replicas),
    /// Leave these where they were before.
    CancelMoves(BTreeSet<(TopicName, PartitionId)>),
    /// Put replicas into this order, which are there in another: nothing is copied.
    Restore(Replicas),
    /// Have the preferred leaders lead (`ElectLeaders`).
    Elect(BTreeSet<(TopicName, PartitionId)>),
    /// Give a controller a vote.
    AddVoter(BrokerId),
    /// Take a controller's vote.
    RemoveVoter(BrokerId),
    /// Have the controller forget a broker that is gone.
    Unregister(BrokerId),
    /// Take a node away: its StatefulSet, and its volume where it is declared to go.
    Remove(BrokerId),
    /// Bring features to levels, all or none.
    SetFeatures(BTreeMap<String, i16>),
}
