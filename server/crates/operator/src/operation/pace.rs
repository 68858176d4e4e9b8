//! How quickly replicas move: measured from look to look, and read back from what operations have told. Pure but for the clock.

use klamm_model::Known;
use klamm_planner::{mover::batch::Speed, operations::Lanes};
use klamm_resources::{KafkaOperationStatus, MoveLanes};
use std::time::Instant;

/// The speed of one operation. Lost with the process: what was told of it last stands in its status.
#[derive(Clone, Debug, Default)]
pub(super) struct Speedometer {
    operation: String,
    /// When so many bytes were left to be moved.
    left: Option<(Instant, u64)>,
    speed: Speed,
}

impl Speedometer {
    /// Bytes a second at which replicas came in lately, by what its status says is left. While nothing is on its way nothing is
    /// measured.
    pub(super) fn read(&mut self, operation: &str, status: &KafkaOperationStatus) -> Known<f64> {
        let left = status.bytes_left.filter(|_| !status.ours.moving.is_empty());
        self.read_at(Instant::now(), operation, left.and_then(|left| u64::try_from(left).ok()))
    }

    fn read_at(&mut self, now: Instant, operation: &str, left: Option<u64>) -> Known<f64> {
        if self.operation != operation {
            *self = Self { operation: operation.to_owned(), ..Self::default() };
        }
        match (self.left, left) {
            // The first bytes take a while to come: until then nobody can say.
            (Some((_, before)), Some(left)) if before == left && self.speed == Speed::default() => {}
            (Some((at, before)), Some(left)) if before >= left => {
                let millis = now.saturating_duration_since(at).as_millis();
                self.speed = self.speed.with(before - left, u64::try_from(millis).unwrap_or(u64::MAX));
                self.left = Some((now, left));
            }
            // Nothing before, or more than before: something has grown or come.
            (_, left) => self.left = left.map(|left| (now, left)),
        }
        self.speed.bytes_per_second
    }
}

/// How many replicas go at a time, as it was told.
pub(super) fn lanes(status: &KafkaOperationStatus) -> Option<Lanes> {
    let written = status.lanes?;
    let speed = |bytes: Option<i64>| Known::from(bytes.and_then(|bytes| u64::try_from(bytes).ok()));
    Some(Lanes {
        per_broker: u32::try_from(written.per_broker).unwrap_or_default(),
        calm: u32::try_from(written.calm_looks).unwrap_or_default(),
        speed: speed(written.bytes_per_second),
        speed_before: speed(written.bytes_per_second_before),
    })
}

/// The same to be told.
pub(super) fn told(lanes: Lanes) -> MoveLanes {
    let count = |of: u32| i32::try_from(of).unwrap_or(i32::MAX);
    let speed = |bytes: Known<u64>| bytes.value().and_then(|bytes| i64::try_from(*bytes).ok());
    MoveLanes {
        per_broker: count(lanes.per_broker),
        calm_looks: count(lanes.calm),
        bytes_per_second: speed(lanes.speed),
        bytes_per_second_before: speed(lanes.speed_before),
    }
}

/// Bytes a second in the last operation that moved replicas.
pub(super) fn before<'a>(statuses: impl IntoIterator<Item = &'a KafkaOperationStatus>) -> Known<u64> {
    let told = statuses.into_iter().filter_map(|status| Some((&status.started, status.lanes?.bytes_per_second?)));
    // Texts of moments sort as the moments do.
    let last = told.max_by_key(|(started, _)| *started);
    last.and_then(|(_, bytes)| u64::try_from(bytes).ok()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_speed_is_that_of_one_operation_and_follows_what_arrives() {
        let mut speed = Speedometer::default();
        let began = Instant::now();
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        assert_eq!(speed.read_at(at(0), "a", Some(10_000)), Known::Unknown);
        assert_eq!(speed.read_at(at(2), "a", Some(10_000)), Known::Unknown, "nothing has arrived");
        assert_eq!(speed.read_at(at(10), "a", Some(8000)), Known::Known(200.0));
        assert_eq!(speed.read_at(at(12), "a", Some(9000)), Known::Known(200.0), "something has grown");
        assert_eq!(speed.read_at(at(60), "a", None), Known::Known(200.0), "nothing is on its way");
        assert_eq!(speed.read_at(at(70), "a", Some(9000)), Known::Known(200.0));
        // After thirty seconds what was before counts half.
        let Known::Known(slower) = speed.read_at(at(100), "a", Some(9000)) else { panic!("it is known") };
        assert!((slower - 100.0).abs() < 1e-6, "{slower}");
        assert_eq!(speed.read_at(at(101), "b", Some(5000)), Known::Unknown, "of another one nothing is known");
    }

    #[test]
    fn lanes_are_read_back_as_they_were_told_and_the_last_operation_counts() {
        let lanes = Lanes { per_broker: 7, calm: 2, speed: Known::Known(5 << 20), speed_before: Known::Unknown };
        let status = |started: &str, lanes: Option<Lanes>| KafkaOperationStatus {
            started: Some(started.to_owned()),
            lanes: lanes.map(told),
            ..KafkaOperationStatus::default()
        };
        let later = status("2026-11-29T10:00:00Z", Some(lanes));
        let json = serde_json::to_value(&later).unwrap();
        assert_eq!(super::lanes(&serde_json::from_value(json).unwrap()), Some(lanes));
        let earlier = status("2026-11-28T10:00:00Z", Some(Lanes { speed: Known::Known(1), ..lanes }));
        let restart = status("2026-11-30T10:00:00Z", None);
        assert_eq!(before([&restart, &later, &earlier]), Known::Known(5 << 20));
        assert_eq!(before([&restart]), Known::Unknown);
    }
}
