//! How often somebody may guess. In memory and per process: a restart forgives, a second replica doubles; both still leave
//! guessing hopeless.

use klamm_model::UnixMillis;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// After this long one more attempt is free, however many there were.
pub const RETRY_AFTER_SECONDS: u32 = 60;
const REFILL_MILLIS: i64 = RETRY_AFTER_SECONDS as i64 * 1000;
/// Keys kept at most; the oldest go first. Bounds what a flood of addresses can cost.
const MAX_KEYS: usize = 10_000;

/// A bucket per key: `burst` attempts at once, then one a minute.
#[derive(Debug)]
pub(crate) struct Throttle<K> {
    burst: i64,
    /// For each key, the moment at which its bucket is full again.
    full_at: Mutex<HashMap<K, i64>>,
}

/// There were too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl<K: Hash + Eq + Clone> Throttle<K> {
    pub(crate) fn new(burst: u32) -> Self {
        Self { burst: i64::from(burst), full_at: Mutex::default() }
    }

    /// Takes one attempt. Taken before the answer is known, so that parallel guesses count too.
    pub(crate) fn take(&self, key: &K, now: UnixMillis) -> Result<(), TooMany> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = full_at.get(key).copied().unwrap_or(0).max(now.0) + REFILL_MILLIS;
        if next > now.0 + self.burst * REFILL_MILLIS {
            return Err(TooMany);
        }
        if full_at.len() >= MAX_KEYS {
            full_at.retain(|_, at| *at > now.0);
            if full_at.len() >= MAX_KEYS
                && let Some(oldest) = full_at.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone())
            {
                full_at.remove(&oldest);
            }
        }
        full_at.insert(key.clone(), next);
        Ok(())
    }

    /// Whether an attempt would be refused, without taking it.
    pub(crate) fn is_exhausted(&self, key: &K, now: UnixMillis) -> bool {
        let full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        full_at.get(key).copied().unwrap_or(0).max(now.0) + REFILL_MILLIS > now.0 + self.burst * REFILL_MILLIS
    }

    /// Gives one attempt back: it was no guess.
    pub(crate) fn give_back(&self, key: &K) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = full_at.get_mut(key) {
            *at -= REFILL_MILLIS;
        }
    }

    /// Forgets the key: whoever it is has shown that they are no guesser.
    pub(crate) fn forgive(&self, key: &K) {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_a_minute() {
        let throttle = Throttle::new(3);
        let at = |seconds: i64| UnixMillis(1_000_000 + seconds * 1000);
        for _ in 0..3 {
            assert_eq!(throttle.take(&"ada", at(0)), Ok(()));
        }
        assert_eq!(throttle.take(&"ada", at(0)), Err(TooMany));
        assert!(throttle.is_exhausted(&"ada", at(59)));
        assert_eq!(throttle.take(&"ada", at(59)), Err(TooMany));
        assert_eq!(throttle.take(&"ada", at(60)), Ok(()));
        assert_eq!(throttle.take(&"ada", at(61)), Err(TooMany));
        assert_eq!(throttle.take(&"bob", at(0)), Ok(()));
    }

    #[test]
    fn success_gives_back() {
        let throttle = Throttle::new(1);
        let now = UnixMillis(5);
        for _ in 0..10 {
            assert_eq!(throttle.take(&"ada", now), Ok(()));
            throttle.give_back(&"ada");
        }
        assert_eq!(throttle.take(&"ada", now), Ok(()));
        throttle.forgive(&"ada");
        assert_eq!(throttle.take(&"ada", now), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_stays_bounded() {
        let throttle = Throttle::new(1);
        for key in 0..i64::try_from(MAX_KEYS).unwrap() + 50 {
            assert_eq!(throttle.take(&key, UnixMillis(key)), Ok(()));
        }
        assert_eq!(throttle.full_at.lock().unwrap().len(), MAX_KEYS);
    }
}
