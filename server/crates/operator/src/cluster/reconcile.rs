//! One look at one cluster: gather, validate, decide, apply, report. Takes nothing along from the look before but the
//! time of the last check of rights.

use super::{
    apply::{self, Applied, ApplyError},
    ask::{ask, broker_addresses},
    build::Blueprint,
    decide::{NodeAct, Plan, assign_nodes, plan},
    external, gather,
    gather::GatherError,
    identity::Identity,
    labels,
    nodes::Assignment,
    observed::{KafkaSeen, Kept, Observed},
    publish::{Outcome, publish},
    report::{self, Facts},
    rights,
    trouble::Trouble,
    voters,
};
use crate::operation::{self, Attended, Stage};
use crate::runtime::{self, Context, Dial, explain};
use jiff::Timestamp;
use klamm_kafka::Authentication;
use klamm_model::{ClusterRef, PoolName};
use klamm_resources::{
    ClusterReason, ClusterShape, InvalidSpec, KafkaCluster, KafkaClusterStatus, ManagedCluster, PoolStorage,
    ValidatedCluster, ValidatedTenant,
};
use kube::{Resource, ResourceExt};
use std::time::{Duration, Instant};

/// Rights change rarely, and asking for them costs calls for every tenant.
const RIGHTS_FOR: Duration = Duration::from_secs(30);

/// What a worker remembers from look to look.
#[derive(Default)]
pub(super) struct Memory {
    /// When everything was last written, and for which generation.
    written: Option<(Instant, Option<i64>)>,
    rights: Option<(Instant, Option<i64>, Vec<Trouble>)>,
    operations: operation::Memory,
    last_problem: String,
}

/// Looks once, does what is to be done, and says when to look again.
pub(super) async fn reconcile(context: &Context, cluster: &ClusterRef, memory: &mut Memory) -> Duration {
    let Some(object) = context.clusters.get(cluster) else { return context.options.resync };
    if object.metadata.deletion_timestamp.is_some() {
        // Kubernetes removes what belongs to it; volumes that are kept have no owner.
        context.connections.judge(cluster, Some(format!("the cluster {cluster} is being deleted")));
        return context.options.resync;
    }
    let rights = tenant_rights(context, &object, memory).await;
    let outcome = match ValidatedCluster::from_resource(&object) {
        Ok(validated) => match &validated.shape {
            ClusterShape::Managed(managed) => {
                let declared = Declared::Managed(managed, &validated.tenants);
                look(context, &object, cluster, declared, rights, memory).await
            }
            ClusterShape::External(declared) => external::look(context, &object, cluster, declared, rights).await,
        },
        Err(invalid) => look(context, &object, cluster, Declared::Invalid(&invalid), rights, memory).await,
    };
    let problem = outcome.problem.unwrap_or_default();
    if problem != memory.last_problem {
        if problem.is_empty() {
            tracing::info!(%cluster, "what was wrong with the cluster is over");
        } else {
            tracing::warn!(%cluster, problem, "a cluster is not as declared");
        }
        memory.last_problem = problem;
    }
    outcome.again
}

#[derive(Clone, Copy)]
enum Declared<'a> {
    Managed(&'a ManagedCluster, &'a [ValidatedTenant]),
    Invalid(&'a InvalidSpec),
}

async fn tenant_rights(context: &Context, object: &KafkaCluster, memory: &mut Memory) -> Vec<Trouble> {
    let generation = object.metadata.generation;
    if let Some((at, of, troubles)) = &memory.rights
        && at.elapsed() < RIGHTS_FOR
        && *of == generation
    {
        return troubles.clone();
    }
    let tenants: Vec<_> = object.spec.tenants.iter().filter_map(|tenant| tenant.namespace.parse().ok()).collect();
    let troubles = rights::missing(context, &tenants).await;
    memory.rights = Some((Instant::now(), generation, troubles.clone()));
    troubles
}

async fn look(
    context: &Context,
    object: &KafkaCluster,
    cluster: &ClusterRef,
    declared: Declared<'_>,
    mut problems: Vec<Trouble>,
    memory: &mut Memory,
) -> Outcome {
    let rack_label = match declared {
        Declared::Managed(managed, _) => managed.rack_topology_key.as_deref(),
        Declared::Invalid(_) => None,
    };
    let gathered = gather::gather(context, cluster, rack_label).await;
    let is_blind = gathered.is_err();
    let observed = match gathered {
        Ok(observed) => observed,
        Err(error) => {
            problems.insert(0, gather_problem(context, cluster, &error).await);
            Observed::default()
        }
    };
    let previous = object.status.clone().unwrap_or_default();
    let mut work = Work {
        context,
        object,
        cluster,
        previous: &previous,
        assignment: known_assignment(&observed, &previous),
        observed,
        plan: Plan::default(),
        problems,
        attended: Attended::default(),
        written: &mut memory.written,
        operations: &mut memory.operations,
    };
    match declared {
        Declared::Invalid(invalid) => {
            let reason =
                if invalid.is_only_unsupported() { ClusterReason::NotSupported } else { ClusterReason::InvalidSpec };
            work.problems.insert(0, Trouble { reason, message: invalid.to_string() });
            let seen = work.ask().await;
            work.report(None, &seen).await
        }
        // What could not be read must not look like something that is not there.
        Declared::Managed(..) if is_blind => work.report(None, &KafkaSeen::NotAsked).await,
        Declared::Managed(managed, tenants) => work.manage(managed, tenants).await,
    }
}

