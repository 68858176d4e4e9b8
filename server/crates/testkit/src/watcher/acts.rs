//! What is done to a cluster, as Kubernetes tells it: pods that go and come, and steps of operations.

use super::seen::Deed;
use anyhow::Context;
use k8s_openapi::api::core::v1::Pod;
use klamm_resources::{KafkaOperation, StepState, managed, names::label};
use kube::{Api, Client, ResourceExt, api::ListParams};
use std::{collections::BTreeMap, net::SocketAddr};

/// The pods and operations of one cluster, as they were last seen.
pub(super) struct Surroundings {
    pods: Api<Pod>,
    operations: Api<KafkaOperation>,
    cluster: String,
    last: Option<Seen>,
}

/// What Kubernetes told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// By name.
    pub(super) pods: BTreeMap<String, SeenPod>,
    /// By operation, number and text of the step: how far it is.
    pub(super) steps: BTreeMap<(String, usize, String), StepState>,
    /// Topics that operations may take away.
    pub(super) accepted: Vec<String>,
}

/// A pod with a node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenPod {
    pub(super) uid: String,
    pub(super) node: i32,
    /// Where it listens while it runs.
    pub(super) address: Option<SocketAddr>,
    pub(super) life: Life,
    pub(super) restarts: i32,
}

/// Whether a pod was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Living,
    Ending,
}

impl Surroundings {
    pub(super) fn new(client: &Client, namespace: &str, cluster: &str) -> Self {
        Self {
            pods: Api::namespaced(client.clone(), namespace),
            operations: Api::namespaced(client.clone(), namespace),
            cluster: cluster.to_owned(),
            last: None,
        }
    }

    /// What there is now, and what was done since the last time. What is there at the first time was not done.
    pub(super) async fn look(&mut self) -> anyhow::Result<(Seen, Vec<Deed>)> {
        let of_cluster = format!("{}={}", label::CLUSTER, self.cluster);
        let pods = self.pods.list(&ListParams::default().labels(&of_cluster)).await.context("list pods")?;
        let operations = self.operations.list(&ListParams::default()).await.context("list operations")?;
        let operations: Vec<_> =
            operations.items.into_iter().filter(|operation| operation.spec.cluster.name == self.cluster).collect();
        let seen = Seen {
            pods: pods.items.iter().filter_map(|pod| Some((pod.name_any(), read(pod)?))).collect(),
            steps: operations.iter().flat_map(steps).collect(),
            accepted: operations.iter().flat_map(|one| one.spec.accept_unavailable.iter().cloned()).collect(),
        };
        let done = self.last.as_ref().map(|last| done(last, &seen)).unwrap_or_default();
        self.last = Some(seen.clone());
        Ok((seen, done))
    }
}

fn read(pod: &Pod) -> Option<SeenPod> {
    let labels = pod.metadata.labels.as_ref()?;
    let status = pod.status.as_ref();
    let is_broker = labels.get(label::BROKER).is_some_and(|value| value == "true");
    let port = if is_broker { managed::INTERNAL_PORT } else { managed::CONTROLLER_PORT };
    let ip = status.and_then(|status| status.pod_ip.as_ref()?.parse().ok());
    let containers = status.and_then(|status| status.container_statuses.as_ref());
    Some(SeenPod {
        uid: pod.uid().unwrap_or_default(),
        node: labels.get(label::NODE_ID)?.parse().ok()?,
        address: ip.map(|ip| SocketAddr::new(ip, port)),
        life: if pod.metadata.deletion_timestamp.is_some() { Life::Ending } else { Life::Living },
        restarts: containers.map_or(0, |all| all.iter().map(|container| container.restart_count).sum()),
    })
}

fn steps(operation: &KafkaOperation) -> impl Iterator<Item = ((String, usize, String), StepState)> {
    let name = operation.name_any();
    let steps = operation.status.iter().flat_map(|status| status.steps.iter()).enumerate();
    steps.map(move |(number, step)| ((name.clone(), number, format!("{} {}", step.kind, step.target)), step.state))
}

