//! The turn of the operation that is first in line: a fresh look, a plan, one act at most.

use super::{
    act::{ActError, Hands},
    departure,
    eyes::Eyes,
    fresh::{self, For},
    gather::{self, Hold, OperationError, Version},
    goal::{self, Asked},
    made,
    ours::Own,
    pace,
    pass::{Attended, Memory, Running, Stage, declared, tell},
    status::{Told, Turn, called, handled, versions},
    sure::Sure,
    words::{self, TRIPPED},
};
use crate::{
    cluster::gather::GatherError,
    runtime::{self, chain},
};
use klamm_model::{BrokerId, BrokerState, Known};
use klamm_planner::operations::{Act, Aim, Doubt, Guard, Next, Ours, Pace, Plan, Scope, cancel, plan};
use klamm_resources::{
    ConditionType, KafkaCluster, KafkaClusterStatus, KafkaOperation, KafkaOperationStatus, OperationPhase,
    OperationReason, condition,
};
use kube::{Api, Resource, ResourceExt};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// After an act: what it does shows soon.
const SOON: Duration = Duration::from_secs(1);
/// While something is waited for.
const WHILE_WAITING: Duration = Duration::from_secs(2);
/// After a call that failed.
const AFTER_TRIP: Duration = Duration::from_secs(5);

/// The turn of one operation.
pub(super) struct Turns<'a> {
    stage: &'a Stage<'a>,
    operation: &'a KafkaOperation,
    version: Version,
    previous: KafkaOperationStatus,
    eyes: Eyes,
    /// What steps call the nodes.
    called: BTreeMap<BrokerId, String>,
    /// Of an upgrade: the versions that nodes run, but for the one to reach.
    from: Vec<String>,
    ours: Own,
    /// Where replicas are to go, as far as that is remembered.
    aim: Option<Arc<Aim>>,
    sure: Sure,
    /// What may not be concluded from this look alone, and what it comes to.
    doubts: BTreeSet<Doubt>,
    doubted: BTreeSet<Doubt>,
    pace: Pace,
}

/// How quickly operations of before went.
pub(super) struct Before {
    /// Seconds that the last restart of each node took.
    pub(super) restarts: BTreeMap<String, u64>,
    /// While replicas moved, the last time they did.
    pub(super) bytes_per_second: Known<u64>,
}

/// What comes of it.
enum Comes {
    /// What the plan says.
    Plan(Box<Plan>),
    /// Its end, once what is its own is set right.
    End(OperationPhase, OperationReason, String),
}

impl<'a> Turns<'a> {
    /// Looks at what guards judge by.
    pub(super) async fn look(
        stage: &'a Stage<'a>,
        operation: &'a KafkaOperation,
        before: &Before,
        memory: &mut Memory,
    ) -> Result<Self, OperationError> {
        let observed = match fresh::pods(stage.context, stage.cluster, stage.observed).await {
            Ok(observed) => observed,
            Err(GatherError::Kubernetes { what, source }) => {
                return Err(OperationError::Kubernetes { attempt: format!("read {what}"), source });
            }
            // Only pods and StatefulSets are read.
            Err(GatherError::Identity(_)) => stage.observed.clone(),
        };
        let previous = operation.status.clone().unwrap_or_default();
        let ours = Own::read(&previous.ours);
        let uid = operation.uid().unwrap_or_default();
        // What somebody else moved a moment ago may not be heard of either.
        let mut moving = memory.hearing(&uid).theirs().clone();
        moving.extend(ours.moving.clone());
        let eyes = Eyes::open(stage, observed, For::Operation(operation.spec.kind), &moving, memory).await?;
        memory.stranded = departure::stranded(stage, &eyes.scene);
        let ours = ours.still_moving(&eyes.scene);
        let hearing = memory.hearing(&uid);
        hearing.sees(&eyes.scene, &ours.moving);
        let doubts = hearing.doubts(eyes.began, &eyes.fresh.older_by);
        let called = called(&eyes.scene);
        let from = versions(operation, &eyes.scene);
        let seconds = |(id, name): (&BrokerId, &String)| Some((*id, *before.restarts.get(name)?));
        let pace = Pace {
            restarts: called.iter().filter_map(seconds).collect(),
            bytes_per_second: memory.speed.read(&uid, &previous),
            bytes_per_second_before: before.bytes_per_second,
            lanes: pace::lanes(&previous),
        };
        let (aim, sure) = (memory.aim(&uid), memory.sure(&uid));
        let version = Version::of(operation);
        Ok(Self {
            stage,
            operation,
            version,
            previous,
            eyes,
            called,
            from,
            ours,
            aim,
            sure,
            doubts,
            doubted: BTreeSet::new(),
            pace,
        })
    }

