use crate::authorise::allowed_of;
use crate::portal::{look, named};
use crate::views::{
    count,
    paging::{self, Item, Sort, Wanted},
};
use crate::{Action, Asker, Object, Portal};
use klamm_model::{
    Actor, ClusterFinding, ClusterRef, ClusterView, FindingRule, FindingSeverity, FindingsRequest, Page, Problem,
    SortOrder,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// The one order of this list.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum FindingSort {
    Worst,
    Name,
}

impl Sort for FindingSort {
    const NAME: Self = Self::Name;
}

/// How many findings of a kind a cluster has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingCount {
    /// Which cluster.
    pub cluster: ClusterRef,
    /// Which rule found them.
    pub rule: FindingRule,
    /// How bad they are.
    pub severity: FindingSeverity,
    /// Those that want somebody.
    pub open: u32,
    /// Those that somebody knows of.
    pub acknowledged: u32,
}

impl Portal {
    /// One page of what is wrong with a cluster, the worst first.
    pub fn finding_page(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &FindingsRequest,
    ) -> Result<Page<ClusterFinding>, Problem> {
        self.seen(actor, cluster)?;
        look(actor, Object::finding(cluster, ""))?;
        let severity = named(request.severity.as_deref(), "severity", FindingSeverity::named)?;
        let rule = named(request.rule.as_deref(), "rule", FindingRule::named)?;
        let all = self.findings_of(cluster);
        let wanted = all.iter().filter(|finding| {
            severity.is_none_or(|severity| finding.severity == severity) && rule.is_none_or(|rule| finding.rule == rule)
        });
        let items = wanted.map(|finding| Item {
            key: Some(finding.severity as u64),
            name: format!("{:02} {}", finding.rule as u8, finding.id),
            value: finding.clone(),
        });
        let (sort, order, limit) = (FindingSort::Worst, SortOrder::Desc, request.limit);
        paging::cut(items.collect(), &Wanted { sort, order, limit, cursor: request.cursor.as_deref() })
    }

    /// Names of what somebody may do with a finding of a cluster.
    pub fn finding_actions(&self, actor: &Actor, cluster: &ClusterRef, id: &str) -> Vec<String> {
        let object = Object::finding(cluster, id);
        allowed_of(Asker::Actor(actor), &object, &[Action::View, Action::Acknowledge])
    }

    /// What of all clusters wants somebody, by cluster, the worst first; clusters without anything are left out.
    pub fn open_findings(&self, actor: &Actor) -> Result<Vec<(ClusterRef, Vec<ClusterFinding>)>, Problem> {
        look(actor, Object::all(crate::Kind::Finding))?;
        let clusters = self.observations.clusters();
        let clusters = clusters.iter().map(|seen| seen.inventory.cluster.clone());
        let visible = clusters.filter(|cluster| look(actor, Object::finding(cluster, "")).is_ok());
        let open = visible.map(|cluster| {
            let all = self.findings_of(&cluster);
            let open: Vec<ClusterFinding> = all.iter().filter(|finding| is_open(finding)).cloned().collect();
            (cluster, open)
        });
        Ok(open.filter(|(_, open)| !open.is_empty()).collect())
    }

    /// How many findings there are, for the metrics; nobody's data, so nobody is asked for.
    pub fn finding_counts(&self) -> Vec<FindingCount> {
        let mut counts: BTreeMap<(ClusterRef, FindingRule, FindingSeverity), (u32, u32)> = BTreeMap::new();
        for seen in self.observations.clusters() {
            let cluster = &seen.inventory.cluster;
            for finding in self.findings_of(cluster).iter() {
                let (open, known) = counts.entry((cluster.clone(), finding.rule, finding.severity)).or_default();
                *if finding.acknowledged.is_none() { open } else { known } += 1;
            }
        }
        let told = counts.into_iter().map(|((cluster, rule, severity), (open, acknowledged))| FindingCount {
            cluster,
            rule,
            severity,
            open,
            acknowledged,
        });
        told.collect()
    }

    /// A cluster with how many of its findings want somebody, and how bad they are.
    pub(crate) fn counted(&self, view: ClusterView) -> ClusterView {
        let cluster = ClusterRef { namespace: view.namespace.clone(), name: view.name.clone() };
        let all = self.findings_of(&cluster);
        let open = || all.iter().filter(|finding| is_open(finding));
        let worst = open().map(|finding| finding.severity).max();
        ClusterView { findings: count(open().count()), worst, ..view }
    }

    pub(crate) fn findings_of(&self, cluster: &ClusterRef) -> Arc<[ClusterFinding]> {
        self.observations.vitals(cluster).map_or_else(|| Arc::from([]), |vitals| vitals.findings())
    }
}

/// Whether it wants somebody: what is only worth knowing does not, and what somebody knows of does not any more.
fn is_open(finding: &ClusterFinding) -> bool {
    finding.severity > FindingSeverity::Info && finding.acknowledged.is_none()
}
