//! One worker for all workloads, in steps: gather, decide, act, tell.

use super::{
    act::{Done, act},
    decide::{Act, Decision, Headline, Seen, decide},
    object::{Labelled, WorkloadKey, reference},
    room::Room,
};
use crate::{
    batch::{News, Next, Tone, together},
    runtime::{chain, explain, is_conflict, is_forbidden, is_invalid, is_not_found},
};
use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use klamm_model::ObjectName;
use klamm_resources::{ClusterCandidate, InjectionReason, KafkaUser, Reason, names::annotation};
use kube::{Api, core::DeserializeGuard};
use std::sync::Arc;

/// Workloads in one batch.
const BATCH: usize = 64;
/// How many are looked at at the same time.
const AT_ONCE: usize = 16;

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>) {
    loop {
        let keys = tokio::select! {
            () = room.stop.cancelled() => return,
            keys = room.queue.take(BATCH) => keys,
        };
        let look = |key: WorkloadKey| {
            let room = room.clone();
            async move {
                let next = look_at(&room, &key).await;
                (key, next)
            }
        };
        for (key, next) in together(AT_ONCE, keys.into_iter().map(look)).await {
            room.queue.done(key, next);
        }
    }
}

async fn look_at(room: &Room, key: &WorkloadKey) -> Next {
    // Where nobody has listed workloads, for want of rights or of a tenant, nobody can say that one is missing.
    let Ok(workload) = room.workload(key) else { return Next::Settled };
    let user_name = match key.workload.user_name() {
        Ok(name) => name,
        Err(error) => {
            tracing::warn!(workload = %key, error = chain(&error), "no KafkaUser can be named after a workload");
            return Next::Settled;
        }
    };
    let decision = match gather(room, key, &user_name, workload.as_deref()).await {
        Ok(decision) => decision,
        Err(error) => return failed(room, key, workload.as_deref(), Vec::new(), &error),
    };
    if room.stop.is_cancelled() {
        return Next::Settled;
    }
    let uid = workload.as_ref().map(|workload| workload.uid.as_str());
    let Decision { act: what, mut headlines, next } = decision;
    match act(&room.context.client, key, uid, &user_name, &what).await {
        Ok(done) => {
            headlines.extend(made(done, &what));
            tell(room, key, workload.as_deref(), headlines);
            match done {
                Done::Reconsider => Next::Later,
                Done::Nothing | Done::Created | Done::Changed => next,
            }
        }
        // Gone meanwhile: the watch tells of it.
        Err(error) if is_not_found(&error) => Next::Later,
        // Somebody wrote at the same time; nothing to tell.
        Err(error) if is_conflict(&error) => Next::Later,
        Err(error) => failed(room, key, workload.as_deref(), headlines, &error),
    }
}

async fn gather(
    room: &Room,
    key: &WorkloadKey,
    user_name: &ObjectName,
    workload: Option<&Labelled>,
) -> Result<Decision, kube::Error> {
    let client = &room.context.client;
    let users: Api<DeserializeGuard<KafkaUser>> = Api::namespaced(client.clone(), key.namespace.as_str());
    let user = users.get_opt(user_name.as_str()).await?;
    let asks_the_namespace = user.is_none() && workload.is_some_and(|workload| workload.names_cluster.is_none());
    let namespace = if asks_the_namespace {
        Api::<NamespaceObject>::all(client.clone()).get_metadata_opt(key.namespace.as_str()).await?
    } else {
        None
    };
    let annotations = namespace.and_then(|namespace| namespace.metadata.annotations).unwrap_or_default();
    let clusters = room.context.clusters.all();
    let candidates: Vec<_> = clusters
        .iter()
        .map(|(cluster, object)| ClusterCandidate { cluster: cluster.clone(), is_default: object.spec.default })
        .collect();
    Ok(decide(&Seen {
        key,
        workload,
        user: user.as_ref(),
        user_name,
        namespace_names: annotations.get(annotation::CLUSTER).map(String::as_str),
        clusters: &candidates,
        generator: &room.context.options.operator_id,
    }))
}

/// Making a credential is news once, unlike what stays wrong.
fn made(done: Done, what: &Act) -> Option<Headline> {
    match (done, what) {
        (Done::Created, Act::Create { user, .. }) => Some(Headline {
            tone: Tone::Normal,
            reason: InjectionReason::Injected,
            note: format!(
                "KafkaUser {} was made for it; Secret {} appears when every topic is granted",
                user.metadata.name.as_deref().unwrap_or_default(),
                user.spec.secret_name.as_deref().unwrap_or_default()
            ),
        }),
        (Done::Nothing | Done::Created | Done::Changed | Done::Reconsider, _) => None,
    }
}

fn failed(
    room: &Room,
    key: &WorkloadKey,
    workload: Option<&Labelled>,
    mut headlines: Vec<Headline>,
    error: &kube::Error,
) -> Next {
    tracing::warn!(workload = %key, error = explain(error), "could not look after the credential of a workload");
    // What only takes time is told by its end; a missing right has to be granted by somebody, and
    // what the API server refuses to be corrected.
    if is_forbidden(error) || is_invalid(error) {
        let note = format!("{}; it is tried again", explain(error));
        headlines.push(Headline { tone: Tone::Warning, reason: InjectionReason::Retrying, note });
        tell(room, key, workload, headlines);
    }
    Next::Later
}

fn tell(room: &Room, key: &WorkloadKey, workload: Option<&Labelled>, headlines: Vec<Headline>) {
    let Some(workload) = workload else {
        room.is_news(key, "", &[]);
        return;
    };
    if !room.is_news(key, &workload.uid, &headlines) {
        return;
    }
    let about = reference(key, &workload.uid);
    room.news.take(headlines.into_iter().map(|headline| News {
        about: about.clone(),
        tone: headline.tone,
        reason: headline.reason.as_str(),
        action: "Inject",
        note: headline.note,
    }));
}
