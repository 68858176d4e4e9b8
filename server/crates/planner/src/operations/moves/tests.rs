use super::super::{
    Disk, Features, Formation, Goal, Life, Node, PartitionSeen, Quorum, Storage, TopicSeen, Voter, Window, cancel,
    plan as plan_goal,
};
use super::*;
use klamm_model::{BrokerState, NodeRole, PartitionId, Reassignment, UnixMillis};
use proptest::prelude::*;
use std::collections::BTreeMap;

mod cancelled;
mod emptied;
mod factor;
mod faults;
mod refused;
mod stable;
mod unheard;
mod unsure;

/// A cluster on which acts have their effect, and replicas arrive after a while.
struct World {
    scene: Scene,
    ours: Ours,
}

fn node(id: i32, racks: i32, roles: &[NodeRole]) -> Node {
    Node {
        pool: "main".parse().unwrap(),
        roles: roles.iter().copied().collect(),
        rack: (racks > 0).then(|| format!("zone-{}", id % racks)),
        storage: Storage::Persistent,
        life: Life::Ready,
        serving: BrokerState::Running,
        made: Made::Current,
        born: Known::Known(UnixMillis(0)),
        ready_since: Known::Known(UnixMillis(0)),
        version: Known::Known("4.1.2".to_owned()),
        features: Known::Known(Features::new()),
        disk: Known::Known(Disk { used: 0, total: 1 << 40 }),
        replicas_on_disk: Known::Known(0),
    }
}

fn rules() -> Rules {
    Rules {
        isr_headroom: 0,
        soak_seconds: 0,
        finalise_soak_seconds: 0,
        max_under_replicated: 0,
        accept_unavailable: BTreeSet::new(),
        throttle: None,
        disk_reserve_percent: 10,
    }
}

impl World {
    fn new(brokers: i32, racks: i32, factors: &[(usize, usize)]) -> Self {
        let both = [NodeRole::Broker, NodeRole::Controller];
        let nodes: BTreeMap<_, _> =
            (0..brokers).map(|id| (BrokerId(id), node(id, racks, if id < 3 { &both } else { &both[..1] }))).collect();
        let voters = (0..brokers.min(3)).map(|id| (BrokerId(id), Voter::CaughtUp)).collect();
        let mut topics = BTreeMap::new();
        for (nth, (partitions, factor)) in factors.iter().enumerate() {
            let at = |one: usize| BrokerId(i32::try_from(one).unwrap() % brokers);
            let partition = |id: usize| {
                let replicas: Vec<BrokerId> = (0..*factor).map(|replica| at(id + nth + replica)).collect();
                let seen = PartitionSeen {
                    in_sync: replicas.iter().copied().collect(),
                    leader: replicas.first().copied(),
                    replicas,
                    bytes: Known::Known(1 << 20),
                };
                (PartitionId(i32::try_from(id).unwrap()), seen)
            };
            let seen = TopicSeen {
                min_in_sync: Known::Known(1),
                partitions: (0..*partitions).map(partition).collect(),
                config: Known::Known(BTreeMap::new()),
            };
            topics.insert(format!("topic-{nth}").parse().unwrap(), seen);
        }
        let scene = Scene {
            now: UnixMillis(1_000_000),
            nodes,
            quorum: Known::Known(Quorum { leader: Some(BrokerId(0)), voters, observers: BTreeMap::new() }),
            topics: Known::Known(topics),
            moves: Known::Known(Vec::new()),
            arrived: BTreeMap::new(),
            formation: Formation::Formed,
            window: Window::Always,
            features: Known::Unknown,
            edits: Vec::new(),
            settings: BTreeMap::new(),
            dynamic: Known::Unknown,
            old_clients: Known::Unknown,
            hosts: BTreeMap::new(),
            gaps: Vec::new(),
        };
        Self { scene, ours: Ours::default() }
    }

    fn topics(&mut self) -> &mut BTreeMap<TopicName, TopicSeen> {
        let Known::Known(topics) = &mut self.scene.topics else { panic!("topics are known here") };
        topics
    }

    fn moves(&mut self) -> &mut Vec<Reassignment> {
        let Known::Known(moves) = &mut self.scene.moves else { panic!("moves are known here") };
        moves
    }

    fn quorum(&mut self) -> &mut Quorum {
        let Known::Known(quorum) = &mut self.scene.quorum else { panic!("the quorum is known here") };
        quorum
    }

