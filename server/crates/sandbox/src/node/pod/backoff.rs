//! How long a container that keeps ending is left alone: at once the first time, then 10 s, doubling up to 5 minutes,
//! and from the beginning after a run of 10 minutes.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_mins(5);
const LONG_RUN: Duration = Duration::from_mins(10);

/// The patience with one container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    in_a_row: u32,
}

impl Backoff {
    /// The wait before the next start, after a run that took this long.
    pub(super) fn after_run(&mut self, ran: Duration) -> Duration {
        if ran >= LONG_RUN {
            self.in_a_row = 0;
        }
        let wait = match self.in_a_row.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => {
                2_u32.checked_pow(doublings).map_or(LONGEST, |factor| FIRST.saturating_mul(factor)).min(LONGEST)
            }
        };
        self.in_a_row = self.in_a_row.saturating_add(1);
        wait
    }

    /// The wait after something that never ran, such as an image that is not there.
    pub(super) fn after_failure(&mut self) -> Duration {
        self.in_a_row = self.in_a_row.max(1);
        self.after_run(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_five_minutes_and_forgets_after_ten() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.after_run(Duration::from_secs(1)).as_secs()).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(backoff.after_run(LONG_RUN).as_secs(), 0);
        assert_eq!(backoff.after_run(Duration::ZERO).as_secs(), 10);
        assert_eq!(Backoff { in_a_row: u32::MAX }.after_run(Duration::ZERO), LONGEST);
    }

    #[test]
    fn what_never_ran_waits_from_the_first_time() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.after_failure().as_secs(), 10);
        assert_eq!(backoff.after_failure().as_secs(), 20);
    }
}
