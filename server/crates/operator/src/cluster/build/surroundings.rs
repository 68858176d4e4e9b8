use super::{Blueprint, labels};
use k8s_openapi::{
    api::{
        core::v1::ServiceAccount,
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use klamm_resources::Disruption;

/// The identity of node pods in Kubernetes. It has no rights and no token: nodes need none.
pub(super) fn service_account(blueprint: &Blueprint<'_>) -> ServiceAccount {
    ServiceAccount {
        metadata: labels::owned(name(blueprint), blueprint.cluster, blueprint.owner),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

pub(super) fn name(blueprint: &Blueprint<'_>) -> String {
    format!("{}-nodes", blueprint.cluster.name)
}

/// How evictions are answered. Zero means that none succeeds by itself: Klamm looks what each would cost.
pub(super) fn disruption_budget(blueprint: &Blueprint<'_>) -> PodDisruptionBudget {
    let evictable = match blueprint.managed.disruption {
        Disruption::Guarded => 0,
        Disruption::Budget => 1,
    };
    PodDisruptionBudget {
        metadata: labels::owned(name(blueprint), blueprint.cluster, blueprint.owner),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(evictable)),
            selector: Some(LabelSelector {
                match_labels: Some(labels::selector(blueprint.cluster)),
                ..LabelSelector::default()
            }),
            ..PodDisruptionBudgetSpec::default()
        }),
        status: None,
    }
}