    /// Does what is to be done now, and tells.
    pub(super) async fn take(mut self, memory: &mut Memory, attended: &mut Attended) -> Result<(), OperationError> {
        attended.again = Some(WHILE_WAITING);
        let outcome = match self.comes() {
            Comes::Plan(plan) => {
                self.doubted.extend(Doubt::of(&plan.next));
                if let Some(aim) = &plan.aim {
                    memory.remember(self.operation.uid().unwrap_or_default(), Arc::clone(aim));
                }
                self.follow(&plan, attended).await
            }
            Comes::End(phase, reason, sentence) => self.set_right(phase, reason, sentence, attended).await,
        };
        let uid = self.operation.uid().unwrap_or_default();
        memory.hearing(&uid).concludes(&self.doubted, self.eyes.now);
        memory.is_sure(uid, self.sure.clone());
        let status = match outcome {
            // Nothing is wrong: what was told before counts until the next look, at what was written meanwhile.
            Err(overtaken @ OperationError::Overtaken(_)) => {
                tracing::info!(cluster = %self.stage.cluster, "{overtaken}; it is looked again");
                attended.again = Some(SOON);
                self.previous.clone()
            }
            outcome => outcome?,
        };
        let phase = status.phase.unwrap_or(OperationPhase::Planned);
        if phase.is_over() {
            memory.forget_aim();
            attended.again = Some(SOON);
            return Ok(());
        }
        attended.running = Some(Running {
            name: self.operation.name_any(),
            kind: self.operation.spec.kind,
            phase,
            progress: status.progress.clone(),
            sentence: condition(&status.conditions, ConditionType::Ready)
                .map(|ready| ready.message.clone())
                .unwrap_or_default(),
            handled: handled(&status.steps, &self.called).into_iter().map(|id| id.0).collect(),
        });
        Ok(())
    }

    async fn follow(&mut self, plan: &Plan, attended: &mut Attended) -> Result<KafkaOperationStatus, OperationError> {
        match &plan.next {
            Next::Act(_) if self.is_paused() => self.tell(Some(plan), Turn::Waits(vec![Guard::Paused])).await,
            Next::Wait(guards) if self.is_paused() => {
                let guards = std::iter::once(Guard::Paused).chain(guards.iter().cloned()).collect();
                self.tell(Some(plan), Turn::Waits(guards)).await
            }
            Next::Act(act) => self.act(act, Some(plan), attended).await,
            Next::Wait(guards) => self.tell(Some(plan), Turn::Waits(guards.clone())).await,
            // Whatever else is over: a limit that was left behind would slow down everybody.
            Next::Done if self.ours.in_force().is_some() => {
                let wished = self.ours.planned(None).throttle.unwrap_or_default();
                self.act(&Act::Unthrottle(wished), Some(plan), attended).await
            }
            Next::Done => {
                let sentence = "Everything is as it was asked for.".to_owned();
                self.end(Some(plan), OperationPhase::Done, OperationReason::Done, sentence).await
            }
            Next::Refuse(refusals) => {
                let sentence = words::refusals(refusals);
                self.set_right(OperationPhase::Failed, OperationReason::Failed, sentence, attended).await
            }
        }
    }

    fn is_paused(&self) -> bool {
        self.operation.spec.paused || self.stage.object.spec.paused
    }

    fn is_unwanted(&self) -> bool {
        self.operation.spec.cancel || self.operation.metadata.deletion_timestamp.is_some()
    }

    fn comes(&self) -> Comes {
        if self.is_unwanted() {
            let sentence = match self.previous.started {
                Some(_) => "It was cancelled: what was done stays, and nothing more is done.",
                None => "It was cancelled before it began.",
            };
            return Comes::End(OperationPhase::Cancelled, OperationReason::Cancelled, sentence.to_owned());
        }
        let declared = declared(self.stage);
        match goal::asked(self.operation, self.stage.object, self.stage.cluster, &declared, &self.eyes.scene) {
            Asked::Wrong(sentence) => Comes::End(OperationPhase::Failed, OperationReason::InvalidSpec, sentence),
            Asked::Superseded(sentence) => Comes::End(OperationPhase::Cancelled, OperationReason::Superseded, sentence),
            Asked::For(goal) => {
                let rules = goal::rules(self.stage.blueprint.managed, self.operation);
                let (unsure, doubts) = (self.sure.unsure(&self.ours), self.doubts.clone());
                let ours = Ours { unsure, doubts, ..self.ours.planned(self.aim.clone()) };
                let mut plan = plan(&goal, &self.eyes.scene, &rules, &ours, &self.pace);
                plan.remarks.splice(0..0, made::because(self.operation, self.stage.object));
                Comes::Plan(Box::new(plan))
            }
        }
    }

