//! How consumer groups are told, in words. Pure.

use crate::{
    clusters::counted,
    ui::{Status, printable},
};
use klamm_model::{GroupKind, GroupRow, Known};

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

/// How a group is, in a sentence that begins with its id.
pub(super) fn sentence(group: &GroupRow) -> String {
    let id = shortened(group.id.as_str());
    let behind = match group.lag {
        Known::Known(0) => "has read everything".to_owned(),
        Known::Known(lag) => format!("is {} behind", counted(lag, "record", "records")),
        Known::Unknown if group.partition_count == Known::Known(0) => "has committed nothing".to_owned(),
        Known::Unknown => "has an unknown lag".to_owned(),
    };
    match (group.state.value().map(String::as_str), group.member_count) {
        (Some("Empty"), _) | (_, Known::Known(0)) => format!("Nobody reads as {id}; it {behind}"),
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
    use super::*;

    fn row(state: Option<&str>, members: Known<u32>, lag: Known<u64>) -> GroupRow {
        GroupRow {
            id: "g".parse().unwrap(),
            kind: GroupKind::Consumer,
            state: state.map(str::to_owned).into(),
            member_count: members,
            topic_count: Known::Known(1),
            partition_count: Known::Known(3),
            lag,
            allowed_actions: Vec::new(),
        }
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

    #[test]
    fn a_state_is_kafkas_word_with_a_mark() {
        assert_eq!(state(&Known::Known("Stable".to_owned())), (Status::Ok, "Stable".to_owned()));
        assert_eq!(state(&Known::Known("Newer".to_owned())).0, Status::Warn);
        assert_eq!(state(&Known::Unknown).1, "Unknown");
    }
}
