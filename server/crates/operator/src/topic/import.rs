//! Topics that are in Kafka and that nobody declares get a KafkaTopic of their own, where the cluster says so: in the
//! namespace of the tenant whose they are, else in the cluster's. It keeps the topic when it is deleted, and it goes when
//! the topic is deleted in Kafka, until somebody changes it: from then on it is a declaration like any other.

use super::room::{Listed, Post, Room, lock};
use crate::{
    batch::{News, Tone, tenancy, together},
    runtime::{chain, explain, is_conflict},
};
use jiff::Timestamp;
use k8s_openapi::{api::core::v1::ObjectReference, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use klamm_kafka::{Client, ClientError, TopicDescription, TopicSelection};
use klamm_model::{ClusterRef, Namespace, TopicName};
use klamm_planner::topics::belongs_to_operations;
use klamm_resources::{
    ClusterReference, Config, Deletion, Import, KafkaCluster, KafkaTopic, KafkaTopicSpec, Reason as _, Scalar,
    TopicReason, dialect,
    names::{MANAGER_OPERATOR, annotation, label},
};
use kube::{Api, Resource, ResourceExt, api::PostParams};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// How often it is looked whether a cluster wants an import.
const PAUSE: Duration = Duration::from_secs(2);
/// Objects made at the same time.
const WRITES: usize = 12;

/// What is remembered of a cluster between two looks.
#[derive(Default)]
struct Memory {
    uid: Option<String>,
    mode: Import,
    next: Option<Instant>,
    /// Undeclared topics of the look before. One that is being deleted is shown for a while by brokers that lag; what is
    /// there at two looks is there.
    candidates: BTreeSet<TopicName>,
}

#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error("the brokers could not be asked for all topics")]
    Kafka(#[from] ClientError),
    #[error("{failed} of {all} imported topics could not be declared")]
    Objects { failed: usize, all: usize },
}

/// What a look came to.
enum Look {
    /// There are new candidates, to be seen a second time.
    Again,
    /// Everything is declared that can be.
    Done,
}

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>) {
    let mut memories: HashMap<ClusterRef, Memory> = HashMap::new();
    loop {
        for (cluster, object) in room.context.clusters.all() {
            let memory = memories.entry(cluster.clone()).or_default();
            visit(&room, &cluster, &object, memory).await;
        }
        tokio::select! {
            () = room.stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn visit(room: &Arc<Room>, cluster: &ClusterRef, object: &KafkaCluster, memory: &mut Memory) {
    let mode = object.spec.topics.import;
    if memory.mode != mode || memory.uid != object.uid() {
        *memory = Memory { uid: object.uid(), mode, ..Memory::default() };
    }
    let is_due = memory.next.is_none_or(|next| next <= Instant::now());
    if mode == Import::Off || object.spec.paused || !is_due || room.listings.everything() == Listed::NotYet {
        return;
    }
    let post = room.post(cluster);
    let Ok(client) = room.context.connections.get(cluster) else { return };
    if post.journal.open(object).await.is_err() || (mode == Import::Once && post.journal.imported().is_some()) {
        // An import that was done once is not done again, not even after a restart.
        return;
    }
    match look(room, cluster, object, &post, &client, memory).await {
        Ok(Look::Again) => {}
        Ok(Look::Done) => {
            memory.next = Some(Instant::now() + room.context.options.resync);
            if mode == Import::Once {
                post.journal.note_import(Timestamp::now().to_string());
                if let Err(error) = post.journal.write().await {
                    tracing::warn!(%cluster, error = chain(&error), "could not write down that topics were imported");
                }
            }
        }
        Err(error) => {
            memory.next = Some(Instant::now() + room.context.options.resync);
            tracing::warn!(%cluster, error = chain(&error), "could not import topics; it is tried again");
        }
    }
}

async fn look(
    room: &Arc<Room>,
    cluster: &ClusterRef,
    object: &KafkaCluster,
    post: &Post,
    client: &Client,
    memory: &mut Memory,
) -> Result<Look, ImportError> {
    let described = client.describe_topics(&TopicSelection::All).await?;
    let found: BTreeMap<TopicName, TopicDescription> =
        described.into_iter().filter_map(|(name, topic)| Some((name, topic.ok()?))).collect();
    let undeclared = {
        let index = lock(&room.index);
        let spoken_of: BTreeSet<TopicName> = post.journal.lines().into_iter().map(|(_, line)| line.topic).collect();
        let is_declared = |name: &TopicName| spoken_of.contains(name) || !index.claims(cluster, name).is_empty();
        undeclared(&found, is_declared)
    };
    let (certain, fresh): (BTreeSet<_>, BTreeSet<_>) =
        undeclared.into_iter().partition(|name| memory.candidates.contains(name));
    memory.candidates.clone_from(&fresh);
    if !certain.is_empty() {
        declare(room, cluster, object, client, &found, certain).await?;
    }
    Ok(if fresh.is_empty() { Look::Done } else { Look::Again })
}

/// Topics that are imported: everybody's but Kafka's own.
fn undeclared(
    found: &BTreeMap<TopicName, TopicDescription>,
    is_declared: impl Fn(&TopicName) -> bool,
) -> BTreeSet<TopicName> {
    let wanted = found.iter().filter(|(name, topic)| !topic.internal && !name.is_internal() && !is_declared(name));
    wanted.map(|(name, _)| name.clone()).collect()
}

async fn declare(
    room: &Arc<Room>,
    cluster: &ClusterRef,
    object: &KafkaCluster,
    client: &Client,
    found: &BTreeMap<TopicName, TopicDescription>,
    names: BTreeSet<TopicName>,
) -> Result<(), ImportError> {
    let mut settings = client.describe_topic_settings(&names).await?;
    let tenancy = tenancy(cluster, object);
    let now = Timestamp::now();
    let declarations = names.iter().filter_map(|name| {
        // What cannot be described now has just gone.
        let set = settings.remove(name)?.ok()?;
        let set = set.into_iter().filter_map(|(key, entry)| Some((key, entry.value?))).collect();
        declaration(cluster, &tenancy.home_of(name), name, found.get(name)?, set, now)
    });
    let declarations: Vec<_> = declarations.collect();
    let create = |topic: KafkaTopic| async move {
        let api: Api<KafkaTopic> =
            Api::namespaced(room.context.client.clone(), topic.namespace().unwrap_or_default().as_str());
        let parameters = PostParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PostParams::default() };
        match api.create(&parameters, &topic).await {
            Ok(_) => Ok(()),
            // Somebody was quicker, or uses the name for another topic.
            Err(error) if is_conflict(&error) => Ok(()),
            Err(error) => Err(error),
        }
    };
    let all = declarations.len();
    let results = together(WRITES, declarations.into_iter().map(create)).await;
    let mut failed = 0;
    for error in results.into_iter().filter_map(Result::err) {
        if failed == 0 {
            tracing::warn!(%cluster, error = explain(&error), "could not declare an imported topic");
        }
        failed += 1;
    }
    if all > failed {
        room.news.take([News {
            about: reference(cluster, object),
            tone: Tone::Normal,
            reason: TopicReason::Imported.as_str(),
            action: "Import",
            note: format!("{} topics that nobody declared got a KafkaTopic each", all - failed),
        }]);
    }
    if failed > 0 { Err(ImportError::Objects { failed, all }) } else { Ok(()) }
}

fn declaration(
    cluster: &ClusterRef,
    namespace: &Namespace,
    topic: &TopicName,
    found: &TopicDescription,
    set: BTreeMap<String, String>,
    now: Timestamp,
) -> Option<KafkaTopic> {
    let name = dialect::export_name(topic).ok()?;
    let config: Config = set
        .into_iter()
        .filter(|(key, _)| !belongs_to_operations(key))
        .map(|(key, value)| (key, Scalar::from(value)))
        .collect();
    let spec = KafkaTopicSpec {
        cluster: ClusterReference::to(cluster),
        topic_name: Some(topic.to_string()),
        partitions: i32::try_from(found.partitions.len()).ok(),
        // Left to whoever reassigns replicas: as declared it would have to be changed with every reassignment.
        replication_factor: None,
        config,
        deletion: Some(Deletion::Retain),
        paused: false,
    };
    Some(KafkaTopic {
        metadata: ObjectMeta {
            name: Some(name.to_string()),
            namespace: Some(namespace.to_string()),
            annotations: Some(BTreeMap::from([(annotation::IMPORTED.to_owned(), now.to_string())])),
            labels: Some(BTreeMap::from([(label::MANAGED_BY.to_owned(), label::MANAGED_BY_KLAMM.to_owned())])),
            ..ObjectMeta::default()
        },
        spec,
        status: None,
    })
}

fn reference(cluster: &ClusterRef, object: &KafkaCluster) -> ObjectReference {
    ObjectReference {
        api_version: Some(KafkaCluster::api_version(&()).into_owned()),
        kind: Some(KafkaCluster::kind(&()).into_owned()),
        namespace: Some(cluster.namespace.to_string()),
        name: Some(cluster.name.to_string()),
        uid: object.uid(),
        ..ObjectReference::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_kafka::{PartitionDescription, TopicId};
    use klamm_model::PartitionId;

    fn name(topic: &str) -> TopicName {
        TopicName::new(topic).unwrap()
    }

    fn found(internal: bool) -> TopicDescription {
        let partition = |id| PartitionDescription {
            id: PartitionId(id),
            leader: None,
            leader_epoch: 0,
            replicas: Box::default(),
            in_sync: Box::default(),
            offline: Box::default(),
        };
        TopicDescription { id: TopicId::from_bytes([1; 16]), internal, partitions: (0..3).map(partition).collect() }
    }

    #[test]
    fn kafkas_own_topics_and_those_that_somebody_declares_are_left_alone() {
        let all = [("a", false), ("declared", false), ("__consumer_offsets", true), ("__remote_log_metadata", false)];
        let all = all.into_iter().map(|(topic, internal)| (name(topic), found(internal))).collect();
        assert_eq!(undeclared(&all, |topic| topic.as_str() == "declared"), [name("a")].into());
    }

    #[test]
    fn what_is_set_is_copied_and_what_operations_set_is_not() {
        let set = [("retention.ms", "-1"), ("leader.replication.throttled.replicas", "*")];
        let set = set.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let (cluster, namespace) = ("kafka/demo".parse().unwrap(), "payments".parse().unwrap());
        let topic = declaration(&cluster, &namespace, &name("A_B"), &found(false), set, Timestamp::UNIX_EPOCH).unwrap();
        assert!(topic.name_any().starts_with("a-b---"), "{}", topic.name_any());
        assert_eq!((topic.spec.topic_name.as_deref(), topic.spec.partitions), (Some("A_B"), Some(3)));
        assert_eq!(topic.spec.config.keys().collect::<Vec<_>>(), ["retention.ms"]);
        assert_eq!((topic.spec.deletion, topic.spec.replication_factor), (Some(Deletion::Retain), None));
        assert!(topic.annotations().contains_key(annotation::IMPORTED));
    }
}
