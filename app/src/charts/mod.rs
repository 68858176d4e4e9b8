//! Charts: drawn on the server as SVG, once for all who look. Nothing here knows a noun of the pages; what is measured and how it
//! is called comes from `measured`.
//!
//! Inside: nice ticks (`axis`), the box that lines stay in (`frame`), what of very many points is drawn (`decimate`), lines, bands
//! and their gaps as path data (`path`), numbers and moments in words (`told`), the chart as HTML (`draw`), which time a page shows
//! (`span`), and how series of the portal become charts (`measured`). All of it is pure but the last. In the browser
//! `ui::chart` adds the crosshair.

mod axis;
mod decimate;
mod draw;
mod frame;
mod measured;
mod path;
mod span;
mod told;

pub(crate) use draw::{charts, more, spans};
pub(crate) use measured::{Ask, Wanted, first_over_time, over_time};
pub(crate) use span::{CHARTS, Shown};

use klamm_model::{MetricUnit, UnixMillis};

/// Colours there are; whatever is more than that is one line or none.
pub(crate) const COLOURS: usize = 8;

/// A chart as it is to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    /// Tells it from others on the page.
    pub(crate) id: String,
    /// What stands above it.
    pub(crate) title: String,
    /// What its numbers count.
    pub(crate) unit: MetricUnit,
    /// How its lines are drawn.
    pub(crate) shape: Shape,
    /// The first moment.
    pub(crate) from: UnixMillis,
    /// The last.
    pub(crate) to: UnixMillis,
    /// Milliseconds from one point to the next.
    pub(crate) step: i64,
    /// Those with the most first; at most as many as there are colours, and one for the rest.
    pub(crate) lines: Vec<Line>,
    /// Moments to know of.
    pub(crate) marks: Vec<Mark>,
    /// How many are not drawn.
    pub(crate) left_out: u32,
    /// The same as tables: words and addresses.
    pub(crate) files: Vec<(String, String)>,
    /// Where a range leads that is chosen in it; the range comes at the end.
    pub(crate) zoom: String,
}

/// How lines are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each by itself.
    #[default]
    Lines,
    /// Upon each other, because together they are a whole.
    Stacked,
}

/// A line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// As the legend calls it.
    pub(crate) name: String,
    /// Whether it is one, or all that have no line of their own.
    pub(crate) kind: LineKind,
    /// In order, all lines of a chart at the same moments.
    pub(crate) points: Vec<Point>,
}

/// A moment, and what was measured then.
pub(crate) type Point = (UnixMillis, Option<f64>);

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// One.
    One,
    /// All the others.
    Rest,
}

/// A moment to know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When.
    pub(crate) at: UnixMillis,
    /// What: `restart broker 2`.
    pub(crate) words: String,
}

#[cfg(test)]
mod tests;
