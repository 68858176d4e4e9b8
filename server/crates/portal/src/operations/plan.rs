//! What an operation would do, were it begun now: a dry run, of which nothing is kept.

use super::{
    pace,
    placement::{self, Placement, placement},
    scene::{self, Declarations},
    view::sentence,
    wish::{Wanted, Written},
};
use crate::{ObservedCluster, Portal, views::paging::invalid};
use klamm_model::{
    Actor, ClusterRef, Inventory, Known, OperationKind, OperationStepState, OperationStepView, OperationWait,
    PlanOutcome, PlanView, PoolName, Problem, ProblemKind, UnixMillis, error_chain, human_bytes,
};
use klamm_monitor::OperationObject;
use klamm_planner::{
    mover::{Reserve, batch::seconds_left},
    operations::{Door, Goal, Guard, METADATA, Next, Ours, Pace, Plan, Refusal, Step, StepKind, StepState},
};
use klamm_resources::KafkaCluster;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Plans that are made at once: each takes one processor for up to a second, where there are very many partitions.
pub(crate) const PLANS_AT_ONCE: usize = 2;
/// Names that are told one by one.
const NAMED: usize = 100;

/// What plans are made from.
pub(crate) struct Ground {
    pub(crate) seen: Arc<ObservedCluster>,
    pub(crate) resource: Arc<KafkaCluster>,
    /// Operations of before, which tell how long restarts take.
    pub(crate) before: Vec<Arc<OperationObject>>,
    pub(crate) now: UnixMillis,
}

impl Portal {
    /// What an operation would do. Looking is not asking: nothing is changed and nothing is written down.
    pub async fn plan(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        (kind, spec): (OperationKind, Value),
    ) -> Result<PlanView, Problem> {
        self.may_see_operations(actor, cluster)?;
        let written: Written = serde_json::from_value(spec).map_err(|error| invalid(&format!("body: {error}")))?;
        let wanted = written.understood(kind, "")?;
        self.planned(self.ground(cluster)?, wanted).await
    }

    pub(crate) fn ground(&self, cluster: &ClusterRef) -> Result<Ground, Problem> {
        let away = || Problem::new(ProblemKind::Unavailable, format!("{cluster} was not seen just now. Try again."));
        let seen = self.observations.cluster(cluster).ok_or_else(away)?;
        let resource = self.observations.resource(cluster).ok_or_else(away)?;
        let before = self.observations.declarations().operations(cluster);
        let before = before.into_iter().map(|(_, operation)| operation).collect();
        Ok(Ground { seen, resource, before, now: self.now() })
    }

    /// A plan takes a while where there are many partitions: a few at a time, and beside those who serve.
    pub(crate) async fn planned(&self, ground: Ground, wanted: Wanted) -> Result<PlanView, Problem> {
        let busy = || Problem::new(ProblemKind::Unavailable, "Too many plans are being made. Try again in a moment.");
        let turn = Arc::clone(&self.plans).acquire_owned().await.map_err(|_| busy())?;
        let made = tokio::task::spawn_blocking(move || {
            let plan = plan(&ground, &wanted);
            drop(turn);
            plan
        });
        made.await.map_err(|error| {
            tracing::error!(error = error_chain(&error), "a plan could not be made");
            Problem::new(ProblemKind::Internal, "The plan could not be made.")
        })?
    }
}

/// The plan. Pure.
pub(crate) fn plan(ground: &Ground, wanted: &Wanted) -> Result<PlanView, Problem> {
    let inventory = &*ground.seen.inventory;
    let cannot = |why: String| Problem::new(ProblemKind::Conflict, format!("{}: {why}.", inventory.cluster));
    let standing = scene::managed(&ground.resource).map_err(cannot)?;
    let wished = wanted.change.declared(&ground.resource)?;
    let wished = scene::managed(&wished).map_err(|why| invalid(&why))?;
    let nodes = scene::given_ids(&ground.resource, inventory);
    let declared = Declarations { standing: &standing, wished: &wished, nodes };
    let scene = scene::scene(inventory, &declared, ground.now);
    let rules = scene::rules(&standing.roll, wanted);
    let (goal, unseen) = as_far_as_seen(wanted.change.goal(ground.now)?, inventory);
    let pace = pace::measured(&ground.before, standing.roll.soak);
    let mut plan = klamm_planner::operations::plan(&goal, &scene, &rules, &Ours::default(), &pace);
    plan.remarks.extend(unseen);
    let kind = wanted.change.kind();
    let from = standing.version.to_string();
    let told = sentence(&inventory.cluster, (kind, &wanted.change.told()), Some(&from));
    let sizes = |pool: &PoolName| scene::disk_of(&wished, pool);
    let placement = match &plan.next {
        Next::Refuse(_) => Ok(None),
        Next::Act(_) | Next::Wait(_) | Next::Done => {
            placement(&wanted.change, (&scene, inventory), Reserve(rules.disk_reserve_percent), sizes)
        }
    };
    let mut view = view((kind, told), plan, inventory.observed_at);
    match placement {
        Ok(Some(placement)) => foresee(&mut view, placement, &pace),
        Ok(None) => {}
        // Nodes that come may not help as they are asked to.
        Err(refusal) => view.remarks.push(refusal.to_string()),
    }
    Ok(view)
}

