//! Lives of a model world: how it begins, what befalls it, and an operation carried out in it, killed now and then.

use super::checker;
use super::world::{Make, Part, Place, Pod, World, WorldNode, WorldPartition, WorldTopic};
use crate::operations::{
    Act, Goal, GoalKind, Guard, Next, Ours, Pace, Plan, Rules, Step, StepKind, StepState, follow, levels, plan_roll,
};
use klamm_model::{BrokerId, PartitionId, TopicName};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What befalls a world.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Crash(usize),
    /// Its machine is gone for a while.
    Gone(usize, i64),
    /// Its pod is made again where its image is not, for a while.
    Stuck(usize, i64),
    Fenced(usize, i64),
    /// A replica falls behind for a while.
    Lag(usize, i64),
    Foreign(usize, i64),
    NewTopic(usize),
    DropTopic(usize),
    Blind(Part, i64),
    OtherController(usize),
}

/// A kill: the act that is due is not done, or only half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kill {
    Before,
    Halfway,
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) world: World,
    pub(super) rules: Rules,
    pub(super) faults: Vec<(i64, Fault)>,
    /// By the number of the act.
    pub(super) kills: BTreeMap<usize, Kill>,
}

fn make(version: &str, config: u32) -> Make {
    Make { version: version.to_owned(), config }
}

pub(super) fn topic_name(at: usize) -> TopicName {
    format!("t{at}").parse().unwrap()
}

/// A world in which everything is well and has been so for long.
pub(super) fn well(brokers: usize, controllers: usize, combined: bool, racks: bool, version: &str) -> World {
    let node = |id: usize, broker: bool, controller: bool| {
        let node = WorldNode {
            broker,
            controller,
            rack: racks.then(|| ["a", "b", "c"][id % 3].to_owned()),
            pod: Pod::Ready,
            runs: make(version, 0),
            template: make(version, 0),
            born: -1000,
            ready_since: -1000,
            fenced_until: 0,
            behind: 0,
            taken: false,
            is_new: false,
        };
        (BrokerId(i32::try_from(id).unwrap()), node)
    };
    let nodes: BTreeMap<BrokerId, WorldNode> = if combined {
        (0..brokers).map(|id| node(id, true, id < controllers)).collect()
    } else {
        (0..brokers + controllers).map(|id| node(id, id < brokers, id >= brokers)).collect()
    };
    let active = nodes.iter().find(|(_, node)| node.controller).map(|(id, _)| *id);
    let release: String = version.rsplit_once('.').unwrap().0.to_owned();
    World {
        now: 0,
        nodes,
        ephemeral: false,
        topics: BTreeMap::new(),
        active,
        features: levels(&release).unwrap(),
        declared: make(version, 0),
        bad: Vec::new(),
        edits: Vec::new(),
        foreign: BTreeMap::new(),
        blind: BTreeMap::new(),
        opens: None,
        catch_up: 4,
        start: 3,
        reading: 5,
        hosts: BTreeMap::new(),
        lost: BTreeSet::new(),
    }
}

impl World {
    fn brokers(&self) -> Vec<BrokerId> {
        self.nodes.iter().filter(|(_, node)| node.broker).map(|(id, _)| *id).collect()
    }

    pub(super) fn add_topic(&mut self, at: usize, partitions: usize, factor: usize, minimum: u32) {
        let brokers = self.brokers();
        let factor = factor.min(brokers.len());
        let partition = |index: usize| {
            let replicas: Vec<BrokerId> = (0..factor).map(|n| brokers[(at + index + n) % brokers.len()]).collect();
            let serving = |id: &BrokerId| self.nodes.get(id).is_some_and(|node| node.serves(self.now));
            let in_sync: BTreeSet<BrokerId> = replicas.iter().copied().filter(serving).collect();
            let leader = replicas.iter().copied().find(|id| in_sync.contains(id));
            // Kafka makes no partition that nobody could lead.
            let in_sync = if in_sync.is_empty() { replicas.iter().copied().take(1).collect() } else { in_sync };
            WorldPartition { replicas, in_sync, leader, catches_up: BTreeMap::new() }
        };
        let partitions = (0..partitions).map(|id| (PartitionId(i32::try_from(id).unwrap()), partition(id))).collect();
        self.topics.insert(topic_name(at), WorldTopic { minimum, partitions });
    }

    /// Topics that cannot but be unavailable while one of their brokers restarts.
    pub(super) fn unavoidable(&self) -> BTreeSet<TopicName> {
        let is_unavoidable = |topic: &WorldTopic| {
            topic.partitions.values().any(|one| one.replicas.len() == 1 || one.replicas.len() <= topic.minimum as usize)
        };
        self.topics.iter().filter(|(_, topic)| is_unavoidable(topic)).map(|(name, _)| name.clone()).collect()
    }

    fn place(&self, at: usize) -> Option<Place> {
        let places: Vec<Place> =
            self.topics.iter().flat_map(|(topic, one)| one.partitions.keys().map(|id| (topic.clone(), *id))).collect();
        places.get(at % places.len().max(1)).cloned()
    }

