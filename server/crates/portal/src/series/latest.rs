//! What was measured of brokers last, and what is foreseen of them, for pages that tell it beside what brokers are.

use crate::{Portal, disks};
use klamm_model::{
    Actor, Broker, BrokerId, BrokerState, BrokerVitals, ClusterRef, Filling, Known, Measured, Metric, Problem,
    VolumeView,
};

impl Portal {
    /// How each broker of a cluster is doing, by id. What nobody has told in the last minute is unknown, and so is everything of a broker
    /// that does not answer: what it told before is not how it is.
    pub fn broker_vitals(&self, actor: &Actor, cluster: &ClusterRef) -> Result<Vec<(BrokerId, BrokerVitals)>, Problem> {
        let seen = self.seen(actor, cluster)?;
        let (vitals, now) = (self.observations.vitals(cluster), self.now());
        let volumes: Vec<VolumeView> = vitals.as_ref().map(|vitals| disks::foreseen(vitals)).unwrap_or_default();
        let of = |broker: &Broker| {
            let id = broker.id;
            let filling = Filling::of(volumes.iter().filter(|volume| volume.broker == id));
            if !answers(broker.state) {
                let heard = vitals.as_ref().and_then(|vitals| vitals.last_heard(id));
                let silent_seconds = heard.map(|at| at.seconds_until(now)).into();
                return BrokerVitals { filling, silent_seconds, ..BrokerVitals::default() };
            }
            let latest = |metric| -> Known<f64> {
                vitals.as_ref().and_then(|vitals| vitals.latest(metric, &Measured::Broker(id), now)).into()
            };
            BrokerVitals {
                bytes_in: latest(Metric::BytesIn),
                bytes_out: latest(Metric::BytesOut),
                request_handler_idle: latest(Metric::RequestHandlerIdle),
                network_idle: latest(Metric::NetworkIdle),
                isr_shrinks: latest(Metric::IsrShrinks),
                gc_time: latest(Metric::GcTime),
                heap_used: latest(Metric::HeapUsedBytes),
                heap_max: latest(Metric::HeapMaxBytes),
                filling,
                silent_seconds: Known::Unknown,
            }
        };
        Ok(seen.inventory.brokers.iter().map(|broker| (broker.id, of(broker))).collect())
    }
}

/// Whether a broker in this state says how it is.
fn answers(state: BrokerState) -> bool {
    match state {
        BrokerState::Running | BrokerState::Fenced => true,
        BrokerState::Down | BrokerState::Unknown => false,
    }
}
