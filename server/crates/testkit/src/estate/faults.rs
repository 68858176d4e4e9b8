//! What does not work in an estate just now, and what follows from that for partitions and groups.

use super::{
    BadExporter,
    changes::Changed,
    world::{Group, Partition},
};
use anyhow::{Context, bail};
use std::{collections::BTreeSet, str::FromStr, time::Duration};

/// Something that does not work. Brokers are numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nobody listens at this broker's address; partitions have lost it and are led by others.
    DeadBroker(i32),
    /// This broker takes so long for every answer.
    SlowBroker(i32, Duration),
    /// This broker hangs up in the middle of every answer, except when it tells what it can do.
    HalfAnswers(i32),
    /// The quorum has no leader.
    NoController,
    /// There are no groups.
    NoGroups,
    /// There are no topics.
    NoTopics,
    /// Nobody decides who may what.
    NoAuthorizer,
    /// Nobody may see who may what.
    NoAcls,
    /// This broker was set up by somebody else.
    OddDefaults(i32),
    /// This broker's exporter is bad.
    Exporter(i32, BadExporter),
}

/// How long a broker takes that is only told to be slow.
const SLOW: Duration = Duration::from_secs(20);

impl FromStr for Fault {
    type Err = anyhow::Error;

    /// `dead 1`, `slow 1`, `half 1`, `odd 1`, `no controller`, `no groups`, `no topics`, `no authorizer`, `no acls`,
    /// and `exporter 1 hang` with what is wrong with it.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (what, whose) = text.split_once(' ').unwrap_or((text, ""));
        let broker = || whose.trim().parse::<i32>().with_context(|| format!("{whose:?} is no broker"));
        Ok(match (what, whose.trim()) {
            ("dead", _) => Self::DeadBroker(broker()?),
            ("slow", _) => Self::SlowBroker(broker()?, SLOW),
            ("half", _) => Self::HalfAnswers(broker()?),
            ("exporter", told) => {
                let (id, bad) = told.split_once(' ').context("say of which broker, and what is wrong with it")?;
                Self::Exporter(id.parse().with_context(|| format!("{id:?} is no broker"))?, bad.trim().parse()?)
            }
            ("odd", _) => Self::OddDefaults(broker()?),
            ("no", "controller") => Self::NoController,
            ("no", "groups") => Self::NoGroups,
            ("no", "topics") => Self::NoTopics,
            ("no", "authorizer") => Self::NoAuthorizer,
            ("no", "acls") => Self::NoAcls,
            _ => bail!("{text:?} is no fault"),
        })
    }
}

/// The state of an estate at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub(super) faults: BTreeSet<Fault>,
    /// Seconds for which records have been written.
    pub(super) age: i64,
    /// What is not as it was in the beginning.
    pub(super) changed: Changed,
}

impl Condition {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    pub(super) fn is_dead(&self, broker: i32) -> bool {
        self.has(Fault::DeadBroker(broker))
    }

    /// How long this broker waits before it answers.
    pub(super) fn delay(&self, broker: i32) -> Duration {
        let of_this = |fault: &Fault| match fault {
            Fault::SlowBroker(id, delay) if *id == broker => Some(*delay),
            _ => None,
        };
        self.faults.iter().find_map(of_this).unwrap_or_default()
    }

    /// Replicas in sync. When all are dead the last one that was in sync stays, as in Kafka.
    pub(super) fn in_sync(&self, partition: &Partition) -> Vec<i32> {
        let whole = |id: &i32| partition.moving.as_ref().is_none_or(|moving| !moving.pending.contains(id));
        let living: Vec<i32> =
            partition.replicas.iter().copied().filter(|id| whole(id) && !self.is_dead(*id)).collect();
        if living.is_empty() { partition.replicas.last().copied().into_iter().collect() } else { living }
    }

    pub(super) fn offline(&self, partition: &Partition) -> Vec<i32> {
        partition.replicas.iter().copied().filter(|id| self.is_dead(*id)).collect()
    }

    /// Who leads; -1 for nobody.
    pub(super) fn leader(&self, partition: &Partition) -> i32 {
        let usual = partition.replicas.get(partition.leads).copied().filter(|id| !self.is_dead(*id));
        let in_sync = self.in_sync(partition);
        usual.or_else(|| in_sync.into_iter().find(|id| !self.is_dead(*id))).unwrap_or(-1)
    }

    /// Who coordinates a group: one of those that live.
    pub(super) fn coordinator(&self, group: &Group, brokers: usize) -> Option<i32> {
        let ids = (1..=i32::try_from(brokers).unwrap_or(0)).cycle().skip(group.coordinator % brokers.max(1));
        ids.take(brokers).find(|id| !self.is_dead(*id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(replicas: &[i32]) -> Partition {
        Partition {
            replicas: replicas.to_vec(),
            leads: 1,
            earliest: 0,
            latest: 9,
            rate: 1,
            record_bytes: 1,
            moving: None,
        }
    }

    #[test]
    fn faults_are_read_from_words() {
        let read = |text: &str| text.parse::<Fault>().ok();
        assert_eq!(read("dead 3"), Some(Fault::DeadBroker(3)));
        assert_eq!(read("no controller"), Some(Fault::NoController));
        assert_eq!(read("exporter 2 html"), Some(Fault::Exporter(2, BadExporter::Html)));
        assert_eq!((read("exporter"), read("exporter 2"), read("exporter 2 sings")), (None, None, None));
        assert_eq!((read("dead"), read("no"), read("whatever 1")), (None, None, None));
    }

    #[test]
    fn a_dead_broker_is_lost_by_its_partitions_and_others_lead() {
        let condition = Condition { faults: [Fault::DeadBroker(2)].into(), ..Condition::default() };
        let led = partition(&[1, 2, 3]);
        assert_eq!((condition.leader(&led), condition.in_sync(&led)), (1, vec![1, 3]));
        let alone = partition(&[2]);
        assert_eq!((condition.leader(&alone), condition.in_sync(&alone)), (-1, vec![2]));
        assert_eq!(condition.offline(&alone), [2]);
        assert_eq!(Condition::default().leader(&led), 2, "not every leader is the preferred one");
    }
}
