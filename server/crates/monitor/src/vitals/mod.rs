//! What is measured of one cluster beside its inventory: numbers over time, where they are read from, and what is wrong.

mod foreseeing;
mod from_inventory;
mod judging;
mod merge;
mod newest;
mod pace_of;
mod told;

pub(crate) use from_inventory::used_and_capacity;
pub use judging::Acknowledged;
pub(crate) use judging::Said;
pub(crate) use newest::NewestRecords;
pub use pace_of::TopicPace;

use crate::{
    growth::Sizes,
    history::{DETAIL_MILLIS, History, Present, SeriesAnswer, SeriesQuestion},
    outlook::{self, TopicOutlook, VolumeOutlook},
    pace::{Behind, GroupPace, NOTED_MILLIS, Paces},
};
use judging::Judging;
use klamm_model::{
    BrokerId, ClusterRef, GroupId, Inventory, Known, Measured, Measurement, Metric, Part, PartitionId, Reachability,
    TargetState, TopicName, UnixMillis,
};
use klamm_store::{Store, StoreError};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

/// What is measured of one cluster.
#[derive(Debug, Default)]
pub struct Vitals {
    history: History,
    tracks: Mutex<Tracks>,
    groups: Mutex<Arc<[GroupPace]>>,
    topics: Mutex<Arc<[TopicPace]>>,
    /// What becomes of volumes, as of the last look that was taken in.
    foreseen: Mutex<Arc<[VolumeOutlook]>>,
    /// And of topics.
    outlooks: Mutex<Arc<[TopicOutlook]>>,
    targets: Mutex<Arc<[TargetState]>>,
    judging: Mutex<Judging>,
    /// When numbers were last written down.
    recorded_at: AtomicI64,
    /// When it was last noted where logs end.
    noted_at: AtomicI64,
    told: told::ToldByTargets,
}

/// What is remembered to tell how quickly things go.
#[derive(Debug, Default)]
struct Tracks {
    paces: Paces,
    sizes: Sizes,
}

impl Vitals {
    /// Of a cluster whose history is kept in this database too, where there is one.
    pub(crate) fn new(cluster: ClusterRef, store: Option<Store>) -> Self {
        Self { history: History::new(cluster, store), ..Self::default() }
    }

    /// Numbers over time.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Writes down what was measured at a moment. What is said of topics, and of groups, by one metric is said all at once.
    pub fn record(&self, at: UnixMillis, measurements: &[Measurement]) {
        self.history.record(at, measurements);
    }

    /// What was measured last of something, unless that is too long ago to say so.
    pub fn latest(&self, metric: Metric, of: &Measured, now: UnixMillis) -> Option<f64> {
        self.history.latest(metric, of, now)
    }

    /// When a broker itself, or an exporter beside it, last said how it is; none where neither ever did.
    pub fn last_heard(&self, id: BrokerId) -> Option<UnixMillis> {
        // What others say of it, such as how many partitions it leads, says nothing of when it was there.
        const BY_ITSELF: [Metric; 5] = [
            Metric::SizeBytes,
            Metric::DiskUsedBytes,
            Metric::BytesIn,
            Metric::HeapUsedBytes,
            Metric::RequestHandlerIdle,
        ];
        self.history.last_told(&BY_ITSELF, &Measured::Broker(id))
    }

    /// What was measured over time, from memory where it reaches back so far, else from the database.
    pub async fn series(&self, question: &SeriesQuestion) -> Result<SeriesAnswer, StoreError> {
        self.history.series(question).await
    }

    /// How every group gets on, by id.
    pub fn groups(&self) -> Arc<[GroupPace]> {
        Arc::clone(&locked(&self.groups))
    }

    /// How every topic gets on, by name.
    pub fn topics(&self) -> Arc<[TopicPace]> {
        Arc::clone(&locked(&self.topics))
    }

    /// Says how topics get on, by name; for whoever watches them, and for tests.
    pub fn set_topics(&self, topics: Vec<TopicPace>) {
        *locked(&self.topics) = topics.into();
    }

    /// How far somebody is behind who reads a partition on at this offset and has so many records left, as of the last look that was
    /// taken in: the same as long as [`Self::groups`] say the same, and the offset and the rest are the same.
    pub fn behind(&self, topic: &TopicName, partition: PartitionId, (committed, lag): (i64, u64)) -> Behind {
        let now = UnixMillis(self.noted_at.load(Ordering::Relaxed));
        locked(&self.tracks).paces.behind(topic, partition, (committed, lag), now)
    }

    /// Records a second of each partition of a topic over about the last minute, by index.
    pub fn partition_rates(&self, topic: &TopicName) -> Vec<(PartitionId, Known<f64>)> {
        locked(&self.tracks).paces.partition_rates(topic)
    }

    /// When a topic was last written to; see [`TopicPace::written_at`].
    pub fn last_written(&self, topic: &TopicName) -> Known<UnixMillis> {
        locked(&self.tracks).paces.written_at(topic)
    }

    /// By how many bytes a day a topic grows, all replicas together; unknown until it was watched for a few minutes.
    pub fn growth(&self, topic: &TopicName) -> Known<f64> {
        locked(&self.tracks).sizes.per_day(topic)
    }

