//! The consumers of a load.

use super::{
    Read,
    judge::{Found, Place},
    record::{Damage, Stamp},
};
use crate::{OutsideClient, eventually};
use anyhow::Context;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const POLL: Duration = Duration::from_millis(200);
const ASK: Duration = Duration::from_secs(10);

/// Reads partitions from their beginning until it is ended or dropped.
pub(super) struct Reader {
    notes: Arc<Mutex<Notes>>,
    ended: Arc<AtomicBool>,
}

#[derive(Default)]
struct Notes {
    read: Read,
    troubles: Vec<String>,
}

impl Reader {
    pub(super) fn begin(client: &OutsideClient, places: &BTreeSet<Place>) -> anyhow::Result<Self> {
        let consumer = consumer(client)?;
        let mut all = TopicPartitionList::new();
        for (topic, partition) in places {
            all.add_partition_offset(topic, *partition, Offset::Beginning).context("name a partition")?;
        }
        consumer.assign(&all).context("take partitions")?;
        let reader = Self { notes: Arc::default(), ended: Arc::default() };
        let (notes, ended) = (Arc::clone(&reader.notes), Arc::clone(&reader.ended));
        // A thread of its own: it blocks for as long as the load goes on.
        std::thread::Builder::new()
            .name("klamm-load-reader".to_owned())
            .spawn(move || keep_reading(&consumer, &notes, &ended))
            .context("start a thread")?;
        Ok(reader)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Notes) -> T) -> T {
        look(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends once everything before these offsets was read. Answers with that, and with what consumers should never meet.
    pub(super) async fn end_at(
        self,
        ends: &BTreeMap<Place, i64>,
        deadline: Duration,
    ) -> anyhow::Result<(Read, Vec<String>)> {
        eventually("everything to be read", deadline, || async {
            self.with(|notes| {
                let reached =
                    |place: &Place| notes.read.get(place).and_then(|all| all.last()).map_or(0, |last| last.offset + 1);
                let late = ends.iter().find(|(place, end)| reached(place) < **end);
                match late {
                    Some((place, end)) => {
                        let (topic, partition) = place;
                        anyhow::bail!("{topic}-{partition}: {} of {end}; {:?}", reached(place), notes.troubles.last())
                    }
                    None => Ok(()),
                }
            })
        })
        .await?;
        Ok(self.with(|notes| (std::mem::take(&mut notes.read), std::mem::take(&mut notes.troubles))))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

fn consumer(client: &OutsideClient) -> anyhow::Result<BaseConsumer> {
    let mut config = client.config();
    config
        .set("group.id", "klamm-load")
        .set("enable.auto.commit", "false")
        // A log that is shorter than what was read of it has lost something.
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true")
        .set("fetch.wait.max.ms", "100")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.connection.setup.timeout.ms", "5000");
    config.create().context("make a consumer")
}

fn keep_reading(consumer: &BaseConsumer, notes: &Mutex<Notes>, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        let Some(polled) = consumer.poll(POLL) else { continue };
        let notes = &mut *notes.lock().unwrap_or_else(PoisonError::into_inner);
        match polled {
            Ok(message) => {
                let place = (message.topic().to_owned(), message.partition());
                let stamp = message.payload().map_or(Err(Damage::Foreign), Stamp::read);
                notes.read.entry(place).or_default().push(Found { offset: message.offset(), stamp });
            }
            Err(error) => notes.troubles.extend(trouble(&error)),
        }
    }
}

/// What is more than an interruption: librdkafka itself goes on after those.
fn trouble(error: &KafkaError) -> Option<String> {
    let code = error.rdkafka_error_code()?;
    let serious = matches!(
        code,
        RDKafkaErrorCode::AutoOffsetReset
            | RDKafkaErrorCode::OffsetOutOfRange
            | RDKafkaErrorCode::BadMessage
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::Fatal
    );
    serious.then(|| error.to_string())
}

/// Where logs end, for those who may read everything in them.
pub(super) async fn ends(
    client: &OutsideClient,
    places: &BTreeSet<Place>,
    deadline: Duration,
) -> anyhow::Result<BTreeMap<Place, i64>> {
    let consumer = Arc::new(consumer(client)?);
    eventually("brokers to tell where logs end", deadline, || async {
        let (consumer, places) = (Arc::clone(&consumer), places.clone());
        let ask = move || -> anyhow::Result<BTreeMap<Place, i64>> {
            let end = |place: Place| {
                let (_, end) = consumer.fetch_watermarks(&place.0, place.1, ASK)?;
                Ok((place, end))
            };
            places.into_iter().map(end).collect()
        };
        tokio::task::spawn_blocking(ask).await.context("join")?
    })
    .await
}
