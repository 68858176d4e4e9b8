//! How one consumer group is told on its page, in words. Pure.

use super::words::{kind, late};
use crate::{clusters::counted, ui::printable};
use klamm_model::{GroupRow, Known};

/// How a group is, in a sentence that begins with its id.
pub(super) fn sentence(group: &GroupRow) -> String {
    let id = shortened(group.id.as_str());
    let behind = match (group.lag, late(group.lag_seconds, group.lag_seconds_at_least)) {
        (Known::Known(0), _) => "has read everything".to_owned(),
        (Known::Known(lag), Known::Known(late)) => format!("is {} · {late} behind", counted(lag, "record", "records")),
        (Known::Known(lag), Known::Unknown) => format!("is {} behind", counted(lag, "record", "records")),
        (Known::Unknown, _) if group.partition_count == Known::Known(0) => "has committed nothing".to_owned(),
        (Known::Unknown, _) => "has an unknown lag".to_owned(),
    };
    match (group.state.value().map(String::as_str), group.member_count) {
        (Some("Empty"), _) | (_, Known::Known(0)) => format!("Nobody reads as {id}; it {behind}"),
        (Some("Stable") | None, _) if group.stuck_since != Known::Unknown => format!("{id} {behind} and stands still"),
        (Some("Stable") | None, _) => format!("{id} {behind}"),
        (Some(_), _) => format!("{id} {behind}, and its members are being arranged"),
    }
}

/// An id may have a thousand bytes; a headline needs its beginning only.
fn shortened(id: &str) -> String {
    printable(id, 80)
}

/// `consumer protocol · 3 members · 20 partitions of 1 topic`.
pub(super) fn facts(group: &GroupRow) -> String {
    let mut facts = vec![format!("{} protocol", kind(group.kind))];
    facts.push(match group.member_count {
        Known::Known(members) => counted(members.into(), "member", "members"),
        Known::Unknown => "members unknown".to_owned(),
    });
    facts.push(match (group.partition_count, group.topic_count) {
        (Known::Known(partitions), Known::Known(topics)) => format!(
            "{} of {}",
            counted(partitions.into(), "partition", "partitions"),
            counted(topics.into(), "topic", "topics")
        ),
        (Known::Unknown, _) | (_, Known::Unknown) => "offsets unknown".to_owned(),
    });
    facts.join(" · ")
}

/// An offset as a figure; Kafka's are never negative.
pub(super) fn offset(offset: Known<i64>) -> Known<u64> {
    offset.value().and_then(|offset| u64::try_from(*offset).ok()).into()
}

#[cfg(test)]
mod tests {
    use super::{super::words::going, *};
    use klamm_model::{GroupKind, LagTrend, UnixMillis};

    fn row(state: Option<&str>, members: Known<u32>, lag: Known<u64>) -> GroupRow {
        GroupRow {
            id: "g".parse().unwrap(),
            kind: GroupKind::Consumer,
            state: state.map(str::to_owned).into(),
            member_count: members,
            topic_count: Known::Known(1),
            partition_count: Known::Known(3),
            lag,
            lag_seconds: Known::Unknown,
            lag_seconds_at_least: Known::Unknown,
            trend: Known::Unknown,
            stuck_since: Known::Unknown,
            rebalancing_since: Known::Unknown,
            allowed_actions: Vec::new(),
        }
    }

    #[test]
    fn a_group_is_told_by_how_late_it_is_and_where_that_is_going() {
        let behind = |seconds, at_least| GroupRow {
            lag_seconds: seconds,
            lag_seconds_at_least: at_least,
            ..row(Some("Stable"), Known::Known(1), Known::Known(3_200))
        };
        let late = behind(Known::Known(40), Known::Unknown);
        assert_eq!(sentence(&late), "g is 3\u{202f}200 records · 40 s behind");
        let longer = behind(Known::Unknown, Known::Known(7200));
        assert_eq!(sentence(&longer), "g is 3\u{202f}200 records · more than 2 h behind");
        let now = UnixMillis(600_000);
        assert_eq!(going(&late, now), None);
        let grows = GroupRow { trend: Known::Known(LagTrend::Growing), ..late.clone() };
        assert_eq!(going(&grows, now).as_deref(), Some("growing"));
        let turns = GroupRow { rebalancing_since: Known::Known(UnixMillis(580_000)), ..grows.clone() };
        assert_eq!(going(&turns, now).as_deref(), Some("rebalances for 20 s"));
        let stuck = GroupRow { stuck_since: Known::Known(UnixMillis(0)), ..turns };
        assert_eq!(going(&stuck, now).as_deref(), Some("stands still for 10 min"));
        assert_eq!(sentence(&stuck), "g is 3\u{202f}200 records · 40 s behind and stands still");
    }

    #[test]
    fn a_group_is_told_by_how_far_it_is() {
        let one = Known::Known(1);
        assert_eq!(sentence(&row(Some("Stable"), one, Known::Known(0))), "g has read everything");
        assert_eq!(sentence(&row(Some("Stable"), one, Known::Known(1))), "g is 1 record behind");
        assert_eq!(sentence(&row(None, Known::Unknown, Known::Unknown)), "g has an unknown lag");
        assert_eq!(
            sentence(&row(Some("Empty"), Known::Known(0), Known::Known(7))),
            "Nobody reads as g; it is 7 records behind"
        );
        assert_eq!(
            sentence(&row(Some("PreparingRebalance"), one, Known::Known(2))),
            "g is 2 records behind, and its members are being arranged"
        );
        let fresh = GroupRow { partition_count: Known::Known(0), ..row(Some("Stable"), one, Known::Unknown) };
        assert_eq!(sentence(&fresh), "g has committed nothing");
    }

    #[test]
    fn facts_keep_the_unknown_apart() {
        assert_eq!(
            facts(&row(None, Known::Known(2), Known::Unknown)),
            "consumer protocol · 2 members · 3 partitions of 1 topic"
        );
        let blind = GroupRow { topic_count: Known::Unknown, ..row(None, Known::Unknown, Known::Unknown) };
        assert_eq!(facts(&blind), "consumer protocol · members unknown · offsets unknown");
    }

    #[test]
    fn a_very_long_id_is_cut_in_the_headline() {
        let long = GroupRow { id: "ä".repeat(400).parse().unwrap(), ..row(None, Known::Unknown, Known::Known(0)) };
        assert!(sentence(&long).chars().count() < 110);
    }
}