pub(super) async fn gather_problem(context: &Context, cluster: &ClusterRef, error: &GatherError) -> Trouble {
    match error {
        GatherError::Kubernetes { source, .. } => kubernetes_problem(context, cluster, error.to_string(), source).await,
        GatherError::Identity(_) => Trouble { reason: ClusterReason::ResourceConflict, message: error.to_string() },
    }
}

async fn kubernetes_problem(context: &Context, cluster: &ClusterRef, attempt: String, source: &kube::Error) -> Trouble {
    if runtime::is_forbidden(source) {
        let manifest = rights::for_cluster_namespace(context, &cluster.namespace).await;
        return Trouble {
            reason: ClusterReason::Forbidden,
            message: format!("{}; apply this in {}:\n{manifest}", explain(source), cluster.namespace),
        };
    }
    let reason = if runtime::is_invalid(source) { ClusterReason::InvalidSpec } else { ClusterReason::Retrying };
    Trouble { reason, message: format!("{attempt}: {}", explain(source)) }
}

/// The nodes there are, when nothing says which there shall be.
fn known_assignment(observed: &Observed, previous: &KafkaClusterStatus) -> Assignment {
    Assignment { nodes: observed.known_nodes(Some(previous)).nodes, ..Assignment::default() }
}

/// One look at a cluster whose nodes Klamm runs.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    object: &'a KafkaCluster,
    pub(super) cluster: &'a ClusterRef,
    pub(super) previous: &'a KafkaClusterStatus,
    pub(super) observed: Observed,
    pub(super) assignment: Assignment,
    plan: Plan,
    problems: Vec<Trouble>,
    attended: Attended,
    written: &'a mut Option<(Instant, Option<i64>)>,
    operations: &'a mut operation::Memory,
}

