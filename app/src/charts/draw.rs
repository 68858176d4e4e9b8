//! Charts as HTML: an SVG that is as wide as there is room, a legend whose boxes take lines away, and the same as a table. It is
//! written by hand, because a page may have thousands of numbers. What depends on them stands in attributes of SVG: the policy of
//! the pages allows no inline styles.

use super::{
    COLOURS, Chart, Line, LineKind, Mark, Shape, Shown,
    axis::{Scale, scale, times},
    frame::{Frame, HEIGHT, WIDTH, float, whole},
    path::{bands, drawn, line},
    told::{moment, number, tick, unit_words},
};
use klamm_model::MetricUnit;
use std::fmt::{self, Write};

/// Pixels from the lower edge to the upper one. Numbers and moments stand outside, where the stylesheet leaves room for them.
const DRAWN_HEIGHT: i64 = 146;
/// Lines of the table at most; the crosshair stops at each.
const ROWS: usize = 120;
/// What is looked at every quarter of a minute or so misses a quarter now and then.
const QUARTER: i64 = 15_000;
/// By these, lines are told apart where colours are not.
const DASHES: [&str; COLOURS] = ["", "7 4", "2 4", "10 4 2 4", "14 5", "5 2", "10 3 2 3 2 3", "1 6"];

/// All of them, as a part of a page.
pub(crate) fn charts(charts: &[Chart]) -> String {
    let mut html = String::from("<div class=\"charts\">");
    for chart in charts {
        // Writing to a String cannot fail.
        let _ = Drawing::of(chart).write(&mut html);
    }
    html + "</div>"
}

/// The ways to other times.
pub(crate) fn spans(shown: &Shown) -> String {
    let mut html = String::from("<div class=\"spans\"><nav class=\"choice\" aria-label=\"How far back\"><ul>");
    for (words, href, is_here) in shown.spans() {
        let here = if is_here { " aria-current=\"true\"" } else { "" };
        let _ = write!(html, "<li><a href=\"{}\"{here}>{words}</a></li>", escaped(&href));
    }
    let (words, href) = shown.other_way();
    let _ = write!(html, "</ul></nav><a class=\"button\" href=\"{}\">{words}</a>", escaped(&href));
    let _ = write!(html, "<span class=\"aside\">{}</span></div>", escaped(&shown.words()));
    html
}

/// The way to more charts, or to fewer; whoever takes it stays where they are on the page.
pub(crate) fn more(shown: &Shown) -> String {
    let (words, href) = shown.other_charts();
    format!("<p class=\"more-charts\"><a class=\"button\" href=\"{}\" data-noscroll>{words}</a></p>", escaped(&href))
}

/// A chart with what is worked out for it.
struct Drawing<'a> {
    chart: &'a Chart,
    scale: Scale,
    frame: Frame,
    /// Points without a value that make no gap yet.
    bridged: usize,
}

impl<'a> Drawing<'a> {
    fn of(chart: &'a Chart) -> Self {
        let scale = match chart.shape {
            Shape::Lines => scale(chart.unit, chart.lines.iter().flat_map(values)),
            Shape::Stacked => scale(chart.unit, sums(&chart.lines).into_iter()),
        };
        let frame = Frame::new(chart.from.0, chart.to.0, &scale);
        Self { chart, scale, frame, bridged: usize::from(chart.step <= QUARTER) }
    }

    fn write(&self, html: &mut String) -> fmt::Result {
        let Chart { id, title, unit, from, to, zoom, .. } = self.chart;
        let (title, rows) = (escaped(title), self.rows());
        write!(
            html,
            "<figure class=\"chart\" id=\"chart-{id}\" data-from=\"{}\" data-to=\"{}\" data-zoom=\"{}\" data-row=\"{}\">",
            from.0,
            to.0,
            escaped(zoom),
            self.share_of_a_row(&rows)
        )?;
        write!(html, "<figcaption class=\"chart-head\"><h3>{title}</h3><span class=\"hint\">{}", unit_words(*unit))?;
        if self.chart.left_out > 0 {
            write!(html, " · {} more are not drawn", self.chart.left_out)?;
        }
        write!(html, "</span><span class=\"chart-at\"></span></figcaption>")?;
        write!(
            html,
            "<div class=\"chart-plot\" id=\"plot-{id}\" tabindex=\"0\" role=\"group\" \
             aria-label=\"{title}: the arrow keys read it moment by moment\">"
        )?;
        self.write_svg(html, &title)?;
        write!(html, "<div class=\"chart-hit\"></div></div><p class=\"hidden chart-said\" role=\"status\"></p>")?;
        self.write_legend(html)?;
        self.write_table(html, &title, &rows)?;
        write!(html, "<a class=\"chart-zoom\" href=\"#chart-{id}\" hidden>Look closer</a></figure>")
    }

