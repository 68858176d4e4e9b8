//! The rounds of looks: one task asks brokers, another one Kubernetes, so that neither waits for the other.

use super::{
    acts::{Seen, Surroundings},
    brokers::{Brokers, Told},
    seen::{Act, Deed, Look, Moment, Notes},
};
use anyhow::Context;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Oftener, so that an act is mostly written down before the look that shows what came of it.
const ACTS_EVERY: Duration = Duration::from_millis(250);
/// Kubernetes may be away, and answers late when it is back.
const KUBERNETES_WITHIN: Duration = Duration::from_secs(3);
const KNOCK_WITHIN: Duration = Duration::from_secs(1);
/// So many that want to run for each core, and brokers get their turn too seldom. Three brokers that start at once do not come to it.
const STARVED_FROM: f64 = 5.0;

/// What the tasks and the watcher share.
#[derive(Clone)]
pub(super) struct Shared {
    began: Instant,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    notes: Notes,
    nodes: BTreeMap<i32, Place>,
    /// Why the last look was not complete.
    trouble: String,
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It has a pod, which listens there or will.
    At(SocketAddr),
    /// It has no pod, or one without an address.
    Nowhere,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), inner: Arc::default() }
    }

    pub(super) fn now(&self) -> Moment {
        Moment(self.began.elapsed())
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&Notes) -> T) -> T {
        look(&self.inner.lock().unwrap_or_else(PoisonError::into_inner).notes)
    }

    pub(super) fn write(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner).notes);
    }

    pub(super) fn trouble(&self) -> String {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).trouble.clone()
    }

    fn nodes(&self) -> BTreeMap<i32, Place> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).nodes.clone()
    }

    fn note_acts(&self, at: Moment, deeds: Vec<Deed>) {
        if deeds.is_empty() {
            return;
        }
        self.write(|notes| {
            notes.acts.extend(deeds.into_iter().map(|deed| Act { at, deed }));
            // Two tasks write, and the slower one may have begun earlier.
            notes.acts.sort_by_key(|act| act.at);
        });
    }

    fn note_surroundings(&self, at: Moment, seen: &Seen, deeds: Vec<Deed>) {
        self.note_acts(at, deeds);
        let inner = &mut *self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in &seen.accepted {
            inner.notes.accepted.entry(topic.clone()).or_insert(at);
        }
        let places = seen.pods.values().map(|pod| (pod.node, pod.address.map_or(Place::Nowhere, Place::At)));
        let present: BTreeMap<i32, Place> = places.collect();
        for (node, place) in &mut inner.nodes {
            if !present.contains_key(node) {
                *place = Place::Nowhere;
            }
        }
        inner.nodes.extend(present);
    }

    /// Looks that say the same share it.
    fn note_look(&self, mut look: Look, trouble: String) {
        let inner = &mut *self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(new), Some(Some(last))) =
            (&look.partitions, inner.notes.looks.last().map(|last| last.partitions.as_ref()))
            && new == last
        {
            look.partitions = Some(Arc::clone(last));
        }
        inner.notes.looks.push(look);
        inner.trouble = trouble;
    }
}

/// Begins both; they end when the set is dropped.
pub(super) async fn begin(
    shared: &Shared,
    client: &kube::Client,
    namespace: &str,
    cluster: &str,
) -> anyhow::Result<JoinSet<()>> {
    let mut surroundings = Surroundings::new(client, namespace, cluster);
    let (seen, _) = surroundings.look().await?;
    anyhow::ensure!(!seen.pods.is_empty(), "{namespace}/{cluster} has no pods");
    shared.note_surroundings(shared.now(), &seen, Vec::new());
    let brokers = Brokers::of(client, namespace, cluster).await.context("find the way to brokers")?;
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_reading_acts(shared.clone(), surroundings));
    tasks.spawn(keep_looking(shared.clone(), brokers));
    Ok(tasks)
}

async fn keep_reading_acts(shared: Shared, mut surroundings: Surroundings) {
    let mut turn = interval(ACTS_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        // While it does not answer, what was known stays.
        if let Ok(Ok((seen, deeds))) = timeout(KUBERNETES_WITHIN, surroundings.look()).await {
            shared.note_surroundings(shared.now(), &seen, deeds);
        }
    }
}

async fn keep_looking(shared: Shared, mut brokers: Brokers) {
    let mut turn = interval(LOOK_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = BTreeMap::new();
    loop {
        turn.tick().await;
        let nodes = shared.nodes();
        let places: BTreeMap<i32, SocketAddr> = nodes
            .iter()
            .filter_map(|(node, place)| match place {
                Place::At(address) => Some((*node, *address)),
                Place::Nowhere => None,
            })
            .collect();
        if places != told {
            brokers.are_at(&places).await;
            told = places;
        }
        // First who does not run, then what brokers tell: one that has just come back is not missed.
        let gone = gone(&nodes).await;
        let at = shared.now();
        if load_of_a_core().is_some_and(|load| load >= STARVED_FROM) {
            shared.write(|notes| notes.starved.push(at));
        }
        let Told { partitions, quorum, began } = brokers.look().await;
        let troubles = [quorum.as_ref().err(), partitions.as_ref().err(), began.as_ref().err()];
        let trouble = troubles.into_iter().flatten().map(|error| format!("{error:#}")).collect::<Vec<_>>().join("; ");
        shared.note_acts(at, began.unwrap_or_default());
        let look = Look { at, partitions: partitions.ok().map(Arc::new), quorum: quorum.ok(), gone };
        shared.note_look(look, trouble);
    }
}

/// How many wanted to run for each core in the last minute, as Linux tells it.
fn load_of_a_core() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let cores = u32::try_from(std::thread::available_parallelism().ok()?.get()).ok()?;
    Some(load(&text)? / f64::from(cores))
}

/// The mean of the last minute.
fn load(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

/// Nodes that certainly do not run.
async fn gone(nodes: &BTreeMap<i32, Place>) -> BTreeSet<i32> {
    let mut knocks = JoinSet::new();
    let mut gone = BTreeSet::new();
    for (node, place) in nodes {
        let node = *node;
        match place {
            Place::Nowhere => drop(gone.insert(node)),
            Place::At(address) => drop(knocks.spawn(knock(node, *address))),
        }
    }
    while let Some(answered) = knocks.join_next().await {
        gone.extend(answered.ok().flatten());
    }
    gone
}

/// The node, where nobody listens. One that does not answer in time may be busy.
async fn knock(node: i32, address: SocketAddr) -> Option<i32> {
    match timeout(KNOCK_WITHIN, TcpStream::connect(address)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Some(node),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_of_the_last_minute_is_read_and_what_is_no_load_is_not() {
        assert_eq!(load("20.25 7.10 3.00 5/812 4242\n"), Some(20.25));
        assert_eq!((load(""), load("none 1 2")), (None, None));
    }
}
