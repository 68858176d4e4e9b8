//! Lives of a fleet: an operation that is carried out in it, killed now and then, while all sorts of things befall it.

use super::{
    super::{lives as rolls, world::Pod},
    acts::Much,
    errands::Errand,
    faults::{RATES, Trouble, some_trouble},
    fleet::{Fleet, OLDEST, Outcome},
    judge, own,
};
use crate::operations::{
    Act, Doubt, Goal, Guard, Lanes, Next, Ours, Pace, Plan, Refusal, Replicas, Rules, Scene, cancel, plan, theirs,
};
use klamm_model::{BrokerId, Known, TopicName};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Klamm is killed at an act: all that is left of it is what was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kill {
    /// It is written down, and not done.
    Before,
    /// Half of it is done.
    Halfway,
    /// It is done, and what it took back is written down still.
    After,
}

impl Kill {
    pub(super) const ALL: [Self; 3] = [Self::Before, Self::Halfway, Self::After];
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) fleet: Fleet,
    pub(super) errand: Errand,
    pub(super) goal: Goal,
    pub(super) rules: Rules,
    pub(super) troubles: Vec<(i64, Trouble)>,
    /// By the number of the act.
    pub(super) kills: BTreeMap<usize, Kill>,
    /// Nodes that were to go are declared again from then on.
    pub(super) taken_back_at: Option<i64>,
    pub(super) cancelled_at: Option<i64>,
}

prop_compose! {
    fn some_fleet()(
        (brokers, racks) in (4usize..=6, any::<bool>()),
        controllers in prop::sample::select(vec![1usize, 3]),
        topics in prop::collection::vec((1usize..=5, 1usize..=3, 1u32..=2), 1..4),
        (catch_up, copying) in (0i64..5, 0i64..4),
        opens in prop::option::weighted(0.2, 0i64..30),
        (hasty, cordons_hold) in (any::<bool>(), any::<bool>()),
        foreign_limits in prop::collection::btree_set((0i32..6).prop_map(BrokerId), 0..2),
    ) -> Fleet {
        let mut world = rolls::well(brokers, controllers, true, racks, "4.1.2");
        (world.catch_up, world.opens) = (catch_up, opens);
        for (at, (partitions, factor, minimum)) in topics.into_iter().enumerate() {
            world.add_topic(at, partitions, factor, minimum);
        }
        Fleet { foreign_limits, cordons_hold, copying, hasty, ..Fleet::new(world) }
    }
}

/// A life in which that is asked for.
pub(super) fn some_life(errand: impl Strategy<Value = Errand>) -> impl Strategy<Value = Life> {
    let troubles = prop::collection::vec((0i64..40, some_trouble()), 0..6);
    let kills = prop::collection::btree_map(0usize..16, prop::sample::select(Kill::ALL.to_vec()), 0..5);
    let rate = prop::option::of(prop::sample::select(RATES.to_vec()));
    let life = (some_fleet(), errand, 0u64..3, rate, troubles, kills);
    life.prop_map(|(fleet, errand, max_under_replicated, throttle, troubles, kills)| {
        let rules = Rules { max_under_replicated, throttle, ..rolls::rules(0) };
        Life { rules, troubles, kills, ..Life::quiet(fleet, errand) }
    })
}

