use crate::{ClientError, OutsideClient};
use anyhow::{Context as _, ensure};
use rdkafka::{
    ClientContext,
    producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{task::JoinSet, time::MissedTickBehavior};

/// How long the last records may take to be acknowledged.
const LAST_WITHIN: Duration = Duration::from_secs(30);

/// Writes the same record again and again, so many a second, until it is stopped or dropped. It waits for no acknowledgement, and
/// catches up with what it missed while it was held up: whoever counts over a minute finds the rate that was asked for.
pub struct SteadyProducer {
    producer: Arc<ThreadedProducer<Noting>>,
    noted: Arc<Mutex<Noted>>,
    writing: JoinSet<()>,
}

/// What became of records.
#[derive(Debug, Default)]
struct Noted {
    /// When each was acknowledged, by the clock of this machine, in milliseconds.
    acknowledged: Vec<i64>,
    /// How many were refused, and why the last of them was.
    refused: usize,
    why: String,
}

struct Noting(Arc<Mutex<Noted>>);

impl ClientContext for Noting {}

impl ProducerContext for Noting {
    type DeliveryOpaque = ();

    fn delivery(&self, delivery: &DeliveryResult<'_>, (): ()) {
        let mut noted = locked(&self.0);
        match delivery {
            Ok(_) => noted.acknowledged.push(now()),
            Err((error, _)) => {
                noted.refused += 1;
                noted.why = error.to_string();
            }
        }
    }
}

impl SteadyProducer {
    pub(crate) fn start(
        client: &OutsideClient,
        (topic, partition): (&str, i32),
        value: &str,
        a_second: u32,
    ) -> Result<Self, ClientError> {
        let noted = Arc::new(Mutex::new(Noted::default()));
        let mut config = client.config();
        // A batch holds one record, so that what it takes up is known; and none is written before another that was sent earlier.
        config.set("batch.num.messages", "1").set("compression.type", "none").set("enable.idempotence", "true");
        // Held up is not lost; and where nobody takes them, not all of them are remembered.
        config.set("message.timeout.ms", "60000").set("queue.buffering.max.kbytes", "65536");
        let producer = config.create_with_context(Noting(Arc::clone(&noted))).context("make a producer")?;
        let producer: Arc<ThreadedProducer<Noting>> = Arc::new(producer);
        let (topic, value, sender) = (topic.to_owned(), value.to_owned(), Arc::clone(&producer));
        let mut writing = JoinSet::new();
        writing.spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_secs(1) / a_second);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            loop {
                pace.tick().await;
                let record = BaseRecord::<(), str>::to(&topic).partition(partition).payload(&value);
                // Refused where more wait than the client keeps: whoever asks finds out from what is acknowledged.
                sender.send(record).ok();
            }
        });
        Ok(Self { producer, noted, writing })
    }

    /// Stops, waits for the last acknowledgements, and says when each record was acknowledged. That one was refused is an error.
    pub async fn stop(mut self) -> Result<Acknowledgements, ClientError> {
        self.writing.shutdown().await;
        let producer = Arc::clone(&self.producer);
        let flushed = tokio::task::spawn_blocking(move || producer.flush(LAST_WITHIN)).await.context("join")?;
        flushed.context("wait for the last acknowledgements")?;
        let noted = std::mem::take(&mut *locked(&self.noted));
        ensure!(noted.refused == 0, "{} records were refused: {}", noted.refused, noted.why);
        Ok(Acknowledgements(noted.acknowledged))
    }
}

/// When records were acknowledged, in milliseconds, in the order in which they stand in their partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgements(Vec<i64>);

impl Acknowledgements {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// When that record was acknowledged, from 0 on.
    pub fn at(&self, record: usize) -> Option<i64> {
        self.0.get(record).copied()
    }

    /// How many were acknowledged in a second, from one moment to another.
    pub fn rate(&self, from: i64, to: i64) -> f64 {
        let before = |moment: i64| self.0.partition_point(|at| *at <= moment);
        let count = u32::try_from(before(to).saturating_sub(before(from))).unwrap_or(u32::MAX);
        let millis = u64::try_from(to.saturating_sub(from)).unwrap_or_default();
        f64::from(count) / Duration::from_millis(millis).as_secs_f64()
    }
}

/// By the clock of this machine, in milliseconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What is noted is only ever added to, so that a panic elsewhere leaves it whole.
fn locked(noted: &Mutex<Noted>) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_counts_what_was_acknowledged_after_the_one_moment_and_until_the_other() {
        let every_tenth = Acknowledgements((1..=100).map(|at| at * 100).collect());
        assert!((every_tenth.rate(0, 10_000) - 10.0).abs() < 1e-9);
        assert!((every_tenth.rate(2_000, 4_000) - 10.0).abs() < 1e-9);
        assert!((every_tenth.rate(9_000, 11_000) - 5.0).abs() < 1e-9, "nothing came after the end");
        assert_eq!((every_tenth.count(), every_tenth.at(0), every_tenth.at(100)), (100, Some(100), None));
    }
}