    /// What becomes of all volumes, by broker and path, when topics come to this.
    fn volumes(&self, inventory: &Inventory, topics: &[TopicOutlook]) -> Vec<VolumeOutlook> {
        let now = UnixMillis(self.recorded_at.load(Ordering::Relaxed));
        let has_grown = |topic: &TopicName| locked(&self.tracks).sizes.has_grown(topic);
        outlook::volumes(inventory, &self.history, now, topics, has_grown)
    }

    /// What becomes of all topics, by name; worked out anew.
    fn outlook(&self, inventory: &Inventory) -> Vec<TopicOutlook> {
        let tracks = locked(&self.tracks);
        outlook::topics(inventory, |topic| tracks.paces.long_rate(topic))
    }

    /// Where numbers are read from, and how well that goes.
    pub fn targets(&self) -> Arc<[TargetState]> {
        Arc::clone(&locked(&self.targets))
    }

    /// Says where numbers are read from; for whoever reads them, and for tests.
    pub fn set_targets(&self, targets: Vec<TargetState>) {
        *locked(&self.targets) = targets.into();
    }

    /// Takes from an inventory what is measured by it, once in every slot of [`DETAIL_MILLIS`], and in between where logs end, once in
    /// every slot of five seconds; by the task that looks at the cluster, and by tests. Says whether something is told otherwise of a
    /// topic or a group by that.
    pub fn observe(&self, inventory: &Inventory, now: UnixMillis) -> bool {
        if inventory.reachability != Reachability::Reachable {
            return false;
        }
        // A slot has one look, and none is left out because a look came a little late; a clock that was put back is in another one.
        let is_other =
            |at: &AtomicI64, slot: i64| at.load(Ordering::Relaxed).div_euclid(slot) != now.0.div_euclid(slot);
        if is_other(&self.recorded_at, DETAIL_MILLIS) {
            self.take_in(inventory, now)
        } else if is_other(&self.noted_at, NOTED_MILLIS) {
            self.note(inventory, now)
        } else {
            false
        }
    }

    /// Notes where logs end, and by that how far groups are behind; says whether that is told otherwise.
    fn note(&self, inventory: &Inventory, now: UnixMillis) -> bool {
        let before = self.groups();
        let groups = {
            let mut tracks = locked(&self.tracks);
            self.noted_at.store(now.0, Ordering::Relaxed);
            tracks.paces.note(inventory, &before, now)
        };
        self.tell_groups(groups)
    }

    /// Tells how groups get on, and says whether that is something else than before.
    fn tell_groups(&self, groups: Vec<GroupPace>) -> bool {
        let before = std::mem::replace(&mut *locked(&self.groups), groups.into());
        let now = self.groups();
        before.len() != now.len() || before.iter().zip(now.iter()).any(|(before, now)| !before.tells_the_same(now))
    }

    fn take_in(&self, inventory: &Inventory, now: UnixMillis) -> bool {
        self.recorded_at.store(now.0, Ordering::Relaxed);
        self.noted_at.store(now.0, Ordering::Relaxed);
        let present = Seen(inventory);
        let (groups, mut topics, measured) = {
            let mut tracks = locked(&self.tracks);
            let Tracks { paces, sizes } = &mut *tracks;
            let groups = paces.observe(inventory, now);
            sizes.observe(inventory, now);
            paces.forget_all_but(|name| present.topic(name), |id| present.group(id));
            sizes.forget_all_but(|name| present.topic(name));
            let topics: Vec<TopicPace> =
                inventory.topics.iter().map(|topic| pace_of::topic(topic, paces, sizes)).collect();
            let measured = from_inventory::measurements(inventory, paces, &groups);
            (groups, topics, measured)
        };
        let measured = self.with_targets(measured, inventory, now);
        pace_of::add_bytes(&mut topics, &measured);
        let (other_groups, topics_before) = (self.tell_groups(groups), self.topics());
        self.set_topics(topics);
        self.history.record(now, &measured);
        self.history.forget_all_but(&present);
        self.foresee(inventory);
        other_groups || topics_before != self.topics()
    }

    /// How many bytes everything that is remembered takes up, about.
    pub fn weight(&self) -> usize {
        let tracks = locked(&self.tracks);
        self.history.weight().1 + tracks.paces.bytes() + tracks.sizes.bytes()
    }
}

/// What is behind these locks is replaced as a whole or added to, so that a panic elsewhere leaves it whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an inventory shows to be there. What could not be looked at is not gone.
struct Seen<'a>(&'a Inventory);

impl Present for Seen<'_> {
    fn broker(&self, id: BrokerId) -> bool {
        self.0.brokers.binary_search_by_key(&id, |broker| broker.id).is_ok()
    }

    fn topic(&self, name: &TopicName) -> bool {
        self.0.topic(name).is_some() || self.0.gap(Part::Topics).is_some()
    }

    fn group(&self, id: &GroupId) -> bool {
        let Known::Known(groups) = &self.0.groups else { return true };
        groups.binary_search_by(|group| group.id.cmp(id)).is_ok() || self.0.gap(Part::Groups).is_some()
    }
}

#[cfg(test)]
mod tests;
