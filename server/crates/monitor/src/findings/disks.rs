//! Volumes that are full, or will be.

use super::{Evidence, RetentionMisfit, Suspicion, VolumeForecast, words};
use klamm_model::{BrokerId, FindingRule, FindingSeverity, FindingSubject, Known, LogDir, human_bytes};

/// Percent of a volume that are left when somebody should see to it,
const LOW: u64 = 15;
/// and when it is nearly too late: Kafka stops at none.
const VERY_LOW: u64 = 5;
/// Days to full that somebody should see to,
const SOON: f64 = 7.0;
/// and at once.
const VERY_SOON: f64 = 1.0;

/// Log dirs that brokers gave up, and those with little left.
pub(super) fn volumes(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let brokers = evidence.inventory.brokers.iter();
    let dirs = brokers.flat_map(|broker| broker.log_dirs.value().into_iter().flatten().map(|dir| (broker.id, dir)));
    dirs.filter_map(|(broker, dir)| volume(evidence, broker, dir)).collect()
}

fn volume(evidence: &Evidence<'_>, broker: BrokerId, dir: &LogDir) -> Option<Suspicion> {
    let path = &dir.path;
    if dir.offline {
        let message = format!("Broker {broker} gave its log dir {path} up");
        return Some(of_volume(
            evidence,
            FindingRule::LogDirOffline,
            FindingSeverity::Critical,
            (broker, path),
            message,
        ));
    }
    let (Known::Known(total), Known::Known(usable)) = (dir.total_bytes, dir.usable_bytes) else { return None };
    let percent = usable.saturating_mul(100).checked_div(total)?;
    let severity = if percent <= VERY_LOW {
        FindingSeverity::Critical
    } else if percent <= LOW {
        FindingSeverity::Warning
    } else {
        return None;
    };
    let message = format!("{percent} % are left of {} at {path} of broker {broker}", human_bytes(total));
    Some(of_volume(evidence, FindingRule::DiskLow, severity, (broker, path), message))
}

fn of_volume(
    evidence: &Evidence<'_>,
    rule: FindingRule,
    severity: FindingSeverity,
    (broker, path): (BrokerId, &str),
    message: String,
) -> Suspicion {
    let suspicion = Suspicion::new(rule, severity, FindingSubject::Volume(broker, path.to_owned()), message);
    suspicion.at(words::page(evidence.cluster(), &format!("disks?broker={broker}")))
}

/// Volumes that fill up.
pub(super) fn forecasts(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let told = evidence.forecasts.iter().filter_map(|VolumeForecast { broker, volume, days }| {
        let severity = if !days.is_finite() || *days > SOON {
            return None;
        } else if *days <= VERY_SOON {
            FindingSeverity::Critical
        } else {
            FindingSeverity::Warning
        };
        let message = format!("{volume} of broker {broker} will be full {}, if it goes on like this", when(*days));
        Some(of_volume(evidence, FindingRule::DiskFullSoon, severity, (*broker, volume), message))
    });
    told.collect()
}

/// `within a day`, `in 1 day`, `in 3 days`.
fn when(days: f64) -> String {
    if days < 1.0 {
        "within a day".to_owned()
    } else if days < 1.5 {
        "in 1 day".to_owned()
    } else {
        format!("in {days:.0} days")
    }
}

/// Topics that will not fit before their retention takes anything away.
pub(super) fn retention(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let told = evidence.misfits.iter().map(|misfit| {
        let RetentionMisfit { topic, needs, has, fitting_retention_ms, fitting_segment_ms } = misfit;
        // Records go by whole segments: without this, the retention would not fit.
        let segment = fitting_segment_ms.map(|millis| format!(", with a segment.ms of {}", duration(millis)));
        let fitting = match fitting_retention_ms {
            Some(millis) => format!("a retention of {} would fit{}", duration(*millis), segment.unwrap_or_default()),
            None => "no retention that anybody would want fits".to_owned(),
        };
        let message = format!(
            "{topic} would need {} by its retention, and there are {} for it; {fitting}",
            human_bytes(*needs),
            human_bytes(*has),
        );
        let (rule, severity) = (FindingRule::RetentionDoesNotFit, FindingSeverity::Warning);
        let link = match fitting_retention_ms {
            Some(millis) => format!(
                "/requests/new?kind=topicChange&cluster={}&topic={topic}&config=retention.ms%3D{millis}{}",
                evidence.cluster(),
                fitting_segment_ms.map(|millis| format!("%0Asegment.ms%3D{millis}")).unwrap_or_default()
            ),
            None => words::topic_page(evidence.cluster(), topic),
        };
        Suspicion::new(rule, severity, FindingSubject::Topic(topic.clone()), message).at(link)
    });
    told.collect()
}

/// `45 minutes`, `36 hours`, `9 days`.
fn duration(millis: u64) -> String {
    let minutes = millis / 60_000;
    match minutes {
        0..120 => words::counted(usize::try_from(minutes).unwrap_or(usize::MAX), "minute"),
        120..2_880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}
