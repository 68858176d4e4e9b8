use crate::{SampleRecord, SteadyProducer};
use anyhow::Context;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer},
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// Why the outside client could not do something, with librdkafka's own words.
pub type ClientError = anyhow::Error;

/// A Kafka client as a team would use it: librdkafka with a properties file.
#[derive(Clone)]
pub struct OutsideClient {
    config: ClientConfig,
}

impl OutsideClient {
    /// From a properties file, one `key=value` a line, such as `$KLAMM_STATE/clients/admin.conf`.
    pub fn from_file(path: &Path) -> Result<Self, ClientError> {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        let pairs = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(Self::new(pairs.filter_map(|line| line.split_once('='))))
    }

    /// From properties.
    pub fn new<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut config = ClientConfig::new();
        config.set("socket.timeout.ms", "10000").set("message.timeout.ms", "20000");
        for (key, value) in properties {
            config.set(key.trim(), value.trim());
        }
        Self { config }
    }

    /// SCRAM-SHA-512 over plain text, as a credential's Secret describes it.
    pub fn scram(bootstrap: &str, username: &str, password: &str) -> Self {
        Self::new([
            ("bootstrap.servers", bootstrap),
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", username),
            ("sasl.password", password),
        ])
    }

    /// Its properties, to be added to.
    pub(crate) fn config(&self) -> ClientConfig {
        self.config.clone()
    }

    /// Topics it can see, with their numbers of partitions.
    pub async fn topics(&self) -> Result<Vec<(String, usize)>, ClientError> {
        let consumer: BaseConsumer = self.config.create().context("make a consumer")?;
        tokio::task::spawn_blocking(move || {
            let metadata = consumer.fetch_metadata(None, Duration::from_secs(15)).context("fetch metadata")?;
            Ok(metadata.topics().iter().map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect())
        })
        .await
        .context("join")?
    }

    /// Writes one record and waits until it is acknowledged; answers with its partition and offset.
    pub async fn produce(&self, topic: &str, value: &str) -> Result<(i32, i64), ClientError> {
        let producer: FutureProducer = self.config.create().context("make a producer")?;
        let record = FutureRecord::<(), _>::to(topic).payload(value);
        let delivered = producer.send(record, Duration::from_secs(20)).await;
        let delivery = delivered.map_err(|(error, _)| error).with_context(|| format!("write to {topic}"))?;
        Ok((delivery.partition, delivery.offset))
    }

    /// Writes records as one batch, packed like this, and in a transaction of this id where there is one; answers with the offset of
    /// the first.
    pub async fn write(
        &self,
        (topic, partition): (&str, i32),
        records: &[SampleRecord],
        packed: &str,
        transaction: Option<(&str, Fate)>,
    ) -> Result<i64, ClientError> {
        let mut config = self.config.clone();
        // One batch holds them: nothing is sent before all are there.
        config
            .set("compression.type", packed)
            .set("linger.ms", "200")
            .set("batch.num.messages", records.len().to_string());
        if let Some((id, _)) = transaction {
            config.set("transactional.id", id);
        }
        let producer: FutureProducer = config.create().context("make a producer")?;
        if transaction.is_some() {
            let producer = producer.clone();
            let begin = move || {
                producer.init_transactions(TRANSACTION)?;
                producer.begin_transaction()
            };
            tokio::task::spawn_blocking(begin).await.context("join")?.context("begin a transaction")?;
        }
        let mut sent = Vec::new();
        for SampleRecord { key, value, headers } in records {
            let mut all = OwnedHeaders::new();
            for (name, value) in headers {
                all = all.insert(Header { key: name, value: value.as_deref() });
            }
            let mut record = FutureRecord::<[u8], [u8]>::to(topic).partition(partition).headers(all);
            (record.key, record.payload) = (key.as_deref(), value.as_deref());
            sent.push(producer.send_result(record).map_err(|(error, _)| error).context("queue a record")?);
        }
        let mut first = None;
        for delivery in sent {
            let delivered = delivery.await.context("the producer ended")?;
            let offset = delivered.map_err(|(error, _)| error).context("write a record")?.offset;
            first.get_or_insert(offset);
        }
        if let Some((_, fate)) = transaction {
            let end = move || match fate {
                Fate::Commits => producer.commit_transaction(TRANSACTION),
                Fate::Aborts => producer.abort_transaction(TRANSACTION),
            };
            tokio::task::spawn_blocking(end).await.context("join")?.context("end a transaction")?;
        }
        first.context("no records")
    }

    /// Writes this record to a partition again and again, so many a second, each in a batch of its own.
    pub fn steadily(&self, partition: (&str, i32), value: &str, a_second: u32) -> Result<SteadyProducer, ClientError> {
        SteadyProducer::start(self, partition, value, a_second)
    }

    /// Reads the record at that place.
    pub async fn read(&self, topic: &str, partition: i32, offset: i64) -> Result<String, ClientError> {
        let mut config = self.config.clone();
        if config.get("group.id").is_none() {
            config.set("group.id", "klamm-tests");
        }
        config.set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().context("make a consumer")?;
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(topic, partition, Offset::Offset(offset)).context("name the place")?;
        consumer.assign(&place).context("take the partition")?;
        tokio::task::spawn_blocking(move || {
            let message = consumer.poll(Duration::from_secs(20)).context("nothing came within 20 s")??;
            Ok(String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned())
        })
        .await
        .context("join")?
    }

    /// A member of a group that reads a topic, from its beginning where the group has committed nothing.
    pub fn member(&self, topic: &str, group: &str) -> Result<GroupMember, ClientError> {
        let mut config = self.config.clone();
        config.set("group.id", group).set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
        let consumer: BaseConsumer = config.create().context("make a consumer")?;
        consumer.subscribe(&[topic]).context("subscribe")?;
        Ok(GroupMember(Arc::new(consumer)))
    }

    /// First and next offset of a partition.
    pub async fn watermarks(&self, topic: &str, partition: i32) -> Result<(i64, i64), ClientError> {
        let consumer: BaseConsumer = self.config.create().context("make a consumer")?;
        let topic = topic.to_owned();
        tokio::task::spawn_blocking(move || {
            consumer.fetch_watermarks(&topic, partition, Duration::from_secs(15)).context("fetch offsets")
        })
        .await
        .context("join")?
    }
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// What was written counts.
    Commits,
    /// It does not.
    Aborts,
}