    fn write_svg(&self, html: &mut String, title: &str) -> fmt::Result {
        let id = &self.chart.id;
        write!(
            html,
            "<svg class=\"chart-svg\" width=\"100%\" height=\"{DRAWN_HEIGHT}\" role=\"img\" \
             aria-labelledby=\"title-{id} words-{id}\"><title id=\"title-{id}\">{title}</title>\
             <desc id=\"words-{id}\">{}</desc>",
            escaped(&self.words())
        )?;
        for value in &self.scale.ticks {
            let y = 100.0 - 100.0 * self.frame.height(*value);
            let told = number(self.chart.unit, *value);
            write!(html, "<line class=\"chart-grid\" x1=\"0\" x2=\"100%\" y1=\"{y:.2}%\" y2=\"{y:.2}%\" />")?;
            write!(html, "<text class=\"chart-left\" x=\"-8\" y=\"{y:.2}%\" dy=\"4\">{told}</text>")?;
        }
        let ticks = times(self.chart.from.0, self.chart.to.0);
        for at in &ticks {
            let x = 100.0 * self.frame.share(*at);
            let told = tick(*at, &ticks);
            write!(html, "<text class=\"chart-below\" x=\"{x:.2}%\" y=\"{DRAWN_HEIGHT}\" dy=\"18\">{told}</text>")?;
        }
        write!(
            html,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">"
        )?;
        self.write_lines(html)?;
        write!(html, "</svg>")?;
        for mark in &self.chart.marks {
            self.write_mark(html, mark)?;
        }
        write!(
            html,
            "<rect class=\"chart-drag\" y=\"0\" width=\"0\" height=\"100%\" />\
             <line class=\"chart-cross\" y1=\"0\" y2=\"100%\" /></svg>"
        )
    }

    fn write_lines(&self, html: &mut String) -> fmt::Result {
        let paths = match self.chart.shape {
            Shape::Lines => self.chart.lines.iter().map(|one| line(one, self.bridged, &self.frame)).collect(),
            Shape::Stacked => bands(&self.chart.lines, self.bridged, &self.frame),
        };
        // A few areas below lines may overlap; more would be a fog.
        let has_areas = self.chart.shape == Shape::Stacked || self.chart.lines.len() <= 2;
        for (nth, (one, (stroke, area))) in self.chart.lines.iter().zip(paths).enumerate().rev() {
            let (class, dashes) = look(one, nth);
            write!(html, "<g class=\"series-{}\">", nth + 1)?;
            if has_areas {
                write!(html, "<path class=\"area {class}\" d=\"{area}\" />")?;
            }
            write!(html, "<path class=\"line {class}\" d=\"{stroke}\"{dashes} /></g>")?;
        }
        Ok(())
    }

    fn write_mark(&self, html: &mut String, mark: &Mark) -> fmt::Result {
        if mark.at < self.chart.from || mark.at > self.chart.to {
            return Ok(());
        }
        let x = 100.0 * self.frame.share(mark.at.0);
        let (side, anchor) = if x > 70.0 { (-5, "end") } else { (5, "start") };
        write!(html, "<line class=\"chart-mark\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"100%\" />")?;
        write!(
            html,
            "<text class=\"chart-mark-words\" x=\"{x:.2}%\" dx=\"{side}\" y=\"10\" text-anchor=\"{anchor}\">{}</text>",
            escaped(&mark.words)
        )
    }

    fn write_legend(&self, html: &mut String) -> fmt::Result {
        let unit = self.chart.unit;
        write!(
            html,
            "<fieldset class=\"chart-legend\" id=\"legend-{}\"><legend class=\"hidden\">Lines that are shown</legend>",
            self.chart.id
        )?;
        for (nth, one) in self.chart.lines.iter().enumerate() {
            let (class, dashes) = look(one, nth);
            let last = now(one).map_or_else(|| "–".to_owned(), |value| number(unit, value));
            write!(
                html,
                "<label class=\"chart-key\"><input type=\"checkbox\" name=\"line\" value=\"{}\" checked />\
                 <svg width=\"22\" height=\"10\" aria-hidden=\"true\"><line class=\"line {class}\" x1=\"1\" x2=\"21\" \
                 y1=\"5\" y2=\"5\"{dashes} /></svg><span>{}</span> \
                 <span class=\"chart-value\" data-last=\"{last}\">{last}</span></label>",
                nth + 1,
                escaped(&one.name)
            )?;
        }
        write!(html, "</fieldset>")
    }

    /// Which points have a line of the table: every so-manieth, the last among them.
    fn rows(&self) -> Vec<usize> {
        let count = self.chart.lines.iter().map(|line| line.points.len()).max().unwrap_or_default();
        let every = count.div_ceil(ROWS).max(1);
        let mut rows: Vec<usize> = (0..count).rev().step_by(every).collect();
        rows.reverse();
        rows
    }