    fn count_on_disk(&mut self) {
        let mut count: BTreeMap<BrokerId, u64> = BTreeMap::new();
        for one in self.topics().values().flat_map(|topic| topic.partitions.values()) {
            for broker in &one.replicas {
                *count.entry(*broker).or_default() += 1;
            }
        }
        for (id, node) in &mut self.scene.nodes {
            node.replicas_on_disk = Known::Known(count.get(id).copied().unwrap_or_default());
        }
    }

    /// So much of what is on its way arrives.
    fn arrive(&mut self, most: usize) {
        let most = most.min(self.moves().len());
        let arrived: Vec<Reassignment> = self.moves().drain(..most).collect();
        for one in arrived {
            let partition = self.topics().get_mut(&one.topic).unwrap().partitions.get_mut(&one.partition).unwrap();
            partition.replicas.retain(|broker| !one.removing.contains(broker));
            partition.in_sync = partition.replicas.iter().copied().collect();
            if partition.leader.is_none_or(|leader| !partition.replicas.contains(&leader)) {
                partition.leader = partition.replicas.first().copied();
            }
        }
    }

    /// Everything that is on its way arrives.
    fn tick(&mut self) {
        self.arrive(usize::MAX);
        for node in self.scene.nodes.values_mut() {
            match node.life {
                Life::Starting => (node.life, node.serving) = (Life::Ready, BrokerState::Running),
                Life::Ending => (node.life, node.serving) = (Life::Absent, BrokerState::Fenced),
                Life::Absent | Life::Recovering | Life::Ready | Life::Stuck(_) => {}
            }
        }
        self.count_on_disk();
    }

    /// What has to be written down is written down first, as whoever carries it out does.
    fn apply(&mut self, act: &Act) {
        match act {
            Act::Create(ids) => {
                self.ours.joined.extend(ids);
                for id in ids {
                    let node = self.scene.nodes.get_mut(id).unwrap();
                    (node.made, node.life) = (Made::Current, Life::Starting);
                }
            }
            Act::Cordon(ids) => self.ours.cordoned = ids.clone(),
            Act::Uncordon(ids) => self.ours.cordoned.retain(|id| !ids.contains(id)),
            Act::Throttle(throttle) => self.ours.throttle = Some(throttle.clone()),
            Act::Unthrottle(_) => self.ours.throttle = None,
            Act::Move(replicas) => self.set_moving(replicas),
            Act::CancelMoves(partitions) => {
                let before = partitions.iter().map(|at| (at.clone(), self.ours.moving[at].clone()));
                self.ours.returning.extend(before.collect::<Vec<_>>());
                let is_meant = |one: &Reassignment| partitions.contains(&(one.topic.clone(), one.partition));
                let (back, others): (Vec<_>, Vec<_>) = std::mem::take(self.moves()).into_iter().partition(is_meant);
                *self.moves() = others;
                // Those that were to go are last from now on, as in Kafka.
                for one in back {
                    let topic = self.topics().get_mut(&one.topic).unwrap();
                    let partition = topic.partitions.get_mut(&one.partition).unwrap();
                    partition.replicas.retain(|broker| !one.adding.contains(broker));
                }
            }
            Act::Restore(replicas) => {
                for ((topic, id), to) in replicas {
                    let partition = self.topics().get_mut(topic).unwrap().partitions.get_mut(id).unwrap();
                    let set = |of: &[BrokerId]| of.iter().copied().collect::<BTreeSet<_>>();
                    assert_eq!(set(&partition.replicas), set(to), "nothing is copied");
                    partition.replicas.clone_from(to);
                }
            }
            Act::Elect(partitions) => {
                for (topic, id) in partitions {
                    let partition = self.topics().get_mut(topic).unwrap().partitions.get_mut(id).unwrap();
                    partition.leader = partition.replicas.first().copied();
                }
            }
            Act::AddVoter(id) => {
                let voter = self.quorum().observers.remove(id).unwrap();
                self.quorum().voters.insert(*id, voter);
            }
            Act::RemoveVoter(id) => {
                self.quorum().voters.remove(id);
                if self.quorum().leader == Some(*id) {
                    self.quorum().leader = self.quorum().voters.keys().next().copied();
                }
            }
            Act::Remove(id) => {
                let has = |one: &PartitionSeen| one.replicas.contains(id);
                assert!(!self.topics().values().any(|topic| topic.partitions.values().any(has)), "{id} is not empty");
                self.scene.nodes.get_mut(id).unwrap().life = Life::Ending;
            }
            Act::Unregister(id) => drop(self.scene.nodes.remove(id)),
            Act::Replace(id) => {
                let node = self.scene.nodes.get_mut(id).unwrap();
                (node.made, node.life) = (Made::Current, Life::Starting);
            }
            Act::Configure(_) | Act::SetFeatures(_) => panic!("{act:?} moves nothing"),
        }
    }

