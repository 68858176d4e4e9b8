//! How clusters and brokers are told, in words. Pure.

use crate::ui::Status;
use klamm_model::{BrokerState, FindingSeverity, Gap, Health, Part, human_count};
#[cfg(feature = "ssr")]
use klamm_model::{ClusterOverview, Known, NodeRole, QuorumView, VolumeView};

/// The mark of a health.
pub(crate) fn health_status(health: Health) -> Status {
    match health {
        Health::Healthy => Status::Ok,
        Health::Degraded => Status::Warn,
        Health::Unavailable => Status::Bad,
        Health::Unknown => Status::Unknown,
    }
}

/// Its word.
pub(crate) fn health_word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "Healthy",
        Health::Degraded => "Degraded",
        Health::Unavailable => "Unavailable",
        Health::Unknown => "Unknown",
    }
}

/// The mark of how bad a finding is.
pub(crate) fn severity_status(severity: FindingSeverity) -> Status {
    match severity {
        FindingSeverity::Info => Status::Unknown,
        FindingSeverity::Warning => Status::Warn,
        FindingSeverity::Critical => Status::Bad,
    }
}

/// The mark and the word of a node's state.
pub(crate) fn broker_status(state: BrokerState) -> (Status, &'static str) {
    match state {
        BrokerState::Running => (Status::Ok, "Serving"),
        BrokerState::Fenced => (Status::Warn, "Fenced"),
        BrokerState::Down => (Status::Bad, "Down"),
        BrokerState::Unknown => (Status::Unknown, "Unknown"),
    }
}

/// `broker, controller`.
#[cfg(feature = "ssr")]
pub(crate) fn roles(roles: &[NodeRole]) -> String {
    let words: Vec<_> = roles
        .iter()
        .map(|role| match role {
            NodeRole::Broker => "broker",
            NodeRole::Controller => "controller",
        })
        .collect();
    words.join(", ")
}

/// `1 broker`, `3 brokers`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", human_count(count), if count == 1 { one } else { many })
}

/// `3 brokers in 3 racks`, as [`klamm_model::Racks`] counts them; nothing of racks where no broker is in any.
pub(crate) fn in_racks(brokers: u64, racks: u64) -> String {
    let brokers = counted(brokers, "broker", "brokers");
    if racks == 0 { brokers } else { format!("{brokers} in {}", counted(racks, "rack", "racks")) }
}

/// What is known of a cluster in one line, its age excepted: `Kafka 4.1.2 · metadata 4.1-IV1 · 3 brokers in 3 racks`.
#[cfg(feature = "ssr")]
pub(super) fn facts(overview: &ClusterOverview) -> String {
    let cluster = &overview.cluster;
    let mut facts = Vec::new();
    facts.extend(cluster.kafka_version.as_ref().map(|version| format!("Kafka {version}")));
    facts.extend(cluster.metadata_version.as_ref().map(|version| format!("metadata {version}")));
    facts.push(in_racks(cluster.brokers.total.into(), overview.racks.into()));
    facts.extend(cluster.operation.as_ref().map(|operation| format!("operation {operation} is running")));
    facts.join(" · ")
}

/// How the metadata quorum is, as a figure and what belongs to it: `3 of 3`, `caught up, led by 1`; no figure where nobody knows one.
#[cfg(feature = "ssr")]
pub(super) fn quorum(quorum: QuorumView) -> (Option<String>, String) {
    let QuorumView { leader, voters, caught_up, .. } = quorum;
    match (leader, caught_up) {
        (Some(leader), Known::Known(caught_up)) => {
            (Some(format!("{caught_up} of {voters}")), format!("caught up, led by {leader}"))
        }
        (Some(leader), Known::Unknown) => (None, format!("led by {leader}")),
        (None, Known::Known(_) | Known::Unknown) => {
            (Some("No leader".to_owned()), format!("of {}", counted(voters.into(), "voter", "voters")))
        }
    }
}

/// The volume with the least left, in parts of its size, and how many percent of it are used; those given up fill no more.
#[cfg(feature = "ssr")]
pub(super) fn fullest(volumes: &[VolumeView]) -> Option<(&VolumeView, u64)> {
    let serving = volumes.iter().filter(|volume| !volume.offline);
    let told = serving.filter_map(|volume| {
        let (used, capacity) = volume.used_bytes.value().zip(volume.capacity_bytes.value())?;
        Some((volume, used.saturating_mul(100).checked_div(*capacity)?))
    });
    told.max_by_key(|(_, percent)| *percent)
}

/// Something that could not be seen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GapLine {
    pub(super) what: String,
    pub(super) reason: String,
}