    /// Ends it, after what it has set going was set right.
    async fn set_right(
        &mut self,
        phase: OperationPhase,
        reason: OperationReason,
        sentence: String,
        attended: &mut Attended,
    ) -> Result<KafkaOperationStatus, OperationError> {
        let next = cancel(&self.eyes.scene, &Ours { doubts: self.doubts.clone(), ..self.ours.planned(None) });
        self.doubted.extend(Doubt::of(&next));
        match next {
            Next::Act(_) if self.stage.object.spec.paused => self.tell(None, Turn::Waits(vec![Guard::Paused])).await,
            Next::Act(act) => self.act(&act, None, attended).await,
            Next::Wait(guards) => self.tell(None, Turn::Waits(guards)).await,
            Next::Done | Next::Refuse(_) => self.end(None, phase, reason, sentence).await,
        }
    }

    async fn end(
        &self,
        plan: Option<&Plan>,
        phase: OperationPhase,
        reason: OperationReason,
        sentence: String,
    ) -> Result<KafkaOperationStatus, OperationError> {
        tracing::info!(cluster = %self.stage.cluster, operation = self.operation.name_any(), ?phase, sentence, "an operation is over");
        // What could not be put in order by now is somebody else's.
        let ours = Own { returning: BTreeMap::new(), ..self.ours.clone() };
        let status = self.tell_after(&self.previous, plan, Turn::Ends(phase, reason, sentence), &ours).await?;
        // Brokers that were emptied stay cordoned, and are given free when the operation goes; so do rates that are left.
        if self.ours.is_nothing() {
            let (context, cluster) = (self.stage.context, self.stage.cluster);
            gather::hold(context, cluster, self.operation, &self.version, Hold::Release).await?;
        }
        Ok(status)
    }

    async fn tell(&self, plan: Option<&Plan>, turn: Turn) -> Result<KafkaOperationStatus, OperationError> {
        self.tell_after(&self.previous, plan, turn, &self.ours).await
    }

    async fn tell_after(
        &self,
        previous: &KafkaOperationStatus,
        plan: Option<&Plan>,
        turn: Turn,
        ours: &Own,
    ) -> Result<KafkaOperationStatus, OperationError> {
        let told = Told {
            previous,
            operation: self.operation,
            cluster_generation: self.stage.object.metadata.generation,
            plan,
            turn,
            ours,
            called: &self.called,
            from: &self.from,
            now: self.eyes.now,
        };
        tell(self.stage, &self.version, &told).await
    }

    /// Writes down what is about to be done, and does it.
    async fn act(
        &mut self,
        act: &Act,
        plan: Option<&Plan>,
        attended: &mut Attended,
    ) -> Result<KafkaOperationStatus, OperationError> {
        let (context, cluster) = (self.stage.context, self.stage.cluster);
        self.sure.before(act);
        let mut before = self.ours.clone().before(act, &self.eyes.scene);
        if let Act::Throttle(wished) = act {
            // A limit with another rate is taken away for it.
            gather::stands(context, cluster, self.operation, &self.version).await?;
            match self.hands(&before).plan_limit(wished, self.eyes.scene.topics.value()).await {
                Ok(limit) => before.limit = Some(limit),
                Err(error) => {
                    self.ours = left_by(&error, self.ours.clone());
                    return self.trip(&self.previous, plan, &error, attended).await;
                }
            }
        }
        if !before.is_nothing() {
            gather::hold(context, cluster, self.operation, &self.version, Hold::Hold).await?;
        }
        // What failed a moment ago is told as begun once it is done: everything else would tell the same over and over.
        let has_tripped = self.previous.waiting_on.iter().any(|waiting| waiting.reason == TRIPPED);
        let acts = || Turn::Acts(act.words());
        let mut written = self.previous.clone();
        if !has_tripped || before != self.ours {
            written = self.tell_after(&written, plan, acts(), &before).await?;
        }
        let keys = match act {
            Act::Configure(scopes) => {
                let Noted { before, after } = self.note_keys(scopes).await?;
                // Whether or not it is done: what stands there now must not be written over with what was read.
                attended.dynamic_config = Some(before);
                Some(after)
            }
            _ => None,
        };
        gather::stands(context, cluster, self.operation, &self.version).await?;
        tracing::info!(%cluster, operation = self.operation.name_any(), act = act.words(), "an operation acts");
        match self.hands(&before).carry_out(act).await {
            Ok(own) => {
                attended.again = Some(SOON);
                attended.dynamic_config = keys;
                if let Act::Unregister(broker) = act {
                    attended.gone.insert(broker.0);
                }
                self.sure.after(act, &own, &self.serving());
                self.ours = own;
                if has_tripped || self.ours != before {
                    written = self.tell_after(&written, plan, acts(), &self.ours).await?;
                }
                Ok(written)
            }
            Err(error) => {
                self.ours = left_by(&error, before);
                self.trip(&written, plan, &error, attended).await
            }
        }
    }