    fn set_moving(&mut self, replicas: &super::super::Replicas) {
        for ((topic, id), to) in replicas {
            let at = (topic.clone(), *id);
            let partition = self.topics().get_mut(topic).unwrap().partitions.get_mut(id).unwrap();
            let from = partition.replicas.clone();
            let adding: Vec<BrokerId> = to.iter().copied().filter(|broker| !from.contains(broker)).collect();
            let removing: Vec<BrokerId> = from.iter().copied().filter(|broker| !to.contains(broker)).collect();
            partition.replicas = to.iter().chain(&removing).copied().collect();
            let before = self.ours.returning.remove(&at).unwrap_or(from);
            self.ours.moving.insert(at, before);
            let (topic, partition) = (topic.clone(), *id);
            self.moves().push(Reassignment { topic, partition, adding: adding.into(), removing: removing.into() });
        }
        // A partition lies on its old brokers until the new ones have it.
        for one in self.topics().values().flat_map(|topic| topic.partitions.values()) {
            assert!(!one.in_sync.is_empty());
        }
    }

    /// Goes on until nothing is left, and sets right what is its own; how many acts it took.
    fn live(&mut self, goal: &Goal, rules: &Rules) -> usize {
        self.count_on_disk();
        for acts in 0..4000 {
            let plan = plan_goal(goal, &self.scene, rules, &self.ours, &Pace::default());
            self.ours.aim = plan.aim.or(self.ours.aim.take());
            match plan.next {
                Next::Act(act) => self.apply(&act),
                Next::Wait(guards) => {
                    assert!(!guards.is_empty());
                    self.tick();
                }
                Next::Done => {
                    self.ours.moving.clear();
                    while let Next::Act(act) = cancel(&self.scene, &self.ours) {
                        self.apply(&act);
                    }
                    assert!(self.ours.is_nothing());
                    return acts;
                }
                Next::Refuse(refusals) => panic!("{refusals:?}"),
            }
        }
        panic!("it does not end");
    }

    fn replicas(&mut self) -> BTreeMap<BrokerId, usize> {
        let mut count: BTreeMap<BrokerId, usize> = self.scene.nodes.keys().map(|id| (*id, 0)).collect();
        for one in self.topics().values().flat_map(|topic| topic.partitions.values()) {
            for broker in &one.replicas {
                *count.entry(*broker).or_default() += 1;
            }
        }
        count
    }

    fn declare(&mut self, ids: std::ops::Range<i32>, racks: i32) {
        for id in ids {
            let missing = Node {
                life: Life::Absent,
                serving: BrokerState::Down,
                made: Made::Missing,
                ..node(id, racks, &[NodeRole::Broker])
            };
            self.scene.nodes.insert(BrokerId(id), missing);
        }
    }

    fn surplus(&mut self, ids: impl IntoIterator<Item = i32>) {
        for id in ids {
            self.scene.nodes.get_mut(&BrokerId(id)).unwrap().made = Made::Surplus;
        }
    }
}

#[test]
fn three_brokers_come_get_their_share_and_go_again() {
    let mut world = World::new(3, 3, &[(20, 2), (30, 3)]);
    world.declare(3..6, 3);
    world.live(&Goal::Scale, &rules());
    let full = world.replicas();
    for zone in 0..3 {
        let (old, new) = (full[&BrokerId(zone)], full[&BrokerId(zone + 3)]);
        assert!(old.abs_diff(new) <= 1, "{full:?}");
    }
    world.ours.joined.clear();
    world.surplus(3..6);
    world.live(&Goal::Scale, &rules());
    assert_eq!(world.scene.nodes.len(), 3);
    assert_eq!(world.replicas().values().sum::<usize>(), 20 * 2 + 30 * 3);
}

#[test]
fn a_scale_below_the_largest_factor_is_refused_before_anything_is_done() {
    let mut world = World::new(3, 0, &[(4, 3)]);
    world.surplus([2]);
    let plan = plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default());
    let Next::Refuse(refusals) = plan.next else { panic!("{:?}", plan.next) };
    let topic = "topic-0".parse().unwrap();
    assert_eq!(refusals, [Refusal::Factor { topic, factor: 3, brokers: 2 }]);
}

