//! An independent checker for operations on a real cluster. It looks at every partition and at the quorum twice a second, on a
//! connection of its own; it writes down what is done to the cluster, and the faults that a test announces; in the end it says
//! whether anything fell below its least through an act of ours.
//!
//! It shares nothing with those who plan operations, and reads only what anybody could: what brokers tell, what Kubernetes
//! tells, and whether somebody listens. What it thinks of that is pure: [`judge`].

mod acts;
mod brokers;
mod course;
mod judge;
mod rounds;
mod seen;
#[cfg(test)]
mod tests;
mod verdict;
mod worst;

pub use judge::judge;
pub use seen::{Act, Deed, Fault, Look, Moment, Notes, Standing, Subject};
pub use verdict::{ActRecord, Breach, Cause, Excuse, Explained, Verdict};
pub use worst::Worst;

use crate::{
    Waited, eventually,
    soak::{Told, tell},
};
use rounds::Shared;
use std::{collections::BTreeSet, time::Duration};
use tokio::task::JoinSet;

/// How long one more look may take: on a machine that others use, brokers may answer none in time for a while.
const ONE_MORE_LOOK: Duration = Duration::from_mins(2);

/// Watches a cluster until it is told to end; stops when it is dropped.
pub struct Watcher {
    shared: Shared,
    _tasks: JoinSet<()>,
}

impl Watcher {
    /// Begins to watch a cluster of Klamm's, which has to be up, and returns after the first complete look.
    pub async fn begin(client: &kube::Client, namespace: &str, cluster: &str) -> anyhow::Result<Self> {
        let shared = Shared::new();
        let tasks = rounds::begin(&shared, client, namespace, cluster).await?;
        let watcher = Self { shared, _tasks: tasks };
        eventually("the first look", ONE_MORE_LOOK, || async {
            let complete = watcher.shared.read(|notes| notes.looks.iter().any(complete));
            anyhow::ensure!(complete, "{}", watcher.shared.trouble());
            Ok(())
        })
        .await?;
        Ok(watcher)
    }

    /// Announces a fault before it is made, with the nodes that it takes away.
    pub fn fault(&self, what: &str, nodes: impl IntoIterator<Item = i32>) {
        let from = self.shared.now();
        let fault = Fault { what: what.to_owned(), nodes: nodes.into_iter().collect(), from, until: None };
        self.shared.write(|notes| notes.faults.push(fault));
    }

    /// The causes of all announced faults are gone. What they took may come back later.
    pub fn fault_over(&self) {
        let now = self.shared.now();
        self.shared.write(|notes| {
            for fault in &mut notes.faults {
                fault.until.get_or_insert(now);
            }
        });
    }

    /// Topics that may be unavailable from now on, beside those that operations name.
    pub fn accept(&self, topics: impl IntoIterator<Item = String>) {
        let now = self.shared.now();
        self.shared.write(|notes| {
            for topic in topics {
                notes.accepted.entry(topic).or_insert(now);
            }
        });
    }

    /// Waits until everything is in step, in a look that began after this was called.
    pub async fn until_whole(&self, deadline: Duration) -> Waited<()> {
        let asked = self.shared.now();
        eventually("everything to be in step", deadline, || async {
            self.shared.read(|notes| {
                let look = notes.looks.last().filter(|look| look.at > asked);
                let look = look.ok_or_else(|| anyhow::anyhow!("no look since {asked}"))?;
                let short = not_whole(look);
                anyhow::ensure!(short.is_empty(), "at {}: {}", look.at, short.join(", "));
                Ok(())
            })
        })
        .await
    }

    /// Waits until all of these nodes run, in a look that began after this was called. One that was removed for good meanwhile is
    /// waited for no more.
    pub async fn until_back(&self, nodes: &[i32], deadline: Duration) -> Waited<()> {
        let asked = self.shared.now();
        eventually("nodes to be back", deadline, || async {
            self.shared.read(|notes| {
                let look = notes.looks.last().filter(|look| look.at > asked);
                let look = look.ok_or_else(|| anyhow::anyhow!("no look since {asked}"))?;
                let missing: Vec<i32> = missing(look).into_iter().filter(|node| nodes.contains(node)).collect();
                anyhow::ensure!(missing.is_empty(), "at {}: {missing:?} do not run", look.at);
                Ok(())
            })
        })
        .await
    }

    /// The last look.
    pub fn last_look(&self) -> Option<Look> {
        self.shared.read(|notes| notes.looks.last().cloned())
    }

    /// What the verdict would be now, after one more look; it goes on watching.
    pub async fn verdict(&self) -> anyhow::Result<Verdict> {
        let asked = self.shared.now();
        eventually("one more look", ONE_MORE_LOOK, || async {
            let last = self.shared.read(|notes| notes.looks.last().map(|look| look.at));
            anyhow::ensure!(last > Some(asked), "the last was at {last:?}");
            Ok(())
        })
        .await?;
        Ok(judge(&self.shared.read(Notes::clone)))
    }

    /// Ends with a verdict, after one more look, and tells of it.
    pub async fn end(self) -> anyhow::Result<Verdict> {
        let verdict = self.verdict().await?;
        tell(Told::Watched(&verdict));
        Ok(verdict)
    }
}

fn complete(look: &Look) -> bool {
    look.quorum.is_some() && look.partitions.as_ref().is_some_and(|seen| !seen.is_empty())
}

/// What is not in step, in words.
fn not_whole(look: &Look) -> Vec<String> {
    let mut short = Vec::new();
    match &look.partitions {
        Some(seen) => {
            let partial = seen.iter().filter(|(_, one)| one.in_step != one.members || one.leader.is_none());
            short.extend(partial.map(|(subject, one)| format!("{subject} only on {:?}", one.in_step)));
        }
        None => short.push("no broker answers".to_owned()),
    }
    match &look.quorum {
        Some(quorum) if quorum.in_step == quorum.members && quorum.leader.is_some() => {}
        Some(quorum) => short.push(format!("of the quorum only {:?}", quorum.in_step)),
        None => short.push("nobody tells of the quorum".to_owned()),
    }
    let missing = missing(look);
    if !missing.is_empty() {
        short.push(format!("the nodes {missing:?} do not run"));
    }
    short
}

/// Members of anything that do not run.
fn missing(look: &Look) -> BTreeSet<i32> {
    let standings = look.partitions.iter().flat_map(|seen| seen.values()).chain(&look.quorum);
    let members: BTreeSet<i32> = standings.flat_map(|standing| &standing.members).copied().collect();
    members.intersection(&look.gone).copied().collect()
}
