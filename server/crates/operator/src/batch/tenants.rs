use klamm_model::{ClusterRef, Namespace};
use klamm_planner::tenancy::{Tenancy, Tenant};
use klamm_resources::KafkaCluster;

/// Who may what in a cluster. A tenant that cannot exist is left out; the API server lets none through.
pub(crate) fn tenancy(cluster: &ClusterRef, object: &KafkaCluster) -> Tenancy {
    let tenant = |tenant: &klamm_resources::Tenant| {
        Some(Tenant {
            namespace: Namespace::new(tenant.namespace.clone()).ok()?,
            topic_prefixes: tenant.topic_prefixes.clone(),
            group_prefixes: tenant.group_prefixes.clone(),
        })
    };
    Tenancy::new(cluster.namespace.clone(), object.spec.tenants.iter().filter_map(tenant).collect())
}
