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
        let upper = corners(run.iter().map(|(at, value)| (frame.x(*at), frame.y(*value))));
        let ground = corners(run.iter().map(|(at, _)| (frame.x(*at), frame.y(0.0))));
        follow(&mut stroke, &upper);
        enclose(&mut area, &upper, &ground);
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
            let upper = corners(run.iter().map(|(at, (_, upper))| (frame.x(*at), frame.y(*upper))));
            let lower = corners(run.iter().map(|(at, (lower, _))| (frame.x(*at), frame.y(*lower))));
            follow(&mut stroke, &upper);
            enclose(&mut area, &upper, &lower);
        }
        (stroke, area)
    });
    bands.collect()
}

/// Where something is in the drawing.
type Place = (i64, i64);

/// Those where a line may turn: what lies in the midst of a level changes nothing.
fn corners(places: impl Iterator<Item = Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    for place in places {
        if let [.., (_, before), (_, last)] = kept.as_slice()
            && (before, last) == (&place.1, &place.1)
        {
            kept.pop();
        }
        kept.push(place);
    }
    kept
}

/// Moves to the first corner and follows the rest. A point alone is a line to itself, which round ends make a dot.
fn follow(path: &mut String, corners: &[Place]) {
    go(path, corners);
    if corners.len() == 1 {
        *path += "h0";
    }
}

/// Along one edge and back along the other.
fn enclose(path: &mut String, upper: &[Place], lower: &[Place]) {
    let around: Vec<Place> = upper.iter().chain(lower.iter().rev()).copied().collect();
    go(path, &around);
    *path += "Z";
}

/// A place, and from each to the next the way, which takes half as many digits: `M0 400l3-2 3 1`.
fn go(path: &mut String, corners: &[Place]) {
    // Writing to a String cannot fail.
    if let Some((x, y)) = corners.first() {
        let _ = write!(path, "M{x} {y}");
    }
    let mut begins = "l";
    for ((x, y), (next_x, next_y)) in corners.iter().zip(corners.iter().skip(1)) {
        let (across, down) = (next_x - x, next_y - y);
        // A sign tells numbers apart as well as a space does.
        let before = if across < 0 && begins == " " { "" } else { begins };
        let between = if down < 0 { "" } else { " " };
        let _ = write!(path, "{before}{across}{between}{down}");
        begins = " ";
    }
}
