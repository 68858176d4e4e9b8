//! Objects of the journal that are out of sight: gone, or only no longer ours to see. A watch that ends, a label or a
//! RoleBinding that is taken away is no deletion, so every one of them is asked about.

use super::{
    journal::{Line, Wanted},
    object::ObjectKey,
    room::Room,
};
use crate::{
    batch::{Next, together},
    runtime::{chain, explain, is_forbidden},
};
use k8s_openapi::{
    api::core::v1::{ConfigMap, Namespace as KubeNamespace},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use klamm_model::{ClusterRef, Namespace};
use klamm_resources::dialect;
use kube::{Api, api::ListParams};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// So many are asked about together.
const BATCH: usize = 500;
/// More than so many in one namespace are asked about with one list.
const FEW: usize = 8;

/// An object of a cluster's journal that is out of sight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Suspect {
    cluster: ClusterRef,
    object: ObjectKey,
    uid: String,
    created: i64,
}

impl Suspect {
    pub(super) fn new(cluster: &ClusterRef, uid: &str, line: &Line) -> Self {
        Self { cluster: cluster.clone(), object: line.object(), uid: uid.to_owned(), created: line.created }
    }
}

/// What of a namespace could be seen.
enum Seen {
    /// These objects, by name; those that were asked about and are not among them do not exist.
    Objects(HashMap<String, ObjectMeta>),
    /// The namespace is gone, and everything in it.
    NoNamespace,
    /// We may not look into the namespace, which has been there since that time.
    Forbidden { since: Option<i64> },
    /// Kubernetes did not answer.
    Silence,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It does not exist any more.
    Gone,
    /// It exists and declares a topic: a watch will show it.
    Here,
    /// It exists and declares no topic any more.
    Released,
    /// Nobody knows.
    Unknown,
}

fn fate(suspect: &Suspect, seen: &Seen) -> Fate {
    match seen {
        Seen::Objects(objects) => match objects.get(suspect.object.name.as_str()) {
            Some(meta) if meta.uid.as_deref() == Some(suspect.uid.as_str()) => {
                let object = ConfigMap { metadata: meta.clone(), ..ConfigMap::default() };
                if dialect::is_declaration(&object) { Fate::Here } else { Fate::Released }
            }
            Some(_) | None => Fate::Gone,
        },
        Seen::NoNamespace => Fate::Gone,
        // A namespace that is younger than the object is not the one the object lived in.
        Seen::Forbidden { since: Some(since) } if *since > suspect.created => Fate::Gone,
        Seen::Forbidden { .. } | Seen::Silence => Fate::Unknown,
    }
}

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>) {
    loop {
        let suspects = tokio::select! {
            () = room.stop.cancelled() => return,
            suspects = room.suspects.take(BATCH) => suspects,
        };
        let mut by_namespace: BTreeMap<Namespace, Vec<Suspect>> = BTreeMap::new();
        for suspect in suspects {
            by_namespace.entry(suspect.object.namespace.clone()).or_default().push(suspect);
        }
        let handle = |(namespace, suspects)| {
            let room = room.clone();
            async move { handle(&room, &namespace, suspects).await }
        };
        together(FEW, by_namespace.into_iter().map(handle)).await;
    }
}

async fn handle(room: &Arc<Room>, namespace: &Namespace, suspects: Vec<Suspect>) {
    let seen = look(room, namespace, &suspects).await;
    for suspect in suspects {
        let post = room.post(&suspect.cluster);
        let next = match fate(&suspect, &seen) {
            Fate::Gone => {
                post.queue.push_all(post.journal.mark_gone(&suspect.uid));
                Next::Settled
            }
            Fate::Here => Next::Settled,
            Fate::Released => {
                tracing::info!(object = %suspect.object, "declares no topic any more; what it declared is left as it is");
                post.journal.change([(suspect.uid.clone(), Wanted::None)]);
                if let Err(error) = post.journal.write().await {
                    tracing::warn!(cluster = %suspect.cluster, error = chain(&error), "could not write the journal of topics");
                }
                Next::Settled
            }
            Fate::Unknown => Next::Later,
        };
        room.suspects.done(suspect, next);
    }
}

async fn look(room: &Room, namespace: &Namespace, suspects: &[Suspect]) -> Seen {
    let client = &room.context.client;
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace.as_str());
    match look_at(&config_maps, suspects).await {
        Ok(objects) => Seen::Objects(objects),
        Err(error) if is_forbidden(&error) => {
            let namespaces: Api<KubeNamespace> = Api::all(client.clone());
            match namespaces.get_metadata_opt(namespace.as_str()).await {
                Ok(None) => Seen::NoNamespace,
                Ok(Some(object)) => {
                    Seen::Forbidden { since: object.metadata.creation_timestamp.map(|time| time.0.as_second()) }
                }
                Err(error) => {
                    tracing::warn!(%namespace, error = explain(&error), "could not find out whether a namespace is there");
                    Seen::Silence
                }
            }
        }
        Err(error) => {
            tracing::warn!(%namespace, error = explain(&error), "could not find out whether ConfigMaps are gone");
            Seen::Silence
        }
    }
}

async fn look_at(
    config_maps: &Api<ConfigMap>,
    suspects: &[Suspect],
) -> Result<HashMap<String, ObjectMeta>, kube::Error> {
    if suspects.len() > FEW {
        let all = config_maps.list_metadata(&ListParams::default()).await?;
        return Ok(all
            .into_iter()
            .filter_map(|object| Some((object.metadata.name.clone()?, object.metadata)))
            .collect());
    }
    let mut found = HashMap::new();
    for suspect in suspects {
        let name = suspect.object.name.as_str();
        if let Some(object) = config_maps.get_metadata_opt(name).await? {
            found.insert(name.to_owned(), object.metadata);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::object::Kind;

    fn suspect() -> Suspect {
        Suspect {
            cluster: "kafka/demo".parse().unwrap(),
            object: ObjectKey {
                kind: Kind::ConfigMap,
                namespace: "payments".parse().unwrap(),
                name: "a".parse().unwrap(),
            },
            uid: "uid".to_owned(),
            created: 100,
        }
    }

    fn objects(uid: &str, label: &str) -> Seen {
        let labels = Some(BTreeMap::from([("config".to_owned(), label.to_owned())]));
        let meta = ObjectMeta { uid: Some(uid.to_owned()), labels, ..ObjectMeta::default() };
        Seen::Objects(HashMap::from([("a".to_owned(), meta)]))
    }

    #[test]
    fn only_what_is_proved_gone_is_gone() {
        for (seen, wanted) in [
            (Seen::Objects(HashMap::new()), Fate::Gone),
            (objects("another", "kafka-topic"), Fate::Gone),
            (objects("uid", "kafka-topic"), Fate::Here),
            (objects("uid", "something-else"), Fate::Released),
            (Seen::NoNamespace, Fate::Gone),
            (Seen::Forbidden { since: Some(50) }, Fate::Unknown),
            (Seen::Forbidden { since: Some(100) }, Fate::Unknown),
            (Seen::Forbidden { since: Some(101) }, Fate::Gone),
            (Seen::Forbidden { since: None }, Fate::Unknown),
            (Seen::Silence, Fate::Unknown),
        ] {
            assert_eq!(fate(&suspect(), &seen), wanted);
        }
    }
}
