//! How quickly replicas move: measured from look to look, and read back from what operations have told. Pure but for the clock.

use klamm_model::Known;
use klamm_planner::operations::Lanes;
use klamm_resources::{KafkaOperationStatus, MoveLanes};
use std::time::Instant;

/// How much of a speed is what was measured last: less would miss that something has changed, more would jump with every partition.
const LATEST: f64 = 0.3;

/// The speed of one operation. Lost with the process: what was told of it last stands in its status.
#[derive(Clone, Debug, Default)]
pub(super) struct Speedometer {
    operation: String,
    /// When so many bytes were left to be moved.
    left: Option<(Instant, u64)>,
    bytes_per_second: Known<f64>,
}

impl Speedometer {
    /// How fast replicas came in lately, now that so many bytes are left to the operation of that uid.
    pub(super) fn read(&mut self, operation: &str, left: Option<i64>) -> Known<f64> {
        self.read_at(Instant::now(), operation, left)
    }

    fn read_at(&mut self, now: Instant, operation: &str, left: Option<i64>) -> Known<f64> {
        if self.operation != operation {
            *self = Self { operation: operation.to_owned(), ..Self::default() };
        }
        let Some(left) = left.and_then(|left| u64::try_from(left).ok()) else {
            self.left = None;
            return self.bytes_per_second;
        };
        match self.left {
            Some((at, before)) if before > left => {
                let seconds = now.saturating_duration_since(at).as_secs_f64().max(0.1);
                #[expect(clippy::cast_precision_loss, reason = "an estimate")]
                let lately = (before - left) as f64 / seconds;
                let mixed = |speed: f64| (1.0 - LATEST) * speed + LATEST * lately;
                self.bytes_per_second =
                    Known::Known(self.bytes_per_second.value().map_or(lately, |speed| mixed(*speed)));
                self.left = Some((now, left));
            }
            // More than before: something has grown or come.
            Some((_, before)) if before < left => self.left = Some((now, left)),
            Some(_) => {}
            None => self.left = Some((now, left)),
        }
        self.bytes_per_second
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
        let Known::Known(mixed) = speed.read_at(at(22), "a", Some(5000)) else { panic!("it is known") };
        assert!((mixed - 260.0).abs() < 1e-6, "{mixed}");
        let Known::Known(kept) = speed.read_at(at(23), "a", None) else { panic!("it is known still") };
        assert!((kept - 260.0).abs() < 1e-6, "{kept}");
        assert_eq!(speed.read_at(at(24), "b", Some(5000)), Known::Unknown, "of another one nothing is known");
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
