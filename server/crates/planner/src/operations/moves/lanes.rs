//! How many replicas, and how many bytes, are on their way at once: what was measured decides, from look to look.
//!
//! One number holds for all brokers and both ways, since a cluster is as quick as its slowest broker, and one number is seen soon
//! to be too large. One replica more while moves arrive, it helps, and nobody misses a replica; half as many as soon as replicas
//! fall out of sync or are in each other's way. All that it follows from stands in the operation's status.

use crate::mover::batch::{self, Bounds, Judgement, Limits, Signs, Used, adapt};
use klamm_model::Known;

/// Replicas that a broker gets, and sends, before anything was measured: few enough that nobody suffers before that shows, and
/// more than one, so that a large one holds up no others.
const FIRST: u32 = 4;
/// Never fewer than one, since the operation would not end; and never more than twelve, where Cruise Control stops raising, too: a
/// broker fetches with a handful of threads, and more replicas only share them.
const BOUNDS: Bounds = Bounds { least: 1, most: 12 };
/// What is on its way is lost when it has to be taken back, so that it is no more than what arrives in so many seconds.
const IN_FLIGHT_SECONDS: u64 = 600;
/// Copied within a moment at any speed: what takes time is to ask for it, and to see that it has arrived.
const LIGHT_BELOW: u64 = 1 << 20;
/// They are written down before they are asked for, and a status stays small.
const LIGHT_AT_ONCE: usize = 100;

/// How many replicas go at a time, and what that follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Replicas that one broker gets, and that it sends, at a time.
    pub per_broker: u32,
    /// Looks without trouble since that last changed, as far as they matter.
    pub calm: u32,
    /// Bytes a second that this operation copied lately, all brokers together; unknown before anything has arrived.
    pub speed: Known<u64>,
    /// The same, when one replica less went at a time; unknown where it never was one less, or was halved since.
    pub speed_before: Known<u64>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { per_broker: FIRST, calm: 0, speed: Known::Unknown, speed_before: Known::Unknown }
    }
}

/// What is seen of moves, and of what they do to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Partitions that lack replicas which are not on their way.
    pub(super) lacking: u64,
    /// How many may.
    pub(super) allowed: u64,
    /// Bytes a second, as just measured.
    pub(super) speed: Known<u64>,
    /// What limits on replication let through, all brokers that get replicas together.
    pub(super) limit: Known<u64>,
}

impl Lanes {
    /// Within bounds, whatever was written down.
    pub(super) fn bounded(self) -> Self {
        Self { per_broker: self.per_broker.clamp(BOUNDS.least, BOUNDS.most), ..self }
    }

    /// What may be on its way, where a broker may take so many bytes a second. That is what a speed counts as at least: what was
    /// measured with the smallest partitions says little.
    pub(super) fn limits(self, rate: u64) -> Limits {
        let speed = self.speed.value().copied().unwrap_or_default().max(rate);
        Limits {
            bytes: Some(speed.saturating_mul(IN_FLIGHT_SECONDS)),
            light_below: LIGHT_BELOW,
            light_at_once: LIGHT_AT_ONCE,
            ..Limits::new(self.per_broker)
        }
    }

    /// How many go from now on. `used` says whether more would have gone.
    pub(super) fn adapted(self, used: Used, seen: &Seen) -> Self {
        let speed = if seen.speed == Known::Unknown { self.speed } else { seen.speed };
        let used = match (used, speed) {
            (Used::Fully, Known::Unknown) => Used::Untold,
            (Used::Fully | Used::Partly | Used::Untold, _) => used,
        };
        let now = Signs {
            // Those lack replicas as well.
            below_min_in_sync: Known::Known(0),
            under_replicated: Known::Known(seen.lacking),
            answer_millis: Known::Unknown,
            bytes_per_second: speed,
            limit: seen.limit,
        };
        let before = Signs {
            under_replicated: Known::Known(seen.allowed),
            bytes_per_second: self.speed_before,
            ..Signs::default()
        };
        let pace = batch::Pace { per_broker: self.per_broker, calm: self.calm };
        let pacing = adapt(pace, used, &now, &before, BOUNDS);
        let speed_before = match pacing.judgement {
            Judgement::Faster => speed,
            Judgement::Steady(_) => self.speed_before,
            Judgement::Slower(_) => Known::Unknown,
        };
        Self { per_broker: pacing.pace.per_broker, calm: pacing.pace.calm, speed, speed_before }
    }
}

