//! What disks will come to: how quickly volumes grow, and what topics take up once their retention takes effect. Pure.

mod levels;

use crate::{DETAIL_MILLIS, History, SeriesQuestion, vitals::used_and_capacity};
use klamm_model::{
    Aggregate, Breakdown, Broker, BrokerId, Inventory, Known, Measured, Metric, Topic, TopicDefaults, TopicName,
    UnixMillis,
};
use klamm_planner::disks::{
    Fitting, Growth, Load, Retention, TARGET, appended_per_day, days_to_full, days_to_full_unless_level, fitting,
    flood, growth, settled,
};
use levels::levels;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;
/// What fills a volume within so many days by how it grew in the last hour is told by that: who waits for the line of a whole day to
/// turn finds out too late.
const URGENT_DAYS: f64 = 2.0;
/// And what fills it within so many by how it grew in the last minutes is told by those: in a flood that began a while ago, the line of an
/// hour turns when half of the room is gone. A batch that is over in minutes does not come so far.
const SUDDEN_DAYS: f64 = 1.0 / 24.0;

/// A volume and what will come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeOutlook {
    /// Of this broker.
    pub broker: BrokerId,
    /// The path of its log dir.
    pub path: String,
    /// Whether the broker gave it up.
    pub offline: bool,
    /// What is on it.
    pub used: Known<u64>,
    /// How large it is.
    pub capacity: Known<u64>,
    /// How it grows.
    pub growth: Option<Growth>,
    /// Days until it is full; none where that is not foreseen, and where it levels off before.
    pub days_to_full: Option<f64>,
    /// What is on it once the retention of all its topics takes effect, in bytes; none where one of them grows without end, or nobody can
    /// say.
    pub levels_off_at: Option<f64>,
}

/// What becomes of all volumes of a cluster, by broker and path, when its topics come to this. `has_grown` tells of topics whether they
/// have grown in the last day.
pub(crate) fn volumes(
    inventory: &Inventory,
    history: &History,
    now: UnixMillis,
    topics: &[TopicOutlook],
    has_grown: impl Fn(&TopicName) -> bool,
) -> Vec<VolumeOutlook> {
    let levels = levels(inventory, topics, &has_grown);
    let dirs = inventory
        .brokers
        .iter()
        .flat_map(|broker| broker.log_dirs.value().into_iter().flatten().map(|dir| (broker.id, dir)));
    let grown =
        |range, step, line: fn(&[(UnixMillis, f64)]) -> Option<Growth>| grown(history, now, (range, step), line);
    let (day, hour) = (grown(24 * HOUR, HOUR / 4, growth), grown(HOUR, DETAIL_MILLIS, growth));
    let minutes = grown(HOUR / 6, DETAIL_MILLIS, flood);
    let outlook = |(broker, dir): (BrokerId, &klamm_model::LogDir)| {
        let of = Measured::Volume(broker, dir.path.as_str().into());
        let (used, capacity) = used_and_capacity(dir);
        let size = capacity.map(whole);
        // What is on it is known exactly, whatever the line says: after a leap it is nearer to full than the line is.
        let level = |grown: &Growth| Growth { now: used.map_or(grown.now, whole), ..*grown };
        let days = |grown: &Growth| size.and_then(|size| days_to_full(&level(grown), size));
        let (long, short) = (day.get(&of).copied(), hour.get(&of).copied());
        let within = |grown: Option<Growth>, limit: f64| {
            grown.and_then(|grown| Some((grown, days(&grown).filter(|days| *days <= limit)?)))
        };
        let urgent = match (within(short, URGENT_DAYS), within(minutes.get(&of).copied(), SUDDEN_DAYS)) {
            // What is believed more counts where both say the same, which they do while nothing was measured for longer.
            (Some(hour), Some(flood)) if hour.1 < flood.1 && hour.0.confidence >= flood.0.confidence => Some(hour),
            (_, Some(flood)) => Some(flood),
            (hour, None) => hour,
        };
        let sooner = urgent
            .filter(|(_, urgent)| long.is_none_or(|long| days(&long).is_none_or(|long| *urgent < long)))
            .map(|(grown, _)| grown);
        let growth = sooner.or(long).or(short).filter(|_| !dir.offline);
        let levels_off_at = levels.get(&broker).zip(growth).and_then(|(level, grown)| level.of(&grown));
        VolumeOutlook {
            broker,
            path: dir.path.clone(),
            offline: dir.offline,
            used: used.into(),
            capacity: capacity.into(),
            growth,
            days_to_full: growth
                .zip(size)
                .and_then(|(grown, size)| days_to_full_unless_level(&level(&grown), size, levels_off_at)),
            levels_off_at,
        }
    };
    dirs.map(outlook).collect()
}

