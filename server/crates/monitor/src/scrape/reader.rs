//! Reading exports one after the other without a network, for benches.

use super::{
    reading::Reading,
    shared_names::SharedNames,
    telling::{Look, Telling, Told},
    text::Lines,
};
use crate::Vitals;
use klamm_model::{BrokerId, Inventory, TargetAnswer, TargetSource, TargetState, UnixMillis};
use std::{collections::BTreeMap, time::Duration};

/// Reads exports of brokers as the tasks of a cluster do, and writes down what they tell.
#[derive(Default)]
pub struct ExportReader {
    names: SharedNames,
    tellings: BTreeMap<BrokerId, Telling>,
    vitals: Vitals,
}

impl ExportReader {
    /// Reads an export that came at this moment, and says how many of its numbers are known.
    pub fn read(&mut self, broker: BrokerId, export: &[u8], at: UnixMillis) -> u32 {
        let (mut lines, mut reading) = (Lines::default(), Reading::default());
        // As large as what comes from a socket at once.
        for part in export.chunks(64 * 1024) {
            lines.take(part, |line| reading.line(line, at.0, &self.names));
        }
        lines.end(|line| reading.line(line, at.0, &self.names));
        let known = reading.known;
        let moment = Duration::from_millis(u64::try_from(at.0).unwrap_or_default());
        let look = Look { broker: Some(broker), moment, at, longest: Duration::from_secs(45) };
        let told = self.tellings.entry(broker).or_default().tell(reading, look);
        self.tell(broker, told);
        known
    }

    fn tell(&self, broker: BrokerId, told: Told) {
        let Ok(pod) = format!("broker-{broker}").parse() else { return };
        let unseen = TargetState::unseen(pod, Some(broker), TargetSource::Prometheus, String::new());
        let state = TargetState { answer: TargetAnswer::Numbers, answered_at: Some(told.at), ..unseen };
        self.vitals.tell(state, Some(told));
    }

    /// Writes down what was told, beside what the inventory measures.
    pub fn store(&self, inventory: &Inventory, at: UnixMillis) {
        self.vitals.observe(inventory, at);
    }

    /// What was written down.
    pub fn vitals(&self) -> &Vitals {
        &self.vitals
    }
}
