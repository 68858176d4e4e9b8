//! `make bench`: where 600,000 replicas are to be: 200,000 partitions of 10,000 topics on 100 brokers in 10 racks.
//!
//! What is copied stands beside the least that any plan copies which comes to as many replicas and bytes on every broker: counted here,
//! in the most naive way, without any code of the mover.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures need no more digits")]

use klamm_model::{BrokerId, Known, PartitionId, TopicName};
use klamm_planner::mover::{
    BrokerRoom, Disk, Goal, PartitionReplicas, Scope, Situation, Standing, Target, TopicReplicas, plan,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

const TOPICS: usize = 10_000;
const PARTITIONS: i32 = 20;
const BROKERS: i32 = 100;
const RACKS: i32 = 10;
const FACTOR: i32 = 3;
const CAPACITY: u64 = 20 << 40;
const BUDGET_SECONDS: f64 = 1.0;

fn main() {
    // `cargo test --benches` and `cargo clippy` start it with other arguments; only `cargo bench` means it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let everything = Goal::Spread(Scope::Everything);
    let new: BTreeSet<BrokerId> = (BROKERS - RACKS..BROKERS).map(BrokerId).collect();

    let (grown, level) = measured("a cluster that grew, spread", &estate(BROKERS - 20), &everything);
    let (_, _) = measured("the same again", &carried_out(&grown, &level), &everything);
    let ninety = estate_of(&(0..BROKERS - RACKS).collect::<Vec<_>>());
    let (_, settled) = measured("90 brokers of 100, spread", &ninety, &everything);
    let settled = carried_out(&with_all_brokers(&ninety), &settled);
    let (_, filled) = measured("10 brokers more, filled", &settled, &Goal::Fill { joined: new.clone() });
    let full = carried_out(&settled, &filled);
    measured("the same 10, emptied", &full, &Goal::Evacuate { leaving: new.clone() });
    let half = estate_of(&(0..BROKERS / 2).collect::<Vec<_>>());
    let joined = (BROKERS / 2..BROKERS).map(BrokerId).collect();
    measured("twice as many brokers, filled", &with_all_brokers(&half), &Goal::Fill { joined });
    measured("a broker in each of 100 racks, spread", &a_rack_each(estate(BROKERS - 20)), &everything);
}

/// Plans, and prints how long it took, what it copies and how level it becomes.
fn measured(what: &str, situation: &Situation, goal: &Goal) -> (Situation, Target) {
    let began = Instant::now();
    let planned = plan(situation, goal);
    let seconds = began.elapsed().as_secs_f64();
    let target = match planned {
        Ok(target) => target,
        Err(refusal) => {
            println!("{what}\t{refusal}");
            std::process::exit(1)
        }
    };
    println!(
        "{what}\t{:.0} ms\tbudget 1,000 ms\tratio {:.2}\t{}",
        seconds * 1000.0,
        seconds / BUDGET_SECONDS,
        if seconds <= BUDGET_SECONDS { "within" } else { "ABOVE" }
    );
    let copied: u64 = target.incoming.values().map(|of| of.bytes).sum();
    let replicas: usize = target.moves.iter().map(|of| of.adding().count()).sum();
    let (least_bytes, least_replicas) = least(situation, &target);
    println!(
        "  copied\t{replicas} replicas\tleast {least_replicas}\tratio {:.2}\t{:.2} TB\tleast {:.2} TB\tratio {:.2}",
        ratio(replicas as f64, least_replicas as f64),
        copied as f64 / 1e12,
        least_bytes as f64 / 1e12,
        ratio(copied as f64, least_bytes as f64)
    );
    println!("  after it\t{}\t{} remarks", skew(situation, goal, &target), target.remarks.len());
    (situation.clone(), target)
}

fn ratio(is: f64, least: f64) -> f64 {
    if least > 0.0 { is / least } else { 1.0 + is }
}

/// Differences between brokers: of replicas within a rack and in all, of leaders, of bytes; and partitions that share racks.
fn skew(situation: &Situation, goal: &Goal, target: &Target) -> String {
    let stays = |id: &&BrokerId| !matches!(goal, Goal::Evacuate { leaving } if leaving.contains(*id));
    let mut by_rack: BTreeMap<&Option<String>, Vec<u64>> = BTreeMap::new();
    let (mut leaders, mut bytes) = (Vec::new(), Vec::new());
    for (id, broker) in situation.brokers.iter().filter(|(id, _)| stays(id)) {
        let after = target.brokers[id].after;
        by_rack.entry(&broker.rack).or_default().push(after.replicas);
        leaders.push(after.leaders);
        bytes.push(after.volume.bytes);
    }
    let span = |of: &[u64]| of.iter().max().unwrap_or(&0) - of.iter().min().unwrap_or(&0);
    let within = by_rack.values().map(|of| span(of)).max().unwrap_or_default();
    let all: Vec<u64> = by_rack.values().flatten().copied().collect();
    let mean = bytes.iter().sum::<u64>() as f64 / bytes.len().max(1) as f64;
    let shared = placement(situation, target).filter(|(_, replicas)| {
        let racks: BTreeSet<_> =
            replicas.iter().filter_map(|id| situation.brokers.get(id)).map(|of| &of.rack).collect();
        racks.len() < replicas.len()
    });
    format!(
        "replicas differ by {within} within racks and by {} in all, leaders by {}; the fullest disk has {:.2} of the average; {} partitions share racks",
        span(&all),
        span(&leaders),
        bytes.iter().max().copied().unwrap_or_default() as f64 / mean,
        shared.count()
    )
}

fn placement<'a>(
    situation: &'a Situation,
    target: &'a Target,
) -> impl Iterator<Item = (&'a PartitionReplicas, Vec<BrokerId>)> + 'a {
    let moves: BTreeMap<(&TopicName, PartitionId), &Vec<BrokerId>> =
        target.moves.iter().map(|of| ((&of.partition.topic, of.partition.partition), &of.to)).collect();
    let all = situation.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |of| (&topic.topic, of)));
    all.map(move |(topic, of)| {
        (of, moves.get(&(topic, of.id)).map_or_else(|| of.replicas.to_vec(), |to| (*to).clone()))
    })
}

