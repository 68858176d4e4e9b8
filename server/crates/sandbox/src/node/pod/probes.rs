//! Counting probe results: how often something must be so, in a row, before it is believed.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

/// What a probe is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeKind {
    Startup,
    Readiness,
    Liveness,
}

impl ProbeKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }
}

/// When and how patiently a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) initial_delay: Duration,
    pub(super) period: Duration,
    pub(super) timeout: Duration,
    success_threshold: u32,
    failure_threshold: u32,
}

impl Pace {
    /// With Kubernetes' defaults for what is not given.
    pub(super) fn of(probe: &Probe) -> Self {
        let seconds = |given: Option<i32>, default: u64| {
            Duration::from_secs(
                given.and_then(|given| u64::try_from(given).ok()).filter(|given| *given > 0).unwrap_or(default),
            )
        };
        let count = |given: Option<i32>, default: u32| {
            given.and_then(|given| u32::try_from(given).ok()).filter(|given| *given > 0).unwrap_or(default)
        };
        Self {
            initial_delay: seconds(probe.initial_delay_seconds, 0),
            period: seconds(probe.period_seconds, 10),
            timeout: seconds(probe.timeout_seconds, 1),
            success_threshold: count(probe.success_threshold, 1),
            failure_threshold: count(probe.failure_threshold, 3),
        }
    }
}

/// What is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belief {
    Success,
    Failure,
}

/// The results so far.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pace: Pace,
    believed: Option<Belief>,
    last: Option<Belief>,
    in_a_row: u32,
}

impl Tally {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, believed: None, last: None, in_a_row: 0 }
    }

    /// Takes a result; returns what is believed now, if that is news.
    pub(super) fn count(&mut self, result: Belief) -> Option<Belief> {
        self.in_a_row = if self.last == Some(result) { self.in_a_row.saturating_add(1) } else { 1 };
        self.last = Some(result);
        let needed = match result {
            Belief::Success => self.pace.success_threshold,
            Belief::Failure => self.pace.failure_threshold,
        };
        if self.in_a_row < needed || self.believed == Some(result) {
            return None;
        }
        self.believed = Some(result);
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(success_threshold: i32, failure_threshold: i32) -> Tally {
        let probe = Probe {
            success_threshold: Some(success_threshold),
            failure_threshold: Some(failure_threshold),
            ..Probe::default()
        };
        Tally::new(Pace::of(&probe))
    }

    #[test]
    fn one_bad_answer_is_not_believed_and_a_good_one_in_between_starts_over() {
        let mut tally = tally(2, 3);
        let news: Vec<_> = "ssfffssffsfff"
            .chars()
            .map(|c| tally.count(if c == 's' { Belief::Success } else { Belief::Failure }))
            .collect();
        let told: Vec<_> = news.iter().enumerate().filter_map(|(place, news)| news.map(|news| (place, news))).collect();
        assert_eq!(told, [(1, Belief::Success), (4, Belief::Failure), (6, Belief::Success), (12, Belief::Failure)]);
    }

    #[test]
    fn defaults_are_those_of_kubernetes() {
        let pace = Pace::of(&Probe::default());
        assert_eq!((pace.initial_delay.as_secs(), pace.period.as_secs(), pace.timeout.as_secs()), (0, 10, 1));
        assert_eq!((pace.success_threshold, pace.failure_threshold), (1, 3));
    }

    proptest! {
        #[test]
        fn news_always_contradict_what_was_believed(success in 1_i32..4, failure in 1_i32..4, results in prop::collection::vec(any::<bool>(), 0..60)) {
            let mut tally = tally(success, failure);
            let mut believed = None;
            for result in results {
                if let Some(news) = tally.count(if result { Belief::Success } else { Belief::Failure }) {
                    prop_assert_ne!(Some(news), believed);
                    believed = Some(news);
                }
            }
        }
    }
}
