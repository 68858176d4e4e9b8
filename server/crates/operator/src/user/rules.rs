//! What a cluster says about its users, and what of a declaration can stand under that. Pure.

use super::{
    judge::{Judgement, Refusal, judge},
    object::Declared,
};
use crate::batch::tenancy;
use jiff::{SignedDuration, Timestamp};
use klamm_model::{ClusterRef, UnixMillis};
use klamm_planner::{tenancy::Tenancy, users::reserved};
use klamm_resources::{Authentication, Exposure, KafkaCluster, UserReason, ValidatedGrant};
use std::collections::BTreeSet;

/// What a cluster says about its users.
pub(super) struct Rules {
    tenancy: Tenancy,
    grants: Vec<ValidatedGrant>,
    /// Kafka user names that may everything.
    powerful: BTreeSet<String>,
    /// The addresses that go into Secrets; none while they are not known.
    pub(super) bootstrap_servers: Option<String>,
    /// How long the user of before a rotation works on.
    pub(super) grace: SignedDuration,
}

/// Why nothing of a declaration stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refused {
    /// Nobody can tell what is meant: what was granted before stays.
    Unclear(Refusal),
    /// It may not be: what was granted before ends.
    Forbidden(Refusal),
}

impl Rules {
    pub(super) fn of(cluster: &ClusterRef, object: &KafkaCluster, grants: Vec<ValidatedGrant>) -> Self {
        let super_users = &object.spec.authorization.super_users;
        Self {
            tenancy: tenancy(cluster, object),
            grants,
            powerful: super_users.iter().filter_map(|user| user.strip_prefix("User:")).map(str::to_owned).collect(),
            bootstrap_servers: bootstrap_servers(object),
            grace: SignedDuration::from_secs(object.spec.users.rotation_grace_seconds),
        }
    }
}

/// Of a listener that asks for a password, rather one for pods of the same Kubernetes.
fn bootstrap_servers(object: &KafkaCluster) -> Option<String> {
    let known = &object.status.as_ref()?.bootstrap_servers;
    let with = |exposure| {
        object
            .spec
            .listeners
            .iter()
            .filter(|listener| listener.authentication == Authentication::ScramSha512 && listener.exposure == exposure)
            .find_map(|listener| known.get(&listener.name))
    };
    let of_listeners = [Exposure::Internal, Exposure::Loopback, Exposure::NodePort].into_iter().find_map(with).cloned();
    of_listeners.or_else(|| object.spec.external.as_ref().map(|external| external.bootstrap_servers.clone()))
}

/// What of a declaration stands.
pub(super) fn validate(declared: &Declared, rules: &Rules, now: Timestamp) -> Result<Judgement, Refused> {
    let user = declared
        .reading
        .as_ref()
        .map_err(|problem| Refused::Unclear(Refusal { reason: UserReason::InvalidSpec, message: problem.clone() }))?;
    rules.tenancy.admits(&declared.key.namespace).map_err(|not_allowed| {
        Refused::Forbidden(Refusal { reason: UserReason::NotATenant, message: not_allowed.to_string() })
    })?;
    if reserved(&user.username, &rules.powerful) {
        let message = format!("the Kafka user name {} is reserved on this cluster; choose another name", user.username);
        return Err(Refused::Forbidden(Refusal { reason: UserReason::ReservedName, message }));
    }
    let mut judgement = judge(user, &rules.tenancy, &rules.grants, UnixMillis(now.as_millisecond()));
    judgement.refusals.extend(unchangeable(declared));
    Ok(judgement)
}

/// What was changed and does not take effect.
fn unchangeable(declared: &Declared) -> Option<Refusal> {
    let (Ok(user), status) = (&declared.reading, &declared.status) else { return None };
    let bound = status.cluster.as_ref().filter(|bound| **bound != user.cluster.to_string())?;
    let message = format!(
        "the user lives on {bound} and does not move; name that cluster again, or delete this object and create it anew"
    );
    Some(Refusal { reason: UserReason::NotSupported, message })
}
