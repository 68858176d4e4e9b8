//! What becomes of a message after an attempt. Pure: the answer comes in, the clock and the dice too.

use klamm_model::{DeliveryState, UnixMillis};
use klamm_store::DeliveryChange;

/// So often a message is tried before it is given up: with pauses that double that is about a day.
const MOST_ATTEMPTS: i64 = 15;
/// The pause after the first attempt.
const FIRST_PAUSE_MILLIS: i64 = 5_000;
/// Longest that a receiver may ask us to wait.
const LONGEST_WISH_MILLIS: i64 = 6 * 3_600_000;
/// Pauses are shortened or lengthened by up to a fifth, so that what failed together does not come back together.
pub(super) const JITTER: std::ops::RangeInclusive<i64> = 800..=1200;

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The receiver has it.
    Taken(u16),
    /// It does not, and may have said when to come back.
    Refused { status: u16, again_in_millis: Option<i64> },
    /// There was none, and why, in a few words.
    None(&'static str),
}

/// 410: nobody wants these messages any more.
const GONE: u16 = 410;

/// What becomes of a message after its so-manieth attempt. `jitter` is a thousandth part of the pause, out of [`JITTER`].
pub(super) fn after(attempts: i64, answer: &Answer, now: UnixMillis, jitter: i64) -> DeliveryChange {
    let (status, error, wish) = match answer {
        Answer::Taken(status) => {
            let state = DeliveryState::Delivered;
            return DeliveryChange { state, status: Some(*status), error: None, next_attempt_at: now };
        }
        Answer::Refused { status: GONE, .. } => {
            let error = Some("it answered 410: it wants no more of these".to_owned());
            return DeliveryChange { state: DeliveryState::GaveUp, status: Some(GONE), error, next_attempt_at: now };
        }
        Answer::Refused { status, again_in_millis } => {
            (Some(*status), format!("it answered {status}"), again_in_millis.unwrap_or(0))
        }
        Answer::None(why) => (None, (*why).to_owned(), 0),
    };
    let state = if attempts < MOST_ATTEMPTS { DeliveryState::Pending } else { DeliveryState::GaveUp };
    let pause = pause(attempts, jitter).max(wish.min(LONGEST_WISH_MILLIS));
    let next_attempt_at = match state {
        DeliveryState::Pending => UnixMillis(now.0.saturating_add(pause)),
        DeliveryState::Delivered | DeliveryState::GaveUp => now,
    };
    DeliveryChange { state, status, error: Some(error), next_attempt_at }
}

/// The pause after so many attempts.
fn pause(attempts: i64, jitter: i64) -> i64 {
    let doubled = FIRST_PAUSE_MILLIS << attempts.saturating_sub(1).clamp(0, MOST_ATTEMPTS);
    doubled.saturating_mul(jitter) / 1000
}

/// `Retry-After`: seconds, or a moment as HTTP writes it.
pub(super) fn retry_after(value: &str, now: UnixMillis) -> Option<i64> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(i64::from(seconds) * 1000);
    }
    let at = jiff::fmt::rfc2822::parse(value.trim()).ok()?;
    Some(at.timestamp().as_millisecond().saturating_sub(now.0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn refused(status: u16) -> Answer {
        Answer::Refused { status, again_in_millis: None }
    }

    #[test]
    fn pauses_double_over_about_a_day_and_then_it_is_given_up() {
        let mut waited = 0;
        for attempts in 1..MOST_ATTEMPTS {
            let change = after(attempts, &refused(500), NOW, 1000);
            assert_eq!((change.state, change.status), (DeliveryState::Pending, Some(500)));
            let pause = change.next_attempt_at.0 - NOW.0;
            assert_eq!(pause, 5_000 << (attempts - 1));
            waited += pause;
        }
        assert_eq!(waited / 3_600_000, 22, "hours");
        let last = after(MOST_ATTEMPTS, &Answer::None("no connection"), NOW, 1000);
        assert_eq!(
            (last.state, last.status, last.error.as_deref()),
            (DeliveryState::GaveUp, None, Some("no connection"))
        );
        // Killed during the last attempt, it is tried once more; a number out of bounds is no reason to stumble.
        assert_eq!(after(i64::MAX, &refused(500), NOW, 1000).state, DeliveryState::GaveUp);
    }

    #[test]
    fn what_failed_together_comes_back_apart() {
        let at = |jitter| after(3, &refused(503), NOW, jitter).next_attempt_at.0 - NOW.0;
        assert_eq!([at(*JITTER.start()), at(1000), at(*JITTER.end())], [16_000, 20_000, 24_000]);
    }

    #[test]
    fn only_what_was_taken_is_delivered_and_410_is_the_end() {
        let taken = after(1, &Answer::Taken(202), NOW, 1000);
        assert_eq!((taken.state, taken.status, taken.error), (DeliveryState::Delivered, Some(202), None));
        assert_eq!(after(1, &refused(410), NOW, 1000).state, DeliveryState::GaveUp);
        for status in [301, 307, 400, 401, 404, 429, 500, 503] {
            assert_eq!(after(1, &refused(status), NOW, 1000).state, DeliveryState::Pending, "{status}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_within_bounds() {
        let at = |attempts, millis| {
            let answer = Answer::Refused { status: 429, again_in_millis: Some(millis) };
            after(attempts, &answer, NOW, 1000).next_attempt_at.0 - NOW.0
        };
        assert_eq!(at(1, 60_000), 60_000);
        assert_eq!(at(5, 1_000), 80_000, "no sooner than we would");
        assert_eq!(at(1, i64::MAX), LONGEST_WISH_MILLIS);
        assert_eq!(retry_after(" 120 ", NOW), Some(120_000));
        assert_eq!(retry_after("Tue, 14 Nov 2023 22:14:20 GMT", NOW), Some(60_000));
        assert_eq!(retry_after("Tue, 14 Nov 2023 22:00:00 GMT", NOW), Some(0), "it has been");
        for nonsense in ["", "-1", "soon", "1e9", "99999999999999999999"] {
            assert_eq!(retry_after(nonsense, NOW), None, "{nonsense}");
        }
    }
}
