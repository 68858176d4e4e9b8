//! What holds for every chart, checked by means of their own.

use super::{
    axis::{scale, times},
    decimate::{decimated, runs},
    frame::{COLUMNS, Frame, HEIGHT, WIDTH},
    path::{bands, line},
    *,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn of(name: &str, values: &[Option<f64>]) -> Line {
    let points = values.iter().zip(0_i64..).map(|(value, at)| (UnixMillis(at * 15_000), *value)).collect();
    Line { name: name.to_owned(), kind: LineKind::One, points }
}

fn chart(shape: Shape, lines: Vec<Line>) -> Chart {
    let last = lines.iter().filter_map(|line| line.points.last()).map(|(at, _)| *at).max().unwrap_or_default();
    Chart {
        id: "a".to_owned(),
        title: "Bytes <in>".to_owned(),
        unit: MetricUnit::BytesPerSecond,
        shape,
        from: UnixMillis(0),
        to: last,
        step: 15_000,
        lines,
        marks: Vec::new(),
        left_out: 0,
        files: vec![("CSV".to_owned(), "/series.csv?a=1&b=2".to_owned())],
        zoom: "/c?".to_owned(),
    }
}

fn count<T>(all: &[T]) -> i64 {
    i64::try_from(all.len()).unwrap()
}

/// The lines of path data, each with its corners: first a place, then the way from each to the next.
fn read(path: &str) -> Vec<Vec<(i64, i64)>> {
    let parts = path.split('M').filter(|part| !part.is_empty());
    let corners = parts.map(|part| {
        let part = part.trim_end_matches('Z').replace("h0", "").replace('l', " ").replace('-', " -");
        let numbers: Vec<i64> = part.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let ways = numbers.chunks(2).scan((0_i64, 0_i64), |(x, y), way| {
            (*x, *y) = (*x + way[0], *y + way[1]);
            Some((*x, *y))
        });
        ways.collect()
    });
    corners.collect()
}

/// Where numbers were measured without a gap, found by walking along.
fn stretches(values: &[Option<f64>]) -> Vec<(usize, usize)> {
    let is_number = |at: usize| values.get(at).copied().flatten().is_some_and(f64::is_finite);
    let begins = (0..values.len()).filter(|at| is_number(*at) && (*at == 0 || !is_number(at - 1)));
    begins.map(|first| (first, (first..values.len()).take_while(|at| is_number(*at)).last().unwrap())).collect()
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        6 => (0.0..1e9_f64).prop_map(Some),
        2 => Just(None),
        1 => Just(Some(0.0)),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-7.5), Just(f64::MAX), Just(f64::MIN)].prop_map(Some),
    ]
}

const UNITS: [MetricUnit; 8] = [
    MetricUnit::RecordsPerSecond,
    MetricUnit::BytesPerSecond,
    MetricUnit::PerSecond,
    MetricUnit::Bytes,
    MetricUnit::Records,
    MetricUnit::Seconds,
    MetricUnit::Ratio,
    MetricUnit::Count,
];