/// Whole bytes a second; unknown where nothing goes on.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what would not fit is filtered out")]
pub(super) fn whole(speed: Known<f64>) -> Known<u64> {
    speed.value().copied().filter(|speed| (1.0..1e15).contains(speed)).map(|speed| speed as u64).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(speed: u64) -> Seen {
        Seen { lacking: 0, allowed: 0, speed: Known::Known(speed), limit: Known::Unknown }
    }

    /// What comes of so many looks at which all lanes are taken.
    fn after(looks: usize, lanes: Lanes, seen: &Seen) -> Lanes {
        (0..looks).fold(lanes, |lanes, _| lanes.adapted(Used::Fully, seen))
    }

    #[test]
    fn more_go_at_once_once_moves_arrive_and_only_as_long_as_it_helps() {
        let first = Lanes::default();
        let untold = Seen { speed: Known::Unknown, ..seen(0) };
        assert_eq!(after(50, first, &untold).per_broker, FIRST, "nothing has arrived");
        let raised = after(4, first, &seen(1000));
        assert_eq!((raised.per_broker, raised.speed_before), (5, Known::Known(1000)));
        assert_eq!(after(50, raised, &seen(1040)).per_broker, 5, "one more made it no faster");
        assert_eq!(after(5, raised, &seen(1200)).per_broker, 6);
        let limited = Seen { limit: Known::Known(1250), ..seen(1200) };
        assert_eq!(after(50, raised, &limited).per_broker, 5, "limits let no more through");
        let fast = (0..100).fold(first, |lanes, look| lanes.adapted(Used::Fully, &seen(1000 * (look + 1))));
        assert_eq!(fast.per_broker, BOUNDS.most);
        assert_eq!(after(50, raised, &Seen { speed: Known::Unknown, ..seen(0) }).speed, Known::Known(1000), "as told");
    }

    #[test]
    fn half_as_many_go_while_replicas_are_missed_or_in_each_others_way() {
        let many = Lanes { per_broker: 8, calm: 3, speed: Known::Known(7000), speed_before: Known::Known(7000) };
        let missed = many.adapted(Used::Partly, &Seen { lacking: 2, allowed: 1, ..seen(7000) });
        assert_eq!((missed.per_broker, missed.speed_before), (4, Known::Unknown));
        assert_eq!(many.adapted(Used::Partly, &Seen { lacking: 2, allowed: 2, ..seen(7000) }).per_broker, 8);
        let crowded = many.adapted(Used::Fully, &seen(3900));
        assert_eq!(crowded.per_broker, 4, "each gets less than half of the 1000 that it got before");
        assert_eq!(crowded.adapted(Used::Fully, &seen(3900)).per_broker, 4, "once for one slowdown");
    }

    #[test]
    fn no_more_is_on_its_way_than_arrives_in_ten_minutes() {
        let slow = Lanes { speed: Known::Known(10), ..Lanes::default() };
        assert_eq!(slow.limits(1000).bytes, Some(600_000), "the smallest say little");
        assert_eq!(Lanes { speed: Known::Known(5000), ..slow }.limits(1000).bytes, Some(3_000_000));
        let limits = slow.limits(1000);
        assert!(limits.is_light(Known::Known(0)) && !limits.is_light(Known::Known(1 << 20)));
        assert!(!limits.is_light(Known::Unknown));
    }

    proptest! {
        /// Whatever is seen, and whatever stood in a status, lanes stay within their bounds, and the same is seen after a crash.
        #[test]
        fn lanes_stay_within_their_bounds(
            per_broker in any::<u32>(),
            calm in any::<u32>(),
            looks in prop::collection::vec((0_u64..3, prop::option::of(any::<u64>()), prop::option::of(any::<u64>())), 1..40),
        ) {
            let mut lanes = Lanes { per_broker, calm, ..Lanes::default() }.bounded();
            for (lacking, speed, limit) in looks {
                let seen = Seen { lacking, allowed: 1, speed: speed.into(), limit: limit.into() };
                let next = lanes.adapted(Used::Fully, &seen);
                prop_assert!((BOUNDS.least..=BOUNDS.most).contains(&next.per_broker));
                prop_assert!(next.per_broker <= lanes.per_broker + 1);
                prop_assert!(lacking < 2 || next.per_broker == (lanes.per_broker / 2).max(1));
                prop_assert_eq!(lanes.bounded().adapted(Used::Fully, &seen), next);
                lanes = next;
            }
        }
    }
}
