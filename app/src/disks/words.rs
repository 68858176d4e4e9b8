//! How disks are told, in words. Pure.

use crate::topics::growth_words;
use klamm_model::{DisksView, Filling, ForecastConfidence, Known, VolumeView, human_bytes, human_duration};

/// Days to full that somebody should see to: findings speak from there on.
pub(crate) const SOON: f64 = 7.0;

/// Bytes, or that nobody knows.
pub(super) fn bytes(bytes: Known<u64>) -> String {
    bytes.value().map_or_else(|| "unknown".to_owned(), |bytes| human_bytes(*bytes))
}

/// `+1.5 GiB/day`.
pub(super) fn growth(per_day: Known<i64>) -> String {
    per_day.value().map_or_else(|| "unknown".to_owned(), |per_day| growth_words(*per_day))
}

/// How long a retention is, in words.
pub(super) fn millis(millis: u64) -> String {
    human_duration(millis / 1000)
}

/// When something is that is so many days ahead: `now`, `in 40 min`, `in 5 h`, `in 12 days`.
pub(super) fn ahead(days: f64) -> String {
    if days <= 0.0 { "now".to_owned() } else { format!("in {}", length(days)) }
}

fn length(days: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and none is negative")]
    let seconds = (days * 86_400.0) as u64;
    human_duration(seconds)
}

/// When the first volume of a broker is full: `12 days`, `16 days, uncertain`.
pub(crate) fn filling(Filling { days, confidence }: Filling) -> String {
    match (days, confidence) {
        (Known::Known(_) | Known::Unknown, Known::Unknown) => "not known".to_owned(),
        (Known::Known(days), Known::Known(ForecastConfidence::Low)) => format!("{}, uncertain", length(days)),
        (Known::Unknown, Known::Known(ForecastConfidence::Low)) => "not certain yet".to_owned(),
        (Known::Known(days), Known::Known(_)) if days <= 0.0 => "full".to_owned(),
        (Known::Known(days), Known::Known(_)) => length(days),
        (Known::Unknown, Known::Known(_)) => "not foreseen".to_owned(),
    }
}

/// When a volume is full.
pub(super) fn full(volume: &VolumeView) -> String {
    match (volume.offline, volume.days_to_full, volume.growth_bytes_per_day) {
        (true, _, _) => "the broker gave it up".to_owned(),
        (false, Known::Known(days), _) => ahead(days),
        (false, Known::Unknown, Known::Known(1..)) if volume.levels_off().is_some() => {
            format!("levels off at {}", bytes(volume.levels_off().into()))
        }
        (false, Known::Unknown, Known::Known(_)) => "not foreseen".to_owned(),
        (false, Known::Unknown, Known::Unknown) => "not known yet".to_owned(),
    }
}

/// How far a forecast may be believed.
pub(super) fn believed(confidence: Known<ForecastConfidence>) -> &'static str {
    match confidence {
        Known::Known(ForecastConfidence::Low) => "uncertain",
        Known::Known(ForecastConfidence::Medium) => "likely",
        Known::Known(ForecastConfidence::High) => "sure",
        Known::Unknown => "",
    }
}

