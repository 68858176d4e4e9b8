//! Where numbers of a cluster are read from, and how well that goes.

use crate::{Portal, views::paging};
use klamm_model::{Actor, ClusterRef, Page, PageRequest, Problem, TargetState};

impl Portal {
    /// One page of the targets of a cluster, by pod.
    pub fn targets(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        request: &PageRequest,
    ) -> Result<Page<TargetState>, Problem> {
        self.seen(actor, cluster)?;
        let vitals = self.observations.vitals(cluster);
        let targets = vitals.map(|vitals| vitals.targets().to_vec()).unwrap_or_default();
        paging::by_name(targets.into_iter(), request, |target| target.pod.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::views::samples;
    use crate::{Declared, Observations};
    use klamm_model::{Inventory, PageRequest, ProblemKind, TargetSource, TargetState};

    fn target(pod: &str) -> TargetState {
        TargetState::unseen(pod.parse().unwrap(), None, TargetSource::Prometheus, "10.0.0.1:9779".to_owned())
    }

    #[tokio::test]
    async fn targets_come_in_pages_by_pod_and_of_no_cluster_that_nobody_saw() {
        let estate = samples::Estate::new();
        let cluster = samples::cluster_ref("kafka/demo");
        estate.put(Inventory::unseen(cluster.clone()), Declared::default());
        estate.vitals(&cluster).unwrap().set_targets(vec![target("b"), target("a")]);
        let (portal, _database) = samples::portal(&estate).await;
        let someone = samples::actor("dev");
        let page = portal.targets(&someone, &cluster, &PageRequest { limit: Some(1), ..PageRequest::default() });
        let page = page.unwrap();
        assert_eq!((page.items[0].pod.as_str(), page.total, page.next_cursor.is_some()), ("a", 2, true));
        let other = portal.targets(&someone, &samples::cluster_ref("kafka/other"), &PageRequest::default());
        assert_eq!(other.unwrap_err().kind, ProblemKind::NotFound);
    }
}
