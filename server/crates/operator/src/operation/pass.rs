//! One look at the operations of a cluster: gather, validate, decide, one act, report.

use super::{
    cordons, departure,
    eyes::Eyes,
    fresh::{For, Kept},
    gather::{self, OperationError, Version},
    goal,
    hearing::Hearing,
    line, made,
    ours::{self, Own},
    pace::{self, Speedometer},
    status::{self, NewsKind, Told, Turn},
    sure::Sure,
    turn::{Before, Turns},
};
use crate::{
    cluster::{build::Blueprint, observed::Observed},
    runtime::Context,
};
use jiff::Timestamp;
use klamm_model::ClusterRef;
use klamm_planner::operations::{Aim, Declared, DeclaredLevels, Guard, Replicas, due, levels};
use klamm_resources::{
    ClusterReason, KafkaCluster, KafkaClusterStatus, KafkaOperation, KafkaOperationStatus, OperationKind,
    OperationPhase, OperationReason, Reason,
};
use kube::{Resource, ResourceExt};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// While something differs, or could not be read.
const WHILE_WAITING: Duration = Duration::from_secs(2);
/// How long it is believed that nothing is to be done, where nothing seems to have changed.
const CALM: Duration = Duration::from_secs(30);

/// What a look at operations stands on.
pub(crate) struct Stage<'a> {
    pub(crate) context: &'a Context,
    pub(crate) object: &'a KafkaCluster,
    pub(crate) cluster: &'a ClusterRef,
    pub(crate) blueprint: &'a Blueprint<'a>,
    pub(crate) observed: &'a Observed,
    pub(crate) previous: &'a KafkaClusterStatus,
    /// Whether objects alone show that nodes are not as declared.
    pub(crate) differs: bool,
}

/// What is remembered from look to look, and missed by nobody when it is lost.
#[derive(Default)]
pub(crate) struct Memory {
    pub(super) kept: Kept,
    compared: Option<(Instant, Option<i64>)>,
    /// Who stays on cordoned Kubernetes nodes, and why, in sentences.
    pub(super) stranded: Vec<String>,
    pub(super) speed: Speedometer,
    /// Where an operation's replicas are to go, with its uid. Planned anew where it is lost.
    aim: Option<(String, Arc<Aim>)>,
    /// What an operation of that uid is known to have set. It is set once more where it is lost.
    sure: Option<(String, Sure)>,
    /// What the looks of an operation of that uid have shown of the end of moves.
    hearing: (String, Hearing),
}

impl Memory {
    /// Where the replicas of the operation of that uid are to go.
    pub(super) fn aim(&self, operation: &str) -> Option<Arc<Aim>> {
        self.aim.as_ref().filter(|(of, _)| of == operation).map(|(_, aim)| Arc::clone(aim))
    }

    /// Remembers it.
    pub(super) fn remember(&mut self, operation: String, aim: Arc<Aim>) {
        self.aim = Some((operation, aim));
    }

    /// What the operation of that uid is known to have set.
    pub(super) fn sure(&self, operation: &str) -> Sure {
        self.sure.as_ref().filter(|(of, _)| of == operation).map(|(_, sure)| sure.clone()).unwrap_or_default()
    }

    /// Remembers it.
    pub(super) fn is_sure(&mut self, operation: String, sure: Sure) {
        self.sure = Some((operation, sure));
    }

    /// What looks of the operation of that uid have shown of the end of moves.
    pub(super) fn hearing(&mut self, operation: &str) -> &mut Hearing {
        if self.hearing.0 != operation {
            self.hearing = (operation.to_owned(), Hearing::default());
        }
        &mut self.hearing.1
    }

    /// Forgets where they are to go: it is large, and of an operation that is over.
    pub(super) fn forget_aim(&mut self) {
        self.aim = None;
    }
}

/// What a look came to, for the status of the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Attended {
    /// The operation whose turn it is.
    pub(crate) running: Option<Running>,
    /// Keys that were set in running brokers, where that has changed.
    pub(crate) dynamic_config: Option<Vec<String>>,
    /// Nodes of which nothing is left.
    pub(crate) gone: BTreeSet<i32>,
    /// When to look again at the latest.
    pub(crate) again: Option<Duration>,
    /// Who stays on cordoned Kubernetes nodes, why, and what people can do, in sentences.
    pub(crate) stranded: Vec<String>,
    /// Why it could not be looked, in a sentence.
    pub(crate) problem: Option<String>,
}

/// An operation that runs, or would.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) kind: OperationKind,
    pub(crate) phase: OperationPhase,
    pub(crate) progress: Option<String>,
    /// What it does, or waits for.
    pub(crate) sentence: String,
    /// Nodes that are away because of it.
    pub(crate) handled: BTreeSet<i32>,
}

/// Looks once.
pub(crate) async fn attend(stage: &Stage<'_>, memory: &mut Memory) -> Attended {
    let mut attended = Attended::default();
    if let Err(error) = look(stage, memory, &mut attended).await {
        attended.problem = Some(error.sentence());
        attended.again = Some(WHILE_WAITING);
    }
    attended.stranded.clone_from(&memory.stranded);
    attended
}

