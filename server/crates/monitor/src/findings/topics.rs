//! Topics that nobody writes to any more.

use super::{Evidence, Suspicion, words};
use klamm_model::{FindingRule, FindingSeverity, FindingSubject, Known, Topic, UnixMillis, human_rate};

/// Without a record for so long, where they came in every minute: a producer that was only restarted is back by then.
const SILENT_MILLIS: i64 = 5 * 60_000;
/// It has to stay so while the topic can be written to: after an outage producers need a moment to find their brokers again.
const AGAIN_MILLIS: i64 = 60_000;
/// What nobody has written to for longer has become an idle topic.
const NEWS_MILLIS: i64 = 24 * 3_600_000;

/// Topics to which records came without a pause, and come no more. What pauses by itself is none of them
/// ([`crate::TopicPace::steady`]), nor what belongs to Kafka, nor what nobody could look at.
pub(super) fn silent(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let stopped = evidence.topics.iter().filter_map(|pace| {
        let (rate, Known::Known(since)) = (pace.steady?, pace.written_at) else { return None };
        let is_silent = (SILENT_MILLIS..NEWS_MILLIS).contains(&evidence.now.0.saturating_sub(since.0));
        let topic = evidence.inventory.topic(&pace.name).filter(|topic| is_silent && is_seen(topic))?;
        Some((since, one(evidence, topic, rate)))
    });
    let mut stopped: Vec<(UnixMillis, Suspicion)> = stopped.collect();
    // Of very many the newest are kept: the others are known by now.
    stopped.sort_by_key(|(since, _)| std::cmp::Reverse(*since));
    stopped.into_iter().map(|(_, suspicion)| suspicion).collect()
}

/// A topic of people, all of whose partitions can be written to and were looked at.
fn is_seen(topic: &Topic) -> bool {
    let can_grow = |one: &klamm_model::Partition| one.leader.is_some() && one.latest_offset != Known::Unknown;
    !topic.name.is_internal() && topic.partitions.iter().all(can_grow)
}

fn one(evidence: &Evidence<'_>, topic: &Topic, rate: f64) -> Suspicion {
    let (name, rate) = (&topic.name, human_rate(rate, "rec"));
    let message = format!("Nobody has written to {name} for more than 5 minutes; before, {rate} came without a pause");
    let (rule, subject) = (FindingRule::ProducersStopped, FindingSubject::Topic(name.clone()));
    let link = words::topic_page(evidence.cluster(), name);
    Suspicion::new(rule, FindingSeverity::Warning, subject, message).lasting(AGAIN_MILLIS).at(link)
}
