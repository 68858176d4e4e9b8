//! What brokers would have before and after replicas moved: the mover is asked as if nodes that come were there already. Pure.

use super::wish::Change;
use klamm_model::{BrokerFate, BrokerId, Inventory, Known, PartitionId, PlannedBroker, PoolName, TopicName};
use klamm_planner::{
    mover::{self, BrokerRoom, Disk, Goal, Reserve, Scope, Situation, Standing, Target, Volume},
    operations::{Made, Scene},
};
use std::collections::{BTreeMap, BTreeSet};

/// What would be where, and what that takes.
pub(super) struct Placement {
    pub(super) brokers: Vec<PlannedBroker>,
    pub(super) copied: Volume,
    pub(super) partitions: u64,
    pub(super) remarks: Vec<String>,
}

/// Nodes that come, and nodes that go.
struct Nodes {
    coming: BTreeSet<BrokerId>,
    going: BTreeSet<BrokerId>,
}

/// Of what moves no replica there is none. `sizes` says what nodes of a pool have as a disk.
pub(super) fn placement(
    change: &Change,
    (scene, inventory): (&Scene, &Inventory),
    reserve: Reserve,
    sizes: impl Fn(&PoolName) -> Option<u64>,
) -> Result<Option<Placement>, mover::Refusal> {
    let so = |made: &Made| {
        let brokers = scene.nodes.iter().filter(|(_, node)| node.is_broker() && node.made == *made);
        brokers.map(|(id, _)| *id).collect::<BTreeSet<_>>()
    };
    let nodes = Nodes { coming: so(&Made::Missing), going: so(&Made::Surplus) };
    let (leaving, goals) = match change {
        Change::Restart(_) | Change::Reconfigure(_) | Change::Upgrade(_) | Change::Finalise(_) => return Ok(None),
        Change::Rebalance(topics) if topics.is_empty() => (BTreeSet::new(), vec![Goal::Spread(Scope::Everything)]),
        Change::Rebalance(topics) => (BTreeSet::new(), vec![Goal::Spread(Scope::Topics(topics.clone()))]),
        Change::Factor(topics, factor) => {
            let factors = topics.iter().map(|topic| (topic.clone(), usize::from(*factor)));
            (BTreeSet::new(), vec![Goal::Factor(factors.collect())])
        }
        Change::Drain(brokers) => (brokers.clone(), vec![Goal::Evacuate { leaving: brokers.clone() }]),
        Change::Scale(..) => {
            let empty = (!nodes.going.is_empty()).then(|| Goal::Evacuate { leaving: nodes.going.clone() });
            let fill = (!nodes.coming.is_empty()).then(|| Goal::Fill { joined: nodes.coming.clone() });
            (nodes.going.clone(), empty.into_iter().chain(fill).collect())
        }
    };
    let mut situation = Situation { reserve, ..Situation::seen(inventory, &leaving) };
    for one in inventory.reassignments.value().into_iter().flatten() {
        situation.moving.entry(one.topic.clone()).or_default().insert(one.partition);
    }
    let mut remarks = Vec::new();
    for id in &nodes.coming {
        let size = scene.nodes.get(id).and_then(|node| sizes(&node.pool));
        let disk = size.map(|capacity| Disk { capacity, used: 0 });
        let room = BrokerRoom { rack: emptiest(&situation), disk: disk.into(), standing: Standing::Takes };
        if room.rack.is_some() && remarks.is_empty() {
            remarks.push("Kubernetes decides in which racks nodes come; here it is where there are fewest.".to_owned());
        }
        situation.brokers.insert(*id, room);
    }
    let mut parts: Option<Placement> = None;
    for goal in goals {
        let target = mover::plan(&situation, &goal)?;
        take(&mut situation, &target);
        let next = told(&target, &situation, &nodes);
        parts = Some(match parts {
            None => next,
            Some(before) => before.and(next),
        });
    }
    if let Some(placement) = &mut parts {
        placement.remarks.extend(remarks);
    }
    Ok(parts)
}

impl Placement {
    /// This one first, and then another.
    fn and(mut self, then: Self) -> Self {
        let after: BTreeMap<BrokerId, PlannedBroker> = then.brokers.into_iter().map(|of| (of.id, of)).collect();
        for broker in &mut self.brokers {
            if let Some(after) = after.get(&broker.id) {
                broker.replicas_after = after.replicas_after;
                broker.leaders_after = after.leaders_after;
                broker.bytes_after = after.bytes_after;
            }
        }
        self.copied = self.copied.and(then.copied);
        self.partitions += then.partitions;
        self.remarks.extend(then.remarks);
        self
    }
}

/// The rack with the fewest brokers that take replicas, where brokers have racks.
fn emptiest(situation: &Situation) -> Option<String> {
    let mut racks: BTreeMap<&String, u32> = BTreeMap::new();
    for room in situation.brokers.values() {
        if let Some(rack) = &room.rack {
            *racks.entry(rack).or_default() += u32::from(room.standing == Standing::Takes);
        }
    }
    racks.into_iter().min_by_key(|(_, brokers)| *brokers).map(|(rack, _)| rack.clone())
}

/// Replicas are where they are to be.
fn take(situation: &mut Situation, target: &Target) {
    let moved: BTreeMap<(&TopicName, PartitionId), &Vec<BrokerId>> =
        target.moves.iter().map(|one| ((&one.partition.topic, one.partition.partition), &one.to)).collect();
    for topic in &mut situation.topics {
        for partition in &mut topic.partitions {
            if let Some(to) = moved.get(&(&topic.topic, partition.id)) {
                partition.replicas = to.as_slice().into();
            }
        }
    }
}

fn told(target: &Target, situation: &Situation, nodes: &Nodes) -> Placement {
    let fate = |id: &BrokerId| match (nodes.coming.contains(id), nodes.going.contains(id)) {
        (true, _) => BrokerFate::Comes,
        (false, true) => BrokerFate::Goes,
        (false, false) => BrokerFate::Stays,
    };
    let broker = |(id, of): (&BrokerId, &mover::BeforeAfter)| PlannedBroker {
        id: *id,
        rack: situation.brokers.get(id).and_then(|room| room.rack.clone()),
        fate: fate(id),
        replicas_before: of.before.replicas,
        replicas_after: of.after.replicas,
        leaders_before: of.before.leaders,
        leaders_after: of.after.leaders,
        bytes_before: of.before.volume.bytes,
        bytes_after: of.after.volume.bytes,
    };
    Placement {
        brokers: target.brokers.iter().map(broker).collect(),
        copied: target.copied(),
        partitions: target.moves.len() as u64,
        remarks: target.remarks.iter().map(ToString::to_string).collect(),
    }
}

/// Bytes, where all of them are known.
pub(super) fn known(volume: Volume) -> Known<u64> {
    (volume.unknown == 0).then_some(volume.bytes).into()
}
