//! What is foreseen of disks, for whoever judges what is wrong.

use super::{Vitals, locked};
use crate::{
    RetentionMisfit, VolumeForecast,
    outlook::{Room, Settles, TopicOutlook, VolumeOutlook},
};
use klamm_model::Inventory;
use klamm_planner::disks::Confidence;
use std::sync::Arc;

/// A topic that takes up less than this part of what there is for it has time to show whether it goes on like this.
const TO_BE_SEEN: f64 = 0.05;

impl Vitals {
    /// What becomes of all volumes, by broker and path, as of the last look that was taken in.
    pub fn foreseen(&self) -> Arc<[VolumeOutlook]> {
        Arc::clone(&locked(&self.foreseen))
    }

    /// What becomes of all topics, by name, as of the last look that was taken in; by this inventory as long as none was. Topics that
    /// came since then are missing, and those that went are still there.
    pub fn outlooks(&self, inventory: &Inventory) -> Arc<[TopicOutlook]> {
        let kept = Arc::clone(&locked(&self.outlooks));
        if kept.is_empty() { self.outlook(inventory).into() } else { kept }
    }

    /// Says when volumes are full and which topics will not fit.
    pub(super) fn foresee(&self, inventory: &Inventory) {
        let topics = self.outlook(inventory);
        let volumes = self.volumes(inventory, &topics);
        self.set_forecasts(volumes.iter().filter_map(forecast).collect());
        *locked(&self.foreseen) = volumes.into();
        self.set_misfits(topics.iter().filter_map(misfit).collect());
        *locked(&self.outlooks) = topics.into();
    }
}

/// Nobody is woken for what is uncertain: the page of disks shows it with how far it may be believed, and a volume with little left is
/// told however it got there.
fn forecast(outlook: &VolumeOutlook) -> Option<VolumeForecast> {
    let (days, growth) = (outlook.days_to_full?, outlook.growth?);
    let is_believed = growth.confidence > Confidence::Low;
    is_believed.then(|| VolumeForecast { broker: outlook.broker, volume: outlook.path.clone(), days })
}

fn misfit(outlook: &TopicOutlook) -> Option<RetentionMisfit> {
    let Room::TooLittle(has, fitting) = outlook.room else { return None };
    // What grows without end was meant to, as long as there is room: that is told of the volume.
    let Settles::At(needs) = outlook.settles else { return None };
    #[expect(clippy::cast_precision_loss, reason = "nine petabytes are exact")]
    let size = *outlook.size.value()? as f64;
    (size >= has * TO_BE_SEEN).then(|| RetentionMisfit {
        topic: outlook.name.clone(),
        needs: whole(needs),
        has: whole(has),
        fitting_retention_ms: fitting.map(|fitting| whole(fitting.millis)),
        fitting_segment_ms: fitting.and_then(|fitting| fitting.segment_millis).map(whole),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and none is negative")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{BrokerId, Known};
    use klamm_planner::disks::{Fitting, Growth};

    fn volume(days: Option<f64>, confidence: Confidence) -> VolumeOutlook {
        VolumeOutlook {
            broker: BrokerId(1),
            path: "/data".to_owned(),
            offline: false,
            used: Known::Unknown,
            capacity: Known::Unknown,
            growth: Some(Growth { per_day: 1.0, now: 1.0, confidence }),
            days_to_full: days,
            levels_off_at: None,
        }
    }

    #[test]
    fn nobody_is_woken_for_what_is_uncertain() {
        let days = |days, confidence| forecast(&volume(days, confidence)).map(|forecast| forecast.days);
        assert_eq!(days(Some(3.0), Confidence::Medium), Some(3.0));
        assert_eq!(days(Some(3.0), Confidence::Low), None);
        assert_eq!(days(Some(0.1), Confidence::Low), None);
        assert_eq!(days(None, Confidence::High), None);
    }

    #[test]
    fn a_topic_that_will_not_fit_is_told_once_it_is_large_enough_to_be_believed() {
        let outlook = |size, settles, room| TopicOutlook {
            name: "a".parse().unwrap(),
            size: Known::Known(size),
            appended_per_day: Some(1.0),
            retention: None,
            settles,
            room,
            replicas: 1.0,
            shares: Vec::new(),
        };
        let room = Room::TooLittle(1000.0, Some(Fitting { millis: 60.0, segment_millis: Some(15.0) }));
        let told = misfit(&outlook(60, Settles::At(5000.0), room)).unwrap();
        assert_eq!((told.needs, told.has), (5000, 1000));
        assert_eq!((told.fitting_retention_ms, told.fitting_segment_ms), (Some(60), Some(15)));
        assert_eq!(misfit(&outlook(10, Settles::At(5000.0), room)), None, "too early to say");
        assert_eq!(misfit(&outlook(60, Settles::Never, room)), None);
        assert_eq!(misfit(&outlook(60, Settles::At(500.0), Room::Enough)), None);
    }
}
