//! Disks: how full they are, when they will be, and what topics on them come to.

use super::SortOrder;
use crate::{BrokerId, Known, Page, Revisions, TeamName, TopicName};
use serde::{Deserialize, Serialize};

/// What is asked of `GET /api/v1/clusters/{namespace}/{name}/disks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DisksRequest {
    /// Keep topics whose names contain this, ignoring case.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// Keep only topics whose retention cannot fit.
    pub misfits: bool,
    /// What to sort topics by.
    pub sort: DiskSort,
    /// Which way.
    pub order: SortOrder,
    /// Topics, 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
    /// What if `retention.ms` were this,
    pub retention_ms: Option<u64>,
    /// of this topic; of all that let records go by time, without it.
    pub topic: Option<String>,
}

/// What topics on disks can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DiskSort {
    /// By name.
    #[default]
    Name,
    /// By bytes of all replicas.
    SizeBytes,
    /// By how many bytes they grow in a day.
    GrowthBytesPerDay,
    /// By what they come to; those that grow without end are the largest.
    SettlesAtBytes,
}

/// How full disks are and what will come of that: `GET /api/v1/clusters/{namespace}/{name}/disks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisksView {
    /// Log dirs by broker and path.
    pub volumes: Vec<VolumeView>,
    /// Brokers by id, with what they come to.
    pub brokers: Vec<BrokerDisks>,
    /// The topics asked for.
    pub topics: Page<TopicDisks>,
    /// Topics whose retention cannot fit, of those that the caller may see.
    pub misfit_total: u32,
    /// What would be with another retention; null unless that was asked.
    pub what_if: Option<WhatIf>,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// A log dir of a broker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeView {
    /// Of this broker.
    pub broker: BrokerId,
    /// Its path there.
    pub volume: String,
    /// Whether the broker gave it up.
    pub offline: bool,
    /// What is on it.
    pub used_bytes: Known<u64>,
    /// How large it is.
    pub capacity_bytes: Known<u64>,
    /// By how much it grows in a day; less than nothing where it shrinks.
    pub growth_bytes_per_day: Known<i64>,
    /// Days until it is full, if it goes on like this; null where that is not foreseen, and where it levels off before.
    pub days_to_full: Known<f64>,
    /// How far that may be believed.
    pub confidence: Known<ForecastConfidence>,
    /// What is on it once the retention of all its topics takes effect, if they are written to as now; null where a topic grows without
    /// end, where it grows by something else than topics, or nobody can say.
    #[serde(default)]
    pub levels_off_at_bytes: Known<u64>,
}

impl VolumeView {
    /// What comes to no more than this part of a volume fits on it: rates of an hour are no more exact than that.
    pub const LEVELS_OFF_BELOW: f64 = 0.95;

    /// At how many bytes it levels off, where there is room for that.
    #[expect(clippy::cast_precision_loss, reason = "nine petabytes are exact")]
    pub fn levels_off(&self) -> Option<u64> {
        let (level, capacity) = self.levels_off_at_bytes.value().zip(self.capacity_bytes.value())?;
        let room = *capacity as f64 * Self::LEVELS_OFF_BELOW;
        let comes_to = *level as f64;
        (comes_to <= room && !self.offline).then_some(*level)
    }

    /// Days until it is full, as far as somebody can act upon that: 0 where it is, none where that is not foreseen or uncertain.
    pub fn foreseen(&self) -> Option<f64> {
        let is_full = self.used_bytes.value().zip(self.capacity_bytes.value()).is_some_and(|(used, all)| used >= all);
        match self.confidence {
            _ if is_full => Some(0.0),
            Known::Known(ForecastConfidence::Medium | ForecastConfidence::High) => self.days_to_full.value().copied(),
            Known::Known(ForecastConfidence::Low) | Known::Unknown => None,
        }
    }
}

/// When the first of a broker's volumes is full, as it is told beside the broker.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filling {
    /// Days until then, if it goes on like this; unknown where that is not foreseen.
    pub days: Known<f64>,
    /// How far that may be believed; unknown where nobody can say it of one of the volumes.
    pub confidence: Known<ForecastConfidence>,
}

impl Filling {
    /// Of these volumes the one that is full first, as far as somebody can act upon that; else the one of which least is known. Those
    /// that the broker gave up fill no more.
    pub fn of<'a>(volumes: impl IntoIterator<Item = &'a VolumeView>) -> Self {
        let serving: Vec<&VolumeView> = volumes.into_iter().filter(|volume| !volume.offline).collect();
        let foreseen = serving.iter().filter_map(|volume| Some((volume.foreseen()?, volume.confidence)));
        if let Some((days, confidence)) = foreseen.min_by(|(a, _), (b, _)| a.total_cmp(b)) {
            // What is full is seen, and not foreseen.
            let confidence = if days > 0.0 { confidence } else { Known::Known(ForecastConfidence::High) };
            return Self { days: Known::Known(days), confidence };
        }
        let known = |volume: &VolumeView| volume.capacity_bytes.value().and(volume.confidence.value()).copied();
        let days = |volume: &VolumeView| volume.days_to_full.value().copied().unwrap_or(f64::INFINITY);
        let least =
            serving.into_iter().min_by(|a, b| known(a).cmp(&known(b)).then_with(|| days(a).total_cmp(&days(b))));
        let told = least.and_then(|volume| Some((volume.days_to_full, known(volume)?)));
        told.map_or_else(Self::default, |(days, confidence)| Self { days, confidence: Known::Known(confidence) })
    }

    /// Days that somebody can act upon.
    pub fn foreseen(&self) -> Option<f64> {
        match self.confidence {
            Known::Known(ForecastConfidence::Medium | ForecastConfidence::High) => self.days.value().copied(),
            Known::Known(ForecastConfidence::Low) | Known::Unknown => None,
        }
    }
}

