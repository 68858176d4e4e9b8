//! What is to be done about one topic and what every object that speaks of it is told. Pure.

use super::object::{AbsentPartitions, Declared, Kind, NamedCluster, ObjectKey, Origin, Pause, Reading};
use klamm_model::{ClusterRef, Known, TopicName};
use klamm_planner::{
    tenancy::{NotAllowed, Tenancy},
    topics::{
        Claim, ClaimLife, Declaration, Deletion, FieldRefusal, RefusalReason, Removal, RemovalOutcome, RemovalPlan,
        TopicAct, TopicField, TopicObserved, TopicPlan, TopicPolicy, TopicWish, plan_removal, plan_topic, settle,
    },
};
use std::sync::Arc;

/// What of a cluster matters to its topics.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) cluster: ClusterRef,
    pub(super) tenancy: Tenancy,
    pub(super) policy: TopicPolicy,
    pub(super) deletion: Deletion,
    pub(super) pause: Pause,
}

/// A topic with everybody who speaks of it and what Kafka has.
pub(super) struct Case {
    pub(super) name: TopicName,
    pub(super) claims: Vec<Arc<Declared>>,
    pub(super) observed: TopicObserved,
    /// Other topics whose names are the same in metrics, with those who declare them.
    pub(super) namesakes: Vec<(TopicName, Vec<Arc<Declared>>)>,
}

/// What an object is to its topic.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Its declaration counts.
    Owner(TopicPlan),
    /// Its declaration would count if it could be read.
    Unreadable(String),
    /// Its declaration counts, and is to be left alone.
    Paused(PausedBy),
    /// Somebody else was first.
    Rival(ObjectKey),
    /// Its namespace may not declare this topic.
    NotAllowed(NotAllowed),
    /// It goes, and does not decide about the topic.
    LetGo(LetGo),
    /// It goes and decides about the topic.
    Last(RemovalPlan),
    /// It goes and would decide, but its cluster is paused.
    Held,
    /// Klamm wrote it for a topic that somebody has deleted in Kafka since.
    Abandoned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PausedBy {
    Object,
    Cluster,
}

/// Why an object that goes does not decide about its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetGo {
    /// Somebody else claims it.
    Claimed,
    /// Its namespace may not declare it.
    NotAllowed,
    /// It is paused.
    Paused,
}

/// A decision about one topic.
pub(super) struct Decision {
    pub(super) name: TopicName,
    pub(super) verdicts: Vec<(Arc<Declared>, Verdict)>,
}

impl Decision {
    /// What is to be done in Kafka: at most one object has a say.
    pub(super) fn acts(&self) -> &[TopicAct] {
        let acts = self.verdicts.iter().map(|(_, verdict)| match verdict {
            Verdict::Owner(plan) => plan.acts.as_slice(),
            Verdict::Last(plan) => plan.acts.as_slice(),
            Verdict::Unreadable(_)
            | Verdict::Paused(_)
            | Verdict::Rival(_)
            | Verdict::NotAllowed(_)
            | Verdict::LetGo(_)
            | Verdict::Held
            | Verdict::Abandoned => &[],
        });
        acts.into_iter().find(|acts| !acts.is_empty()).unwrap_or_default()
    }
}

/// Decides about a topic.
pub(super) fn decide(case: &Case, rules: &Rules) -> Decision {
    let mut verdicts = Vec::new();
    let (allowed, refused): (Vec<_>, Vec<_>) = case
        .claims
        .iter()
        .cloned()
        .map(|claim| (rules.tenancy.may_declare(&claim.key.namespace, &case.name), claim))
        .partition(|(may, _)| may.is_ok());
    for (may, declared) in refused {
        let verdict = match (declared.life, may) {
            (ClaimLife::Leaving, _) => Verdict::LetGo(LetGo::NotAllowed),
            (ClaimLife::Living, Err(not_allowed)) => Verdict::NotAllowed(not_allowed),
            (ClaimLife::Living, Ok(())) => continue,
        };
        verdicts.push((declared, verdict));
    }
    let claims: Vec<Claim<Arc<Declared>>> = allowed.into_iter().map(|(_, declared)| claim(declared)).collect();
    let settled = settle(&claims);
    if let Some(owner) = &settled.owner {
        verdicts.extend(settled.rivals.into_iter().map(|rival| (rival, Verdict::Rival(owner.key.clone()))));
        verdicts.push((owner.clone(), own(owner, case, rules)));
    }
    // The released before the last one: see `Settlement::last`.
    verdicts.extend(settled.released.into_iter().map(|declared| (declared, Verdict::LetGo(LetGo::Claimed))));
    if let Some(last) = settled.last {
        let verdict = end(&last, case, rules);
        verdicts.push((last, verdict));
    }
    Decision { name: case.name.clone(), verdicts }
}

fn claim(declared: Arc<Declared>) -> Claim<Arc<Declared>> {
    Claim { created: declared.created, uid: declared.uid.clone(), life: declared.life, key: declared }
}