/// What was done between two looks.
pub(super) fn done(last: &Seen, now: &Seen) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for (name, pod) in &last.pods {
        let lives_on = now.pods.get(name).is_some_and(|now| now.uid == pod.uid && now.life == Life::Living);
        if pod.life == Life::Living && !lives_on {
            deeds.push(Deed::PodDeleted { pod: name.clone(), node: pod.node });
        }
    }
    for (name, pod) in &now.pods {
        let before = last.pods.get(name).filter(|before| before.uid == pod.uid);
        let Some(before) = before else {
            deeds.push(Deed::PodMade { pod: name.clone(), node: pod.node });
            continue;
        };
        if pod.restarts > before.restarts {
            deeds.push(Deed::ContainerRestarted { pod: name.clone(), node: pod.node });
        }
    }
    for (step, state) in &now.steps {
        if *state != StepState::Planned && last.steps.get(step) != Some(state) {
            let (operation, _, text) = step;
            let far = match state {
                StepState::Planned => "planned",
                StepState::Running => "running",
                StepState::Done => "done",
                StepState::Skipped => "skipped",
                StepState::Failed => "failed",
            };
            deeds.push(Deed::Step { operation: operation.clone(), text: format!("{text} is {far}") });
        }
    }
    deeds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(uid: &str, life: Life, restarts: i32) -> (String, SeenPod) {
        ("c-nodes-1-0".to_owned(), SeenPod { uid: uid.to_owned(), node: 1, address: None, life, restarts })
    }

    fn pods(pods: impl IntoIterator<Item = (String, SeenPod)>) -> Seen {
        Seen { pods: pods.into_iter().collect(), ..Seen::default() }
    }

    fn deleted() -> Deed {
        Deed::PodDeleted { pod: "c-nodes-1-0".to_owned(), node: 1 }
    }

    fn made() -> Deed {
        Deed::PodMade { pod: "c-nodes-1-0".to_owned(), node: 1 }
    }

    #[test]
    fn a_pod_is_deleted_once_however_that_is_seen() {
        let (living, ending) = (pods([pod("a", Life::Living, 0)]), pods([pod("a", Life::Ending, 0)]));
        let (none, next) = (pods([]), pods([pod("b", Life::Living, 0)]));
        assert_eq!(done(&living, &ending), [deleted()]);
        assert_eq!(done(&ending, &none), []);
        assert_eq!(done(&none, &next), [made()]);
        assert_eq!(done(&living, &none), [deleted()]);
        assert_eq!(done(&living, &next), [deleted(), made()], "too quick to be seen ending");
        assert_eq!(done(&ending, &next), [made()]);
        assert_eq!(done(&living, &living), []);
    }

    #[test]
    fn a_container_that_is_started_again_is_told() {
        let (before, after) = (pods([pod("a", Life::Living, 1)]), pods([pod("a", Life::Living, 2)]));
        assert_eq!(done(&before, &after), [Deed::ContainerRestarted { pod: "c-nodes-1-0".to_owned(), node: 1 }]);
        assert_eq!(done(&after, &pods([pod("b", Life::Living, 0)])), [deleted(), made()]);
    }

    #[test]
    fn a_step_is_told_whenever_it_gets_further() {
        let step = |state| {
            let steps = BTreeMap::from([(("upgrade-1".to_owned(), 0, "restart 2".to_owned()), state)]);
            Seen { steps, ..Seen::default() }
        };
        let told = |text: &str| Deed::Step { operation: "upgrade-1".to_owned(), text: text.to_owned() };
        assert_eq!(done(&Seen::default(), &step(StepState::Planned)), []);
        assert_eq!(done(&step(StepState::Planned), &step(StepState::Running)), [told("restart 2 is running")]);
        assert_eq!(done(&step(StepState::Running), &step(StepState::Running)), []);
        assert_eq!(done(&step(StepState::Running), &step(StepState::Done)), [told("restart 2 is done")]);
        assert_eq!(done(&step(StepState::Done), &Seen::default()), []);
    }
}
