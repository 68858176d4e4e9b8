//! How consumer groups are told, in words. Pure.

use crate::ui::Status;
use klamm_model::{GroupKind, GroupRow, Known, LagTrend, UnixMillis, human_duration};

/// States that a list can be narrowed to, in Kafka's words.
pub(super) const STATES: [&str; 8] =
    ["Stable", "Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "NotReady", "Dead"];

/// The mark and the word of a state, which is Kafka's own word.
pub(crate) fn state(state: &Known<String>) -> (Status, String) {
    let Known::Known(word) = state else { return (Status::Unknown, "Unknown".to_owned()) };
    let status = match word.as_str() {
        "Stable" => Status::Ok,
        "Dead" => Status::Bad,
        // Nobody reads: that may be as it should be, and is no fault.
        "Empty" => Status::Unknown,
        _ => Status::Warn,
    };
    (status, word.clone())
}

pub(super) fn kind(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Classic => "classic",
        GroupKind::Consumer => "consumer",
        GroupKind::Share => "share",
        GroupKind::Streams => "streams",
        GroupKind::Unknown => "unknown",
    }
}

/// How long ago the record was written that is read next: `40 s`, or `more than 3 h` where nobody watched before that.
pub(crate) fn late(seconds: Known<u64>, at_least: Known<u64>) -> Known<String> {
    match (seconds, at_least) {
        (Known::Known(seconds), _) => Known::Known(human_duration(seconds)),
        (Known::Unknown, Known::Known(at_least)) => Known::Known(format!("more than {}", human_duration(at_least))),
        (Known::Unknown, Known::Unknown) => Known::Unknown,
    }
}

/// What else is to be said of how a group gets on: that it stands still or rebalances and for how long, else where its lag is going.
pub(super) fn going(group: &GroupRow, now: UnixMillis) -> Option<String> {
    let since = |at: UnixMillis| human_duration(at.seconds_until(now));
    match (group.stuck_since, group.rebalancing_since, group.trend) {
        (Known::Known(at), _, _) => Some(format!("stands still for {}", since(at))),
        (Known::Unknown, Known::Known(at), _) => Some(format!("rebalances for {}", since(at))),
        (Known::Unknown, Known::Unknown, Known::Known(LagTrend::Steady) | Known::Unknown) => None,
        (Known::Unknown, Known::Unknown, Known::Known(trend)) => Some(trend.name().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_kafkas_word_with_a_mark() {
        assert_eq!(state(&Known::Known("Stable".to_owned())), (Status::Ok, "Stable".to_owned()));
        assert_eq!(state(&Known::Known("Newer".to_owned())).0, Status::Warn);
        assert_eq!(state(&Known::Unknown).1, "Unknown");
    }
}
