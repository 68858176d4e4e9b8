use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The first wait after a failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait. Whoever knows that something has changed calls [`Queue::hurry`] instead of waiting for it.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// So often something that is in order may not be reached before that is told: about 15 seconds. A process that has just
/// begun, or a broker that is busy, is no news.
pub(crate) const QUIET_FAILURES: u32 = 5;

/// What becomes of a key that was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is as it should be, as far as anybody knows.
    Settled,
    /// It failed or has to wait; longer every time.
    Later,
    /// It has to be looked at again at a known time.
    In(Duration),
}

/// Keys to be looked at. A key is in here once, and never in two hands: what is pushed while it is worked on is looked at
/// again afterwards. Any number may wait.
pub(crate) struct Queue<K> {
    state: Mutex<State<K>>,
    wake: Notify,
}

struct State<K> {
    ready: VecDeque<K>,
    /// What is in `ready`.
    queued: HashSet<K>,
    /// What somebody has in hand, and whether it was pushed since.
    busy: HashMap<K, Touched>,
    later: BTreeSet<(Instant, K)>,
    due: HashMap<K, Instant>,
    failures: HashMap<K, u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Touched {
    Not,
    Since,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { state: Mutex::default(), wake: Notify::new() }
    }
}

impl<K> Default for State<K> {
    fn default() -> Self {
        Self {
            ready: VecDeque::new(),
            queued: HashSet::new(),
            busy: HashMap::new(),
            later: BTreeSet::new(),
            due: HashMap::new(),
            failures: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Queue<K> {
    /// The key is to be looked at.
    pub(crate) fn push(&self, key: K) {
        self.push_all([key]);
    }

    /// All these keys are to be looked at.
    pub(crate) fn push_all(&self, keys: impl IntoIterator<Item = K>) {
        let mut state = self.lock();
        for key in keys {
            state.push(key);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// What waits for its time is to be looked at now: the reason to wait may be gone.
    pub(crate) fn hurry(&self) {
        self.lock().hurry();
        self.wake.notify_one();
    }

    /// Up to `most` keys, as soon as there is one. Every one is to be given back with [`Self::done`].
    pub(crate) async fn take(&self, most: usize) -> Vec<K> {
        loop {
            let next = {
                let mut state = self.lock();
                let taken = state.take(most, Instant::now());
                if !taken.is_empty() {
                    return taken;
                }
                state.later.first().map(|(due, _)| *due)
            };
            // `notify_one` before this wait is remembered, so nothing pushed meanwhile is missed.
            match next {
                Some(due) => drop(tokio::time::timeout_at(due, self.wake.notified()).await),
                None => self.wake.notified().await,
            }
        }
    }

    /// How often a key had to wait since it was last settled.
    pub(crate) fn failures(&self, key: &K) -> u32 {
        self.lock().failures.get(key).copied().unwrap_or(0)
    }

    /// Whether nobody waits to be looked at now and nobody is being looked at.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.ready.is_empty() && state.busy.is_empty()
    }

    /// Gives back a key that was taken.
    pub(crate) fn done(&self, key: K, next: Next) {
        self.lock().done(key, next, Instant::now());
        self.wake.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash + Ord> State<K> {
    fn push(&mut self, key: K) {
        if let Some(due) = self.due.remove(&key) {
            self.later.remove(&(due, key.clone()));
        }
        if let Some(touched) = self.busy.get_mut(&key) {
            *touched = Touched::Since;
        } else if self.queued.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    fn push_at(&mut self, key: K, due: Instant) {
        if !self.queued.contains(&key) {
            self.due.insert(key.clone(), due);
            self.later.insert((due, key));
        }
    }

    fn wake_due(&mut self, now: Instant) {
        while let Some((due, key)) = self.later.pop_first() {
            if due > now {
                self.later.insert((due, key));
                return;
            }
            self.due.remove(&key);
            self.push(key);
        }
    }

    fn hurry(&mut self) {
        self.due.clear();
        for (_, key) in std::mem::take(&mut self.later) {
            self.push(key);
        }
    }

    fn done(&mut self, key: K, next: Next, now: Instant) {
        let touched = self.busy.remove(&key);
        let wait = match next {
            Next::Settled => {
                self.failures.remove(&key);
                None
            }
            Next::In(wait) => Some(wait),
            Next::Later => {
                let failures = self.failures.entry(key.clone()).or_insert(0);
                let wait = FIRST_WAIT.saturating_mul(1 << (*failures).min(10)).min(LONGEST_WAIT);
                *failures += 1;
                Some(wait)
            }
        };
        match (touched, wait) {
            (Some(Touched::Since), _) => self.push(key),
            (_, Some(wait)) => self.push_at(key, now + wait),
            (_, None) => {}
        }
    }

    fn take(&mut self, most: usize, now: Instant) -> Vec<K> {
        self.wake_due(now);
        let count = self.ready.len().min(most);
        let taken: Vec<K> = self.ready.drain(..count).collect();
        for key in &taken {
            self.queued.remove(key);
            self.busy.insert(key.clone(), Touched::Not);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(keys: impl IntoIterator<Item = u8>) -> State<u8> {
        let mut state = State::default();
        keys.into_iter().for_each(|key| state.push(key));
        state
    }

    #[test]
    fn a_key_that_changes_often_is_looked_at_once() {
        let (mut state, now) = (pushed([1, 2, 1, 1, 2]), Instant::now());
        assert_eq!(state.take(10, now), [1, 2]);
        assert_eq!(state.take(10, now), [0; 0]);
    }

    #[test]
    fn a_key_in_hand_is_given_to_nobody_else_and_looked_at_again() {
        let (mut state, now) = (pushed([1]), Instant::now());
        assert_eq!(state.take(10, now), [1]);
        state.push(1);
        assert_eq!(state.take(10, now), [0; 0]);
        state.done(1, Next::Settled, now);
        assert_eq!(state.take(10, now), [1]);
    }

    #[test]
    fn failures_wait_longer_each_time_and_success_forgets_them() {
        let (mut state, mut now) = (pushed([1]), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..10 {
            assert_eq!(state.take(10, now), [1]);
            state.done(1, Next::Later, now);
            let due = state.due[&1];
            waits.push((due - now).as_millis());
            assert_eq!(state.take(10, due.checked_sub(Duration::from_millis(1)).unwrap()), [0; 0]);
            now = due;
        }
        assert_eq!(waits[..4], [500, 1000, 2000, 4000]);
        assert_eq!(waits[9], 60_000);
        assert_eq!(state.take(10, now), [1]);
        state.done(1, Next::Settled, now);
        state.push(1);
        assert_eq!(state.take(10, now), [1]);
        state.done(1, Next::Later, now);
        assert_eq!(state.due[&1] - now, FIRST_WAIT);
    }

    #[test]
    fn news_about_a_waiting_key_end_its_wait() {
        let (mut state, now) = (pushed([1, 2]), Instant::now());
        state.take(10, now);
        state.done(1, Next::In(Duration::from_mins(1)), now);
        state.done(2, Next::In(Duration::from_mins(1)), now);
        state.push(1);
        assert_eq!(state.take(10, now), [1]);
        state.done(1, Next::Settled, now);
        state.hurry();
        assert_eq!(state.take(10, now), [2]);
        state.done(2, Next::Settled, now);
        assert_eq!(state.take(10, now + Duration::from_mins(2)), [0; 0], "the old waits were forgotten");
    }

    #[test]
    fn a_batch_is_bounded_and_in_order_of_arrival() {
        let (mut state, now) = (pushed(0..5), Instant::now());
        assert_eq!(state.take(3, now), [0, 1, 2]);
        assert_eq!(state.take(3, now), [3, 4]);
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let queue = std::sync::Arc::new(Queue::default());
        let taker = tokio::spawn({
            let queue = queue.clone();
            async move { queue.take(10).await }
        });
        queue.push(7u8);
        let keys = tokio::time::timeout(Duration::from_secs(5), taker).await.unwrap().unwrap();
        assert_eq!(keys, [7]);
        queue.done(7, Next::In(Duration::from_millis(1)));
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), queue.take(10)).await.unwrap(), [7]);
    }
}
