//! Brokers that do not tell what is on their disks: they stay in the list, with what they told last. A broker that is down is when
//! somebody looks at this page.

use crate::{
    AppError, door,
    sheet::{Line, code, label, status, text, time},
    ui::{Status, harmless},
};
use klamm_model::{
    Breakdown, BrokerId, BrokerState, BrokerView, ClusterRef, Metric, NodeRole, Series, SeriesRequest, UnixMillis,
    VolumeView, human_bytes,
};

/// What was measured before that is no help.
const MEMORY_MILLIS: i64 = 86_400_000;
/// Brokers that are remembered; where more are silent, disks are the least trouble.
const MOST: usize = 12;

/// A broker that serves partitions and does not tell of its disks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Silent {
    pub(crate) broker: BrokerId,
    pub(crate) state: BrokerState,
    /// What it told last of each of its volumes; empty where nobody remembers.
    pub(crate) last: Vec<Remembered>,
}

/// What was on a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) volume: String,
    pub(crate) used_bytes: u64,
    pub(crate) at: UnixMillis,
}

/// Those of these nodes that none of the volumes is of.
pub(super) fn of_nodes(nodes: &[BrokerView], volumes: &[VolumeView]) -> Vec<Silent> {
    let is_silent = |node: &&BrokerView| {
        node.roles.contains(&NodeRole::Broker) && volumes.iter().all(|volume| volume.broker != node.id)
    };
    let silent = nodes.iter().filter(is_silent);
    silent.map(|node| Silent { broker: node.id, state: node.state, last: Vec::new() }).collect()
}

/// Looks up what they told last. Where the history does not answer they are told without it.
pub(super) async fn remember(
    cluster: &ClusterRef,
    silent: Vec<Silent>,
    now: UnixMillis,
) -> Result<Vec<Silent>, AppError> {
    let mut all = Vec::new();
    for (place, mut one) in silent.into_iter().enumerate() {
        let (portal, actor) = door::asking()?;
        let request = SeriesRequest {
            metric: Metric::DiskUsedBytes.name().to_owned(),
            by: Some(Breakdown::Volume.name().to_owned()),
            broker: Some(one.broker.to_string()),
            from: Some(now.0.saturating_sub(MEMORY_MILLIS)),
            to: Some(now.0),
            ..SeriesRequest::default()
        };
        if place < MOST
            && let Ok(view) = portal.series(&actor, cluster, &request).await
        {
            one.last = view.series.into_iter().filter_map(remembered).collect();
        }
        all.push(one);
    }
    Ok(all)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a cast stays in range")]
fn remembered(Series { labels, points }: Series) -> Option<Remembered> {
    let (at, used) = points.into_iter().rev().find_map(|(at, value)| Some((at, value?)))?;
    Some(Remembered { volume: labels.get("volume")?.clone(), used_bytes: used.max(0.0).round() as u64, at })
}

/// Its rows among those of volumes.
pub(super) fn rows(silent: &Silent) -> Vec<Vec<Line>> {
    let unknown = || label("unknown");
    let why = match silent.state {
        BrokerState::Running => status(Status::Unknown, "it has not told"),
        BrokerState::Down | BrokerState::Fenced | BrokerState::Unknown => status(Status::Bad, "does not answer"),
    };
    let row = |volume: Line, used: Line, last: Line| {
        let broker = text(silent.broker.to_string());
        let mut told = why.clone();
        told.extend(last);
        vec![broker, volume, used, unknown(), unknown(), unknown(), told, Line::new()]
    };
    if silent.last.is_empty() {
        return vec![row(unknown(), unknown(), label("and nobody remembers what was on it"))];
    }
    let of = |last: &Remembered| {
        let mut when = label("last known");
        when.extend(time(last.at));
        row(code(harmless(&last.volume)), text(human_bytes(last.used_bytes)), when)
    };
    silent.last.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::Known;

    fn node(id: i32, roles: &[NodeRole], state: BrokerState) -> BrokerView {
        BrokerView {
            id: BrokerId(id),
            rack: None,
            pool: None,
            roles: roles.to_vec(),
            state,
            is_active_controller: false,
            version: Known::Unknown,
            leaders: 0,
            replicas: 3,
            out_of_sync: 3,
            used_bytes: Known::Unknown,
            total_bytes: Known::Unknown,
            log_dir_count: Known::Unknown,
            offline_log_dirs: Known::Unknown,
        }
    }

    fn volume(broker: i32) -> VolumeView {
        VolumeView {
            levels_off_at_bytes: Known::Unknown,
            broker: BrokerId(broker),
            volume: "/data".to_owned(),
            offline: false,
            used_bytes: Known::Known(1),
            capacity_bytes: Known::Known(2),
            growth_bytes_per_day: Known::Unknown,
            days_to_full: Known::Unknown,
            confidence: Known::Unknown,
        }
    }

    #[test]
    fn whoever_has_partitions_and_no_volume_is_silent() {
        let nodes = [
            node(0, &[NodeRole::Broker], BrokerState::Running),
            node(1, &[NodeRole::Broker, NodeRole::Controller], BrokerState::Down),
            node(2, &[NodeRole::Controller], BrokerState::Down),
        ];
        let ids = |volumes: &[VolumeView]| of_nodes(&nodes, volumes).iter().map(|one| one.broker.0).collect::<Vec<_>>();
        assert_eq!(ids(&[volume(0)]), [1], "controllers have no partitions");
        assert_eq!(ids(&[]), [0, 1]);
        assert_eq!(ids(&[volume(0), volume(1)]), [0; 0]);
    }

    #[test]
    fn the_last_that_was_measured_is_remembered_however_long_nothing_came_since() {
        let points = vec![(UnixMillis(0), Some(7.0)), (UnixMillis(15), Some(9.4)), (UnixMillis(30), None)];
        let labels = [("volume".to_owned(), "/data".to_owned())].into();
        let last = remembered(Series { labels, points }).unwrap();
        assert_eq!(last, Remembered { volume: "/data".to_owned(), used_bytes: 9, at: UnixMillis(15) });
        let labels = [("volume".to_owned(), "/data".to_owned())].into();
        assert_eq!(remembered(Series { labels, points: vec![(UnixMillis(0), None)] }), None);
    }

    #[test]
    fn a_silent_broker_has_a_row_whether_anybody_remembers_or_not() {
        let words = |silent: &Silent| {
            let cells = rows(silent).into_iter().flatten().flatten();
            cells.map(|piece| piece.text).collect::<Vec<_>>().join("|")
        };
        let forgotten = Silent { broker: BrokerId(1), state: BrokerState::Down, last: Vec::new() };
        assert!(words(&forgotten).contains("does not answer|and nobody remembers"), "{}", words(&forgotten));
        let last = vec![Remembered { volume: "/data".to_owned(), used_bytes: 1 << 30, at: UnixMillis(1) }];
        let told = words(&Silent { last, ..forgotten.clone() });
        assert!(told.contains("/data|1 GiB|") && told.contains("does not answer|last known"), "{told}");
        let late = words(&Silent { state: BrokerState::Running, ..forgotten });
        assert!(late.contains("it has not told") && !late.contains("does not answer"), "{late}");
    }
}
