//! What a request would do to its cluster: what may be kept against what is free, and what a broker would hold. What cannot be
//! told is unknown. Pure.

mod offsets;
mod operations;

pub(crate) use offsets::plan_of;

use super::manifest::Wish;
use crate::policies::usage;
use klamm_model::{Effect, Inventory, Known, QuotaUse, human_bytes};
use klamm_planner::policy::{Quota, TopicWish, Usage};

/// The effect of a wish.
pub(super) fn of(inventory: &Inventory, wish: &Wish, usage: &Usage, quota: Option<&Quota>) -> Effect {
    if let Some(reset) = &wish.reset {
        return offsets::of(reset);
    }
    if let Some(operation) = &wish.operation {
        return operations::of(&operation.plan);
    }
    let free = free_bytes(inventory);
    let Some(topic) = &wish.topic else {
        return Effect { words: words_of_ends(inventory, wish), bytes_free: free, ..Effect::default() };
    };
    let wished = usage::Wished::of(inventory, topic);
    let kept: Known<u64> = wished.kept().into();
    let standing: u64 =
        inventory.topics.iter().flat_map(|topic| &topic.partitions).map(|p| count(p.replicas.len())).sum();
    let own =
        inventory.topic(&topic.name).map_or(0, |own| own.partitions.iter().map(|p| count(p.replicas.len())).sum());
    let added = wished.partitions().zip(wished.replicas(inventory)).map(|(partitions, replicas)| partitions * replicas);
    let brokers = count(inventory.brokers.len()).max(1);
    let seen = inventory.observed_at != Known::Unknown;
    let average = |replicas: u64| per(replicas, brokers);
    let before = seen.then(|| average(standing));
    let after = added.filter(|_| seen).map(|added| average(standing - own + added));
    Effect {
        words: words(topic, kept, free, after),
        bytes_kept: kept,
        bytes_free: free,
        partitions: wished.partitions().into(),
        replicas_per_broker_before: before.into(),
        replicas_per_broker_after: after.into(),
        quota: quota.map(|quota| uses(quota, usage)).unwrap_or_default(),
        offsets: None,
        operation: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown to a digit")]
fn per(replicas: u64, brokers: u64) -> f64 {
    (replicas as f64 / brokers as f64 * 10.0).round() / 10.0
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Unknown as soon as one log dir does not say.
fn free_bytes(inventory: &Inventory) -> Known<u64> {
    let mut sum = 0_u64;
    for broker in &inventory.brokers {
        let Some(dirs) = broker.log_dirs.value() else { return Known::Unknown };
        for dir in dirs.iter().filter(|dir| !dir.offline) {
            match dir.usable_bytes {
                Known::Known(bytes) => sum = sum.saturating_add(bytes),
                Known::Unknown => return Known::Unknown,
            }
        }
    }
    if inventory.brokers.is_empty() { Known::Unknown } else { Known::Known(sum) }
}

fn words(topic: &TopicWish, kept: Known<u64>, free: Known<u64>, after: Option<f64>) -> Vec<String> {
    let free = free.value().map_or_else(|| "an unknown amount".to_owned(), |free| human_bytes(*free));
    let mut all = vec![match kept {
        Known::Known(kept) => {
            format!("It may keep {} on all brokers together, of which {free} is free.", human_bytes(kept))
        }
        Known::Unknown => {
            format!(
                "Nothing limits how many bytes it keeps (retention.bytes is not set); {free} is free on all brokers together."
            )
        }
    }];
    if let Some(after) = after {
        all.push(format!("A broker would hold {after} replicas on average."));
    }
    if topic.replication_factor == Some(1) {
        all.push("With one replica, the loss of one broker is the loss of records.".to_owned());
    }
    all
}

fn words_of_ends(inventory: &Inventory, wish: &Wish) -> Vec<String> {
    let name = wish.subject.parse().ok();
    let Some(topic) = name.and_then(|name| inventory.topic(&name)).filter(|_| wish.object.kind != "KafkaGrant") else {
        return Vec::new();
    };
    let size = topic.size_bytes.value().map_or_else(|| "an unknown amount of".to_owned(), |size| human_bytes(*size));
    vec![format!("{size} of records in {} partitions would be lost for good.", topic.partitions.len())]
}

fn uses(quota: &Quota, usage: &Usage) -> Vec<QuotaUse> {
    let all = [
        ("topics", quota.topics, usage.topics),
        ("partitions", quota.partitions, usage.partitions),
        ("bytesKept", quota.bytes_kept.map(|size| size.0), usage.bytes_kept),
    ];
    all.into_iter()
        .filter_map(|(what, most, afterwards)| Some(QuotaUse { what: what.to_owned(), afterwards, most: most? }))
        .collect()
}
