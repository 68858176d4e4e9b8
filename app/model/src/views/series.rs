use crate::{Metric, MetricUnit, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked of `GET /api/v1/clusters/{namespace}/{name}/series`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeriesRequest {
    /// A [`Metric`] by its name.
    pub metric: String,
    /// A [`crate::Breakdown`] by its name; the metric's first without it.
    pub by: Option<String>,
    /// Only that topic.
    pub topic: Option<String>,
    /// Only that broker.
    pub broker: Option<String>,
    /// Only that group.
    pub group: Option<String>,
    /// From when, as milliseconds since 1970; an hour ago without it.
    pub from: Option<i64>,
    /// Until when; now without it.
    pub to: Option<i64>,
    /// Seconds from one point to the next; a step that suits the range without it.
    pub step: Option<u32>,
    /// How many series at most, those with the most first (1 to 100; 20 without it).
    pub limit: Option<u32>,
}

/// What was measured over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesView {
    /// What.
    pub metric: Metric,
    /// What the numbers count.
    pub unit: MetricUnit,
    /// The first moment of the range.
    pub from: UnixMillis,
    /// The last.
    pub to: UnixMillis,
    /// Seconds from one point to the next.
    pub step: u32,
    /// Of each.
    pub series: Vec<Series>,
    /// How many more there are than were asked for.
    pub left_out: u32,
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// Of whom: `broker`, `volume`, `topic`, `group`; none for the whole cluster.
    pub labels: BTreeMap<String, String>,
    /// Moments with what was measured; null where nothing was.
    pub points: Vec<(UnixMillis, Option<f64>)>,
}
