//! The judgement of a load: every acknowledged record once, in order, as it was written.

use super::record::{Damage, Stamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

/// A partition of a topic.
pub type Place = (String, i32);

/// What became of the records that were sent to one partition.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// How many were sent, numbered from 0.
    pub sent: u64,
    /// Those that were acknowledged: the offset that was told, and when, since the load began.
    pub acknowledged: BTreeMap<u64, (i64, Duration)>,
    /// Those that the producer gave up, with its words.
    pub refused: Vec<(u64, String)>,
}

/// A record as somebody read it, in the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub offset: i64,
    /// Which.
    pub stamp: Result<Stamp, Damage>,
}

/// How many there are of something, with the first few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first of them, in words.
    pub first: Vec<String>,
}

/// How many of each kind are told in words.
const TOLD: usize = 8;

impl Tally {
    fn add(&mut self, one: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(one());
        }
    }
}

/// What one reading of all partitions found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Records of this load.
    pub found: u64,
    /// Of those, such as were never acknowledged, which may be.
    pub unacknowledged: u64,
    /// Records of others, which may be.
    pub foreign: u64,
    /// Acknowledged, and not there.
    pub missing: Tally,
    /// There more than once.
    pub duplicated: Tally,
    /// There after one that was sent later.
    pub out_of_order: Tally,
    /// Not what was written, or not where it was acknowledged.
    pub corrupted: Tally,
}

impl Reading {
    /// Whether everything is as it has to be.
    pub fn is_whole(&self) -> bool {
        let Self { found: _, unacknowledged: _, foreign: _, missing, duplicated, out_of_order, corrupted } = self;
        [missing, duplicated, out_of_order, corrupted].iter().all(|tally| tally.count == 0)
    }
}

/// Compares what was acknowledged with what was read.
pub fn compare(run: u64, ledgers: &BTreeMap<Place, Ledger>, read: &BTreeMap<Place, Vec<Found>>) -> Reading {
    let mut reading = Reading::default();
    let nothing = Vec::new();
    for (place, ledger) in ledgers {
        compare_partition(run, place, ledger, read.get(place).unwrap_or(&nothing), &mut reading);
    }
    reading
}

fn compare_partition(run: u64, place: &Place, ledger: &Ledger, read: &[Found], reading: &mut Reading) {
    let (topic, partition) = place;
    let mut seen = BTreeSet::new();
    for Found { offset, stamp } in read {
        let here = |what: &str| format!("{what} at {topic}-{partition} offset {offset}");
        let stamp = match stamp {
            Ok(stamp) if stamp.run == run => stamp,
            Ok(_) | Err(Damage::Foreign) => {
                reading.foreign += 1;
                continue;
            }
            Err(damage @ Damage::Checksum) => {
                reading.corrupted.add(|| here(&damage.to_string()));
                continue;
            }
        };
        let number = stamp.sequence;
        if stamp.partition != *partition || number >= ledger.sent {
            reading
                .corrupted
                .add(|| here(&format!("record {number} of partition {}, never sent here", stamp.partition)));
            continue;
        }
        reading.found += 1;
        if seen.contains(&number) {
            reading.duplicated.add(|| here(&format!("record {number} once more")));
            continue;
        }
        if seen.last().is_some_and(|last| number < *last) {
            reading.out_of_order.add(|| here(&format!("record {number}, late")));
        }
        seen.insert(number);
        match ledger.acknowledged.get(&number) {
            // Of a record that had to be sent twice brokers know that they have it, and not where: that is told as less than 0.
            Some((told, _)) if told == offset || *told < 0 => {}
            Some((told, _)) => {
                reading.corrupted.add(|| here(&format!("record {number}, acknowledged at offset {told},")));
            }
            None => reading.unacknowledged += 1,
        }
    }
    for (number, (offset, at)) in &ledger.acknowledged {
        if !seen.contains(number) {
            let after = at.as_secs_f64();
            reading.missing.add(|| {
                format!("record {number} of {topic}-{partition}, acknowledged after {after:.1} s at offset {offset}")
            });
        }
    }
}

/// The longest time in which one partition acknowledged nothing while it was written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Which partition.
    pub place: Place,
    /// Since when, counted from the beginning of the load.
    pub from: Duration,
    /// How long.
    pub lasted: Duration,
}