/// The least that has to be copied for as many replicas and bytes on every broker as the plan comes to: what those with too many lose, or
/// what those with too few get, each counted as the smallest that there are, or replicas that share a rack.
fn least(situation: &Situation, target: &Target) -> (u64, u64) {
    let mut sizes: BTreeMap<BrokerId, Vec<u64>> = BTreeMap::new();
    let mut all = Vec::new();
    let mut in_a_rack = (0, 0);
    for partition in situation.topics.iter().flat_map(|topic| &topic.partitions) {
        let size = partition.size.value().copied().unwrap_or_default();
        let racks: BTreeSet<_> =
            partition.replicas.iter().filter_map(|id| situation.brokers.get(id)).map(|of| &of.rack).collect();
        let shared = (partition.replicas.len() - racks.len()) as u64;
        in_a_rack = (in_a_rack.0 + shared * size, in_a_rack.1 + shared);
        all.push(size);
        for broker in &partition.replicas {
            sizes.entry(*broker).or_default().push(size);
        }
    }
    all.sort_unstable();
    for of in sizes.values_mut() {
        of.sort_unstable();
    }
    let (mut sheds, mut gets) = ((0, 0), (0, 0));
    for (id, load) in &target.brokers {
        let has = sizes.get(id).map(Vec::as_slice).unwrap_or_default();
        let surplus = usize::try_from(load.before.replicas.saturating_sub(load.after.replicas)).unwrap_or_default();
        sheds = (sheds.0 + has.iter().take(surplus).sum::<u64>(), sheds.1 + surplus as u64);
        let lacks = usize::try_from(load.after.replicas.saturating_sub(load.before.replicas)).unwrap_or_default();
        let smallest: u64 = all.iter().take(lacks).sum();
        let share = load.after.volume.bytes.saturating_sub(load.before.volume.bytes);
        gets = (gets.0 + smallest.max(share), gets.1 + lacks as u64);
    }
    (sheds.0.max(gets.0).max(in_a_rack.0), sheds.1.max(gets.1).max(in_a_rack.1))
}

