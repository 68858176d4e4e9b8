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
            s @ 1..=119 => format!("{s} s ago"),
            s @ 120..=7199 => format!("{} min ago", s / 60),
            s @ 7200..=172_799 => format!("{} h ago", s / 3600),
            s => format!("{} days ago", s / 86_400),
        }
    }
}