async fn look(stage: &Stage<'_>, memory: &mut Memory, attended: &mut Attended) -> Result<(), OperationError> {
    let mut operations = gather::operations(stage.context, stage.cluster).await?;
    for old in line::outlived(&operations) {
        gather::delete(stage.context, stage.cluster, old).await?;
    }
    if let Some(made) = compare(stage, memory, &operations).await? {
        operations.push(made);
    }
    cordons::free(stage, &operations, line::line(&operations).first().copied()).await?;
    let mut open = line::line(&operations).into_iter();
    let Some(first) = open.next() else { return Ok(()) };
    for later in open {
        stand_in_line(stage, first, later).await?;
    }
    let statuses = || operations.iter().filter_map(|operation| operation.status.as_ref());
    let before = Before { restarts: ours::restarts(statuses()), bytes_per_second: pace::before(statuses()) };
    Turns::look(stage, first, &before, memory).await?.take(memory, attended).await
}

/// Makes the operation that the difference between declaration and cluster asks for, if it asks for one.
async fn compare(
    stage: &Stage<'_>,
    memory: &mut Memory,
    operations: &[KafkaOperation],
) -> Result<Option<KafkaOperation>, OperationError> {
    let is_open = |operation: &&KafkaOperation| made::is_ours(operation, stage.object) && !line::is_over(operation);
    if stage.object.spec.paused {
        // Nobody looks meanwhile whether they still stay there.
        memory.stranded.clear();
        return Ok(None);
    }
    if operations.iter().any(|operation| is_open(&operation)) {
        return Ok(None);
    }
    let generation = stage.object.metadata.generation;
    let for_now = if stage.differs { WHILE_WAITING } else { CALM };
    if memory.compared.is_some_and(|(at, of)| of == generation && at.elapsed() < for_now) {
        return Ok(None);
    }
    memory.compared = Some((Instant::now(), generation));
    let eyes = Eyes::open(stage, stage.observed.clone(), For::Difference, &Replicas::new(), memory).await?;
    let due = due(&eyes.scene, &declared(stage));
    let due = due.and_then(|goal| made::operation(&goal, stage.cluster, stage.object, operations).ok());
    // What is declared otherwise makes nodes anew too, and says so; hosts come when nothing of that is left.
    let (leaving, stranded) = departure::wanted(stage, &eyes, operations);
    memory.stranded = stranded;
    let Some(operation) = due.or(leaving) else { return Ok(None) };
    let made = gather::create(stage.context, stage.cluster, &operation).await?;
    tracing::info!(cluster = %stage.cluster, operation = operation.name_any(), "an operation is made");
    if let Some(because) = made::because(&operation, stage.object) {
        let note =
            format!("{because} {} is made for the nodes of this cluster that stand there.", operation.name_any());
        let reference = stage.object.object_ref(&());
        stage.context.events.normal(&reference, ClusterReason::NodeCordoned.as_str(), "Operate", &note).await;
    }
    Ok(made)
}

pub(super) fn declared(stage: &Stage<'_>) -> Declared {
    let managed = stage.blueprint.managed;
    Declared {
        version: managed.version.to_string(),
        metadata: managed.metadata_version.as_ref().map(ToString::to_string).and_then(|name| {
            let levels = levels(&name)?;
            Some(DeclaredLevels { name, levels })
        }),
    }
}

/// Tells one that is not first what it waits for; one that is not wanted any more is over.
async fn stand_in_line(
    stage: &Stage<'_>,
    first: &KafkaOperation,
    later: &KafkaOperation,
) -> Result<(), OperationError> {
    let previous = later.status.clone().unwrap_or_default();
    let is_unwanted = later.spec.cancel || later.metadata.deletion_timestamp.is_some();
    let turn = match goal::wrong_kind(later, stage.object, stage.cluster) {
        _ if is_unwanted && previous.ours.is_nothing() => Turn::Ends(
            OperationPhase::Cancelled,
            OperationReason::Cancelled,
            "It was cancelled before it began.".to_owned(),
        ),
        Some(sentence) => Turn::Ends(OperationPhase::Failed, OperationReason::InvalidSpec, sentence),
        None => Turn::Waits(vec![Guard::OtherOperation(first.name_any())]),
    };
    let told = Told {
        previous: &previous,
        operation: later,
        cluster_generation: stage.object.metadata.generation,
        plan: None,
        turn,
        ours: &Own::read(&previous.ours),
        called: &BTreeMap::new(),
        from: &[],
        now: Timestamp::now(),
    };
    match tell(stage, &Version::of(later), &told).await {
        // Somebody has just changed it: it is told with the next look.
        Ok(_) | Err(OperationError::Overtaken(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes a status and its news; answers the status.
pub(super) async fn tell(
    stage: &Stage<'_>,
    version: &Version,
    told: &Told<'_>,
) -> Result<KafkaOperationStatus, OperationError> {
    write(stage.context, stage.cluster, version, told).await
}

/// The same for an operation in the namespace of `place`.
pub(super) async fn write(
    context: &Context,
    place: &ClusterRef,
    version: &Version,
    told: &Told<'_>,
) -> Result<KafkaOperationStatus, OperationError> {
    let (status, news) = status::status(told);
    gather::write_status(context, place, told.operation, version, told.previous, &status).await?;
    let reference = told.operation.object_ref(&());
    for one in news {
        let reason = one.reason.as_str();
        match one.kind {
            NewsKind::Normal => context.events.normal(&reference, reason, "Operate", &one.sentence).await,
            NewsKind::Warning => context.events.warning(&reference, reason, "Operate", &one.sentence).await,
        }
    }
    Ok(status)
}