    pub(super) fn befall(&mut self, fault: Fault) {
        let ids: Vec<BrokerId> = self.nodes.keys().copied().collect();
        let id = |at: usize| ids[at % ids.len()];
        let now = self.now;
        match fault {
            Fault::Crash(at) => self.crash(id(at)),
            Fault::Gone(at, seconds) => self.delete_pod(id(at), now + seconds).unwrap(),
            Fault::Stuck(at, seconds) => {
                let node = self.nodes.get_mut(&id(at)).unwrap();
                node.runs = node.template.clone();
                node.born = now;
                node.behind = 3;
                node.is_new = true;
                node.pod = Pod::Stuck { until: now + seconds };
            }
            Fault::Fenced(at, seconds) => self.nodes.get_mut(&id(at)).unwrap().fenced_until = now + seconds,
            Fault::Lag(at, seconds) => {
                let Some((topic, index)) = self.place(at) else { return };
                let Some(partition) = self.topics.get_mut(&topic).and_then(|one| one.partitions.get_mut(&index)) else {
                    return;
                };
                let follower = partition.in_sync.iter().copied().find(|id| Some(*id) != partition.leader);
                if let Some(follower) = follower.filter(|_| partition.in_sync.len() > 1) {
                    partition.in_sync.remove(&follower);
                    partition.catches_up.insert(follower, now + seconds);
                }
            }
            Fault::Foreign(at, seconds) => {
                if let Some(place) = self.place(at) {
                    self.foreign.insert(place, now + seconds);
                }
            }
            Fault::NewTopic(at) if self.nodes.values().any(|node| node.serves(now)) => {
                self.add_topic(10 + at, 1 + at % 2, 3, 1);
            }
            Fault::NewTopic(_) => {}
            Fault::DropTopic(at) => {
                let name = self.topics.keys().nth(at % self.topics.len().max(1)).cloned();
                if let Some(name) = name {
                    self.foreign.retain(|(topic, _), _| *topic != name);
                    self.topics.remove(&name);
                }
            }
            Fault::Blind(part, seconds) => drop(self.blind.insert(part, now + seconds)),
            Fault::OtherController(at) => {
                let stands: Vec<BrokerId> = self
                    .nodes
                    .iter()
                    .filter(|(_, node)| node.controller && node.is_up() && node.behind == 0)
                    .map(|(id, _)| *id)
                    .collect();
                self.active = stands.get(at % stands.len().max(1)).copied();
            }
        }
    }
}

pub(super) fn some_fault() -> impl Strategy<Value = Fault> {
    let node = 0usize..6;
    let parts = vec![
        Part::Topics,
        Part::Minimums,
        Part::Quorum,
        Part::Moves,
        Part::Features,
        Part::Serving,
        Part::ReadySince,
        Part::Born,
    ];
    prop_oneof![
        node.clone().prop_map(Fault::Crash),
        (node.clone(), 1i64..60).prop_map(|(at, seconds)| Fault::Gone(at, seconds)),
        (node.clone(), 1i64..60).prop_map(|(at, seconds)| Fault::Stuck(at, seconds)),
        (node.clone(), 1i64..40).prop_map(|(at, seconds)| Fault::Fenced(at, seconds)),
        (0usize..12, 1i64..40).prop_map(|(at, seconds)| Fault::Lag(at, seconds)),
        (0usize..12, 1i64..40).prop_map(|(at, seconds)| Fault::Foreign(at, seconds)),
        (0usize..3).prop_map(Fault::NewTopic),
        (0usize..6).prop_map(Fault::DropTopic),
        (prop::sample::select(parts), 1i64..30).prop_map(|(part, seconds)| Fault::Blind(part, seconds)),
        node.prop_map(Fault::OtherController),
    ]
}

prop_compose! {
    fn some_world()(
        combined in any::<bool>(),
        brokers in 1usize..=5,
        controllers in prop::sample::select(vec![1usize, 2, 3, 5]),
        racks in any::<bool>(),
        ephemeral in any::<bool>(),
        topics in prop::collection::vec((1usize..=3, 1usize..=3, 1u32..=3), 0..4),
        catch_up in 0i64..8,
        opens in prop::option::of(0i64..60),
    ) -> World {
        let controllers = if combined { controllers.min(brokers) } else { controllers.min(3) };
        let mut world = well(brokers, controllers, combined, racks, "4.1.2");
        world.ephemeral = ephemeral;
        world.catch_up = catch_up;
        world.opens = opens;
        for (at, (partitions, factor, minimum)) in topics.into_iter().enumerate() {
            world.add_topic(at, partitions, factor, minimum);
        }
        world
    }
}

pub(super) fn rules(soak: u64) -> Rules {
    Rules {
        isr_headroom: 0,
        soak_seconds: soak,
        finalise_soak_seconds: 60,
        max_under_replicated: 0,
        accept_unavailable: BTreeSet::new(),
        throttle: None,
        disk_reserve_percent: 10,
    }
}

