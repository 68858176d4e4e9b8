//! Lines and bands as path data. Gaps are gaps. Pure.

use super::{
    Line,
    decimate::{Run, decimated, runs},
    frame::Frame,
};
use std::fmt::Write;

/// Values that can be drawn, by their moments.
pub(super) fn drawn(line: &Line) -> impl Iterator<Item = (i64, Option<f64>)> {
    line.points.iter().map(|(at, value)| (at.0, value.filter(|value| value.is_finite())))
}

/// A line, and the area below it.
pub(super) fn line(line: &Line, bridged: usize, frame: &Frame) -> (String, String) {
    let (mut stroke, mut area) = (String::new(), String::new());
    for run in runs(drawn(line), bridged) {
        let run = decimated(&run, |at| frame.column(at), |value| *value);
        follow(&mut stroke, run.iter().map(|(at, value)| (frame.x(*at), frame.y(*value))));
        let ground = run.iter().map(|(at, _)| (frame.x(*at), frame.y(0.0)));
        enclose(&mut area, run.iter().map(|(at, value)| (frame.x(*at), frame.y(*value))), ground);
    }
    (stroke, area)
}

/// From what and to what a band reaches at a moment.
type Band = (f64, f64);

/// Lines upon each other: the upper edge of each, and the band below it. Where one says nothing, it adds nothing.
pub(super) fn bands(lines: &[Line], bridged: usize, frame: &Frame) -> Vec<(String, String)> {
    let mut ground: Vec<f64> = vec![0.0; lines.iter().map(|line| line.points.len()).max().unwrap_or_default()];
    let bands = lines.iter().map(|line| {
        let band = drawn(line).zip(ground.iter_mut()).map(|((at, value), ground)| {
            let band = value.map(|value| (*ground, *ground + value));
            *ground += value.unwrap_or_default();
            (at, band)
        });
        let band: Vec<(i64, Option<Band>)> = band.collect();
        let (mut stroke, mut area) = (String::new(), String::new());
        for run in runs(band, bridged) {
            let run: Run<Band> = decimated(&run, |at| frame.column(at), |(_, upper)| *upper);
            follow(&mut stroke, run.iter().map(|(at, (_, upper))| (frame.x(*at), frame.y(*upper))));
            let upper = run.iter().map(|(at, (_, upper))| (frame.x(*at), frame.y(*upper)));
            enclose(&mut area, upper, run.iter().map(|(at, (lower, _))| (frame.x(*at), frame.y(*lower))));
        }
        (stroke, area)
    });
    bands.collect()
}

/// Moves to the first point and follows the rest. A point alone is a line to itself, which round ends make a dot.
fn follow(path: &mut String, points: impl Iterator<Item = (i64, i64)>) {
    let mut count = 0;
    for (nth, (x, y)) in points.enumerate() {
        let way = if nth == 0 { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        let _ = write!(path, "{way}{x} {y}");
        count = nth + 1;
    }
    if count == 1 {
        *path += "h0";
    }
}

/// Along one edge and back along the other.
fn enclose(
    path: &mut String,
    upper: impl Iterator<Item = (i64, i64)>,
    lower: impl DoubleEndedIterator<Item = (i64, i64)>,
) {
    follow(path, upper);
    for (x, y) in lower.rev() {
        let _ = write!(path, "L{x} {y}");
    }
    *path += "Z";
}
