//! Names in sentences: people's topics before Kafka's own, a few of them, and how many there are.

use klamm_model::{BrokerId, PartitionId, TopicName, human_count};
use std::collections::BTreeSet;

/// Names that are told one by one.
const NAMED: usize = 3;

/// `orders-7`.
pub(super) fn partition((topic, partition): &(TopicName, PartitionId)) -> String {
    format!("{topic}-{partition}")
}

/// People's first.
pub(super) fn in_order<'a>(
    partitions: impl IntoIterator<Item = &'a (TopicName, PartitionId)>,
) -> Vec<(TopicName, PartitionId)> {
    let mut sorted: Vec<_> = partitions.into_iter().cloned().collect();
    sorted.sort_by(|a, b| (a.0.is_internal(), a).cmp(&(b.0.is_internal(), b)));
    sorted
}

/// `orders-7, orders-8, payments-1 and 12 more`.
pub(super) fn partitions(partitions: &BTreeSet<(TopicName, PartitionId)>) -> String {
    listed(partitions.len(), first(partitions.iter().map(|one| (one.0.is_internal(), one))).map(partition))
}

/// `orders, payments and 2 more topics`.
pub(super) fn topics<'a>(topics: impl ExactSizeIterator<Item = &'a TopicName>) -> String {
    let total = topics.len();
    listed(total, first(topics.map(|one| (one.is_internal(), one))).map(ToString::to_string))
}

/// `node 2`, `nodes 2 and 3`.
pub(super) fn nodes(nodes: &BTreeSet<BrokerId>) -> String {
    called("node", nodes)
}

/// `broker 2`, `brokers 2 and 3`.
pub(super) fn brokers(brokers: &BTreeSet<BrokerId>) -> String {
    called("broker", brokers)
}

/// `node-a, node-b, node-c and 2 more`.
pub(super) fn names(names: &BTreeSet<String>) -> String {
    listed(names.len(), names.iter().take(NAMED).cloned())
}

fn called(one: &str, ids: &BTreeSet<BrokerId>) -> String {
    let many = if ids.len() == 1 { "" } else { "s" };
    format!("{one}{many} {}", listed(ids.len(), ids.iter().take(NAMED).map(ToString::to_string)))
}

/// `1 partition`, `12 partitions`.
pub(super) fn count(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {one}s", human_count(count)) }
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The least of them; there may be hundreds of thousands.
fn first<'a, T: Ord + 'a>(all: impl Iterator<Item = (bool, &'a T)>) -> impl Iterator<Item = &'a T> {
    let mut least: Vec<(bool, &'a T)> = Vec::with_capacity(NAMED + 1);
    for one in all {
        let at = least.partition_point(|known| *known < one);
        if at < NAMED {
            least.insert(at, one);
            least.truncate(NAMED);
        }
    }
    least.into_iter().map(|(_, one)| one)
}

fn listed(total: usize, names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let more = total.saturating_sub(names.len()) as u64;
    match (names.as_slice(), more) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([before @ .., last], 0) => format!("{} and {last}", before.join(", ")),
        (all, more) => format!("{} and {} more", all.join(", "), human_count(more)),
    }
}
