//! Whether the offsets of a group may be set from outside, as the group stands.

use klamm_model::GroupKind;
use std::fmt;

/// Why the offsets of a group are never set from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// Share groups have no offsets of this kind.
    #[error(
        "it is a share group: it has no offsets to be set, and continues where kafka-share-groups.sh has it continue"
    )]
    Share,
    /// Streams groups have state besides.
    #[error(
        "it is a streams group, whose state has to be reset with its offsets: kafka-streams-application-reset.sh does both"
    )]
    Streams,
    /// Nobody here knows what its offsets mean.
    #[error("it speaks a protocol that this version of Klamm does not know")]
    Unknown,
}

/// Why the offsets of a group are not set just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// Somebody reads.
    Members {
        /// `classic` or `consumer`.
        protocol: &'static str,
        /// The first few of them.
        first: Vec<String>,
        /// How many there are.
        total: usize,
    },
    /// Nobody is told to be in it, and still it is not at rest.
    Unrest {
        /// Kafka's word for it.
        state: String,
    },
}

/// Members that are named.
const NAMED: usize = 3;
/// Of what clients call themselves.
const LONGEST: usize = 80;

impl fmt::Display for NotNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members { protocol, first, total } => {
                let members = if *total == 1 { "member" } else { "members" };
                let more = total.saturating_sub(first.len());
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                let first = first.join(", ");
                write!(f, "the group has {total} {members} of the {protocol} protocol ({first}{more}); stop them first")
            }
            Self::Unrest { state } => {
                write!(f, "the group is {} just now; wait until it is Empty", printed(state))
            }
        }
    }
}

/// Whether a group of this kind may have its offsets set at all.
pub fn settable(kind: GroupKind) -> Result<&'static str, NotOurs> {
    match kind {
        GroupKind::Classic => Ok("classic"),
        GroupKind::Consumer => Ok("consumer"),
        GroupKind::Share => Err(NotOurs::Share),
        GroupKind::Streams => Err(NotOurs::Streams),
        GroupKind::Unknown => Err(NotOurs::Unknown),
    }
}

/// Whether a group of that protocol is at rest. Members are told by what they call themselves.
pub fn at_rest<'a>(
    protocol: &'static str,
    state: &str,
    members: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), NotNow> {
    let total = members.len();
    if total > 0 {
        return Err(NotNow::Members { protocol, first: members.take(NAMED).map(printed).collect(), total });
    }
    // A group that only ever committed is Empty, too; one that is Dead is going or gone.
    match state {
        "Empty" | "Dead" => Ok(()),
        state => Err(NotNow::Unrest { state: state.to_owned() }),
    }
}

/// What clients say of themselves may hold anything.
fn printed(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_that_nobody_reads_in_are_at_rest() {
        let at_rest = |state, members: &[&str]| at_rest("classic", state, members.iter().copied());
        assert_eq!(at_rest("Empty", &[]), Ok(()));
        assert_eq!(at_rest("Stable", &[]), Err(NotNow::Unrest { state: "Stable".to_owned() }));
        let why = |members: &[&str]| at_rest("Stable", members).unwrap_err().to_string();
        assert_eq!(why(&["one"]), "the group has 1 member of the classic protocol (one); stop them first");
        assert_eq!(
            why(&["a", "b\n", "c", "d", "e"]),
            "the group has 5 members of the classic protocol (a, b\u{fffd}, c and 2 more); stop them first"
        );
        assert!(why(&[&"x".repeat(1000)]).len() < 200);
    }

    #[test]
    fn share_and_streams_groups_say_what_does_it_instead() {
        assert_eq!((settable(GroupKind::Classic), settable(GroupKind::Consumer)), (Ok("classic"), Ok("consumer")));
        for (kind, word) in
            [(GroupKind::Share, "share"), (GroupKind::Streams, "streams"), (GroupKind::Unknown, "not know")]
        {
            assert!(settable(kind).unwrap_err().to_string().contains(word), "{kind:?}");
        }
    }
}
