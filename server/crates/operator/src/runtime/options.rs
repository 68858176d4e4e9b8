use std::time::Duration;

/// How the operator runs.
#[derive(Clone, Debug)]
pub struct OperatorOptions {
    /// Where broker images come from; the tag is the Kafka version. A cluster's own `image` goes before it.
    pub image_repository: String,
    /// Who this process is in the Lease. Two processes that may run at the same time need two names; one that keeps its
    /// name over a restart goes on at once, without waiting for its own Lease to run out.
    pub identity: String,
    /// Namespace of the Lease.
    pub lease_namespace: String,
    /// Name of the Lease.
    pub lease_name: String,
    /// How long others wait for a holder that no longer renews.
    pub lease_duration: Duration,
    /// The operator's name on the Secrets it makes for workloads, in the label `generator`.
    pub operator_id: String,
    /// How often everything is looked at although nothing seems to have changed.
    pub resync: Duration,
}

impl OperatorOptions {
    /// The usual options for a process of that name in that namespace.
    pub fn new(identity: impl Into<String>, lease_namespace: impl Into<String>) -> Self {
        Self {
            image_repository: "klamm.dev/kafka".to_owned(),
            identity: identity.into(),
            lease_namespace: lease_namespace.into(),
            lease_name: "klamm-operator".to_owned(),
            lease_duration: Duration::from_secs(12),
            operator_id: klamm_resources::injection::DEFAULT_GENERATOR.to_owned(),
            resync: Duration::from_mins(1),
        }
    }
}
