//! Disks: how quickly something grows, when a volume is full, and which retention fits.

mod full;
mod growth;
mod retention;
mod treemap;

pub use full::{days_to_full, days_to_full_unless_level};
pub use growth::{Confidence, Growth, flood, growth};
pub use retention::{Fitting, Load, Retention, TARGET, appended_per_day, fitting, settled};
pub use treemap::{Rect, treemap};