prop_compose! {
    pub(super) fn some_life()(
        world in some_world(),
        isr_headroom in 0u32..2,
        soak_seconds in 0u64..12,
        max_under_replicated in 0u64..3,
        faults in prop::collection::vec((0i64..120, some_fault()), 0..6),
        kills in prop::collection::btree_map(0usize..12, prop::sample::select(vec![Kill::Before, Kill::Halfway]), 0..5),
    ) -> Life {
        let accept_unavailable = world.unavoidable();
        let rules = Rules { isr_headroom, max_under_replicated, accept_unavailable, ..rules(soak_seconds) };
        Life { world, rules, faults, kills }
    }
}

/// What came of an operation.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) world: World,
    pub(super) rules: Rules,
    pub(super) steps: Vec<Step>,
    pub(super) acts: Vec<Act>,
}

pub(super) fn plan_for(goal: &Goal, world: &World, rules: &Rules) -> Plan {
    let GoalKind::Roll(goal) = goal.kind() else { panic!("only rolls are planned here") };
    plan_roll(goal, &world.observe(), rules, &Ours::default(), &Pace::default())
}

/// Seconds within which everything is over once nothing befalls the world any more.
const PATIENCE: i64 = 1500;

/// Carries an operation out until it is done. `changes` is what else happens to the world, each second.
pub(super) fn live(life: &Life, goal: &Goal, mut changes: impl FnMut(&mut World)) -> Result<Told, TestCaseError> {
    let Life { mut world, mut rules, faults, kills } = life.clone();
    let fail = |why: String| Err(TestCaseError::fail(why));
    let mut steps: Vec<Step> = Vec::new();
    let mut acts = Vec::new();
    let mut decided = 0;
    loop {
        let now = world.now;
        for (_, fault) in faults.iter().filter(|(at, _)| *at == now) {
            world.befall(*fault);
        }
        changes(&mut world);
        let plan = plan_for(goal, &world, &rules);
        let told = follow(&steps, &plan);
        check_steps(&steps, &told).map_err(TestCaseError::fail)?;
        steps = told;
        match &plan.next {
            Next::Act(act) => {
                if let Some(why) = checker::violation(&world, act, &rules) {
                    return fail(why);
                }
                // Nobody waits for a node that cannot be restarted.
                let left = |id: BrokerId| is_left(&world, goal, id) && !world.is_barred(id);
                if let Some(why) = checker::out_of_turn(&world, act, left) {
                    return fail(why);
                }
                let done = match (kills.get(&decided), act) {
                    (Some(Kill::Before), _) => Ok(()),
                    (Some(Kill::Halfway), Act::Replace(id)) => world.write_template(*id),
                    (Some(Kill::Halfway) | None, act) => world.apply(act),
                };
                done.map_err(TestCaseError::fail)?;
                decided += 1;
                acts.push(act.clone());
            }
            Next::Wait(guards) => {
                prop_assert!(!guards.is_empty(), "it waits for nothing");
                prop_assert!(guards.iter().all(|guard| guard.message().ends_with('.')), "{:?}", guards);
                for guard in guards {
                    if let Guard::AcceptUnavailable(topics) = guard {
                        prop_assert!(topics.is_subset(&world.unavoidable()), "{:?} need not be accepted", topics);
                        rules.accept_unavailable.extend(topics.iter().cloned());
                    }
                }
            }
            Next::Done => return Ok(Told { world, rules, steps, acts }),
            Next::Refuse(why) => return fail(format!("refused: {why:?}")),
        }
        if world.now > faults.iter().map(|(at, _)| *at).max().unwrap_or(0) + PATIENCE {
            return fail(format!("no end of it: {:?}\n{world:?}", plan.next));
        }
        world.tick();
    }
}

/// Whether a node still is not as the goal has it.
fn is_left(world: &World, goal: &Goal, id: BrokerId) -> bool {
    let Some(node) = world.nodes.get(&id) else { return false };
    match goal {
        Goal::Restart { nodes, asked } => (nodes.is_empty() || nodes.contains(&id)) && node.born * 1000 < asked.0,
        Goal::Leave { nodes } => nodes.contains(&id) && world.hosts.contains_key(&id),
        Goal::Reconfigure => node.runs != world.declared && node.runs.version == world.declared.version,
        Goal::Upgrade { to } => node.runs.version != *to,
        _ => false,
    }
}

/// What was told once is not taken back.
fn check_steps(before: &[Step], after: &[Step]) -> Result<(), String> {
    let rank = |state: StepState| match state {
        StepState::Planned => 0,
        StepState::Running => 1,
        StepState::Done | StepState::Skipped => 2,
    };
    for step in before {
        let now = after.iter().find(|now| now.kind == step.kind && now.target == step.target);
        let Some(now) = now else { return Err(format!("{step:?} is not told any more")) };
        if rank(now.state) < rank(step.state) || (rank(step.state) == 2 && now.state != step.state) {
            return Err(format!("{step:?} became {:?}", now.state));
        }
    }
    let names: BTreeSet<(StepKind, &str)> = after.iter().map(|step| (step.kind, step.target.as_str())).collect();
    if names.len() == after.len() { Ok(()) } else { Err(format!("two steps have one name: {after:?}")) }
}
