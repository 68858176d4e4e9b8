//! When something last happened to each topic: a record written, an offset committed. Brokers do not tell, so the portal
//! watches the sums of offsets, and writes down now and then when they moved, so that a restart does not begin anew.

use crate::{ObservedCluster, Portal, audited::chain};
use klamm_model::{ClusterRef, Inventory, Known, Part, Reachability, Topic, TopicName, UnixMillis};
use klamm_store::ActivityRow;
use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Between two looks. What counts are days.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A topic in use is written down this often at most.
const NOTED_EVERY_MILLIS: i64 = 3_600_000;

/// Where the logs of a topic and its groups are, as sums that move when anything does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    ends: i64,
    commits: i64,
}

/// What is known of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Activity {
    mark: Mark,
    moved_at: UnixMillis,
    /// The latest moment that the database has; none before it has any.
    noted: Option<UnixMillis>,
}

type ByCluster = BTreeMap<ClusterRef, HashMap<TopicName, Activity>>;

/// What is known of all topics; nothing until the database was read.
#[derive(Debug, Default)]
pub(crate) struct ActivityBook(Mutex<Option<ByCluster>>);

impl ActivityBook {
    fn lock(&self) -> MutexGuard<'_, Option<ByCluster>> {
        // Entries are replaced one by one, so a panic elsewhere leaves the book whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when nothing has happened to a topic, as far as anybody watched.
    pub(crate) fn quiet_since(&self, cluster: &ClusterRef, topic: &TopicName) -> Known<UnixMillis> {
        let book = self.lock();
        book.as_ref().and_then(|book| Some(book.get(cluster)?.get(topic)?.moved_at)).into()
    }
}

impl Portal {
    /// Watches what happens to topics, until `stop`.
    pub async fn watch_topics(self: Arc<Self>, stop: CancellationToken) -> Result<(), Infallible> {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = looks.tick() => {}
            }
            if let Err(error) = self.note_activity().await {
                tracing::warn!(error = chain(&error), "when topics were last used cannot be noted; trying again");
            }
        }
    }

    /// One look at all topics.
    pub(crate) async fn note_activity(&self) -> Result<(), klamm_store::StoreError> {
        if self.activity.lock().is_none() {
            let rows = self.store.topic_activity().await?;
            self.activity.lock().get_or_insert_with(|| book(rows));
        }
        let now = self.now();
        for seen in self.observations.clusters() {
            let inventory = &seen.inventory;
            if !is_whole(inventory) {
                continue;
            }
            let (due, gone) = match self.activity.lock().as_mut() {
                Some(book) => watched(book.entry(inventory.cluster.clone()).or_default(), &seen, now),
                None => return Ok(()),
            };
            self.store.note_topic_activity(&due).await?;
            self.store.forget_topic_activity(&inventory.cluster, &gone).await?;
            if let Some(topics) = self.activity.lock().as_mut().and_then(|book| book.get_mut(&inventory.cluster)) {
                topics.retain(|topic, _| !gone.contains(topic));
                for row in due {
                    if let Some(activity) = topics.get_mut(&row.topic) {
                        activity.noted = Some(row.moved_at);
                    }
                }
            }
        }
        Ok(())
    }
}

fn book(rows: Vec<ActivityRow>) -> ByCluster {
    let mut book = ByCluster::new();
    for ActivityRow { cluster, topic, ends, commits, moved_at } in rows {
        let activity = Activity { mark: Mark { ends, commits }, moved_at, noted: Some(moved_at) };
        book.entry(cluster).or_default().insert(topic, activity);
    }
    book
}

/// Whether all topics and all commits were seen: what is missing is not gone.
fn is_whole(inventory: &Inventory) -> bool {
    matches!(inventory.reachability, Reachability::Reachable)
        && [Part::Topics, Part::Offsets, Part::Groups, Part::Commits].iter().all(|part| inventory.gap(*part).is_none())
        && inventory.groups.value().is_some()
}

/// Takes in what is seen now: what is to be written down, and which topics are gone.
fn watched(
    known: &mut HashMap<TopicName, Activity>,
    seen: &ObservedCluster,
    now: UnixMillis,
) -> (Vec<ActivityRow>, Vec<TopicName>) {
    let inventory = &seen.inventory;
    let mut commits: HashMap<&TopicName, i64> = HashMap::new();
    for group in inventory.groups.value().into_iter().flatten() {
        for offset in group.offsets.value().into_iter().flatten() {
            let sum = commits.entry(&offset.topic).or_default();
            *sum = sum.wrapping_add(offset.committed);
        }
    }
    let mut due = Vec::new();
    for topic in inventory.topics.iter().filter(|topic| !topic.name.is_internal()) {
        let Some(ends) = ends(topic) else { continue };
        let mark = Mark { ends, commits: commits.get(&topic.name).copied().unwrap_or_default() };
        let activity = known.entry(topic.name.clone()).or_insert(Activity { mark, moved_at: now, noted: None });
        if activity.mark != mark {
            (activity.mark, activity.moved_at) = (mark, now);
        }
        let is_due = activity.noted.is_none_or(|noted| activity.moved_at.0 - noted.0 >= NOTED_EVERY_MILLIS);
        if is_due {
            due.push(ActivityRow {
                cluster: inventory.cluster.clone(),
                topic: topic.name.clone(),
                ends: mark.ends,
                commits: mark.commits,
                moved_at: activity.moved_at,
            });
        }
    }
    let gone = known.keys().filter(|topic| inventory.topic(topic).is_none()).cloned().collect();
    (due, gone)
}

fn ends(topic: &Topic) -> Option<i64> {
    topic
        .partitions
        .iter()
        .try_fold(0_i64, |sum, partition| partition.latest_offset.value().map(|latest| sum.wrapping_add(*latest)))
}