fn own(owner: &Arc<Declared>, case: &Case, rules: &Rules) -> Verdict {
    let reading = match &owner.reading {
        Ok(reading) => reading,
        Err(problem) => return Verdict::Unreadable(problem.clone()),
    };
    match (rules.pause, reading.pause) {
        (Pause::Paused, _) => return Verdict::Paused(PausedBy::Cluster),
        (Pause::Active, Pause::Paused) => return Verdict::Paused(PausedBy::Object),
        (Pause::Active, Pause::Active) => {}
    }
    if owner.origin == Origin::Imported
        && case.observed == TopicObserved::Absent
        && owner.managed(&rules.cluster, &case.name)
    {
        return Verdict::Abandoned;
    }
    let wish = wish(owner, reading, case, rules);
    let policy = policy_for(reading, &rules.policy);
    let mut plan = plan_topic(&wish, &case.observed, &policy);
    plan.refusals.extend(reading.problems.iter().cloned());
    plan.refusals.extend(moved(owner, &rules.cluster));
    Verdict::Owner(plan)
}

fn wish(owner: &Declared, reading: &Reading, case: &Case, rules: &Rules) -> TopicWish {
    let managed = owner.managed(&rules.cluster, &case.name);
    let carried_out = managed && owner.record.carried_out.as_deref() == Some(owner.edition.as_str());
    TopicWish {
        name: case.name.clone(),
        partitions: reading.partitions,
        replication_factor: reading.replication_factor,
        config: reading.config.clone(),
        formerly_declared: owner.formerly(&rules.cluster, &case.name),
        declaration: if carried_out { Declaration::CarriedOut } else { Declaration::New },
        collides_with: collision(owner, case, rules),
    }
}

/// A topic of the same name in metrics counts when it was declared first, by somebody who may.
fn collision(owner: &Declared, case: &Case, rules: &Rules) -> Option<TopicName> {
    let earlier = |other: &Arc<Declared>| (other.created, &other.uid) < (owner.created, &owner.uid);
    case.namesakes
        .iter()
        .find(|(name, claims)| {
            let living = claims.iter().filter(|claim| claim.life == ClaimLife::Living);
            living.clone().any(|claim| earlier(claim) && rules.tenancy.may_declare(&claim.key.namespace, name).is_ok())
        })
        .map(|(name, _)| name.clone())
}

fn policy_for(reading: &Reading, policy: &TopicPolicy) -> TopicPolicy {
    let mut policy = policy.clone();
    if let (AbsentPartitions::BrokerCount, None, Known::Known(brokers)) =
        (reading.absent_partitions, policy.default_partitions, policy.brokers)
    {
        policy.default_partitions = Some(i64::from(brokers));
    }
    policy
}

/// Says so when an object names another cluster than the one it is bound to.
fn moved(owner: &Declared, bound: &ClusterRef) -> Option<FieldRefusal> {
    let wanted = match &owner.names_cluster {
        NamedCluster::Spec(cluster) => cluster.to_string(),
        NamedCluster::Annotation(written) => written.clone()?,
        NamedCluster::Unreadable => return None,
    };
    let reason = RefusalReason::BoundElsewhere { bound: bound.clone(), wanted: wanted.clone() };
    (wanted != bound.to_string()).then_some(FieldRefusal { field: TopicField::Cluster, reason })
}

fn end(last: &Declared, case: &Case, rules: &Rules) -> Verdict {
    if rules.pause == Pause::Paused {
        return Verdict::Held;
    }
    if last.reading.as_ref().is_ok_and(|reading| reading.pause == Pause::Paused) {
        return Verdict::LetGo(LetGo::Paused);
    }
    // What was never managed is nobody's to delete: it may have been there before the declaration came.
    let deletion = last.deletion.unwrap_or(rules.deletion);
    if last.managed(&rules.cluster, &case.name) {
        let recorded_id = last.record.status.topic_id.clone();
        let removal = Removal { name: case.name.clone(), deletion, recorded_id };
        return Verdict::Last(plan_removal(&removal, &case.observed));
    }
    let removal = Removal { name: case.name.clone(), deletion: Deletion::Retain, recorded_id: None };
    let mut plan = plan_removal(&removal, &case.observed);
    if (deletion, plan.outcome) == (Deletion::Delete, RemovalOutcome::Retained) {
        plan.outcome = RemovalOutcome::NeverManaged;
    }
    Verdict::Last(plan)
}

/// Whether an object must be kept from vanishing before we have seen it go. ConfigMaps are never: in a namespace that is
/// deleted our rights may go before them, so the journal remembers them instead. What an older version put on them is
/// taken off, except while they wait for a decision.
pub(super) fn must_hold(declared: &Declared, verdict: &Verdict, rules: &Rules) -> Hold {
    let by_policy = match (declared.key.kind, declared.deletion.unwrap_or(rules.deletion)) {
        (Kind::KafkaTopic, Deletion::Delete) => Hold::Ours,
        (Kind::KafkaTopic, Deletion::Retain) | (Kind::ConfigMap, _) => Hold::Free,
    };
    match verdict {
        Verdict::Owner(_) | Verdict::Unreadable(_) | Verdict::Paused(_) | Verdict::Rival(_) => by_policy,
        Verdict::Held => Hold::Keep,
        Verdict::NotAllowed(_) | Verdict::LetGo(_) | Verdict::Last(_) | Verdict::Abandoned => Hold::Free,
    }
}

/// Whether our finalizer belongs on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Ours,
    Free,
    /// As it is: nothing has been decided.
    Keep,
}
