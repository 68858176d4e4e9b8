//! What is to be done about one workload, from what was seen. Pure.

use super::{
    object::{Labelled, Life, WorkloadKey},
    render::{Wanted, render, says},
};
use crate::batch::{Next, Tone};
use klamm_model::{ClusterRef, ObjectName};
use klamm_resources::{
    BindingError, ClusterCandidate, InjectionReason, KafkaUser, bind,
    injection::{ANNOTATION_CONSUMES, ANNOTATION_PRODUCES, InjectedFor},
    names::annotation,
};
use kube::{Resource, api::ObjectMeta, core::DeserializeGuard};
use std::fmt::Write as _;

/// Most problems that one Event names.
const NAMED_PROBLEMS: usize = 5;

/// What was seen of a workload and around it.
pub(super) struct Seen<'a> {
    pub(super) key: &'a WorkloadKey,
    /// The workload, when it is there and has the label.
    pub(super) workload: Option<&'a Labelled>,
    /// The object with the name of its KafkaUser.
    pub(super) user: Option<&'a DeserializeGuard<KafkaUser>>,
    pub(super) user_name: &'a ObjectName,
    /// The annotation `klamm.dev/cluster` of its namespace.
    pub(super) namespace_names: Option<&'a str>,
    pub(super) clusters: &'a [ClusterCandidate],
    pub(super) generator: &'a str,
}

/// What is to be done, and what its people are told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decision {
    pub(super) act: Act,
    pub(super) headlines: Vec<Headline>,
    pub(super) next: Next,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Nothing,
    /// Write the cluster on the workload if it does not say it yet, then make its KafkaUser.
    Create {
        record: Option<ClusterRef>,
        user: Box<KafkaUser>,
    },
    /// The same for a KafkaUser that is there, the one of this uid.
    Update {
        record: Option<ClusterRef>,
        user: Box<KafkaUser>,
        uid: String,
    },
    /// Only write the cluster on the workload.
    Record(ClusterRef),
    /// Delete the KafkaUser of this uid, which was made for the workload of that uid, unless that one asks for it again.
    Remove {
        uid: String,
        workload_uid: String,
    },
}

/// News about a workload, before it is addressed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) reason: InjectionReason,
    pub(super) note: String,
}

fn warning(reason: InjectionReason, note: impl Into<String>) -> Headline {
    Headline { tone: Tone::Warning, reason, note: note.into() }
}

/// The KafkaUser of a workload, as found.
struct Existing<'a> {
    meta: &'a ObjectMeta,
    mark: InjectedFor,
    /// None when it cannot be read.
    object: Option<&'a KafkaUser>,
}

/// Decides about one workload.
pub(super) fn decide(seen: &Seen<'_>) -> Decision {
    let nothing = |headlines| Decision { act: Act::Nothing, headlines, next: Next::Settled };
    let existing = match seen.user.map(|user| existing(seen, user)) {
        None => None,
        Some(Some(existing)) => Some(existing),
        Some(None) => return nothing(seen.workload.map(|_| taken(seen)).into_iter().collect()),
    };
    let Some(workload) = seen.workload else {
        return existing.map_or_else(|| nothing(Vec::new()), |existing| removal(&existing));
    };
    if workload.life == Life::Leaving {
        // Its pods may still run; the credential goes when it has gone.
        return nothing(Vec::new());
    }
    match existing {
        // Another workload had this name: its credential goes first, with its password.
        Some(existing) if existing.mark.owner.uid != workload.uid || existing.meta.deletion_timestamp.is_some() => {
            Decision { next: Next::Later, ..removal(&existing) }
        }
        existing => wish(seen, workload, existing.as_ref()),
    }
}

fn existing<'a>(seen: &Seen<'_>, user: &'a DeserializeGuard<KafkaUser>) -> Option<Existing<'a>> {
    let meta = user.meta();
    let mark = InjectedFor::of(meta).filter(|mark| mark.workload == seen.key.workload)?;
    Some(Existing { meta, mark, object: user.0.as_ref().ok() })
}

fn taken(seen: &Seen<'_>) -> Headline {
    let note = format!(
        "a KafkaUser {} exists that was not made for this workload, and is left alone: delete it, or give the workload another name",
        seen.user_name
    );
    warning(InjectionReason::UserConflict, note)
}

fn removal(existing: &Existing<'_>) -> Decision {
    let act = match &existing.meta.uid {
        Some(uid) if existing.meta.deletion_timestamp.is_none() => {
            Act::Remove { uid: uid.clone(), workload_uid: existing.mark.owner.uid.clone() }
        }
        _ => Act::Nothing,
    };
    Decision { act, headlines: Vec::new(), next: Next::Settled }
}