proptest! {
    #[test]
    fn lines_stay_in_the_box_and_gaps_stay_gaps(values in prop::collection::vec(value(), 0..400)) {
        let one = of("x", &values);
        let scale = scale(MetricUnit::Bytes, values.iter().copied().flatten());
        let frame = Frame::new(0, (count(&values) - 1).max(0) * 15_000, &scale);
        let (stroke, area) = line(&one, 0, &frame);
        for (x, y) in read(&stroke).concat().into_iter().chain(read(&area).concat()) {
            prop_assert!((0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y), "{x} {y}");
        }
        let drawn: Vec<(i64, i64)> = read(&stroke).iter().map(|part| (part[0].0, part[part.len() - 1].0)).collect();
        let x = |at: usize| frame.x(i64::try_from(at).unwrap() * 15_000);
        let measured: Vec<(i64, i64)> =
            stretches(&values).into_iter().map(|(first, last)| (x(first), x(last))).collect();
        prop_assert_eq!(drawn, measured, "a line for each stretch, from its beginning to its end");
        let parts = read(&stroke);
        let is_drawn = |(x, y): (i64, i64)| {
            let is_level = |pair: &[(i64, i64)]| pair[0].1 == y && pair[1].1 == y;
            let reaches = |pair: &[(i64, i64)]| (pair[0].0..=pair[1].0).contains(&x);
            let has_it = |part: &[(i64, i64)]| part.windows(2).any(|pair| is_level(pair) && reaches(pair));
            parts.iter().any(|part| part.contains(&(x, y)) || has_it(part))
        };
        for (at, value) in values.iter().enumerate() {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                prop_assert!(is_drawn((x(at), frame.y(value))), "{value} at {at} in {stroke}");
            }
        }
    }

    #[test]
    fn of_each_column_the_least_and_the_most_are_drawn_and_no_more_than_four(
        values in prop::collection::vec(-1e6..1e6_f64, 1..3000),
        columns in 1_i64..50,
    ) {
        let run: Vec<(i64, f64)> = values.iter().copied().zip(0_i64..).map(|(value, at)| (at, value)).collect();
        let column = |at: i64| at * columns / count(&run);
        let kept = decimated(&run, column, |value| *value);
        let extremes = |points: &[(i64, f64)]| {
            let mut all: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
            for (at, value) in points {
                let (least, most) = all.entry(column(*at)).or_insert((*value, *value));
                *least = least.min(*value);
                *most = most.max(*value);
            }
            all
        };
        prop_assert_eq!(extremes(&kept), extremes(&run));
        prop_assert!(count(&kept) <= 2 * columns + 2);
        prop_assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0) && kept.iter().all(|point| run.contains(point)));
        prop_assert_eq!((kept.first(), kept.last()), (run.first(), run.last()));
    }

    #[test]
    fn a_scale_holds_all_values_between_few_nice_ticks(
        values in prop::collection::vec(value(), 0..50),
        unit in prop::sample::select(&UNITS[..]),
    ) {
        let told = scale(unit, values.iter().copied().flatten());
        prop_assert!(told.low < told.high && told.low <= 0.0 && told.high >= 0.0);
        prop_assert_eq!((told.ticks.first(), told.ticks.len() <= 8), (Some(&told.low), true), "{:?}", told);
        prop_assert!(told.ticks.len() >= 2 && told.ticks.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
        for value in values.into_iter().flatten().filter(|value| value.abs() < 1e299) {
            prop_assert!(told.low <= value && value <= told.high * (1.0 + 1e-9), "{value} in {told:?}");
        }
    }

    #[test]
    fn moments_along_the_edge_are_few_and_inside(from in 0_i64..2_000_000_000_000, range in 0_i64..40_000_000_000) {
        let ticks = times(from, from + range);
        prop_assert!(ticks.len() <= 7 && ticks.iter().all(|at| (from..=from + range).contains(at)), "{ticks:?}");
        prop_assert!(range < 60_000 || ticks.len() >= 2 || range > 5_000_000_000, "{ticks:?} of {range}");
    }

    #[test]
    fn bands_lie_upon_each_other_and_come_to_the_sum(
        values in prop::collection::vec((0.0..1e6_f64, 0.0..1e6_f64, 0.0..1e6_f64), 1..300),
    ) {
        let lines: Vec<Line> = [0, 1, 2].map(|nth| {
            let of_line: Vec<_> = values.iter().map(|(a, b, c)| Some([*a, *b, *c][nth])).collect();
            of("x", &of_line)
        }).into();
        let scale = scale(MetricUnit::Records, values.iter().map(|(a, b, c)| a + b + c));
        let frame = Frame::new(0, (count(&values) - 1) * 15_000, &scale);
        let drawn = bands(&lines, 0, &frame);
        let highest = read(&drawn[2].0).concat().into_iter().map(|(_, y)| y).min().unwrap();
        let most = values.iter().map(|(a, b, c)| a + b + c).fold(0.0, f64::max);
        prop_assert!((highest - frame.y(most)).abs() <= 1);
        for (stroke, area) in &drawn {
            for (x, y) in read(stroke).concat().into_iter().chain(read(area).concat()) {
                prop_assert!((0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y));
            }
        }
    }
}

#[test]
fn a_line_is_told_by_ways_from_corner_to_corner_and_a_level_by_its_ends() {
    let values = [Some(0.0), Some(0.0), Some(0.0), Some(100.0), Some(50.0), None, Some(100.0)];
    let frame = Frame::new(0, 90_000, &scale(MetricUnit::Count, [100.0].into_iter()));
    let (stroke, area) = line(&of("x", &values), 0, &frame);
    assert_eq!(stroke, "M0 400l480 0 240-400 240 200M1440 0h0");
    assert_eq!(area, "M0 400l480 0 240-400 240 200 0 200-960 0ZM1440 0l0 400Z");
}

#[test]
fn a_quarter_that_was_missed_is_no_gap_and_two_are_one() {
    let runs =
        |values: &[Option<f64>], bridged| runs(values.iter().zip(0..).map(|(value, at)| (at, *value)), bridged).len();
    let missed = [Some(1.0), None, Some(2.0), None, None, Some(3.0)];
    assert_eq!((runs(&missed, 0), runs(&missed, 1), runs(&[None, None], 1), runs(&[], 1)), (3, 2, 0, 0));
}

