//! How quickly topics grow: their sizes, half an hour apart once they have been watched for a day. Pure.

use klamm_model::{Inventory, Known, TopicName, UnixMillis};
use klamm_planner::disks::growth;
use std::collections::HashMap;

/// Sizes that are kept of each topic: a day of them in the end.
const KEPT: usize = 48;
/// Room is made for so many more at a time: doubling would waste a quarter of it.
const MORE: usize = 16;
/// The first ones come quickly, so that something can be said early.
const SPACING_AT_FIRST: i64 = 60_000;
/// The later ones do not.
const SPACING: i64 = 1_800_000;

/// Sizes of all topics over time.
#[derive(Debug)]
pub(crate) struct Sizes {
    moments: Vec<i64>,
    spacing: i64,
    topics: HashMap<TopicName, SizeTrack>,
}

#[derive(Debug)]
struct SizeTrack {
    id: Box<str>,
    /// One for each of the last moments; no number where it was not known.
    sizes: Vec<f32>,
    per_day: Known<f64>,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { moments: Vec::new(), spacing: SPACING_AT_FIRST, topics: HashMap::new() }
    }
}

impl Sizes {
    /// Takes in how large topics are now, when it is time to.
    pub(crate) fn observe(&mut self, inventory: &Inventory, now: UnixMillis) {
        let is_due = self.moments.last().is_none_or(|last| (now.0 - last).abs() >= self.spacing);
        if !is_due {
            return;
        }
        if self.moments.last().is_some_and(|last| now.0 < *last) {
            *self = Self::default();
        }
        if self.moments.len() >= KEPT {
            self.make_room();
        }
        self.moments.push(now.0);
        for topic in &inventory.topics {
            let is_other = self.topics.get(&topic.name).is_some_and(|track| *track.id != *topic.id);
            if is_other || !self.topics.contains_key(&topic.name) {
                let track = SizeTrack { id: topic.id.as_str().into(), sizes: Vec::new(), per_day: Known::Unknown };
                self.topics.insert(topic.name.clone(), track);
            }
            if let Some(track) = self.topics.get_mut(&topic.name) {
                track.push(topic.size_bytes, &self.moments);
            }
        }
    }

    /// Every second one goes, until they are far enough apart; then the oldest.
    fn make_room(&mut self) {
        if self.spacing < SPACING {
            self.spacing = (self.spacing * 2).min(SPACING);
            let count = self.moments.len();
            every_second(&mut self.moments, count);
            for track in self.topics.values_mut() {
                every_second(&mut track.sizes, count);
            }
        } else {
            self.moments.remove(0);
            for track in self.topics.values_mut().filter(|track| track.sizes.len() >= KEPT) {
                track.sizes.remove(0);
            }
        }
    }

    /// By how many bytes a day a topic grows, all replicas together; unknown until it was watched for a while.
    pub(crate) fn per_day(&self, topic: &TopicName) -> Known<f64> {
        self.topics.get(topic).map_or(Known::Unknown, |track| track.per_day)
    }

    /// Whether a topic is larger than it was a day ago, or when it was first watched. [`Self::per_day`] says of what comes all at once,
    /// such as a batch of every night, that it does not grow.
    pub(crate) fn has_grown(&self, topic: &TopicName) -> bool {
        let sizes = self.topics.get(topic).map(|track| track.sizes.as_slice()).unwrap_or_default();
        let mut known = sizes.iter().filter(|size| !size.is_nan());
        let first = known.next();
        first.zip(known.next_back()).is_some_and(|(first, newest)| newest > first)
    }

    /// Forgets topics that are gone.
    pub(crate) fn forget_all_but(&mut self, topic: impl Fn(&TopicName) -> bool) {
        self.topics.retain(|name, _| topic(name));
    }

    /// How many bytes that takes up.
    pub(crate) fn bytes(&self) -> usize {
        let of = |(name, track): (&TopicName, &SizeTrack)| {
            size_of::<SizeTrack>() + name.as_str().len() + track.sizes.capacity() * size_of::<f32>()
        };
        self.topics.iter().map(of).sum()
    }
}

/// Keeps every second one, the newest among them; those of a topic are the last ones of all moments.
fn every_second<T: Copy>(values: &mut Vec<T>, of: usize) {
    let missing = of - values.len().min(of);
    let mut place = missing;
    values.retain(|_| {
        place += 1;
        (of - place).is_multiple_of(2)
    });
}

impl SizeTrack {
    fn push(&mut self, size: Known<u64>, moments: &[i64]) {
        // Looks at which the topic was not there have to be made up for.
        let missed = moments.len().saturating_sub(self.sizes.len() + 1);
        let missed = if self.sizes.is_empty() { 0 } else { missed };
        if self.sizes.capacity() <= self.sizes.len() + missed {
            let more = MORE.min(KEPT.saturating_sub(self.sizes.len()));
            self.sizes.reserve_exact(more.max(missed + 1));
        }
        self.sizes.extend(std::iter::repeat_n(f32::NAN, missed));
        #[expect(clippy::cast_precision_loss, reason = "seven digits are enough")]
        self.sizes.push(size.value().map_or(f32::NAN, |size| *size as f32));
        let first = moments.len().saturating_sub(self.sizes.len());
        let known: Vec<(UnixMillis, f64)> = moments
            .iter()
            .skip(first)
            .zip(&self.sizes)
            .filter(|(_, size)| !size.is_nan())
            .map(|(at, size)| (UnixMillis(*at), f64::from(*size)))
            .collect();
        self.per_day = growth(&known).map(|growth| growth.per_day).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::Topic;

    #[test]
    fn room_is_made_for_the_sizes_that_are_kept_and_no_more() {
        let mut sizes = Sizes::default();
        let (always, seldom): (TopicName, TopicName) = ("always".parse().unwrap(), "seldom".parse().unwrap());
        let topic =
            |name: &TopicName| Topic { size_bytes: Known::Known(1), ..Topic::unseen(name.clone(), "1".to_owned()) };
        for look in 0..200 {
            let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
            inventory.topics = vec![topic(&always)];
            if look % 11 == 0 {
                inventory.topics.push(topic(&seldom));
            }
            sizes.observe(&inventory, UnixMillis(1_700_000_000_000 + look * SPACING));
            assert!(sizes.topics.values().all(|track| track.sizes.capacity() <= KEPT), "{look}");
        }
        assert_eq!(sizes.topics[&always].sizes.len(), KEPT);
    }

    #[test]
    fn what_comes_all_at_once_has_grown_though_its_line_stands_still() {
        let mut sizes = Sizes::default();
        let name: TopicName = "nightly".parse().unwrap();
        let mut told = |half_hour: i64, size: Option<u64>| {
            let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
            inventory.topics = vec![Topic { size_bytes: size.into(), ..Topic::unseen(name.clone(), "1".to_owned()) }];
            sizes.observe(&inventory, UnixMillis(1_700_000_000_000 + half_hour * SPACING));
            (sizes.has_grown(&name), sizes.per_day(&name))
        };
        for half_hour in 0..40 {
            assert!(!told(half_hour, Some(100)).0, "{half_hour}");
        }
        assert_eq!(told(40, Some(900)), (true, Known::Known(0.0)));
        assert!(told(41, None).0, "nobody could look");
        assert!(!told(42, Some(100)).0, "it went again");
        assert!(!sizes.has_grown(&"other".parse().unwrap()));
    }
}