fn wish(seen: &Seen<'_>, workload: &Labelled, existing: Option<&Existing<'_>>) -> Decision {
    let mut headlines: Vec<Headline> = unreadable(workload).into_iter().collect();
    if workload.reading.injection.is_empty() {
        headlines.push(warning(
            InjectionReason::AnnotationMissing,
            format!(
                "it asks for a credential and names no topic: write the topics it reads into the annotation {ANNOTATION_CONSUMES} and those it writes into {ANNOTATION_PRODUCES}, with commas between them"
            ),
        ));
    }
    let nothing = |headlines, next| Decision { act: Act::Nothing, headlines, next };
    let secret_name = match secret_name(seen, workload, existing) {
        Some(name) if existing.is_some() || !workload.reading.injection.is_empty() => name,
        _ => return nothing(headlines, Next::Settled),
    };
    let (cluster, record) = match cluster(seen, workload, existing) {
        Ok((cluster, record, said)) => {
            headlines.extend(said);
            (cluster, record)
        }
        Err(headline) => {
            headlines.push(headline);
            return nothing(headlines, Next::Settled);
        }
    };
    let user = render(&Wanted {
        key: seen.key,
        workload_uid: &workload.uid,
        user_name: seen.user_name,
        secret_name: &secret_name,
        cluster: &cluster,
        injection: &workload.reading.injection,
        generator: seen.generator,
    });
    let act = match existing {
        None => Act::Create { record, user: Box::new(user) },
        Some(existing) if existing.object.is_some_and(|found| says(found, &user)) => {
            record.map_or(Act::Nothing, Act::Record)
        }
        Some(existing) => {
            Act::Update { record, user: Box::new(user), uid: existing.meta.uid.clone().unwrap_or_default() }
        }
    };
    Decision { act, headlines, next: Next::Settled }
}

fn unreadable(workload: &Labelled) -> Option<Headline> {
    let reading = &workload.reading;
    if reading.problems.is_empty() {
        return None;
    }
    // What concerns everything is told before the single entries.
    let (single, whole): (Vec<_>, Vec<_>) = reading
        .problems
        .iter()
        .partition(|problem| matches!(problem, klamm_resources::injection::InjectionProblem::Topic { .. }));
    let named: Vec<String> = whole.iter().chain(&single).take(NAMED_PROBLEMS).map(ToString::to_string).collect();
    let mut note = named.join(". ");
    let more = reading.problems.len() + reading.more_problems - named.len();
    if more > 0 {
        let _ = write!(note, ". And {more} more");
    }
    Some(warning(InjectionReason::InvalidAnnotation, note))
}

/// The one it asks for; where that cannot be read, the one it has.
fn secret_name(seen: &Seen<'_>, workload: &Labelled, existing: Option<&Existing<'_>>) -> Option<ObjectName> {
    if workload.reading.has_unreadable_secret() {
        return existing?.object?.spec.secret_name.as_ref()?.parse().ok();
    }
    match &workload.reading.injection.secret {
        Some(name) => Some(name.clone()),
        None => seen.key.workload.default_secret_name().ok(),
    }
}

type Placed = (ClusterRef, Option<ClusterRef>, Option<Headline>);

/// The cluster it is bound to, whether that has to be written on it, and what to say about it.
fn cluster(seen: &Seen<'_>, workload: &Labelled, existing: Option<&Existing<'_>>) -> Result<Placed, Headline> {
    let written = workload.names_cluster.as_deref();
    let bound = existing.and_then(|found| found.object?.spec.cluster.resolve(&seen.key.namespace).ok());
    if let Some(bound) = bound {
        let said = written.filter(|written| written.trim() != bound.to_string()).map(|written| {
            let note = format!(
                "its credential lives on {bound} and does not move to {}: write {}: {bound} again, or delete KafkaUser {}, which is made anew where the annotation says",
                written.chars().take(80).collect::<String>(),
                annotation::CLUSTER,
                seen.user_name
            );
            warning(InjectionReason::BoundElsewhere, note)
        });
        let record = written.is_none().then(|| bound.clone());
        return Ok((bound, record, said));
    }
    match bind(written, seen.namespace_names, seen.clusters) {
        Ok(binding) => {
            let record = written.is_none().then(|| binding.cluster.clone());
            Ok((binding.cluster, record, None))
        }
        Err(error) => Err(warning(
            match &error {
                BindingError::InvalidAnnotation { .. } => InjectionReason::InvalidAnnotation,
                BindingError::UnknownCluster { .. } | BindingError::NoCluster => InjectionReason::ClusterNotFound,
                BindingError::SeveralDefaults { .. } | BindingError::Ambiguous { .. } => {
                    InjectionReason::ClusterAmbiguous
                }
            },
            error.to_string(),
        )),
    }
}