fn topic_name(number: usize) -> TopicName {
    match TopicName::new(format!("team-{:03}.topic-{number:05}", number / 100)) {
        Ok(name) => name,
        Err(error) => {
            println!("{error}");
            std::process::exit(1)
        }
    }
}

/// Partitions on the first so many brokers, and all brokers there.
fn estate(used: i32) -> Situation {
    with_all_brokers(&estate_of(&(0..used).collect::<Vec<_>>()))
}

fn with_all_brokers(situation: &Situation) -> Situation {
    let mut grown = situation.clone();
    for id in 0..BROKERS {
        grown.brokers.entry(BrokerId(id)).or_insert_with(|| room(id, 0));
    }
    grown
}

fn room(id: i32, used: u64) -> BrokerRoom {
    let disk = Known::Known(Disk { capacity: CAPACITY, used });
    BrokerRoom { rack: Some(format!("rack-{}", id % RACKS)), disk, standing: Standing::Takes }
}

/// Partitions as Kafka places them on brokers in the order of racks: each topic begins anywhere, and followers are shifted.
fn estate_of(brokers: &[i32]) -> Situation {
    let mut situation = Situation::default();
    let mut dice = Dice(2018);
    let count = i32::try_from(brokers.len()).unwrap_or(1);
    let mut used: BTreeMap<BrokerId, u64> = BTreeMap::new();
    for number in 0..TOPICS {
        let (first, shift) = (dice.below(count), dice.below(count - 1));
        // Topics differ by a thousand times, partitions of one by a quarter.
        let scale = 1_u64 << (20 + dice.below(10));
        let partitions = (0..PARTITIONS).map(|id| {
            let place = |replica: i32| {
                let at = if replica == 0 {
                    first + id
                } else {
                    first + id + 1 + (shift + id / count + replica - 1) % (count - 1)
                };
                BrokerId(brokers[usize::try_from(at % count).unwrap_or_default()])
            };
            let size = scale + scale / 100 * u64::try_from(dice.below(25)).unwrap_or_default();
            let replicas: Box<[BrokerId]> = (0..FACTOR).map(place).collect();
            for broker in &replicas {
                *used.entry(*broker).or_default() += size;
            }
            PartitionReplicas { id: PartitionId(id), replicas, size: Known::Known(size) }
        });
        let partitions = partitions.collect();
        situation.topics.push(TopicReplicas { topic: topic_name(number), partitions });
    }
    for id in brokers {
        let used = used.get(&BrokerId(*id)).copied().unwrap_or_default();
        situation.brokers.insert(BrokerId(*id), room(*id, used));
    }
    situation
}

fn a_rack_each(mut situation: Situation) -> Situation {
    for (id, broker) in &mut situation.brokers {
        broker.rack = Some(format!("node-{id}"));
    }
    situation
}

fn carried_out(situation: &Situation, target: &Target) -> Situation {
    let mut after = situation.clone();
    let mut moves = target.moves.iter().peekable();
    for topic in &mut after.topics {
        for partition in &mut topic.partitions {
            let of = moves.next_if(|of| of.partition.topic == topic.topic && of.partition.partition == partition.id);
            if let Some(of) = of {
                partition.replicas = of.to.clone().into();
            }
        }
    }
    for (id, broker) in &mut after.brokers {
        let used = target.brokers.get(id).map_or(0, |of| of.after.volume.bytes);
        broker.disk = Known::Known(Disk { capacity: CAPACITY, used });
    }
    after
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        i32::try_from((self.0 >> 33) % limit).unwrap_or_default()
    }
}
