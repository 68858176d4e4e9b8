//! Names and numbers in sentences.

use super::Concerned;
use klamm_model::{ClusterRef, NamedPartition, TopicName, human_count};
use std::fmt::Write;

/// Names in a sentence, at most.
const SHOWN: usize = 5;

/// `a`, `a and b`, `a, b, c, d, e and 12 more`.
pub(super) fn listed<T: ToString>(names: impl IntoIterator<Item = T>, total: usize) -> String {
    let shown: Vec<String> = names.into_iter().take(SHOWN.min(total)).map(|name| name.to_string()).collect();
    let more = total.saturating_sub(shown.len());
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    match shown.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [few @ .., last] => format!("{} and {last}", few.join(", ")),
    }
}

/// `orders-7, orders-8 and orders-9`.
pub(super) fn partitions(concerned: &Concerned) -> String {
    let name = |NamedPartition { topic, partition }: &NamedPartition| format!("{topic}-{partition}");
    listed(concerned.first.iter().map(name), concerned.total as usize)
}

/// `1 partition`, `3 partitions`.
pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// `98`, `about 12 000`: no more digits than stay the same for a while, because whoever reads a finding reads it again when it changes.
pub(super) fn about(count: u64) -> String {
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    let told = human_count(count / unit * unit);
    if unit == 1 { told } else { format!("about {told}") }
}

/// `1 record`, `98 records`, `about 12 000 records`.
pub(super) fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{} records", about(count)) }
}

/// `1 partition has`, `3 partitions have`.
pub(super) fn partitions_have(total: u32) -> String {
    if total == 1 { "1 partition has".to_owned() } else { format!("{total} partitions have") }
}

/// A page of the cluster.
pub(super) fn page(cluster: &ClusterRef, below: &str) -> String {
    format!("/clusters/{cluster}/{below}")
}

/// The page of a topic.
pub(super) fn topic_page(cluster: &ClusterRef, topic: &TopicName) -> String {
    page(cluster, &format!("topics/{topic}"))
}

/// The page of the topic, where only one is concerned, else this page of the cluster.
pub(super) fn page_of_topics(cluster: &ClusterRef, topics: &[&TopicName], below: &str) -> String {
    match topics {
        [only] => topic_page(cluster, only),
        _ => page(cluster, below),
    }
}

/// Where the partitions are that it concerns. What is not named may be of any topic.
pub(super) fn page_of(cluster: &ClusterRef, concerned: &Concerned) -> String {
    let mut topics: Vec<&TopicName> = concerned.first.iter().map(|one| &one.topic).collect();
    topics.dedup();
    if concerned.first.len() < concerned.total as usize {
        return page(cluster, "placement");
    }
    page_of_topics(cluster, &topics, "placement")
}

/// People's own topics by name, then Kafka's.
pub(super) fn own_first(topics: &mut [&TopicName]) {
    topics.sort_by_key(|topic| (topic.is_internal(), *topic));
}

/// As a part of an address.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            // Writing to a text cannot fail.
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_counted() {
        assert_eq!(
            [listed(["a"], 1), listed(["a", "b"], 2), listed(["a", "b", "c"], 3)],
            ["a", "a and b", "a, b and c"]
        );
        assert_eq!(listed(["a", "b", "c", "d", "e"], 5), "a, b, c, d and e");
        assert_eq!(listed(["a", "b", "c", "d", "e", "f"], 18), "a, b, c, d, e and 13 more");
        assert_eq!([records(1), records(99), about(12_987)], ["1 record", "99 records", "about 12\u{202f}000"]);
        assert_eq!(about(u64::MAX).matches('\u{202f}').count(), 6);
        assert_eq!(encoded("a/b c%ä"), "a%2Fb%20c%25%C3%A4");
    }
}
