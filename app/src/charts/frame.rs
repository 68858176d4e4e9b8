//! The box that lines stay in. Pure.

use super::axis::Scale;

/// Units of the drawing: half a pixel where the page is as wide as pages are. The stylesheet stretches it.
pub(super) const WIDTH: i64 = 1440;
pub(super) const HEIGHT: i64 = 400;
/// Columns of pixels; more points than two in one of them cannot be told apart.
pub(super) const COLUMNS: i64 = WIDTH / 2;

/// Where moments and values are in the drawing.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    from: i64,
    to: i64,
    low: f64,
    high: f64,
}

impl Frame {
    pub(super) fn new(from: i64, to: i64, scale: &Scale) -> Self {
        Self { from, to: to.max(from.saturating_add(1)), low: scale.low, high: scale.high }
    }

    /// How far a moment is from the left edge, of all there is: 0 to 1.
    pub(super) fn share(&self, at: i64) -> f64 {
        let passed = float(at.saturating_sub(self.from)) / float(self.to.saturating_sub(self.from));
        passed.clamp(0.0, 1.0)
    }

    /// How far a value is from the lower edge, of all there is: 0 to 1.
    pub(super) fn height(&self, value: f64) -> f64 {
        // Halved, because the difference of large numbers would be too large for one.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    pub(super) fn x(&self, at: i64) -> i64 {
        whole(self.share(at) * float(WIDTH))
    }

    pub(super) fn y(&self, value: f64) -> i64 {
        whole((1.0 - self.height(value)) * float(HEIGHT))
    }

    pub(super) fn column(&self, at: i64) -> i64 {
        whole((self.share(at) * float(COLUMNS)).floor()).min(COLUMNS - 1)
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
pub(super) fn float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "what is drawn is between 0 and the width of the drawing")]
pub(super) fn whole(number: f64) -> i64 {
    number.round() as i64
}