/// Without the levels of features that were not seen: where they come from would be told as nothing, which it hardly is.
fn as_far_as_seen(goal: Goal, inventory: &Inventory) -> (Goal, Option<String>) {
    match (goal, &inventory.features) {
        (Goal::Finalise { name, levels }, Known::Unknown) => {
            let (seen, others): (BTreeMap<String, i16>, BTreeMap<String, i16>) =
                levels.into_iter().partition(|(feature, _)| feature == METADATA);
            let names: Vec<&str> = others.keys().map(String::as_str).collect();
            let remark = format!(
                "Which levels other features have was not seen, so that no step tells of them: {} go along to what belongs to {name}.",
                names.join(", ")
            );
            (Goal::Finalise { name, levels: seen }, Some(remark))
        }
        (goal, Known::Known(_) | Known::Unknown) => (goal, None),
    }
}

/// What is known only once nodes have come is told as if they had.
fn foresee(view: &mut PlanView, placement: Placement, pace: &Pace) {
    let Placement { brokers, copied, partitions, remarks } = placement;
    view.brokers = brokers;
    for remark in remarks {
        if !view.remarks.contains(&remark) {
            view.remarks.push(remark);
        }
    }
    if view.steps.iter().any(|step| step.kind == StepKind::MovePartitions.as_str()) || partitions == 0 {
        return;
    }
    (view.partitions, view.bytes) = (partitions, placement::known(copied));
    view.eta_seconds = view.eta_seconds.or_else(|| seconds_left(copied, pace.speed()).value().copied());
    let comes = [StepKind::AddBroker, StepKind::AddVoter].map(StepKind::as_str);
    let after = view.steps.iter().rposition(|step| comes.contains(&step.kind.as_str())).map_or(0, |at| at + 1);
    let bytes = view.bytes.value().map(|bytes| format!(", {}", human_bytes(*bytes))).unwrap_or_default();
    let step = |kind: StepKind, target: &str, reason: String| OperationStepView {
        kind: kind.as_str().to_owned(),
        target: target.to_owned(),
        state: OperationStepState::Planned,
        reason,
        one_way: None,
        started_at: None,
        ended_at: None,
    };
    let count = if partitions == 1 { "1 partition".to_owned() } else { format!("{partitions} partitions") };
    let moves = step(StepKind::MovePartitions, "replicas", format!("to nodes that came: {count}{bytes}"));
    let leaders = step(StepKind::ElectLeaders, "preferred leaders", "lead where they are in sync".to_owned());
    let rest = [Some(moves), (view.steps.len() == after).then_some(leaders)];
    view.steps.splice(after..after, rest.into_iter().flatten());
}

fn view((kind, sentence): (OperationKind, String), plan: Plan, observed_at: Known<UnixMillis>) -> PlanView {
    let Plan { steps, next, ahead, remarks, bytes_left, partitions_left, eta_seconds, .. } = plan;
    let (outcome, guards, refusals) = match next {
        Next::Act(_) => (PlanOutcome::Begins, Vec::new(), Vec::new()),
        Next::Wait(guards) => (PlanOutcome::Waits, guards, Vec::new()),
        Next::Done => (PlanOutcome::Nothing, Vec::new(), Vec::new()),
        Next::Refuse(refusals) => (PlanOutcome::Refused, Vec::new(), refusals),
    };
    let accept = guards.iter().chain(&ahead).flat_map(topics).collect::<std::collections::BTreeSet<_>>();
    PlanView {
        kind,
        sentence,
        outcome,
        steps: steps.into_iter().map(step).collect(),
        waiting_on: guards.iter().map(wait).collect(),
        ahead: ahead.iter().map(wait).collect(),
        refusals: refusals.iter().map(Refusal::message).collect(),
        remarks,
        accept_unavailable: accept.into_iter().collect(),
        bytes: bytes_left,
        partitions: partitions_left,
        eta_seconds: eta_seconds.value().copied(),
        brokers: Vec::new(),
        observed_at,
    }
}

fn step(step: Step) -> OperationStepView {
    // Nothing of it has begun.
    let state = match step.state {
        StepState::Planned | StepState::Running => OperationStepState::Planned,
        StepState::Done => OperationStepState::Done,
        StepState::Skipped => OperationStepState::Skipped,
    };
    OperationStepView {
        kind: step.kind.as_str().to_owned(),
        target: step.target,
        state,
        reason: step.reason,
        one_way: match step.door {
            Door::Open => None,
            Door::OneWay(crossed) => Some(crossed),
        },
        started_at: None,
        ended_at: None,
    }
}

/// Topics that somebody has to accept by name.
fn topics(guard: &Guard) -> Vec<String> {
    let Guard::AcceptUnavailable(topics) = guard else { return Vec::new() };
    topics.iter().map(ToString::to_string).collect()
}

fn wait(guard: &Guard) -> OperationWait {
    let partitions = guard.partitions();
    let named = partitions.iter().take(NAMED).map(|(topic, id)| format!("{topic}-{id}"));
    OperationWait {
        reason: guard.reason().to_owned(),
        message: guard.message(),
        partitions: named.collect(),
        partitions_total: partitions.len() as u64,
        brokers: guard.brokers(),
        topics: topics(guard),
    }
}