impl Work<'_> {
    async fn manage(mut self, managed: &ManagedCluster, tenants: &[ValidatedTenant]) -> Outcome {
        if let Err(error) = apply::racks(self.context, self.cluster, &self.observed).await {
            self.fail(&error).await;
        }
        self.assignment = assign_nodes(managed, &self.observed, Some(self.previous));
        let is_paused = self.object.spec.paused;
        if !is_paused && let Err(problem) = self.found(managed).await {
            self.problems.insert(0, problem);
        }
        let Some(identity) = self.observed.identity.clone() else {
            return self.report(None, &KafkaSeen::NotAsked).await;
        };
        let owner = labels::owner(self.object);
        let blueprint = Blueprint {
            cluster: self.cluster,
            owner: &owner,
            managed,
            identity: &identity,
            tenants,
            klamm_namespace: &self.context.options.lease_namespace,
            image_repository: &self.context.options.image_repository,
        };
        self.plan = plan(&blueprint, &self.assignment, &self.observed, self.previous);
        let has_credentials = matches!(self.observed.credentials, Kept::Everything(_));
        if !is_paused && has_credentials && !self.is_written(&blueprint) {
            match apply::everything(self.context, &blueprint, &self.plan, &self.observed).await {
                Ok(applied) => {
                    *self.written =
                        (!applied.waiting_for_ports).then(|| (Instant::now(), self.object.metadata.generation));
                    self.tell(&applied).await;
                }
                Err(error) => {
                    *self.written = None;
                    self.fail(&error).await;
                }
            }
        }
        let seen = self.ask().await;
        if !is_paused {
            self.settle_quorum(&blueprint, &identity, &seen).await;
        }
        self.operate(&blueprint).await;
        self.report(Some(&blueprint), &seen).await
    }

    /// What is done to a cluster that serves: one act of one operation.
    async fn operate(&mut self, blueprint: &Blueprint<'_>) {
        let awaits = self.plan.nodes.values().any(|node| node.act == NodeAct::Await);
        let differs = awaits || !self.plan.restarts.is_empty() || !self.assignment.surplus.is_empty();
        let stage = Stage {
            context: self.context,
            object: self.object,
            cluster: self.cluster,
            blueprint,
            observed: &self.observed,
            previous: self.previous,
            differs,
        };
        // Large, and most looks have nothing to do there.
        self.attended = Box::pin(operation::attend(&stage, self.operations)).await;
        if let Some(problem) = self.attended.problem.take() {
            self.problems.push(Trouble { reason: ClusterReason::Retrying, message: problem });
        }
    }

    /// Whether writing everything again can wait: nothing is to be made or replaced, and it was all written a moment
    /// ago. Looks are many, because brokers change without Kubernetes noticing; what others do to our objects is set
    /// right once in a resync.
    fn is_written(&self, blueprint: &Blueprint<'_>) -> bool {
        let recently = self.written.is_some_and(|(at, generation)| {
            at.elapsed() < self.context.options.resync && generation == self.object.metadata.generation
        });
        let config_is_there = |pool| {
            let name = blueprint.config_map(pool).name_any();
            self.observed.config_maps.contains_key(&name)
        };
        recently
            && self.plan.replaced_pods.is_empty()
            && self.plan.nodes.values().all(|node| !matches!(node.act, NodeAct::Create | NodeAct::Update))
            && blueprint.managed.pools.iter().all(config_is_there)
            && self.plan.nodes.iter().all(|(id, node)| {
                matches!(node.act, NodeAct::Await | NodeAct::Refuse) || self.has_claim(blueprint, *id, &node.pool)
            })
    }

    fn has_claim(&self, blueprint: &Blueprint<'_>, id: i32, pool: &PoolName) -> bool {
        let is_ephemeral =
            blueprint.pool(pool).is_none_or(|pool| matches!(pool.storage, PoolStorage::Ephemeral { .. }));
        let name = klamm_resources::managed::claim(self.cluster.name.as_str(), pool.as_str(), id);
        is_ephemeral || self.observed.claims.contains_key(&name)
    }

    async fn ask(&self) -> KafkaSeen {
        let Kept::Everything(credentials) = &self.observed.credentials else { return KafkaSeen::NotAsked };
        let sign_in = Authentication::ScramSha512(credentials.admin_credentials());
        ask(self.context, self.cluster, Dial::Pods(broker_addresses(&self.observed)), sign_in).await
    }

    /// Once there is a leader: remembers it, and lets later controllers vote.
    async fn settle_quorum(&mut self, blueprint: &Blueprint<'_>, identity: &Identity, seen: &KafkaSeen) {
        let KafkaSeen::Answered(answer) = seen else { return };
        let has_leader = answer.quorum.as_ref().is_some_and(|quorum| quorum.leader.is_some());
        if !has_leader || answer.cluster_id != identity.cluster_id {
            return;
        }
        if !identity.formed
            && let Err(error) = apply::formed(self.context, self.cluster).await
        {
            self.fail(&error).await;
        }
        if let Err(problem) = voters::enlist(self.context, blueprint, &self.assignment, answer).await {
            self.problems.push(problem);
        }
    }

    async fn fail(&mut self, error: &ApplyError) {
        let problem = self.problem(error).await;
        self.problems.insert(0, problem);
    }

    pub(super) async fn problem(&self, error: &ApplyError) -> Trouble {
        match error {
            ApplyError::Kubernetes { source, .. } => {
                kubernetes_problem(self.context, self.cluster, error.to_string(), source).await
            }
            ApplyError::Foreign { .. } => {
                Trouble { reason: ClusterReason::ResourceConflict, message: error.to_string() }
            }
        }
    }

    async fn tell(&self, applied: &Applied) {
        let object = self.object.object_ref(&());
        for node in &applied.created {
            let note = format!("node {node} is being made");
            self.context.events.normal(&object, "NodeCreated", "Create", &note).await;
        }
        for pod in &applied.replaced {
            let note = format!("{pod} could not start and is replaced by one that is as declared now");
            self.context.events.normal(&object, "PodReplaced", "Replace", &note).await;
        }
        if applied.waiting_for_ports {
            tracing::debug!(cluster = %self.cluster, "Kubernetes has not given ports to all Services yet");
        }
    }

    async fn report(self, blueprint: Option<&Blueprint<'_>>, seen: &KafkaSeen) -> Outcome {
        let facts = Facts {
            cluster: self.cluster,
            generation: self.object.metadata.generation,
            previous: self.previous,
            blueprint,
            assignment: &self.assignment,
            plan: &self.plan,
            attended: &self.attended,
            observed: &self.observed,
            kafka: seen,
            problems: &self.problems,
            paused: self.object.spec.paused,
            now: Timestamp::now(),
        };
        let status = report::status(&facts);
        let has_problems = !self.problems.is_empty();
        let mut outcome = publish(self.context, self.object, self.previous, status, has_problems).await;
        if let Some(again) = self.attended.again {
            outcome.again = outcome.again.min(again);
        }
        outcome
    }
}
