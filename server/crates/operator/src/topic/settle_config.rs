//! Which keys brokers accept when they refuse them together. Asked key by key, validating only, because Kafka names
//! neither all nor always the right ones in its refusal.

use klamm_kafka::{Apply, Client, ClientError, ConfigChange, ConfigEdit, ConfigResource, KafkaError, NewTopic};
use klamm_model::TopicName;
use klamm_planner::topics::{FieldRefusal, RefusalReason, TopicField};
use std::collections::{BTreeMap, VecDeque};

/// Keys that go together, and those that do not.
pub(super) struct Settled {
    pub(super) accepted: BTreeMap<String, String>,
    pub(super) rejected: Vec<FieldRefusal>,
}

/// For a topic that is to be made.
pub(super) async fn of_new_topic(client: &Client, topic: &NewTopic) -> Result<Settled, ClientError> {
    let mut open = Open::new(&topic.config);
    while let Some(config) = open.candidate() {
        let candidate = NewTopic { config, ..topic.clone() };
        let mut results = client.create_topics(vec![candidate], Apply::ValidateOnly).await?;
        open.judge(results.remove(&topic.name).map_or(Ok(()), |result| result.map(drop)));
    }
    Ok(open.settled())
}

/// For a topic that is there.
pub(super) async fn of_topic(
    client: &Client,
    name: &TopicName,
    set: &BTreeMap<String, String>,
) -> Result<Settled, ClientError> {
    let resource = ConfigResource::Topic(name.clone());
    let mut open = Open::new(set);
    while let Some(config) = open.candidate() {
        let changes = config.into_iter().map(|(key, value)| ConfigChange { key, edit: ConfigEdit::Set(value) });
        let mut results =
            client.alter_configs([(resource.clone(), changes.collect())].into(), Apply::ValidateOnly).await?;
        open.judge(results.remove(&resource).unwrap_or(Ok(())));
    }
    Ok(open.settled())
}

/// Adds key after key to what is accepted. Those refused at first are tried again as long as others came in, since keys
/// may need each other (`min.compaction.lag.ms` and `max.compaction.lag.ms`).
struct Open {
    accepted: BTreeMap<String, String>,
    round: VecDeque<(String, String)>,
    refused: Vec<(String, String, KafkaError)>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Some,
    None,
}

impl Open {
    fn new(wanted: &BTreeMap<String, String>) -> Self {
        Self {
            accepted: BTreeMap::new(),
            round: wanted.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            refused: Vec::new(),
            progress: Progress::None,
        }
    }

    /// What to ask about next; none when nothing is open any more.
    fn candidate(&mut self) -> Option<BTreeMap<String, String>> {
        if self.round.is_empty() && self.progress == Progress::Some {
            self.progress = Progress::None;
            self.round = self.refused.drain(..).map(|(key, value, _)| (key, value)).collect();
        }
        let (key, value) = self.round.front()?.clone();
        let mut candidate = self.accepted.clone();
        candidate.insert(key, value);
        Some(candidate)
    }

    fn judge(&mut self, answer: Result<(), KafkaError>) {
        let Some((key, value)) = self.round.pop_front() else { return };
        match answer {
            Ok(()) => {
                self.progress = Progress::Some;
                self.accepted.insert(key, value);
            }
            Err(error) => self.refused.push((key, value, error)),
        }
    }

    fn settled(self) -> Settled {
        let rejection = |(key, _, error): (String, String, KafkaError)| FieldRefusal {
            field: TopicField::Config(key),
            reason: RefusalReason::Rejected { message: error.to_string() },
        };
        Settled { accepted: self.accepted, rejected: self.refused.into_iter().map(rejection).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_kafka::ErrorCode;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn settle(wanted: &[(&str, &str)], is_bad: impl Fn(&BTreeMap<String, String>) -> bool) -> Settled {
        let mut open = Open::new(&texts(wanted));
        while let Some(config) = open.candidate() {
            open.judge(if is_bad(&config) { Err(ErrorCode::InvalidConfig.into()) } else { Ok(()) });
        }
        open.settled()
    }

    #[test]
    fn one_bad_key_does_not_hold_back_the_others() {
        let settled = settle(&[("a", "1"), ("bad", "x"), ("c", "3")], |config| config.contains_key("bad"));
        assert_eq!(settled.accepted, texts(&[("a", "1"), ("c", "3")]));
        assert_eq!(settled.rejected.len(), 1);
        assert_eq!(settled.rejected[0].field, TopicField::Config("bad".to_owned()));
    }

    #[test]
    fn keys_that_need_each_other_are_found() {
        let wanted = [("a.max", "5"), ("b.min", "3")];
        let settled = settle(&wanted, |config| config.contains_key("a.max") && !config.contains_key("b.min"));
        assert_eq!(settled.accepted, texts(&wanted));
        assert!(settled.rejected.is_empty());
    }

    #[test]
    fn nothing_but_bad_keys_comes_to_an_end() {
        let settled = settle(&[("x", "1"), ("y", "2")], |_| true);
        assert_eq!((settled.accepted.len(), settled.rejected.len()), (0, 2));
    }
}