#[test]
fn what_people_called_something_is_text_and_nothing_is_styled_inline() {
    let mut chart = chart(Shape::Stacked, vec![of("</svg><script>\"x\"", &[Some(1.0), None, Some(1500.0)])]);
    chart.marks.push(Mark { at: UnixMillis(15_000), words: "restart <broker> 2".to_owned() });
    let html = charts(&[chart]);
    assert!(!html.contains("<script") && !html.contains(" style=") && !html.contains("<broker>"), "{html}");
    assert!(html.contains("&lt;/svg&gt;&lt;script&gt;&quot;x&quot;") && html.contains("restart &lt;broker&gt; 2"));
    assert!(html.contains("<td>–<tr>") && html.contains("<td>1.4 KiB</tbody>"), "short cells: {html}");
    assert!(html.contains("href=\"/series.csv?a=1&amp;b=2\""));
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
}

#[test]
fn what_ended_long_ago_is_not_told_as_the_newest() {
    let of_chart = |values: &[Option<f64>]| charts(&[chart(Shape::Lines, vec![of("x", values)])]);
    assert!(of_chart(&[Some(1.0), Some(2048.0), None, None]).contains("data-last=\"2 KiB\""));
    assert!(of_chart(&[Some(2048.0), None, None, None]).contains("data-last=\"–\""));
}

#[test]
fn very_much_becomes_no_more_than_can_be_seen() {
    let wave = |nth: usize| -> Vec<Option<f64>> {
        (0..2000_u32).map(|at| Some(f64::from(at * 37 % 997) + f64::from(u32::try_from(nth).unwrap()))).collect()
    };
    let lines: Vec<_> = (0..20).map(|nth| of(&format!("topic-{nth}"), &wave(nth))).collect();
    let html = charts(&[chart(Shape::Lines, lines.clone())]);
    let corners = html.split(" d=\"").skip(1).map(|path| count(&read(path.split('"').next().unwrap()).concat()));
    assert!(corners.max().unwrap() <= 2 * COLUMNS + 2);
    assert_eq!(html.matches("<tr>").count(), 118 + 1, "a table of so many lines as can be read");
    assert!(html.len() < 600_000, "{}", html.len());
    let stacked = charts(&[chart(Shape::Stacked, lines)]);
    assert!(stacked.len() < 1_000_000, "{}", stacked.len());
}

/// The colours of the stylesheet, light and dark.
fn colours() -> [BTreeMap<String, [f64; 3]>; 2] {
    let tokens = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../style/tokens.css")).unwrap();
    let read = |part: &str| -> BTreeMap<String, [f64; 3]> {
        let lines =
            part.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"));
        let channel = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        lines.map(|(name, hex)| (name.to_owned(), [0, 2, 4].map(|at| channel(hex, at)))).collect()
    };
    let [light, dark] = [":root {", ":root[data-theme=\"dark\"] {"]
        .map(|head| read(tokens.split(head).nth(1).unwrap().split("\n}").next().unwrap()));
    let by_itself = tokens.split(":root:not([data-theme=\"light\"]) {").nth(1).unwrap().split('}').next().unwrap();
    assert_eq!(read(by_itself), dark, "dark is dark whoever asks for it");
    [light, dark]
}

fn linear(colour: [f64; 3]) -> [f64; 3] {
    colour.map(|channel| if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) })
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let light = |colour| {
        let [r, g, b] = linear(colour);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b): (f64, f64) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// As people see it who lack one kind of cone (Viénot, Brettel and Mollon 1999), in linear light.
fn seen(colour: [f64; 3], lacking: &str) -> [f64; 3] {
    let [r, g, b] = linear(colour);
    match lacking {
        "long" => [0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b],
        "middle" => [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b],
        _ => [r, g, b],
    }
}

#[test]
fn colours_of_lines_stand_out_and_are_told_apart_by_those_who_lack_a_kind_of_cone() {
    for colours in colours() {
        let lines: Vec<_> = (1..=COLOURS).map(|nth| colours[&format!("line-{nth}")]).collect();
        for (nth, colour) in lines.iter().enumerate() {
            let told = contrast(*colour, colours["panel"]);
            assert!(told >= 3.0, "line {} has a contrast of {told} only", nth + 1);
        }
        for lacking in ["none", "long", "middle"] {
            for (a, one) in lines.iter().enumerate() {
                for (b, other) in lines.iter().enumerate().skip(a + 1) {
                    let distance: f64 = seen(*one, lacking)
                        .into_iter()
                        .zip(seen(*other, lacking))
                        .map(|(a, b)| (a.max(0.0).cbrt() - b.max(0.0).cbrt()).powi(2))
                        .sum::<f64>()
                        .sqrt();
                    assert!(distance > 0.08, "lines {} and {} are {distance} apart for {lacking}", a + 1, b + 1);
                }
            }
        }
    }
}