/// How long a step of a transaction may take.
const TRANSACTION: Duration = Duration::from_secs(20);

/// How long a member waits for one record, the group's first rebalance included.
const RECORD_WITHIN: Duration = Duration::from_secs(40);

/// Somebody who reads in a group.
pub struct GroupMember(Arc<BaseConsumer>);

impl GroupMember {
    /// Reads so many records.
    pub async fn read(&self, records: usize) -> Result<Vec<String>, ClientError> {
        let consumer = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let mut values = Vec::new();
            let mut deadline = Instant::now() + RECORD_WITHIN;
            while values.len() < records {
                // A rebalance ends a poll, too, and brings no record.
                match consumer.poll(Duration::from_millis(500)) {
                    Some(message) => {
                        values.push(String::from_utf8_lossy(message?.payload().unwrap_or_default()).into_owned());
                        deadline = Instant::now() + RECORD_WITHIN;
                    }
                    None if Instant::now() < deadline => {}
                    None => anyhow::bail!("no record came in time"),
                }
            }
            Ok(values)
        })
        .await
        .context("join")?
    }

    /// Commits what it has read.
    pub fn commit(&self) -> Result<(), ClientError> {
        self.0.commit_consumer_state(CommitMode::Sync).context("commit")
    }

    /// Leaves the group.
    pub async fn leave(self) -> Result<(), ClientError> {
        // Closing waits for the coordinator.
        tokio::task::spawn_blocking(move || drop(self.0)).await.context("join")
    }
}
