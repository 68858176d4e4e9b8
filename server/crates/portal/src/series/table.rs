//! Series as a table. Pure.

use crate::csv::cell;
use klamm_model::{Aggregate, SeriesView, UnixMillis};
use std::fmt::Write;

/// RFC 4180 with a head: moments in UTC, and a column for each series. Nothing stands where nothing was measured.
pub(crate) fn csv(view: &SeriesView) -> String {
    let mut text = cell("time");
    let most = match view.aggregate {
        Aggregate::Mean => "",
        Aggregate::Most => ", most",
    };
    for series in &view.series {
        let labels: Vec<_> = series.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let whose = if labels.is_empty() { String::new() } else { format!(" {}", labels.join(" ")) };
        text += ",";
        text += &cell(&format!("{}{whose}{most} ({})", view.metric.name(), unit(view)));
    }
    text += "\r\n";
    let moments = view.series.first().map(|series| series.points.as_slice()).unwrap_or_default();
    for (row, (at, _)) in moments.iter().enumerate() {
        text += &moment(*at);
        for series in &view.series {
            text += ",";
            if let Some((_, Some(value))) = series.points.get(row) {
                // Writing to a String cannot fail.
                let _ = write!(text, "{value}");
            }
        }
        text += "\r\n";
    }
    text
}

fn unit(view: &SeriesView) -> String {
    serde_json::to_value(view.unit).ok().and_then(|unit| unit.as_str().map(str::to_owned)).unwrap_or_default()
}

fn moment(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{Metric, Series};

    #[test]
    fn a_table_has_a_line_for_each_moment_and_a_hostile_group_stays_in_its_cell() {
        let series = |group: &str, points: &[(i64, Option<f64>)]| Series {
            labels: [("group".to_owned(), group.to_owned())].into(),
            points: points.iter().map(|(at, value)| (UnixMillis(*at), *value)).collect(),
        };
        let view = SeriesView {
            metric: Metric::LagRecords,
            unit: Metric::LagRecords.unit(),
            aggregate: Aggregate::Mean,
            from: UnixMillis(0),
            to: UnixMillis(15_000),
            step: 15,
            series: vec![
                series("a,\"b\"\r\n=1", &[(0, Some(1.0)), (15_000, None)]),
                series("plain", &[(0, None), (15_000, Some(0.25))]),
            ],
            left_out: 0,
            only_busiest: None,
        };
        let expected = "\"time\",\"lag_records group=a,\"\"b\"\"\r\n=1 (records)\",\"lag_records group=plain (records)\"\r\n\
            1970-01-01T00:00:00Z,1,\r\n1970-01-01T00:00:15Z,,0.25\r\n";
        assert_eq!(csv(&view), expected);
        let most = csv(&SeriesView { aggregate: Aggregate::Most, ..view.clone() });
        assert!(most.contains("\"lag_records group=plain, most (records)\"\r\n"), "{most}");
        assert_eq!(csv(&SeriesView { series: Vec::new(), ..view }), "\"time\"\r\n");
    }
}