    fn serving(&self) -> BTreeSet<BrokerId> {
        let nodes = self.eyes.scene.nodes.iter();
        nodes.filter(|(_, node)| node.serving == BrokerState::Running).map(|(id, _)| *id).collect()
    }

    fn hands<'b>(&'b self, own: &'b Own) -> Hands<'b> {
        Hands {
            context: self.stage.context,
            cluster: self.stage.cluster,
            blueprint: self.stage.blueprint,
            assignment: &self.eyes.assignment,
            observed: &self.eyes.observed,
            fresh: &self.eyes.fresh,
            own,
        }
    }

    /// Tells that an act failed; it is tried again.
    async fn trip(
        &self,
        written: &KafkaOperationStatus,
        plan: Option<&Plan>,
        error: &ActError,
        attended: &mut Attended,
    ) -> Result<KafkaOperationStatus, OperationError> {
        attended.again = Some(AFTER_TRIP);
        let operation = self.operation.name_any();
        tracing::warn!(cluster = %self.stage.cluster, operation, error = chain(error), "an act failed");
        let waiting = words::plain(TRIPPED, error.sentence());
        self.tell_after(written, plan, Turn::Trips(waiting), &self.ours).await
    }

    /// Notes which keys are about to be set in running brokers, so that they go with their declaration.
    async fn note_keys(
        &self,
        scopes: &BTreeMap<Scope, BTreeMap<String, Option<String>>>,
    ) -> Result<Noted, OperationError> {
        let mut keys: BTreeSet<String> = self.stage.previous.dynamic_config.iter().cloned().collect();
        let edits = || scopes.get(&Scope::Cluster).into_iter().flatten();
        keys.extend(edits().filter(|(_, value)| value.is_some()).map(|(key, _)| key.clone()));
        let noted: Vec<String> = keys.iter().cloned().collect();
        // What is taken away stays noted until it is gone.
        keys.retain(|key| !edits().any(|(gone, value)| gone == key && value.is_none()));
        if noted != self.stage.previous.dynamic_config {
            let namespace = self.stage.cluster.namespace.as_str();
            let api: Api<KafkaCluster> = Api::namespaced(self.stage.context.client.clone(), namespace);
            let status = KafkaClusterStatus { dynamic_config: noted.clone(), ..self.stage.previous.clone() };
            let written = runtime::apply_status(&api, &self.stage.object.object_ref(&()), &status).await;
            written.map_err(|source| OperationError::Kubernetes {
                attempt: "write the status of the KafkaCluster".to_owned(),
                source: Box::new(source),
            })?;
        }
        Ok(Noted { before: noted, after: keys.into_iter().collect() })
    }
}

/// Keys that were set in running brokers, or are about to be.
struct Noted {
    /// As it is written down before they are set or taken away.
    before: Vec<String>,
    /// Once that is done.
    after: Vec<String>,
}

/// What is ours after an act that failed: what it took away of a limit is not taken again.
fn left_by(error: &ActError, ours: Own) -> Own {
    match error {
        ActError::LimitLeft { left, .. } => Own { limit: Some((**left).clone()), ..ours },
        ActError::Kubernetes(_)
        | ActError::NotConnected(_)
        | ActError::Kafka(_)
        | ActError::Refused(_)
        | ActError::Missing(_) => ours,
    }
}
