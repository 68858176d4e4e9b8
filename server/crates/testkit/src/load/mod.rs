//! A load that knows what it wrote: an idempotent producer with `acks=all` and consumers that look for every acknowledged record.
//!
//! The producer never gives up a record, so that whatever happens to brokers shows as a silence and not as an error. What was
//! acknowledged has to be there once, in order and as it was written, for whoever reads along and for whoever reads in the end.
//! The judgement of that is pure: [`compare`].

mod judge;
mod read;
mod record;
#[cfg(test)]
mod tests;
mod write;

pub use judge::{Found, Ledger, LoadReport, Place, Reading, Silence, Tally, compare, longest_silence};
pub use record::{Damage, Stamp};

use crate::{
    OutsideClient, Waited, eventually,
    soak::{Told, tell},
};
use anyhow::Context;
use read::Reader;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};
use write::Writer;

/// What to write.
#[derive(Clone, Debug)]
pub struct LoadPlan {
    /// Topics, with their numbers of partitions. All have to be there.
    pub topics: Vec<(String, i32)>,
    /// Records a second to each partition.
    pub per_second: u32,
    /// Bytes of a record.
    pub bytes: usize,
}

/// A running load.
pub struct Load {
    run: u64,
    client: OutsideClient,
    places: BTreeSet<Place>,
    writer: Writer,
    reader: Reader,
}

impl Load {
    /// Begins to write and to read along.
    pub fn begin(client: &OutsideClient, plan: &LoadPlan) -> anyhow::Result<Self> {
        // Differs from that of any other load on the same topics.
        let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("read the clock")?;
        let run = u64::try_from(run.as_nanos()).context("the clock is far off")?;
        let of_topic = |(topic, partitions): &(String, i32)| {
            let topic = topic.clone();
            (0..*partitions).map(move |partition| (topic.clone(), partition))
        };
        let places: BTreeSet<Place> = plan.topics.iter().flat_map(of_topic).collect();
        anyhow::ensure!(!places.is_empty() && plan.per_second > 0, "a load needs partitions and a pace");
        let reader = Reader::begin(client, &places).context("begin to read along")?;
        let writer = Writer::begin(client, run, &places, plan).context("begin to write")?;
        Ok(Self { run, client: client.clone(), places, writer, reader })
    }

    /// Waits until every partition has acknowledged so many more records: what is written gets through now.
    pub async fn flows(&self, records: usize, deadline: Duration) -> Waited<()> {
        let before = self.writer.acknowledged();
        eventually("records to be acknowledged", deadline, || async {
            let now = self.writer.acknowledged();
            let late = now.iter().find(|(place, count)| **count < before.get(*place).unwrap_or(&0) + records);
            match late {
                Some(((topic, partition), count)) => anyhow::bail!("{topic}-{partition} has acknowledged {count}"),
                None => Ok(()),
            }
        })
        .await
    }

    /// Ends: waits until all that was sent is settled and was read, reads everything once more, compares, and tells.
    pub async fn finish(self, deadline: Duration) -> anyhow::Result<LoadReport> {
        let ended = self.writer.stop(deadline).await?;
        let ledgers = self.writer.ledgers();
        let ends = read::ends(&self.client, &self.places, deadline).await.context("find the ends of logs")?;
        let (followed, mut troubles) = self.reader.end_at(&ends, deadline).await.context("read along to the end")?;
        let anew = Reader::begin(&self.client, &self.places).context("begin to read anew")?;
        let (reread, more) = anew.end_at(&ends, deadline).await.context("read anew")?;
        troubles.extend(more);
        let report = judge::judge(self.run, &ledgers, ended, &followed, &reread, &troubles);
        tell(Told::Load(&report));
        Ok(report)
    }
}

/// What was read, by partition.
type Read = BTreeMap<Place, Vec<Found>>;
