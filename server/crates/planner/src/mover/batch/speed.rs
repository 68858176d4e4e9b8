//! How quickly it goes, and when it is done.

use crate::mover::Volume;
use klamm_model::Known;

/// After so long, what was measured before counts half.
const HALF_LIFE_MILLIS: f64 = 30_000.0;

/// How quickly replicas are copied, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Speed {
    /// Bytes a second, as it was lately; unknown before anything was measured.
    pub bytes_per_second: Known<f64>,
}

impl Speed {
    /// With what was copied in so many milliseconds since the last look. A look without time between says nothing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a speed needs no more digits")]
    pub fn with(self, copied: u64, millis: u64) -> Self {
        if millis == 0 {
            return self;
        }
        let lately = copied as f64 * 1000.0 / millis as f64;
        let bytes_per_second = match self.bytes_per_second {
            Known::Unknown => lately,
            Known::Known(before) => {
                let kept = 0.5_f64.powf(millis as f64 / HALF_LIFE_MILLIS);
                before * kept + lately * (1.0 - kept)
            }
        };
        Self { bytes_per_second: Known::Known(bytes_per_second) }
    }
}

/// Seconds until everything is copied. Unknown where nothing was measured, nothing goes on, or nobody knows how large something is.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds are rounded up, and what would not fit is filtered out"
)]
pub fn seconds_left(left: Volume, speed: Speed) -> Known<u64> {
    if left == Volume::default() {
        return Known::Known(0);
    }
    let measured = speed.bytes_per_second.value().copied().filter(|speed| *speed > 0.0 && left.unknown == 0);
    let seconds = measured.map(|speed| (left.bytes as f64 / speed).ceil());
    seconds.filter(|seconds| *seconds < 1e15).map(|seconds| seconds as u64).into()
}
