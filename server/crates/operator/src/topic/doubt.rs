//! Brokers learn what the controller decided a little later, some later than others. What looks as if it had been changed
//! behind a declaration's back is believed when it is seen a second time, after a while.

use klamm_model::TopicName;
use klamm_planner::topics::Difference;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long after the first sighting the second one counts. Brokers that lag by more have lost their controller.
pub(super) const SECOND_LOOK: Duration = Duration::from_millis(1500);

/// What was seen and not believed yet, or believed and not gone yet.
#[derive(Default)]
pub(super) struct Doubts {
    seen: HashMap<TopicName, (Vec<Difference>, Instant)>,
}

/// Whether what was seen is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    Believed,
    /// Look again then.
    In(Duration),
}

impl Doubts {
    /// A difference that nobody declared was seen.
    pub(super) fn weigh(&mut self, topic: &TopicName, differences: &[Difference], now: Instant) -> Belief {
        match self.seen.get(topic) {
            Some((before, since)) if before == differences => {
                let age = now.saturating_duration_since(*since);
                SECOND_LOOK.checked_sub(age).filter(|rest| !rest.is_zero()).map_or(Belief::Believed, Belief::In)
            }
            _ => {
                self.seen.insert(topic.clone(), (differences.to_vec(), now));
                Belief::In(SECOND_LOOK)
            }
        }
    }

    /// The topic is as declared, or what differs is news.
    pub(super) fn settle(&mut self, topic: &TopicName) {
        self.seen.remove(topic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_planner::topics::TopicField;

    fn difference(found: &str) -> Vec<Difference> {
        let field = TopicField::Config("retention.ms".to_owned());
        vec![Difference { field, wanted: "1".to_owned(), found: Some(found.to_owned()) }]
    }

    #[test]
    fn what_is_seen_once_is_not_believed_and_what_is_seen_twice_is() {
        let (topic, start) = (TopicName::new("t").unwrap(), Instant::now());
        let mut doubts = Doubts::default();
        assert_eq!(doubts.weigh(&topic, &difference("2"), start), Belief::In(SECOND_LOOK));
        let soon = start + Duration::from_millis(500);
        assert_eq!(doubts.weigh(&topic, &difference("2"), soon), Belief::In(Duration::from_secs(1)));
        assert_eq!(doubts.weigh(&topic, &difference("2"), start + SECOND_LOOK), Belief::Believed);
        assert_eq!(doubts.weigh(&topic, &difference("3"), start + SECOND_LOOK), Belief::In(SECOND_LOOK), "another one");
    }

    #[test]
    fn a_lagging_broker_that_has_caught_up_leaves_no_doubt_behind() {
        let (topic, start) = (TopicName::new("t").unwrap(), Instant::now());
        let mut doubts = Doubts::default();
        assert_eq!(doubts.weigh(&topic, &difference("2"), start), Belief::In(SECOND_LOOK));
        doubts.settle(&topic);
        assert_eq!(doubts.weigh(&topic, &difference("2"), start + SECOND_LOOK), Belief::In(SECOND_LOOK));
    }
}
