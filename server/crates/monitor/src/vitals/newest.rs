//! When topics were last written to that nobody has seen grow: brokers know the timestamp of the newest record of a log (KIP-734).
//!
//! The database would not do: what it has of idle topics is when offsets last moved, those of groups among them, and nothing of the time
//! before Klamm was there. A broker reads an index and a batch to answer for a partition, so it is asked once for each topic that stood
//! still while it was watched, and of very many only for some after each look.

use super::{Vitals, locked};
use klamm_kafka::{Client, NewestListing, NewestRecord, PartitionsByLeader};
use klamm_model::{BrokerId, Inventory, Known, Partition, Topic, TopicName, UnixMillis};
use std::collections::BTreeSet;

/// Partitions that brokers are asked about after one look.
const MOST: usize = 500;

/// Asks brokers when topics were last written to, some after each look, all in turn.
#[derive(Debug, Default)]
pub(crate) struct NewestRecords {
    /// The last topic that was asked about.
    after: Option<TopicName>,
}

impl NewestRecords {
    /// Asks for some topics, if there are any that nobody knows it of. May be given up at any time.
    pub(crate) async fn ask(&mut self, client: &Client, vitals: &Vitals, seen: &Inventory, now: UnixMillis) {
        let wanted = vitals.unasked(seen, self.after.as_ref());
        let Some(last) = wanted.last() else { return };
        self.after = Some(last.name.clone());
        let serving: BTreeSet<BrokerId> = seen.serving().map(|broker| broker.id).collect();
        let mut leaders = PartitionsByLeader::default();
        for topic in &wanted {
            for partition in topic.partitions.iter().filter(|partition| !is_empty(partition)) {
                // Whoever does not serve would only be waited for.
                if let Some(leader) = partition.leader.filter(|leader| serving.contains(leader)) {
                    leaders.add(leader, &topic.name, partition.id);
                }
            }
        }
        let told = client.newest_records(&leaders).await;
        for (leader, error) in told.unanswered() {
            tracing::debug!(cluster = %seen.cluster, %leader, %error, "a broker did not say when topics were last written to");
        }
        let mut tracks = locked(&vitals.tracks);
        for topic in wanted {
            let at = match newest_of(topic, &told) {
                None => continue,
                Some(NewestRecord::At(at)) if at <= now => Known::Known(at),
                // A producer whose clock is ahead says nothing of when it wrote.
                Some(NewestRecord::At(_) | NewestRecord::Missing) => Known::Unknown,
            };
            tracks.paces.tell_newest(&topic.name, &topic.id, at);
        }
    }
}

/// The newest record of all partitions; none unless all leaders answered.
fn newest_of(topic: &Topic, told: &NewestListing) -> Option<NewestRecord> {
    let of = |partition: &Partition| match told.get(&topic.name, partition.id) {
        None if is_empty(partition) => Some(NewestRecord::Missing),
        told => told,
    };
    topic.partitions.iter().try_fold(NewestRecord::Missing, |newest, partition| Some(newest.max(of(partition)?)))
}

/// Whether there is no record in it.
fn is_empty(partition: &Partition) -> bool {
    matches!((partition.earliest_offset, partition.latest_offset), (Known::Known(first), Known::Known(next)) if first == next)
}

