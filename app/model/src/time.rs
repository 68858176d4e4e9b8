use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z. The model has no clock: whoever observes brings the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Whole seconds from this moment until `now`; zero when `now` is earlier.
    pub fn seconds_until(self, now: Self) -> u64 {
        u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0) / 1000
    }

    /// How long ago this was, in the words of a page: `2 s ago`, `5 min ago`, `3 h ago`, `4 days ago`.
    pub fn ago(self, now: Self) -> String {
        match self.seconds_until(now) {
            0 => "just now".to_owned(),
            s => format!("{} ago", crate::human_duration(s)),
        }
    }

    /// How far ahead this is, to the nearest: `in 40 s`, `in 59 min`, `in 23 h`, `in 30 days`.
    pub fn ahead(self, now: Self) -> String {
        match now.seconds_until(self) {
            0 => "now".to_owned(),
            s @ 1..=119 => format!("in {s} s"),
            s @ 120..=7169 => format!("in {} min", (s + 30) / 60),
            s @ 7170..=170_999 => format!("in {} h", (s + 1800) / 3600),
            s => format!("in {} days", (s + 43_200) / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ahead_is_told_to_the_nearest() {
        let ahead = |seconds: i64| UnixMillis(seconds * 1000).ahead(UnixMillis(0));
        assert_eq!([ahead(-5), ahead(0), ahead(1)], ["now", "now", "in 1 s"]);
        assert_eq!([ahead(119), ahead(120), ahead(3599)], ["in 119 s", "in 2 min", "in 60 min"]);
        assert_eq!([ahead(7169), ahead(7170), ahead(86_395)], ["in 119 min", "in 2 h", "in 24 h"]);
        assert_eq!([ahead(170_999), ahead(171_000), ahead(30 * 86_400 - 5)], ["in 47 h", "in 2 days", "in 30 days"]);
    }
}