impl Life {
    /// One in which nothing happens.
    pub(super) fn quiet(mut fleet: Fleet, errand: Errand) -> Self {
        let goal = errand.begin(&mut fleet);
        Self {
            fleet,
            errand,
            goal,
            rules: rolls::rules(0),
            troubles: Vec::new(),
            kills: BTreeMap::new(),
            taken_back_at: None,
            cancelled_at: None,
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.troubles.is_empty() && self.kills.is_empty() && self.taken_back_at.is_none()
    }

    /// From when on nothing befalls it any more.
    fn calm_from(&self) -> i64 {
        let troubles = self.troubles.iter().map(|(at, trouble)| at + trouble.lasts());
        let others = [self.taken_back_at, self.cancelled_at, self.fleet.world.opens];
        troubles.chain(others.into_iter().flatten()).max().unwrap_or(0)
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Cancelled,
    /// It cannot be done by now, for a reason that the fleet knows of.
    Failed,
}

/// What came of a life.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) end: End,
    pub(super) fleet: Fleet,
    pub(super) ours: Ours,
    pub(super) rules: Rules,
    pub(super) acts: Vec<Act>,
}

/// Seconds within which everything is over once nothing befalls the fleet any more, and acts.
const PATIENCE: i64 = 400;
const MOST_ACTS: usize = 200;
/// Looks within which what is on its way goes at the rate that was asked for.
const LOOKS_AT_OTHER_RATE: usize = 3;

/// Carries an operation out until it is over.
pub(super) fn live(life: &Life) -> Result<Told, TestCaseError> {
    let mut course = Course::of(life);
    let calm_from = life.calm_from();
    let mut late = 0;
    loop {
        course.befall();
        let before = course.acts.len();
        if let Some(end) = course.look().map_err(TestCaseError::fail)? {
            let Course { fleet, ours, rules, acts, .. } = course;
            return Ok(Told { end, fleet, ours, rules, acts });
        }
        course.fleet.tick();
        prop_assert_eq!(&course.fleet.harm, &None);
        if course.fleet.world.now > calm_from {
            late += course.acts.len() - before;
        }
        let is_too_long = course.fleet.world.now > calm_from + PATIENCE || late > MOST_ACTS;
        prop_assert!(
            !is_too_long,
            "no end of it after {late} acts; it waits for {:?}, after {:?}\n{:?}\n{:?}",
            course.waits,
            course.acts.last(),
            course.ours,
            course.fleet
        );
    }
}

struct Course<'a> {
    life: &'a Life,
    fleet: Fleet,
    rules: Rules,
    ours: Ours,
    lanes: Option<Lanes>,
    /// What others were seen to move.
    theirs: Replicas,
    /// What every look has come to since then; and what this one does.
    since: BTreeMap<Doubt, i64>,
    concluded: BTreeMap<Doubt, i64>,
    acts: Vec<Act>,
    /// What it waited for the last time it did.
    waits: Vec<Guard>,
    /// For how many looks what is on its way has gone at another rate than was asked for.
    off_rate: usize,
}

impl<'a> Course<'a> {
    fn of(life: &'a Life) -> Self {
        Self {
            life,
            fleet: life.fleet.clone(),
            rules: life.rules.clone(),
            ours: Ours::default(),
            lanes: None,
            theirs: Replicas::new(),
            since: BTreeMap::new(),
            concluded: BTreeMap::new(),
            acts: Vec::new(),
            waits: Vec::new(),
            off_rate: 0,
        }
    }

    fn befall(&mut self) {
        let now = self.fleet.world.now;
        for (_, trouble) in self.life.troubles.iter().filter(|(at, _)| *at == now) {
            match trouble {
                Trouble::Restart => self.forget(),
                Trouble::Rate(rate) => self.rules.throttle = Some(*rate),
                other => self.fleet.befall(*other, &self.ours.moving),
            }
        }
        if self.life.taken_back_at == Some(now) {
            self.fleet.take_back();
        }
    }

    /// Klamm does not run any more, and another one knows what is written down.
    fn forget(&mut self) {
        own::forgotten(&mut self.ours);
        self.theirs.clear();
        self.concluded.clear();
    }

    /// What is seen, and what follows from that for what is written down. Nothing is in doubt any more that a look has come to before,
    /// as long ago as what brokers say now may be old.
    fn see(&mut self) -> Scene {
        let mut moving = self.theirs.clone();
        moving.extend(self.ours.moving.clone());
        let scene = self.fleet.observe(&moving);
        own::still_moving(&mut self.ours, &scene);
        if scene.moves != Known::Unknown && scene.topics != Known::Unknown {
            self.theirs = theirs(&scene, &self.ours.moving);
        }
        self.since = std::mem::take(&mut self.concluded);
        let now = self.fleet.world.now;
        let is_firm = |doubt: &Doubt| self.since.get(doubt).is_some_and(|since| since + OLDEST <= now);
        self.ours.doubts = Doubt::ALL.into_iter().filter(|doubt| !is_firm(doubt)).collect();
        scene
    }

    fn concludes(&mut self, next: &Next) {
        if let Some(doubt) = Doubt::of(next) {
            let since = self.since.get(&doubt).copied().unwrap_or(self.fleet.world.now);
            self.concluded.insert(doubt, since);
        }
    }

    /// One look at it, and one act at most.
    fn look(&mut self) -> Result<Option<End>, String> {
        let scene = self.see();
        if self.life.cancelled_at.is_some_and(|at| at <= self.fleet.world.now) {
            return self.set_right(&scene, End::Cancelled);
        }
        let pace = Pace { lanes: self.lanes, ..Pace::default() };
        let Plan { next, lanes, aim, .. } = plan(&self.life.goal, &scene, &self.rules, &self.ours, &pace);
        self.concludes(&next);
        self.lanes = lanes.or(self.lanes);
        self.ours.aim = aim.or(self.ours.aim.take());
        match next {
            Next::Act(act) => self.act(act, &scene).map(|()| None),
            Next::Wait(guards) => self.wait(guards).map(|()| None),
            // Whatever else is over: a limit that was left behind would slow down everybody.
            Next::Done => match self.ours.throttle.clone() {
                Some(throttle) => self.act(Act::Unthrottle(throttle), &scene).map(|()| None),
                None => Ok(Some(End::Done)),
            },
            Next::Refuse(_) if self.may_be_refused() => self.set_right(&scene, End::Failed),
            Next::Refuse(refusals) => Err(self.refused(&refusals)),
        }
    }

