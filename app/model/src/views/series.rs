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
    /// An [`Aggregate`] by its name; the mean without it.
    pub aggregate: Option<String>,
}

/// What of a step its point tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aggregate {
    /// The mean of what was measured in it.
    #[default]
    Mean,
    /// The most: what lasts for minutes is not lost in hours.
    Most,
}

impl Aggregate {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Mean, Self::Most];

    /// As it is called in addresses and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Most => "most",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.name() == name)
    }
}

/// What was measured over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesView {
    /// What.
    pub metric: Metric,
    /// What the numbers count.
    pub unit: MetricUnit,
    /// What of each step is told.
    #[serde(default)]
    pub aggregate: Aggregate,
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
    /// How many topics, or groups, are kept one by one, the busiest of them, where the one that was asked for is none of them at present:
    /// what is measured of it is in the sum of all others.
    pub only_busiest: Option<u32>,
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