/// How far a forecast may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ForecastConfidence {
    /// It was measured for less than an hour, or jumps about.
    Low,
    /// Something in between; or a flood, for which there is no time to measure for longer, close to a line.
    Medium,
    /// It was measured for six hours or more, and is close to a line.
    High,
}

/// What a broker comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerDisks {
    /// Which broker.
    pub broker: BrokerId,
    /// What is on all of its volumes.
    pub used_bytes: Known<u64>,
    /// How large they are.
    pub capacity_bytes: Known<u64>,
    /// What will be on them once the retention of all topics takes effect, if they are written to as now; null where a topic grows
    /// without end, or nobody can say.
    pub settles_at_bytes: Known<u64>,
}

/// A topic on disks. Bytes are those of all replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicDisks {
    /// Which topic.
    pub name: TopicName,
    /// Whose it is.
    pub team: Option<TeamName>,
    /// What it takes up.
    pub size_bytes: Known<u64>,
    /// By how much it grows in a day; less than nothing where it shrinks.
    pub growth_bytes_per_day: Known<i64>,
    /// What is appended in a day.
    pub appended_bytes_per_day: Known<u64>,
    /// `retention.ms`; null where time lets nothing go, or nobody could say.
    pub retention_ms: Known<u64>,
    /// What it comes to once its retention takes effect; null where it grows without end, or nobody can say.
    pub settles_at_bytes: Known<u64>,
    /// Whether nothing ever takes records away.
    pub endless: bool,
    /// Whether there is room for what it comes to, beside what else is on its brokers; null where nobody can say.
    pub fits: Known<bool>,
    /// The retention that fits, where it does not and one would.
    pub recommended: Option<RetentionAdvice>,
}

/// A retention that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetentionAdvice {
    /// `retention.ms`.
    pub retention_ms: u64,
    /// `segment.ms`, where segments would stay open for too long.
    pub segment_ms: Option<u64>,
}

/// What would be with another retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatIf {
    /// `retention.ms`.
    pub retention_ms: u64,
    /// Of this topic; null for all that let records go by time.
    pub topic: Option<TopicName>,
    /// What brokers would come to.
    pub brokers: Vec<BrokerDisks>,
}

/// A rectangle of a map of what is on disks, in thousandths of its width and height.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiskTile {
    /// Which topic; null for all that are too small to be drawn.
    pub topic: Option<TopicName>,
    /// How many topics that is.
    pub topics: u32,
    /// What it takes up.
    pub bytes: u64,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ForecastConfidence::{High, Low, Medium};

    fn volume(days: Option<f64>, confidence: Option<ForecastConfidence>) -> VolumeView {
        VolumeView {
            broker: BrokerId(1),
            volume: "/data".to_owned(),
            offline: false,
            used_bytes: Known::Known(1),
            capacity_bytes: Known::Known(2),
            growth_bytes_per_day: Known::Unknown,
            days_to_full: days.into(),
            confidence: confidence.into(),
            levels_off_at_bytes: Known::Unknown,
        }
    }

    fn told(volumes: &[VolumeView]) -> (Option<f64>, Option<ForecastConfidence>) {
        let Filling { days, confidence } = Filling::of(volumes);
        (days.value().copied(), confidence.value().copied())
    }

    #[test]
    fn the_volume_that_is_full_first_is_told_unless_that_is_uncertain() {
        let sure = || volume(Some(9.0), Some(Medium));
        assert_eq!(told(&[sure(), volume(Some(12.0), Some(High))]), (Some(9.0), Some(Medium)));
        assert_eq!(told(&[sure(), volume(Some(2.0), Some(Low)), volume(None, None)]), (Some(9.0), Some(Medium)));
        assert_eq!(told(&[volume(None, Some(High))]), (None, Some(High)), "it does not grow");
        let uncertain = [volume(None, Some(High)), volume(Some(5.0), Some(Low)), volume(Some(3.0), Some(Low))];
        assert_eq!((told(&uncertain), Filling::of(&uncertain).foreseen()), ((Some(3.0), Some(Low)), None));
    }

    #[test]
    fn what_nobody_can_say_of_one_volume_nobody_can_say_of_the_broker() {
        assert_eq!(told(&[]), (None, None));
        assert_eq!(told(&[volume(None, Some(High)), volume(None, None)]), (None, None));
        let endless = VolumeView { capacity_bytes: Known::Unknown, ..volume(None, Some(High)) };
        assert_eq!(told(&[endless]), (None, None), "nobody knows how large it is");
        let given_up = VolumeView { offline: true, ..volume(None, None) };
        assert_eq!(told(&[given_up, volume(None, Some(High))]), (None, Some(High)));
    }

    #[test]
    fn a_volume_levels_off_where_there_is_room_for_that() {
        let capacity_bytes = Known::Known(100);
        let at = |level: Option<u64>| VolumeView {
            levels_off_at_bytes: level.into(),
            capacity_bytes,
            ..volume(None, Some(High))
        };
        assert_eq!([at(None), at(Some(95)), at(Some(96))].map(|one| one.levels_off()), [None, Some(95), None]);
        assert_eq!(VolumeView { offline: true, ..at(Some(1)) }.levels_off(), None);
    }

    #[test]
    fn what_is_full_is_seen_however_it_came_to_that() {
        let full = VolumeView { used_bytes: Known::Known(2), ..volume(None, Some(Low)) };
        assert_eq!(full.foreseen(), Some(0.0));
        assert_eq!(told(&[volume(Some(1.0), Some(High)), full]), (Some(0.0), Some(High)));
    }
}
