//! Nobody is told that a topic is as declared before the brokers that answer show it so: the controller's word reaches them
//! a little later, and whoever reads "Ready" uses the topic at once.

use super::{
    apply::{Failure, Outcomes},
    decide::{Case, Decision, Rules, Verdict, decide},
    gather::{Brokers, Question, gather},
};
use klamm_kafka::{Client, TopicSelection};
use klamm_model::TopicName;
use klamm_planner::topics::{Difference, TopicAct, TopicField, TopicObserved};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::Instant;

/// The first pause between two looks; each further one is half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(3);
/// What brokers need at least to make the log of one topic: looking earlier only keeps them from it.
const AT_LEAST_EACH: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(300);
/// What brokers do not show by then is not told, and looked at again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until brokers show what was done. What they do not show in time is marked as not the last word.
pub(super) async fn wait(
    client: &Client,
    cases: &mut [Case],
    decisions: &[Decision],
    outcomes: &mut Outcomes,
    rules: &Rules,
) {
    let Open { mut made, mut changed } = Open::of(decisions, outcomes);
    let topics = u32::try_from(made.len() + changed.len()).unwrap_or(u32::MAX);
    let (end, mut pause) =
        (Instant::now() + PATIENCE, FIRST_PAUSE.max(AT_LEAST_EACH.saturating_mul(topics)).min(LONGEST_PAUSE));
    // Brokers that do not answer now were reached a moment ago: that counts as not shown.
    loop {
        if !made.is_empty() {
            let selection = TopicSelection::Names(made.keys().cloned().collect());
            let described = client.describe_topics(&selection).await.unwrap_or_default();
            // A topic appears with its configuration.
            made.retain(|name, id| match (described.get(name), id) {
                (Some(Ok(topic)), Some(id)) => topic.id.to_string() != *id,
                (Some(Ok(_)), None) => false,
                (Some(Err(_)) | None, _) => true,
            });
        }
        if !changed.is_empty() {
            let mut policy = rules.policy.clone();
            let question =
                Question { names: changed.clone(), without_config: BTreeSet::new(), brokers: Brokers::DoNotCare };
            let seen = gather(client, question, &mut policy).await.unwrap_or_default();
            for case in cases.iter_mut() {
                let Some(observed) = seen.get(&case.name) else { continue };
                let before = std::mem::replace(&mut case.observed, observed.clone());
                if shows(case, outcomes, rules) {
                    changed.remove(&case.name);
                } else {
                    case.observed = before;
                }
            }
        }
        if (made.is_empty() && changed.is_empty()) || Instant::now() >= end {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
    for name in made.into_keys().chain(changed) {
        outcomes.entry(name).or_default().failure = Some(Failure::Stale);
    }
}

/// What brokers have not shown yet.
struct Open {
    /// Topics that were made, with their ids.
    made: BTreeMap<TopicName, Option<String>>,
    changed: BTreeSet<TopicName>,
}

impl Open {
    fn of(decisions: &[Decision], outcomes: &Outcomes) -> Self {
        let mut open = Self { made: BTreeMap::new(), changed: BTreeSet::new() };
        for decision in decisions {
            let outcome = outcomes.get(&decision.name);
            if outcome.is_some_and(|outcome| outcome.failure.is_some()) {
                continue;
            }
            for act in decision.acts() {
                match act {
                    TopicAct::Create { .. } => {
                        // One that was refused is nowhere to be seen.
                        let created = outcome.and_then(|outcome| outcome.created.as_ref());
                        open.made.extend(created.map(|created| (decision.name.clone(), created.id.clone())));
                    }
                    TopicAct::GrowPartitions { .. } | TopicAct::AlterConfig { .. } => {
                        open.changed.insert(decision.name.clone());
                    }
                    TopicAct::Delete { .. } => {}
                }
            }
        }
        open
    }
}

/// Whether nothing is left to do, apart from what brokers have refused and what they do not show to anybody.
pub(super) fn shows(case: &Case, outcomes: &Outcomes, rules: &Rules) -> bool {
    let rejected: BTreeSet<&TopicField> = outcomes
        .get(&case.name)
        .map(|outcome| outcome.rejected.iter().map(|refusal| &refusal.field).collect())
        .unwrap_or_default();
    let is_open = |difference: &Difference| {
        let hidden = match (&difference.field, &case.observed) {
            (TopicField::Config(key), TopicObserved::Present(topic)) => topic.config.get(key) == Some(&None),
            _ => false,
        };
        !hidden && !rejected.contains(&difference.field)
    };
    decide(case, rules).verdicts.iter().all(|(_, verdict)| match verdict {
        Verdict::Owner(plan) => !plan.differences.iter().any(is_open),
        Verdict::Unreadable(_)
        | Verdict::Paused(_)
        | Verdict::Rival(_)
        | Verdict::NotAllowed(_)
        | Verdict::LetGo(_)
        | Verdict::Last(_)
        | Verdict::Held
        | Verdict::Abandoned => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::{
        apply::Outcome,
        tests::{case, kafka_topic, name, rules, there},
    };
    use klamm_planner::topics::{FieldRefusal, RefusalReason};
    use serde_json::json;

    #[test]
    fn a_topic_is_shown_when_nothing_is_left_to_do_but_what_was_refused() {
        let spec = json!({ "partitions": 2, "config": { "retention.ms": 1000 } });
        let seen = |observed| case("payments.a", vec![kafka_topic("payments", "payments.a", spec.clone())], observed);
        let with = |config: &[(&str, Option<&str>)]| {
            let TopicObserved::Present(mut topic) = there(2, 1) else { panic!("it is there") };
            topic.config = config.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect();
            TopicObserved::Present(topic)
        };
        let nothing = Outcomes::new();
        for (observed, wanted) in [
            (TopicObserved::Absent, false),
            (there(1, 1), false),
            (with(&[]), false),
            (with(&[("retention.ms", Some("1"))]), false),
            (with(&[("retention.ms", Some("1000"))]), true),
            // Kafka keeps the value to itself.
            (with(&[("retention.ms", None)]), true),
        ] {
            assert_eq!(shows(&seen(observed.clone()), &nothing, &rules()), wanted, "{observed:?}");
        }
        let reason = RefusalReason::Rejected { message: "no".to_owned() };
        let rejected = vec![FieldRefusal { field: TopicField::Config("retention.ms".to_owned()), reason }];
        let refused = Outcomes::from([(name("payments.a"), Outcome { rejected, ..Outcome::default() })]);
        assert!(shows(&seen(with(&[])), &refused, &rules()));
    }
}