/// How volumes grew over such a time.
fn grown(
    history: &History,
    now: UnixMillis,
    (range, step_millis): (i64, i64),
    line: fn(&[(UnixMillis, f64)]) -> Option<Growth>,
) -> BTreeMap<Measured, Growth> {
    let question = SeriesQuestion {
        metric: Metric::DiskUsedBytes,
        by: Breakdown::Volume,
        only: None,
        from: UnixMillis(now.0 - range),
        to: now,
        step_millis,
        limit: usize::MAX,
        aggregate: Aggregate::Mean,
    };
    let series = history.recent(&question).series.into_iter().filter_map(|(of, points)| {
        let points: Vec<(UnixMillis, f64)> = points.into_iter().filter_map(|(at, value)| Some((at, value?))).collect();
        Some((of, line(&points)?))
    });
    series.collect()
}

/// A topic and what will come of it. Bytes are those of all replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicOutlook {
    /// Which topic.
    pub name: TopicName,
    /// What it takes up; by what its leaders have, where not all brokers told.
    pub size: Known<u64>,
    /// What is appended in a day.
    pub appended_per_day: Option<f64>,
    /// When its records go; unknown where nobody could say, or where records go by key.
    pub retention: Option<Retention>,
    /// What it comes to.
    pub settles: Settles,
    /// Whether that fits on its brokers, beside what else is on them now.
    pub room: Room,
    /// Replicas of all partitions.
    pub replicas: f64,
    /// How much of it is on which broker, from 0 to 1.
    pub shares: Vec<(BrokerId, f64)>,
}

/// What a topic comes to once its retention takes effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Settles {
    /// So many bytes.
    At(f64),
    /// Nothing ever takes records away.
    Never,
    /// Nobody can say yet.
    Unknown,
}

/// Whether there is room for what a topic comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Room {
    /// There is.
    Enough,
    /// There is not: what there is, and the retention that fits, where one does.
    TooLittle(f64, Option<Fitting>),
    /// Nobody can say.
    Unknown,
}

/// What becomes of all topics, by name. `rates` tells records a second over a longer time.
pub(crate) fn topics(inventory: &Inventory, rates: impl Fn(&TopicName) -> Known<f64>) -> Vec<TopicOutlook> {
    let of_broker = |broker: &Broker| {
        let (used, capacity) = used_and_capacity_of(broker)?;
        Some((broker.id, (whole(used), whole(capacity?))))
    };
    let brokers: BTreeMap<BrokerId, (f64, f64)> = inventory.brokers.iter().filter_map(of_broker).collect();
    inventory
        .topics
        .iter()
        .map(|topic| of_topic(topic, inventory.defaults.value(), &brokers, rates(&topic.name)))
        .collect()
}

fn of_topic(
    topic: &Topic,
    defaults: Option<&TopicDefaults>,
    brokers: &BTreeMap<BrokerId, (f64, f64)>,
    rate: Known<f64>,
) -> TopicOutlook {
    let replicas: usize = topic.partitions.iter().map(|partition| partition.replicas.len()).sum();
    let replicas = whole(u64::try_from(replicas).unwrap_or(0));
    let records = topic.partitions.iter().try_fold(0_u64, |sum, partition| {
        let kept = partition.latest_offset.value()?.saturating_sub(*partition.earliest_offset.value()?);
        Some(sum + u64::try_from(kept).unwrap_or(0))
    });
    let bytes = topic.size_bytes.value().copied().or_else(|| by_leaders(topic));
    let size = bytes.map(whole);
    let appended = size.zip(records).zip(rate.value()).and_then(|((size, records), rate)| {
        if *rate <= 0.0 { Some(0.0) } else { appended_per_day(size, whole(records), *rate) }
    });
    let retention = retention(topic, defaults);
    let load = appended.map(|per_day| Load { per_day, replicas });
    let settles = match load.zip(retention) {
        None => Settles::Unknown,
        // What nobody writes to does not grow, and what is there may stay.
        Some((load, _)) if load.per_day <= 0.0 => size.map_or(Settles::Unknown, Settles::At),
        Some((load, retention)) => settled(load, &retention).map_or(Settles::Never, Settles::At),
    };
    let shares = shares(topic);
    let room = match (settles, size, load.zip(retention)) {
        (Settles::Unknown, _, _) | (_, None, _) | (_, _, None) => Room::Unknown,
        (settles, Some(size), Some((load, retention))) => {
            room(settles, size, &shares, brokers, |most| fitting(load, &retention, most))
        }
    };
    TopicOutlook {
        name: topic.name.clone(),
        size: bytes.into(),
        appended_per_day: appended,
        retention,
        settles,
        room,
        replicas,
        shares,
    }
}

/// What a topic takes up when followers have as much as leaders: while a broker is down, nothing else is known.
fn by_leaders(topic: &Topic) -> Option<u64> {
    let of_one = |partition: &klamm_model::Partition| {
        let replicas = u64::try_from(partition.replicas.len()).ok()?;
        Some(partition.size_bytes.value()?.saturating_mul(replicas))
    };
    topic.partitions.iter().map(of_one).sum()
}

