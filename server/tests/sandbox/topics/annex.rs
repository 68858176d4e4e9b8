//! A second cluster, for what would disturb the tests on the shared one: import, and drift that is only reported.

use super::Stage;
use crate::{
    sandbox,
    shop::{one_broker, ready},
};
use klamm_resources::KafkaCluster;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::OnceCell;

struct Annex {
    home: String,
    gamma: String,
}

static ANNEX: OnceCell<Annex> = OnceCell::const_new();
static TOUCHES: AtomicI64 = AtomicI64::new(1_000);

/// The cluster `annex`, with its tenant of the topics `gamma.…`.
pub(super) async fn annex() -> Stage<'static> {
    let sandbox = sandbox().await;
    let open = async || {
        let client = sandbox.client().await.unwrap();
        let home = sandbox.namespace(&client, "annex").await.unwrap();
        let gamma = sandbox.namespace(&client, "gamma").await.unwrap();
        let tenant = json!({ "namespace": gamma, "topicPrefixes": ["gamma."], "groupPrefixes": ["gamma."] });
        let topics = json!({ "deletion": "delete", "drift": "report", "import": "off" });
        sandbox.apply(&client, &home, &one_broker("annex", &[tenant], &topics)).await.unwrap();
        ready(&client, &home, "annex").await.unwrap();
        Annex { home, gamma }
    };
    let Annex { home, gamma } = ANNEX.get_or_init(open).await;
    Stage::of(sandbox, home, "annex", gamma).await
}

impl Stage<'_> {
    /// Changes what the cluster says about topics.
    pub(super) async fn rule(&self, topics: serde_json::Value) {
        let clusters: Api<KafkaCluster> = Api::namespaced(self.client.clone(), &self.home);
        let patch = Patch::Merge(json!({ "spec": { "topics": topics } }));
        clusters.patch(&self.cluster, &PatchParams::default(), &patch).await.unwrap();
    }

    /// Has every topic of the cluster looked at, as in every round.
    pub(super) async fn have_everything_looked_at(&self) {
        self.rule(json!({ "maxPartitions": TOUCHES.fetch_add(1, Ordering::Relaxed) })).await;
    }
}
