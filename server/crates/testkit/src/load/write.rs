//! The producer of a load.

use super::{
    LoadPlan,
    judge::{Ledger, Place},
    record::Stamp,
};
use crate::{OutsideClient, eventually};
use anyhow::Context;
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// Not more are on their way to a partition at once: while nothing gets through there is no use in sending more.
const ON_THE_WAY: u64 = 2000;

/// Writes until it is stopped or dropped.
pub(super) struct Writer {
    notes: Notes,
    stop: watch::Sender<Option<Duration>>,
    began: Instant,
    _task: JoinSet<()>,
}

#[derive(Clone)]
struct Notes(Arc<Mutex<BTreeMap<Place, Ledger>>>);

impl Notes {
    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<Place, Ledger>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of the next record, if one is to be sent now.
    fn next(&self, place: &Place) -> Option<u64> {
        self.with(|ledgers| {
            let ledger = ledgers.get_mut(place)?;
            let number = ledger.sent;
            if number - settled(ledger) >= ON_THE_WAY {
                return None;
            }
            ledger.sent += 1;
            Some(number)
        })
    }

    fn settle(&self, place: &Place, number: u64, outcome: Result<(i64, Duration), String>) {
        self.with(|ledgers| {
            let Some(ledger) = ledgers.get_mut(place) else { return };
            match outcome {
                Ok(acknowledged) => drop(ledger.acknowledged.insert(number, acknowledged)),
                Err(words) => ledger.refused.push((number, words)),
            }
        });
    }
}

fn settled(ledger: &Ledger) -> u64 {
    (ledger.acknowledged.len() + ledger.refused.len()) as u64
}

impl Writer {
    pub(super) fn begin(
        client: &OutsideClient,
        run: u64,
        places: &BTreeSet<Place>,
        plan: &LoadPlan,
    ) -> anyhow::Result<Self> {
        let mut config = client.config();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // Never given up.
            .set("message.timeout.ms", "0")
            .set("queue.buffering.max.messages", "1000000")
            .set("linger.ms", "5")
            .set("retry.backoff.ms", "100")
            .set("retry.backoff.max.ms", "1000")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", "5000");
        let producer: FutureProducer = config.create().context("make a producer")?;
        let notes =
            Notes(Arc::new(Mutex::new(places.iter().map(|place| (place.clone(), Ledger::default())).collect())));
        let (stop, stopped) = watch::channel(None);
        let began = Instant::now();
        let sending = Sending {
            producer,
            notes: notes.clone(),
            places: places.iter().cloned().collect(),
            run,
            bytes: plan.bytes,
            began,
        };
        let mut task = JoinSet::new();
        task.spawn(sending.keep_on(Duration::from_secs(1) / plan.per_second, stopped));
        Ok(Self { notes, stop, began, _task: task })
    }

    /// How many each partition has acknowledged.
    pub(super) fn acknowledged(&self) -> BTreeMap<Place, usize> {
        let count = |(place, ledger): (&Place, &Ledger)| (place.clone(), ledger.acknowledged.len());
        self.notes.with(|ledgers| ledgers.iter().map(count).collect())
    }

    /// Sends nothing more, and waits until what was sent is settled. Says how long was sent.
    pub(super) async fn stop(&self, deadline: Duration) -> anyhow::Result<Duration> {
        let ended = self.began.elapsed();
        self.stop.send_replace(Some(ended));
        eventually("all that was sent to be acknowledged", deadline, || async {
            self.notes.with(|ledgers| {
                let open = ledgers.iter().find(|(_, ledger)| settled(ledger) < ledger.sent);
                match open {
                    Some(((topic, partition), ledger)) => {
                        anyhow::bail!("{topic}-{partition}: {} of {}", settled(ledger), ledger.sent)
                    }
                    None => Ok(()),
                }
            })
        })
        .await?;
        Ok(ended)
    }

    pub(super) fn ledgers(&self) -> BTreeMap<Place, Ledger> {
        self.notes.with(|ledgers| ledgers.clone())
    }
}

struct Sending {
    producer: FutureProducer,
    notes: Notes,
    places: Vec<Place>,
    run: u64,
    bytes: usize,
    began: Instant,
}

impl Sending {
    async fn keep_on(self, pace: Duration, mut stopped: watch::Receiver<Option<Duration>>) {
        let mut turn = interval(pace);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deliveries = JoinSet::new();
        loop {
            tokio::select! {
                _ = turn.tick() => {}
                _ = stopped.changed() => break,
            }
            for place in &self.places {
                if let Some(number) = self.notes.next(place) {
                    self.send(place, number, &mut deliveries);
                }
            }
            while deliveries.try_join_next().is_some() {}
        }
        while deliveries.join_next().await.is_some() {}
    }

    fn send(&self, place: &Place, number: u64, deliveries: &mut JoinSet<()>) {
        let (topic, partition) = place;
        let record = Stamp { run: self.run, partition: *partition, sequence: number }.written(self.bytes);
        let to = FutureRecord::<(), [u8]>::to(topic).partition(*partition).payload(&record);
        let delivery = match self.producer.send_result(to) {
            Ok(delivery) => delivery,
            Err((error, _)) => return self.notes.settle(place, number, Err(self.words(&error))),
        };
        deliveries.spawn(self.settling(place.clone(), number, delivery));
    }

    /// Waits for what becomes of a record, and notes it.
    fn settling(&self, place: Place, number: u64, delivery: DeliveryFuture) -> impl Future<Output = ()> + use<> {
        let (notes, began, producer) = (self.notes.clone(), self.began, self.producer.clone());
        async move {
            let outcome = match delivery.await {
                Ok(Ok(delivered)) => Ok((delivered.offset, began.elapsed())),
                Ok(Err((error, _))) => Err(words(&producer, &error)),
                Err(_) => Err("the producer ended".to_owned()),
            };
            notes.settle(&place, number, outcome);
        }
    }

    fn words(&self, error: &KafkaError) -> String {
        words(&self.producer, error)
    }
}

/// What the producer says. Behind a fatal error stands another one that tells why.
fn words(producer: &FutureProducer, error: &KafkaError) -> String {
    let fatal = (error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal))
        .then(|| producer.client().fatal_error())
        .flatten();
    match fatal {
        Some((code, text)) => format!("{error}: {code}: {text}"),
        None => error.to_string(),
    }
}
