//! The least number of replicas in sync that brokers ask for, where a topic says nothing itself. Written once it holds at once, for
//! everything there is: where fewer are in sync, nobody writes with `acks=all` any more.

use super::{Guard, Refusal, Scene, Scope, Short, roll::unseen, words};
use klamm_model::{BrokerId, Known, TopicName};
use std::collections::BTreeSet;

/// The setting, of brokers and of topics.
pub const MIN_IN_SYNC: &str = "min.insync.replicas";

/// What may be done about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It takes nothing from anybody.
    May,
    /// Too few are in sync now, or that could not be seen.
    Waits(Guard),
    /// Topics have fewer replicas.
    Never(Refusal),
}

/// What comes of writing it, or of taking it away.
pub(super) fn judged(scope: Scope, value: Option<&str>, scene: &Scene) -> Verdict {
    let Some(minimum) = becomes(scope, value, scene) else { return Verdict::May };
    let Known::Known(topics) = &scene.topics else { return Verdict::Waits(unseen(scene, "topics")) };
    let mut found = Found::default();
    let removing = scene.removing();
    for (name, topic) in topics {
        let own = topic.config.value().map(|keys| keys.contains_key(MIN_IN_SYNC));
        let now = match (topic.min_in_sync, own) {
            (_, Some(true)) => continue,
            (Known::Known(now), _) if now >= minimum => continue,
            (Known::Known(now), Some(false)) => now,
            (Known::Known(_), None) | (Known::Unknown, _) => {
                found.unknown.insert(name);
                continue;
            }
        };
        for (id, partition) in &topic.partitions {
            let concerns = match scope {
                Scope::Cluster => true,
                Scope::Broker(broker) => partition.replicas.contains(&broker),
            };
            // A partition on its way has more replicas than it will have.
            let goes = removing.get(&(name, *id)).copied().unwrap_or_default();
            let factor = number(partition.replicas.len().saturating_sub(goes));
            let in_sync = number(partition.in_sync.len());
            if !concerns || (factor < minimum && factor < now) {
                // What nobody can write to already is nobody's fault.
                continue;
            }
            if factor < minimum {
                found.small.insert(name);
                found.smallest = Some(found.smallest.map_or(factor, |smallest| smallest.min(factor)));
            } else if in_sync < minimum {
                let is_behind = |broker: &&BrokerId| !partition.in_sync.contains(broker);
                found.short.push(Short {
                    partition: (name.clone(), *id),
                    replicas: factor,
                    in_sync,
                    behind: partition.replicas.iter().filter(is_behind).copied().collect(),
                    left: in_sync,
                    needs: minimum,
                });
            }
        }
    }
    found.verdict(minimum)
}

/// What it would be. What takes its place when it is taken away, where that is declared; else Kafka asks for one.
fn becomes(scope: Scope, value: Option<&str>, scene: &Scene) -> Option<u32> {
    let of_all = || scene.dynamic.value()?.get(&Scope::Cluster)?.get(MIN_IN_SYNC);
    let instead = match scope {
        Scope::Broker(_) => of_all().or_else(|| scene.settings.get(MIN_IN_SYNC)),
        Scope::Cluster => scene.settings.get(MIN_IN_SYNC),
    };
    value.or(instead.map(String::as_str))?.trim().parse().ok()
}

/// Topics that say nothing themselves, and would be asked for more than now.
#[derive(Default)]
struct Found<'a> {
    /// Of these it is not known whether they do.
    unknown: BTreeSet<&'a TopicName>,
    /// These have too few replicas, and one so many.
    small: BTreeSet<&'a TopicName>,
    smallest: Option<u32>,
    /// Of these too few are in sync.
    short: Vec<Short>,
}

impl Found<'_> {
    fn verdict(self, minimum: u32) -> Verdict {
        if let Some(factor) = self.smallest {
            let topics = self.small.into_iter().cloned().collect();
            return Verdict::Never(Refusal::TooFewReplicas { minimum, factor, topics });
        }
        if !self.unknown.is_empty() {
            let names = words::topics(self.unknown.into_iter());
            let sentence = format!("What {MIN_IN_SYNC} is for {names}, and whether it is set there, is not known.");
            return Verdict::Waits(Guard::Unseen(vec![sentence]));
        }
        if self.short.is_empty() {
            return Verdict::May;
        }
        Verdict::Waits(Guard::Minimum { minimum, partitions: self.short })
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