    /// From one line of the table to the next, in millionths of a percent of the width.
    fn share_of_a_row(&self, rows: &[usize]) -> i64 {
        const WHOLE: f64 = 1e8;
        let points = self.chart.lines.first().map(|line| line.points.as_slice()).unwrap_or_default();
        let at = |row: Option<&usize>| row.and_then(|row| points.get(*row)).map(|(at, _)| at.0);
        match (at(rows.first()), at(rows.last())) {
            (Some(first), Some(last)) if last > first => {
                let between = i64::try_from(rows.len()).unwrap_or(1).saturating_sub(1).max(1);
                whole(WHOLE * (self.frame.share(last) - self.frame.share(first)) / float(between))
            }
            _ => whole(WHOLE),
        }
    }

    /// Cells by the thousand, which go out twice: as the page, and escaped for the browser that takes it over. So they have no
    /// classes, and no end tags, which HTML lets be left out.
    fn write_table(&self, html: &mut String, title: &str, rows: &[usize]) -> fmt::Result {
        let Chart { id, lines, step, unit, files, .. } = self.chart;
        write!(
            html,
            "<details class=\"chart-table\" id=\"table-{id}\"><summary>As a table</summary><p class=\"ways\">"
        )?;
        for (words, href) in files {
            write!(html, "<a href=\"{}\" rel=\"external\">{}</a>", escaped(href), escaped(words))?;
        }
        write!(
            html,
            "</p><div class=\"table-scroll\" role=\"region\" aria-label=\"{title} as a table\" tabindex=\"0\"><table>\
             <caption class=\"hidden\">{title}</caption><thead><tr><th scope=\"col\">UTC</th>"
        )?;
        for line in lines {
            write!(html, "<th scope=\"col\" class=\"number\">{}</th>", escaped(&line.name))?;
        }
        write!(html, "</tr></thead><tbody>")?;
        for row in rows {
            let at = lines.iter().find_map(|line| line.points.get(*row)).map(|(at, _)| moment(*at, *step));
            write!(html, "<tr><th scope=row>{}", at.unwrap_or_default())?;
            for line in lines {
                let value = line.points.get(*row).and_then(|(_, value)| value.filter(|value| value.is_finite()));
                let told = value.map_or_else(|| "–".to_owned(), |value| number(*unit, value));
                write!(html, "<td>{told}")?;
            }
        }
        write!(html, "</tbody></table></div></details>")
    }

    /// What is drawn, for those who hear it.
    fn words(&self) -> String {
        let Chart { unit, from, to, step, lines, .. } = self.chart;
        let mut words = format!("From {} to {} UTC.", moment(*from, *step), moment(*to, *step));
        for line in lines {
            let told = |value| number(*unit, value);
            let range = values(line).fold(None, |range, value| {
                let (low, high, _) = range.unwrap_or((value, value, value));
                Some((value.min(low), value.max(high), value))
            });
            let _ = match range {
                Some((low, high, now)) => {
                    write!(words, " {}: between {} and {}, last {}.", line.name, told(low), told(high), told(now))
                }
                None => write!(words, " {}: nothing measured.", line.name),
            };
        }
        for Mark { at, words: mark } in &self.chart.marks {
            let _ = write!(words, " {}: {mark}.", moment(*at, *step));
        }
        words
    }
}

/// What was measured last, unless that is too long ago to say so: the step that has only begun may have nothing, and the one before may
/// have been missed.
fn now(line: &Line) -> Option<f64> {
    const FRESH: usize = 3;
    let first = line.points.len().saturating_sub(FRESH);
    drawn(line).skip(first).filter_map(|(_, value)| value).last()
}

fn values(line: &Line) -> impl Iterator<Item = f64> {
    drawn(line).filter_map(|(_, value)| value)
}

/// What lines upon each other come to, moment by moment.
fn sums(lines: &[Line]) -> Vec<f64> {
    let mut sums = vec![0.0; lines.iter().map(|line| line.points.len()).max().unwrap_or_default()];
    for line in lines {
        for (sum, (_, value)) in sums.iter_mut().zip(drawn(line)) {
            *sum += value.unwrap_or_default();
        }
    }
    sums
}

/// The classes of a line, and its dashes where it has some. Those of bands are those of lines.
fn look(line: &Line, nth: usize) -> (String, String) {
    match line.kind {
        LineKind::Rest => ("colour-rest".to_owned(), " stroke-dasharray=\"3 3\"".to_owned()),
        LineKind::One => {
            let dashes = DASHES.get(nth % COLOURS).copied().filter(|dashes| !dashes.is_empty());
            let dashes = dashes.map(|dashes| format!(" stroke-dasharray=\"{dashes}\"")).unwrap_or_default();
            (format!("colour-{}", nth % COLOURS + 1), dashes)
        }
    }
}

/// Text, as it may stand in the document and in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Whether numbers of this unit can be added up to those of a whole.
pub(super) fn adds_up(unit: MetricUnit) -> bool {
    match unit {
        MetricUnit::RecordsPerSecond
        | MetricUnit::BytesPerSecond
        | MetricUnit::PerSecond
        | MetricUnit::Bytes
        | MetricUnit::Records
        | MetricUnit::Count => true,
        MetricUnit::Seconds | MetricUnit::Ratio => false,
    }
}