/// What is to be known first. What is uncertain stands in its row and alarms nobody here.
pub(super) fn sentence(name: &str, disks: &DisksView) -> String {
    let foreseen = disks.volumes.iter().filter_map(|volume| Some((volume, volume.foreseen()?)));
    let soonest = foreseen.min_by(|(_, a), (_, b)| a.total_cmp(b));
    let serving = disks.volumes.iter().filter(|volume| !volume.offline);
    let least = serving.map(|volume| volume.capacity_bytes.value().and(volume.confidence.value())).min();
    match soonest {
        Some((volume, days)) if days <= 0.0 => format!("{} of broker {} is full", volume.volume, volume.broker),
        Some((volume, days)) => {
            let when = ahead(days);
            format!("{} of broker {} is full {when}, if it goes on like this", volume.volume, volume.broker)
        }
        None if disks.volumes.is_empty() => format!("Nobody knows the disks of {name} yet"),
        None => match least.flatten() {
            Some(ForecastConfidence::Medium | ForecastConfidence::High) => {
                format!("No disk of {name} is foreseen to be full")
            }
            Some(ForecastConfidence::Low) => format!("When disks of {name} will be full is not certain yet"),
            None => format!("When disks of {name} will be full is not known"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{BrokerId, Page, Revisions};

    fn volume(days: Known<f64>, growth: Known<i64>) -> VolumeView {
        VolumeView {
            broker: BrokerId(2),
            volume: "/data".to_owned(),
            offline: false,
            used_bytes: Known::Known(1),
            capacity_bytes: Known::Known(2),
            growth_bytes_per_day: growth,
            days_to_full: days,
            confidence: growth.map(|_| ForecastConfidence::High),
            levels_off_at_bytes: Known::Unknown,
        }
    }

    fn disks(volumes: Vec<VolumeView>) -> DisksView {
        DisksView {
            volumes,
            brokers: Vec::new(),
            topics: Page { items: Vec::new(), total: 0, next_cursor: None },
            misfit_total: 0,
            what_if: None,
            revisions: Revisions::default(),
        }
    }

    #[test]
    fn the_volume_that_is_full_first_is_told() {
        let later = volume(Known::Known(9.0), Known::Known(1));
        let sooner = VolumeView { broker: BrokerId(1), ..volume(Known::Known(0.25), Known::Known(1)) };
        let told = |volumes| sentence("demo", &disks(volumes));
        assert_eq!(told(vec![later.clone(), sooner]), "/data of broker 1 is full in 6 h, if it goes on like this");
        assert_eq!(told(vec![volume(Known::Known(0.0), Known::Known(1))]), "/data of broker 2 is full");
        assert_eq!(told(vec![volume(Known::Unknown, Known::Known(0))]), "No disk of demo is foreseen to be full");
        let unknown = || volume(Known::Unknown, Known::Unknown);
        assert_eq!(
            told(vec![later.clone(), unknown()]),
            "/data of broker 2 is full in 9 days, if it goes on like this"
        );
        assert_eq!(told(vec![unknown()]), "When disks of demo will be full is not known");
        assert_eq!(told(Vec::new()), "Nobody knows the disks of demo yet");
        assert_eq!(full(&later), "in 9 days");
    }

    #[test]
    fn what_levels_off_is_told_with_where() {
        let level = |level, growth| VolumeView {
            levels_off_at_bytes: Known::Known(level),
            capacity_bytes: Known::Known(100 << 20),
            ..volume(Known::Unknown, Known::Known(growth))
        };
        assert_eq!(full(&level(40 << 20, 5)), "levels off at 40 MiB");
        assert_eq!([full(&level(40 << 20, 0)), full(&level(400 << 20, 5))], ["not foreseen", "not foreseen"]);
    }

    #[test]
    fn what_is_uncertain_stands_in_its_row_and_is_no_headline() {
        let confidence = Known::Known(ForecastConfidence::Low);
        let uncertain = VolumeView { confidence, ..volume(Known::Known(3.0), Known::Known(1)) };
        let told = |volumes| sentence("demo", &disks(volumes));
        assert_eq!((full(&uncertain), believed(confidence)), ("in 3 days".to_owned(), "uncertain"));
        let not_certain = "When disks of demo will be full is not certain yet";
        assert_eq!(told(vec![uncertain.clone()]), not_certain);
        assert_eq!(told(vec![uncertain.clone(), volume(Known::Unknown, Known::Known(0))]), not_certain);
        let sure = volume(Known::Known(9.0), Known::Known(1));
        assert_eq!(told(vec![uncertain.clone(), sure]), "/data of broker 2 is full in 9 days, if it goes on like this");
        let full = VolumeView { used_bytes: Known::Known(2), ..uncertain };
        assert_eq!(told(vec![full]), "/data of broker 2 is full", "whatever becomes of it");
    }

    #[test]
    fn when_a_broker_is_full_is_told_with_how_far_that_may_be_believed() {
        use ForecastConfidence::{High, Low};
        let told = |days: Option<f64>, confidence: Option<ForecastConfidence>| {
            filling(Filling { days: days.into(), confidence: confidence.into() })
        };
        assert_eq!([told(Some(12.4), Some(High)), told(Some(0.0), Some(High))], ["12 days", "full"]);
        assert_eq!([told(Some(16.0), Some(Low)), told(None, Some(Low))], ["16 days, uncertain", "not certain yet"]);
        assert_eq!([told(None, Some(High)), told(None, None)], ["not foreseen", "not known"]);
    }

    #[test]
    fn growth_has_a_sign() {
        assert_eq!([growth(Known::Known(1 << 30)), growth(Known::Known(-1536))], ["+1 GiB/day", "−1.5 KiB/day"]);
        assert_eq!(growth(Known::Unknown), "unknown");
    }
}