impl Vitals {
    /// Topics that nobody knows it of, those after this one first: at most so many that they have [`MOST`] partitions with records.
    fn unasked<'a>(&self, seen: &'a Inventory, after: Option<&TopicName>) -> Vec<&'a Topic> {
        let place = after.map_or(0, |after| seen.topics.partition_point(|topic| topic.name <= *after));
        let (before, behind) = seen.topics.split_at(place);
        let tracks = locked(&self.tracks);
        let unasked = behind.iter().chain(before).filter(|topic| tracks.paces.is_unasked(&topic.name));
        let mut partitions = 0;
        let fits = |topic: &&Topic| {
            let is_first = partitions == 0;
            partitions += topic.partitions.iter().filter(|partition| !is_empty(partition)).count();
            is_first || partitions <= MOST
        };
        unasked.take_while(fits).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_kafka::{
        ClientConfig,
        collect::{Collector, Depth},
    };
    use klamm_model::{PartitionId, Reachability};
    use klamm_testkit::{Estate, EstateSize};

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn topic(name: &str, ends: &[i64]) -> Topic {
        let partition = |(id, end): (i32, &i64)| Partition {
            earliest_offset: Known::Known(0),
            latest_offset: Known::Known(*end),
            ..Partition::unseen(PartitionId(id), [BrokerId(1)].into())
        };
        let partitions = (0..).zip(ends).map(partition).collect();
        Topic { partitions, ..Topic::unseen(name.parse().unwrap(), name.to_owned()) }
    }

    /// Topics as they are seen twice, with so much more in the first partition at the second look.
    fn watched(topics: &[(&str, &[i64], i64)]) -> (Vitals, Inventory) {
        let vitals = Vitals::default();
        let mut seen = Inventory::unseen("kafka/demo".parse().unwrap());
        seen.reachability = Reachability::Reachable;
        seen.topics = topics.iter().map(|(name, ends, _)| topic(name, ends)).collect();
        vitals.observe(&seen, NOW);
        for (topic, (_, ends, more)) in seen.topics.iter_mut().zip(topics) {
            topic.partitions[0].latest_offset = Known::Known(ends[0] + more);
        }
        vitals.observe(&seen, UnixMillis(NOW.0 + 15_000));
        (vitals, seen)
    }

    fn names(topics: &[&Topic]) -> Vec<String> {
        topics.iter().map(|topic| topic.name.to_string()).collect()
    }

    #[test]
    fn brokers_are_asked_once_for_what_stood_still_while_it_was_watched() {
        let (vitals, seen) = watched(&[("a", &[5], 0), ("b", &[5], 1), ("c", &[5], 0)]);
        assert_eq!(names(&vitals.unasked(&seen, None)), ["a", "c"]);
        let name = |name: &str| name.parse().unwrap();
        assert_eq!(names(&vitals.unasked(&seen, Some(&name("b")))), ["c", "a"], "in turn");
        let tell = |id, at: Option<UnixMillis>| locked(&vitals.tracks).paces.tell_newest(&name("a"), id, at.into());
        tell("another", Some(NOW));
        assert_eq!(names(&vitals.unasked(&seen, None)), ["a", "c"], "it was another topic of that name");
        tell("a", Some(UnixMillis(7)));
        assert_eq!(
            (names(&vitals.unasked(&seen, None)), vitals.last_written(&name("a"))),
            (vec!["c".to_owned()], Known::Known(UnixMillis(7)))
        );
        let fresh = Vitals::default();
        fresh.observe(&seen, NOW);
        assert!(fresh.unasked(&seen, None).is_empty(), "what is written to may show by itself");
    }

    #[test]
    fn of_very_many_partitions_some_are_asked_about() {
        let (many, few): (Vec<i64>, &[i64]) = (vec![1; 400], &[1, 0, 0]);
        let (vitals, seen) = watched(&[("a", few, 0), ("b", &many, 0), ("c", &many, 0), ("d", &[1; 900], 0)]);
        assert_eq!(names(&vitals.unasked(&seen, None)), ["a", "b"]);
        assert_eq!(names(&vitals.unasked(&seen, Some(&"c".parse().unwrap()))), ["d"], "one is always asked about");
    }

    #[test]
    fn a_topic_is_asked_about_again_unless_all_leaders_said_something() {
        let silence = NewestListing::default();
        assert_eq!(newest_of(&topic("a", &[1, 0]), &silence), None);
        let none = Some(NewestRecord::Missing);
        assert_eq!(newest_of(&topic("a", &[0, 0]), &silence), none, "there is no record in it");
    }

    #[tokio::test]
    async fn topics_that_stand_still_are_told_by_their_newest_records() {
        let estate = Estate::start(EstateSize::SMALL).await.unwrap();
        let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
        let client = Client::new(ClientConfig { bootstrap, ..ClientConfig::new() });
        let mut collector = Collector::new(client.clone());
        let (vitals, mut seen) = (Vitals::default(), Inventory::unseen("kafka/estate".parse().unwrap()));
        for seconds in [15, 30] {
            estate.grow_older(15);
            let now = UnixMillis(seconds * 1000);
            seen = collector.look(&seen, Depth::Numbers, now).await;
            vitals.observe(&seen, now);
        }
        let mut records = NewestRecords::default();
        let now = UnixMillis(30_000);
        let partitions: usize = seen.topics.iter().map(|topic| topic.partitions.len()).sum();
        for _ in 0..=partitions / (MOST / 2) {
            records.ask(&client, &vitals, &seen, now).await;
        }
        assert!(vitals.unasked(&seen, None).is_empty());
        let (mut idle, mut written) = (0, 0);
        for topic in seen.topics.iter().filter(|topic| !topic.partitions.iter().all(is_empty)) {
            // What was there when the estate began counts as of then.
            match vitals.last_written(&topic.name) {
                Known::Known(UnixMillis(0)) => idle += 1,
                Known::Known(at) if at == now => written += 1,
                other => panic!("{}: {other:?}", topic.name),
            }
        }
        assert!(idle > 0 && written > 0, "{idle} {written}");
    }
}