    fn set_right(&mut self, scene: &Scene, end: End) -> Result<Option<End>, String> {
        let next = cancel(scene, &self.ours);
        self.concludes(&next);
        match next {
            Next::Act(act) => self.act(act, scene).map(|()| None),
            Next::Wait(guards) => self.wait(guards).map(|()| None),
            Next::Done | Next::Refuse(_) => Ok(Some(end)),
        }
    }

    /// A disk that others have filled, or a topic that is gone and was named, is reason enough.
    fn may_be_refused(&self) -> bool {
        let is_gone = |topic: &TopicName| !self.fleet.world.topics.contains_key(topic);
        let names_what_is_gone = match &self.life.goal {
            Goal::Rebalance { topics } => topics.iter().any(is_gone),
            Goal::Factor { factors } => factors.keys().any(is_gone),
            Goal::Scale
            | Goal::Drain { .. }
            | Goal::Place { .. }
            | Goal::Restart { .. }
            | Goal::Leave { .. }
            | Goal::Reconfigure
            | Goal::Upgrade { .. }
            | Goal::Finalise { .. } => false,
        };
        !self.fleet.full.is_empty() || names_what_is_gone
    }

    fn refused(&self, refusals: &[Refusal]) -> String {
        let words: Vec<String> = refusals.iter().map(Refusal::message).collect();
        let when = if self.acts.is_empty() { "before it began" } else { "on the way" };
        format!("second {}: refused {when}: {}\n{:?}", self.fleet.world.now, words.join(" "), self.fleet)
    }

    fn wait(&mut self, guards: Vec<Guard>) -> Result<(), String> {
        let now = self.fleet.world.now;
        if guards.is_empty() {
            return Err(format!("second {now}: it waits for nothing"));
        }
        if let Some(guard) = guards.iter().find(|guard| !guard.message().ends_with('.')) {
            return Err(format!("second {now}: no sentence: {guard:?}"));
        }
        let only_moves = guards.iter().all(|guard| matches!(guard, Guard::Moving { .. }));
        let set = self.ours.throttle.as_ref().map(|throttle| throttle.rate);
        let asked = self.rules.throttle;
        let is_off = only_moves && set.is_some() && asked.is_some() && set != asked;
        self.off_rate = if is_off { self.off_rate + 1 } else { 0 };
        if self.off_rate > LOOKS_AT_OTHER_RATE {
            return Err(format!("second {now}: what is on its way goes at {set:?}, and {asked:?} was asked for"));
        }
        self.waits = guards;
        Ok(())
    }

    /// What is about to be done is written down, and done; unless a kill comes between.
    fn act(&mut self, act: Act, scene: &Scene) -> Result<(), String> {
        if let Some(why) = judge::violation(&self.fleet, &act, &self.ours, &self.rules) {
            return Err(format!("{why}\n{act:?}\n{:?}\n{:?}", self.ours, self.fleet));
        }
        self.off_rate = 0;
        self.fleet.make_way(&act, &self.ours);
        own::before(&mut self.ours, &act, scene);
        match self.life.kills.get(&self.acts.len()).copied() {
            None => {
                if self.fleet.apply(&act, Much::All, &self.ours)? == Outcome::Done {
                    own::after(&mut self.ours, &act, &self.fleet.serving());
                }
            }
            Some(kill) => {
                let done = match kill {
                    Kill::Before => None,
                    Kill::Halfway => Some(Much::Half),
                    Kill::After => Some(Much::All),
                };
                if let Some(much) = done {
                    self.fleet.apply(&act, much, &self.ours)?;
                }
                self.forget();
            }
        }
        self.acts.push(act);
        Ok(())
    }
}

impl Fleet {
    /// Nodes that were to go are to stay, but for those that never come back. Of those that were taken away nothing but their volume
    /// is left.
    fn take_back(&mut self) {
        let back: Vec<BrokerId> = self.surplus.iter().copied().filter(|id| !self.dead.contains(id)).collect();
        for id in back {
            self.surplus.remove(&id);
            if self.removed.remove(&id) {
                self.missing.insert(id);
            }
            if let Some(node) = self.world.nodes.get_mut(&id)
                && self.missing.contains(&id)
            {
                node.pod = Pod::Absent { until: i64::MAX };
            }
        }
    }
}