/// What could not be seen, a line each. A broker that does not answer at all explains everything else that is missing of it.
pub(super) fn gap_lines(gaps: &[Gap]) -> Vec<GapLine> {
    let is_silent = |gap: &Gap| gaps.iter().any(|other| other.part == Part::Broker && other.broker == gap.broker);
    gaps.iter()
        .filter(|gap| gap.part == Part::Broker || gap.broker.is_none() || !is_silent(gap))
        .map(|gap| GapLine { what: gap_words(gap), reason: format!("{}.", gap.reason.trim_end_matches('.')) })
        .collect()
}

fn gap_words(gap: &Gap) -> String {
    let topics = counted(gap.missing.into(), "topic", "topics");
    let groups = counted(gap.missing.into(), "group", "groups");
    let what = match gap.part {
        Part::Broker => String::new(),
        Part::Quorum => "the metadata quorum".to_owned(),
        Part::LogDirs => "log dirs and sizes".to_owned(),
        Part::Offsets => "offsets of the partitions it leads".to_owned(),
        Part::Groups => "the groups it coordinates".to_owned(),
        Part::Topics => topics,
        Part::Config => format!("the configuration of {topics}"),
        Part::Commits => format!("what {groups} committed"),
        Part::Members => format!("the members of {groups}"),
        Part::Defaults => "what it has by default for topics".to_owned(),
        Part::Access => "who may use topics".to_owned(),
    };
    let of = gap.broker.map(|broker| format!("Broker {broker}"));
    let words: Vec<_> = of.into_iter().chain(Some(what).filter(|what| !what.is_empty())).collect();
    let mut words = words.join(", ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use klamm_model::{BrokerId, GapCause};

    #[test]
    fn a_broker_that_is_silent_explains_what_else_is_missing_of_it() {
        let gap = |part, broker: Option<i32>| {
            let reason = "no answer".to_owned();
            Gap { part, broker: broker.map(BrokerId), missing: 7, cause: GapCause::Silence, reason }
        };
        let gaps = [
            gap(Part::Broker, Some(3)),
            gap(Part::Config, None),
            gap(Part::LogDirs, Some(2)),
            gap(Part::LogDirs, Some(3)),
            gap(Part::Groups, Some(3)),
        ];
        let words: Vec<_> = gap_lines(&gaps).into_iter().map(|line| line.what).collect();
        assert_eq!(words, ["Broker 3", "The configuration of 7 topics", "Broker 2, log dirs and sizes"]);
    }

    #[test]
    fn the_fullest_disk_is_the_one_with_the_least_left_in_parts_of_its_size() {
        let volume = |broker, used: u64, capacity: Known<u64>| VolumeView {
            levels_off_at_bytes: Known::Unknown,
            broker: BrokerId(broker),
            volume: "/data".to_owned(),
            offline: false,
            used_bytes: Known::Known(used),
            capacity_bytes: capacity,
            growth_bytes_per_day: Known::Unknown,
            days_to_full: Known::Unknown,
            confidence: Known::Unknown,
        };
        let large = volume(0, 900, Known::Known(1000));
        let small = volume(1, 95, Known::Known(100));
        let given_up = VolumeView { offline: true, ..volume(2, 100, Known::Known(100)) };
        let volumes = [large, small, given_up, volume(3, 9999, Known::Unknown), volume(4, 1, Known::Known(0))];
        let told = fullest(&volumes).map(|(volume, percent)| (volume.broker.0, percent));
        assert_eq!((told, fullest(&volumes[2..])), (Some((1, 95)), None));
    }

    #[test]
    fn a_quorum_is_told_by_who_has_everything_and_who_leads_it() {
        let told = |leader: Option<i32>, caught_up: Option<u32>| {
            let (leader, lag) = (leader.map(BrokerId), Known::Unknown);
            let (figure, aside) = quorum(QuorumView { leader, voters: 3, caught_up: caught_up.into(), lag });
            format!("{} {aside}", figure.unwrap_or_default())
        };
        assert_eq!(told(Some(1), Some(2)), "2 of 3 caught up, led by 1");
        assert_eq!(told(Some(9), None), " led by 9", "who leads is none of those that vote");
        assert_eq!(told(None, None), "No leader of 3 voters");
    }

    #[test]
    fn racks_are_told_where_there_are_any() {
        assert_eq!([in_racks(3, 2), in_racks(1, 0)], ["3 brokers in 2 racks", "1 broker"]);
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "broker", "brokers"), "1 broker");
        assert_eq!(counted(0, "broker", "brokers"), "0 brokers");
    }

    #[test]
    fn a_combined_node_has_two_words() {
        assert_eq!(roles(&[NodeRole::Broker, NodeRole::Controller]), "broker, controller");
    }
}