/// Whether a topic fits on every broker that it is on, beside what else is there now.
fn room(
    settles: Settles,
    size: f64,
    shares: &[(BrokerId, f64)],
    brokers: &BTreeMap<BrokerId, (f64, f64)>,
    fitting: impl Fn(f64) -> Option<Fitting>,
) -> Room {
    // What the whole topic may take up so that no broker has more than it can hold, and no more than is good.
    let (mut most, mut good) = (f64::INFINITY, f64::INFINITY);
    for (broker, share) in shares.iter().filter(|(_, share)| *share > 0.0) {
        let Some((used, capacity)) = brokers.get(broker) else { return Room::Unknown };
        let others = (used - size * share).max(0.0);
        most = most.min((capacity - others) / share);
        good = good.min((capacity * TARGET - others) / share);
    }
    match settles {
        Settles::At(settles) if settles <= most => Room::Enough,
        Settles::At(_) | Settles::Never if most.is_finite() => Room::TooLittle(most.max(0.0), fitting(good.max(0.0))),
        Settles::At(_) | Settles::Never | Settles::Unknown => Room::Unknown,
    }
}

/// Which part of a topic is on which broker: by bytes, or by replicas where nobody knows bytes or there are none.
fn shares(topic: &Topic) -> Vec<(BrokerId, f64)> {
    let sizes: Option<Vec<f64>> =
        topic.partitions.iter().map(|partition| partition.size_bytes.value().map(|size| whole(*size))).collect();
    let sizes = sizes.filter(|sizes| sizes.iter().any(|size| *size > 0.0));
    // A handful of brokers, mostly: looking through them is quicker than a map.
    let mut shares: Vec<(BrokerId, f64)> = Vec::new();
    for (place, partition) in topic.partitions.iter().enumerate() {
        let weight = sizes.as_ref().map_or(1.0, |sizes| sizes.get(place).copied().unwrap_or(0.0));
        for replica in &partition.replicas {
            match shares.iter_mut().find(|(broker, _)| broker == replica) {
                Some((_, share)) => *share += weight,
                None => shares.push((*replica, weight)),
            }
        }
    }
    let total: f64 = shares.iter().map(|(_, share)| share).sum();
    if total > 0.0 {
        for (_, share) in &mut shares {
            *share /= total;
        }
    }
    shares
}

/// What lets records of a topic go: what it says itself, else what brokers have.
fn retention(topic: &Topic, defaults: Option<&TopicDefaults>) -> Option<Retention> {
    let own = topic.config.value()?;
    let value = |key: &str| {
        let entry = own.get(key).or_else(|| defaults?.keys.get(key)?.usual.value());
        entry.and_then(|entry| entry.value.as_deref())
    };
    let number = |key: &str| value(key).and_then(|value| value.parse::<f64>().ok());
    // Where records go by key, time tells nothing of how many there are.
    if !value("cleanup.policy")?.split(',').any(|policy| policy.trim() == "delete") {
        return None;
    }
    Some(Retention {
        millis: Some(number("retention.ms")?).filter(|millis| *millis >= 0.0),
        partition_bytes: Some(number("retention.bytes")?).filter(|bytes| *bytes >= 0.0),
        segment_millis: number("segment.ms")?,
        segment_bytes: number("segment.bytes")?,
    })
}

/// What each broker comes to when all topics settle, as far as anybody can say; with another retention for the topics that are meant.
/// None for a broker where one of them never does.
pub fn settle(
    inventory: &Inventory,
    topics: &[TopicOutlook],
    instead: impl Fn(&TopicOutlook) -> Option<Retention>,
) -> BTreeMap<BrokerId, Option<f64>> {
    let mut brokers: BTreeMap<BrokerId, Option<f64>> = inventory
        .brokers
        .iter()
        .filter_map(|broker| Some((broker.id, Some(whole(used_and_capacity_of(broker)?.0)))))
        .collect();
    for topic in topics {
        let Some(size) = topic.size.value().map(|size| whole(*size)) else { continue };
        let settles = match (instead(topic), topic.appended_per_day) {
            (Some(retention), Some(per_day)) if per_day > 0.0 => {
                settled(Load { per_day, replicas: topic.replicas }, &retention).map_or(Settles::Never, Settles::At)
            }
            (Some(_) | None, _) => topic.settles,
        };
        for (broker, share) in &topic.shares {
            let Some(sum) = brokers.get_mut(broker) else { continue };
            *sum = match settles {
                Settles::Unknown => *sum,
                Settles::Never => None,
                Settles::At(settles) => sum.map(|sum| (sum + (settles - size) * share).max(0.0)),
            };
        }
    }
    brokers
}

/// What is on all volumes of a broker, and how large they are together where all of them tell; none where one was given up, or nobody
/// told of them.
pub fn used_and_capacity_of(broker: &Broker) -> Option<(u64, Option<u64>)> {
    let dirs = broker.log_dirs.value()?;
    let used = dirs.iter().map(|dir| used_and_capacity(dir).0).sum::<Option<u64>>()?;
    Some((used, dirs.iter().map(|dir| used_and_capacity(dir).1).sum()))
}

/// Nine petabytes are exact, and more need no more digits.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn whole(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests;