/// The longest silence of a load that sent until `ended`.
pub fn longest_silence(ledgers: &BTreeMap<Place, Ledger>, ended: Duration) -> Option<Silence> {
    let of_partition = |(place, ledger): (&Place, &Ledger)| {
        // The producer keeps the order within a partition, but what is told of one moment may be noted in any.
        let mut times: Vec<Duration> = ledger.acknowledged.values().map(|(_, at)| *at).collect();
        times.sort_unstable();
        let from = std::iter::once(Duration::ZERO).chain(times.iter().copied());
        let to = times.iter().copied().chain(std::iter::once(ended));
        let gaps = from.zip(to).map(|(from, to)| (to.saturating_sub(from), from));
        gaps.max().map(|(lasted, from)| Silence { place: place.clone(), from, lasted })
    };
    ledgers.iter().filter_map(of_partition).max_by_key(|silence| silence.lasted)
}

/// What came of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadReport {
    /// Records that were sent.
    pub sent: u64,
    /// Of those, acknowledged.
    pub acknowledged: u64,
    /// Of those, given up by the producer.
    pub refused: Tally,
    /// The longest time without an acknowledgement in one partition.
    pub silence: Option<Silence>,
    /// What a consumer found that read along.
    pub followed: Reading,
    /// What a consumer found that read everything in the end.
    pub reread: Reading,
    /// What consumers met with that is no mere interruption.
    pub troubles: Tally,
}

/// Judges a load with its two readings.
pub(super) fn judge(
    run: u64,
    ledgers: &BTreeMap<Place, Ledger>,
    ended: Duration,
    followed: &BTreeMap<Place, Vec<Found>>,
    reread: &BTreeMap<Place, Vec<Found>>,
    trouble: &[String],
) -> LoadReport {
    let mut refused = Tally::default();
    for ((topic, partition), ledger) in ledgers {
        for (number, words) in &ledger.refused {
            refused.add(|| format!("record {number} of {topic}-{partition}: {words}"));
        }
    }
    let mut troubles = Tally::default();
    for one in trouble {
        troubles.add(|| one.clone());
    }
    let count = |of: fn(&Ledger) -> usize| ledgers.values().map(|ledger| of(ledger) as u64).sum();
    LoadReport {
        sent: ledgers.values().map(|ledger| ledger.sent).sum(),
        acknowledged: count(|ledger| ledger.acknowledged.len()),
        refused,
        silence: longest_silence(ledgers, ended),
        followed: compare(run, ledgers, followed),
        reread: compare(run, ledgers, reread),
        troubles,
    }
}

impl LoadReport {
    /// Whether something was acknowledged, and all of that is there once, in order, as it was written.
    pub fn is_whole(&self) -> bool {
        let nothing_odd = self.refused.count == 0 && self.troubles.count == 0;
        self.acknowledged > 0 && nothing_odd && self.followed.is_whole() && self.reread.is_whole()
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sent, {} acknowledged", self.sent, self.acknowledged)?;
        if let Some(Silence { place: (topic, partition), from, lasted }) = &self.silence {
            let (lasted, from) = (lasted.as_secs_f64(), from.as_secs_f64());
            write!(f, "; longest silence {lasted:.1} s, of {topic}-{partition}, {from:.1} s after the beginning")?;
        }
        writeln!(f)?;
        for (name, reading) in [("read along", &self.followed), ("read in the end", &self.reread)] {
            let Reading { found, unacknowledged, foreign, missing, duplicated, out_of_order, corrupted } = reading;
            writeln!(
                f,
                "  {name}: {found} found ({unacknowledged} never acknowledged), {foreign} of others, {} missing, {} \
                 duplicated, {} out of order, {} corrupted",
                missing.count, duplicated.count, out_of_order.count, corrupted.count
            )?;
            for one in [missing, duplicated, out_of_order, corrupted].into_iter().flat_map(|tally| &tally.first) {
                writeln!(f, "    {one}")?;
            }
        }
        for (name, tally) in [("given up", &self.refused), ("trouble", &self.troubles)] {
            for one in &tally.first {
                writeln!(f, "  {name} (of {}): {one}", tally.count)?;
            }
        }
        Ok(())
    }
}
