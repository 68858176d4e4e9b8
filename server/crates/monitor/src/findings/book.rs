use super::{Suspicion, id, is_known_without_brokers, texts};
use klamm_model::{ClusterFinding, ClusterRef, FindingRule, Reachability, UnixMillis};
use std::{cmp::Reverse, collections::BTreeMap};

/// Since when what is suspected stands.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// What is suspected, told or not yet, and since when: where the rule does not know that, since the first look that found it.
    standing: BTreeMap<String, UnixMillis>,
    /// What was told before this process began: it needs no patience any more, and stands since then.
    remembered: BTreeMap<String, UnixMillis>,
    /// What was told last.
    told: Vec<ClusterFinding>,
}

impl Book {
    /// What was found before this process began.
    pub(crate) fn remember(&mut self, found: impl IntoIterator<Item = (String, UnixMillis)>) {
        self.remembered.extend(found);
    }

    /// What there is to tell of these suspicions, the worst first. While a cluster does not answer, what was told of it stays.
    pub(crate) fn settle(
        &mut self,
        cluster: &ClusterRef,
        suspicions: Vec<Suspicion>,
        reachability: &Reachability,
        now: UnixMillis,
    ) -> Vec<ClusterFinding> {
        let mut standing = BTreeMap::new();
        let mut told = Vec::new();
        for suspicion in suspicions {
            let id = id::of(cluster, suspicion.rule, &suspicion.subject);
            let remembered = self.remembered.get(&id).copied();
            // What a rule says began anew did so: whatever moves now and then would else be told as stuck after a while.
            let known = suspicion.since.or_else(|| self.standing.get(&id).copied()).unwrap_or(now);
            let since = remembered.map_or(known, |remembered| remembered.min(known));
            if remembered.is_some() || now.0.saturating_sub(since.0) >= suspicion.patience {
                told.push(finding(id.clone(), suspicion, since));
            }
            standing.insert(id, since);
        }
        if matches!(reachability, Reachability::Unreachable { .. }) {
            let stays = self.told.iter().filter(|one| !is_known_without_brokers(one.rule));
            for one in stays {
                standing.insert(one.id.clone(), one.since);
                told.push(one.clone());
            }
        }
        told.sort_by(|a, b| (Reverse(a.severity), a.rule, &a.id).cmp(&(Reverse(b.severity), b.rule, &b.id)));
        self.standing = standing;
        self.told.clone_from(&told);
        told
    }

    /// What was found before is gone by now, and would begin anew.
    pub(crate) fn forget(&mut self, id: &str) {
        self.remembered.remove(id);
    }
}

fn finding(id: String, suspicion: Suspicion, since: UnixMillis) -> ClusterFinding {
    let Suspicion { rule, severity, subject, message, link, partitions, partition_total, since: _, patience: _ } =
        suspicion;
    let (meaning, advice) = texts(rule);
    ClusterFinding {
        id,
        rule,
        severity,
        subject,
        message,
        meaning,
        advice,
        link,
        partitions,
        partition_total,
        since,
        acknowledged: None,
    }
}

fn texts(rule: FindingRule) -> (String, String) {
    let (meaning, advice) = texts::of(rule);
    (meaning.to_owned(), advice.to_owned())
}
