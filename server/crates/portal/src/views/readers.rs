//! Which groups read topics: one pass over everything that groups committed, whatever the number of topics.

use klamm_model::{GroupId, GroupKind, Inventory, Known, Topic, TopicName, TopicRow, TopicView};
use std::collections::HashMap;

/// The groups that committed offsets of some topics.
pub(crate) struct Readers<'a> {
    of: HashMap<&'a TopicName, Vec<&'a GroupId>>,
    /// How many read a topic that none is known to read: none, or nobody knows.
    otherwise: Known<u32>,
}

impl<'a> Readers<'a> {
    /// The readers of these topics only.
    pub(crate) fn of(inventory: &'a Inventory, topics: impl IntoIterator<Item = &'a Topic>) -> Self {
        let mut of: HashMap<&'a TopicName, Vec<&'a GroupId>> =
            topics.into_iter().map(|topic| (&topic.name, Vec::new())).collect();
        let Known::Known(groups) = &inventory.groups else { return Self { of, otherwise: Known::Unknown } };
        let mut otherwise = Known::Known(0);
        // Share groups commit nothing (KIP-932), and nobody asks them for it.
        for group in groups.iter().filter(|group| group.kind != GroupKind::Share) {
            let Known::Known(offsets) = &group.offsets else {
                otherwise = Known::Unknown;
                continue;
            };
            for of_topic in offsets.chunk_by(|a, b| a.topic == b.topic) {
                let readers = of_topic.first().and_then(|offset| of.get_mut(&offset.topic));
                if let Some(readers) = readers.filter(|readers| readers.last() != Some(&&group.id)) {
                    readers.push(&group.id);
                }
            }
        }
        Self { of, otherwise }
    }

    /// Groups that read a topic, in the order of the inventory.
    pub(crate) fn ids(&self, topic: &TopicName) -> Vec<GroupId> {
        self.of.get(topic).into_iter().flatten().map(|id| (*id).clone()).collect()
    }

    /// How many they are. While of some group nobody knows what it committed, those that are known, where there are any.
    pub(crate) fn count(&self, topic: &TopicName) -> Known<u32> {
        let readers = self.of.get(topic).filter(|readers| !readers.is_empty());
        readers.map_or(self.otherwise, |readers| Known::Known(super::count(readers.len())))
    }

    /// A row with how many read the topic.
    pub(crate) fn topic_row(&self, row: TopicRow) -> TopicRow {
        TopicRow { group_count: self.count(&row.name), ..row }
    }

    /// A topic with who reads it.
    pub(crate) fn topic_view(&self, view: TopicView) -> TopicView {
        TopicView { groups: self.ids(&view.name), group_count: self.count(&view.name), ..view }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{group, inventory, topic};
    use klamm_model::{Group, GroupOffset, PartitionId};

    const ALL: &[i32] = &[0, 1, 2];

    fn seen(groups: Vec<Group>) -> Inventory {
        let topics = ["a", "b", "c"].map(|name| topic(name, &[(ALL, ALL); 2]));
        Inventory { groups: Known::Known(groups), ..inventory("kafka/demo", topics.into()) }
    }

    fn counts(inventory: &Inventory) -> Vec<Known<u32>> {
        let readers = Readers::of(inventory, &inventory.topics);
        inventory.topics.iter().map(|topic| readers.count(&topic.name)).collect()
    }

    #[test]
    fn a_group_counts_once_however_many_partitions_it_reads() {
        let mut both = group("both", &["a", "b"]);
        if let Known::Known(offsets) = &mut both.offsets {
            let second = GroupOffset { partition: PartitionId(1), ..offsets[0].clone() };
            // In whatever order they come.
            offsets.push(second);
        }
        let inventory = seen(vec![both, group("gone", &["deleted"]), group("one", &["a"])]);
        assert_eq!(counts(&inventory), [2, 1, 0].map(Known::Known));
        let of_a = Readers::of(&inventory, inventory.topics.first());
        let ids = of_a.ids(&inventory.topics[0].name);
        assert_eq!(ids.iter().map(GroupId::as_str).collect::<Vec<_>>(), ["both", "one"]);
        assert!(of_a.ids(&inventory.topics[1].name).is_empty(), "nobody asked for b");
    }

    #[test]
    fn that_nobody_reads_a_topic_is_said_only_where_all_groups_told_what_they_read() {
        let silent = Group { offsets: Known::Unknown, ..group("silent", &[]) };
        let share = Group { kind: GroupKind::Share, ..silent.clone() };
        assert_eq!(counts(&seen(vec![group("one", &["a"]), share])), [1, 0, 0].map(Known::Known));
        let partly = counts(&seen(vec![group("one", &["a"]), silent]));
        assert_eq!(partly, [Known::Known(1), Known::Unknown, Known::Unknown]);
        let unseen = Inventory { groups: Known::Unknown, ..seen(Vec::new()) };
        assert_eq!(counts(&unseen), [Known::Unknown; 3]);
    }
}