#[test]
fn a_drain_is_cordoned_first_and_leaves_nothing_behind() {
    let mut world = World::new(4, 0, &[(12, 3)]);
    world.count_on_disk();
    let goal = Goal::Drain { brokers: BTreeSet::from([BrokerId(1)]) };
    let first = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
    assert_eq!(first.next, Next::Act(Act::Cordon(BTreeSet::from([BrokerId(1)]))));
    assert_eq!(first.partitions_left, 9);
    world.live(&goal, &rules());
    assert_eq!(world.replicas()[&BrokerId(1)], 0);
    assert_eq!(world.scene.nodes.len(), 4, "it stays");
}

#[test]
fn moves_of_others_and_lacking_replicas_are_waited_for_by_name() {
    let mut world = World::new(3, 0, &[(4, 2)]);
    let topic: TopicName = "topic-0".parse().unwrap();
    let (adding, removing) = (Box::from([BrokerId(2)]), Box::from([BrokerId(0)]));
    world.moves().push(Reassignment { topic: topic.clone(), partition: PartitionId(0), adding, removing });
    let lacking = world.topics().get_mut(&topic).unwrap().partitions.get_mut(&PartitionId(2)).unwrap();
    lacking.in_sync.pop_last();
    world.declare(3..4, 0);
    world.ours.joined = BTreeSet::from([BrokerId(3)]);
    let joined = world.scene.nodes.get_mut(&BrokerId(3)).unwrap();
    *joined = node(3, 0, &[NodeRole::Broker]);
    let plan = plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default());
    let Next::Wait(guards) = plan.next else { panic!("{:?}", plan.next) };
    let reasons: Vec<&str> = guards.iter().map(Guard::reason).collect();
    assert_eq!(reasons, ["ForeignMoves", "UnderReplicated"]);
    assert_eq!(guards[1].partitions(), [(topic, PartitionId(2))]);
}

#[test]
fn a_controller_that_comes_votes_only_where_the_quorum_stays_odd_and_small() {
    let mut world = World::new(3, 0, &[(4, 3)]);
    for id in 3..5 {
        let both = [NodeRole::Broker, NodeRole::Controller];
        world.scene.nodes.insert(BrokerId(id), node(id, 0, &both));
        world.quorum().observers.insert(BrokerId(id), Voter::CaughtUp);
        world.ours.joined.insert(BrokerId(id));
    }
    world.live(&Goal::Scale, &rules());
    assert_eq!(world.quorum().voters.len(), 5);
    let sixth = node(5, 0, &[NodeRole::Controller]);
    world.scene.nodes.insert(BrokerId(5), sixth);
    world.quorum().observers.insert(BrokerId(5), Voter::CaughtUp);
    let plan = plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default());
    assert_eq!(plan.next, Next::Done);
    assert!(plan.remarks[0].starts_with("Node 5 would be controllers without a vote"), "{:?}", plan.remarks);
    world.surplus([0]);
    world.live(&Goal::Scale, &rules());
    assert!(!world.quorum().voters.contains_key(&BrokerId(0)));
    assert!(world.quorum().voters.len() % 2 == 1, "the sixth votes in its place");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn whatever_comes_and_goes_ends_with_every_replica_on_nodes_that_stay(
        brokers in 3i32..6,
        racks in 0i32..4,
        topics in prop::collection::vec((1usize..12, 1usize..4), 1..4),
        come in 0i32..3,
        go in 0i32..3,
    ) {
        let mut world = World::new(brokers, racks, &topics);
        world.declare(brokers..brokers + come, racks);
        let leaves = go.min(brokers + come - 3).min(brokers - 3).max(0);
        world.surplus(brokers - leaves..brokers);
        world.live(&Goal::Scale, &rules());
        let there: BTreeSet<BrokerId> = world.scene.nodes.keys().copied().collect();
        prop_assert_eq!(there.len(), usize::try_from(brokers + come - leaves).unwrap());
        let factors: Vec<usize> = topics.iter().map(|(_, factor)| *factor).collect();
        for (nth, topic) in world.topics().values().enumerate() {
            for one in topic.partitions.values() {
                prop_assert_eq!(one.replicas.len(), factors[nth]);
                prop_assert!(one.replicas.iter().all(|broker| there.contains(broker)));
                prop_assert_eq!(one.leader, one.replicas.first().copied());
            }
        }
        let again = plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default());
        prop_assert_eq!(again.next, Next::Done);
    }
}
