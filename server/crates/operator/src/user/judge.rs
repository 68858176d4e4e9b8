//! Which of a user's grants stand: its own topics, and those whose owners consented. Pure; it says who has to consent.

use super::injected;
use crate::batch::ObjectKey;
use klamm_model::{Namespace, UnixMillis};
use klamm_planner::{
    tenancy::{Pattern, Tenancy},
    users::{
        Access, AclOperation, AclPermission, AclResource, AclRule, GrantWish, Named, QuotaKey, Quotas, UserWish,
        acls_of_grant,
    },
};
use klamm_resources::{
    Acl, AclEffect, AclResourceType, NamePattern, PatternedName, TopicPattern, UserReason, ValidatedGrant,
    ValidatedTopicGrant, ValidatedUser,
};
use std::collections::{BTreeMap, BTreeSet};

/// Kafka's name for the cluster in ACLs.
const CLUSTER_NAME: &str = "kafka-cluster";

/// What of a declaration stands, and what does not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) wish: UserWish,
    pub(super) waiting: BTreeSet<Consent>,
    pub(super) refusals: Vec<Refusal>,
    /// When the first of the consents that count ends.
    pub(super) until: Option<UnixMillis>,
    /// The consents that it has something by.
    pub(super) uses: BTreeSet<ObjectKey>,
}

/// A consent that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Consent {
    pub(super) topic: String,
    pub(super) owner: Namespace,
}

/// A part of a declaration that is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: UserReason,
    pub(super) message: String,
}

/// Judges a declaration.
pub(super) fn judge(user: &ValidatedUser, tenancy: &Tenancy, grants: &[ValidatedGrant], now: UnixMillis) -> Judgement {
    let mut judgement = Judgement {
        wish: UserWish { acls: BTreeSet::new(), quotas: quotas(&user.quotas), rotate: user.rotate.clone() },
        waiting: BTreeSet::new(),
        refusals: Vec::new(),
        until: None,
        uses: BTreeSet::new(),
    };
    for grant in &user.grants {
        let consents = consents(user, grant, tenancy, grants, now);
        let names = usable_names(user, grant, tenancy, &mut judgement.refusals);
        if consents.missing.is_empty() {
            judgement.wish.acls.extend(acls_of_grant(&names));
            judgement.until = judgement.until.into_iter().chain(consents.until).min();
            judgement.uses.extend(consents.given);
        }
        judgement.waiting.extend(consents.missing);
    }
    if user.namespace == *tenancy.home() {
        judgement.wish.acls.extend(user.acls.iter().flat_map(raw));
    } else if !user.acls.is_empty() {
        judgement.refusals.push(Refusal {
            reason: UserReason::RawAclsNotAllowed,
            message: format!(
                "spec.acls counts only in namespace {}, where the cluster lives; use spec.grants instead",
                tenancy.home()
            ),
        });
    }
    judgement
}

#[derive(Default)]
struct Consents {
    missing: BTreeSet<Consent>,
    until: Option<UnixMillis>,
    given: BTreeSet<ObjectKey>,
}

fn consents(
    user: &ValidatedUser,
    grant: &ValidatedTopicGrant,
    tenancy: &Tenancy,
    grants: &[ValidatedGrant],
    now: UnixMillis,
) -> Consents {
    let (name, pattern) = (grant.topic.name(), pattern(grant.topic.pattern()));
    let mut consents = Consents::default();
    if tenancy.owns_topics(&user.namespace, name, pattern).is_ok() {
        return consents;
    }
    for owner in tenancy.owners_of_topics(name, pattern) {
        if owner == user.namespace {
            continue;
        }
        let given = grants.iter().filter(|given| {
            // The cluster's own namespace may speak for everybody; nobody else for what is not theirs.
            (given.namespace == owner || given.namespace == *tenancy.home())
                && given.allows(&user.namespace, &user.name, &grant.topic, grant.access, now)
        });
        consents.given.extend(
            given.clone().map(|given| ObjectKey { namespace: given.namespace.clone(), name: given.name.clone() }),
        );
        // The one that lasts longest counts; without an end it lasts for ever.
        match given.map(|given| given.expires.map_or(i64::MAX, |expires| expires.0)).max() {
            None => drop(consents.missing.insert(Consent { topic: shown(&grant.topic), owner })),
            Some(i64::MAX) => {}
            Some(end) => consents.until = consents.until.into_iter().chain([UnixMillis(end)]).min(),
        }
    }
    consents
}

fn shown(topic: &TopicPattern) -> String {
    match topic {
        TopicPattern::Literal(name) => name.to_string(),
        TopicPattern::Prefixed(prefix) => format!("{prefix}*"),
    }
}

/// The grant with those groups and transactional ids that the namespace may use. A consumer that names no group may use
/// all of its namespace.
fn usable_names(
    user: &ValidatedUser,
    grant: &ValidatedTopicGrant,
    tenancy: &Tenancy,
    refusals: &mut Vec<Refusal>,
) -> GrantWish {
    let mut usable = |names: &[PatternedName],
                      may: &dyn Fn(&Named) -> Result<(), klamm_planner::tenancy::NotAllowed>,
                      what: &str| {
        let mut kept = Vec::new();
        for name in names {
            let named = Named { name: name.name.clone(), pattern: pattern(name.pattern) };
            match may(&named) {
                Ok(()) => kept.push(named),
                Err(not_allowed) => refusals.push(Refusal {
                    reason: UserReason::NameNotAllowed,
                    message: format!("{what} {}: {not_allowed}", name.name),
                }),
            }
        }
        kept
    };
    let mut groups =
        usable(&grant.groups, &|named| tenancy.may_use_group(&user.namespace, &named.name, named.pattern), "group");
    if grant.groups.is_empty() {
        groups.extend(tenancy.group_prefixes(&user.namespace).iter().map(Named::prefixed));
    }
    groups.extend(injected::groups(user, tenancy));
    let transactional_ids = usable(
        &grant.transactional_ids,
        &|named| tenancy.may_use_transactional_id(&user.namespace, &named.name, named.pattern),
        "transactional id",
    );
    GrantWish {
        topic: Named { name: grant.topic.name().to_owned(), pattern: pattern(grant.topic.pattern()) },
        access: match grant.access {
            klamm_resources::Access::Consume => Access::Consume,
            klamm_resources::Access::Produce => Access::Produce,
            klamm_resources::Access::Both => Access::Both,
        },
        groups,
        transactional_ids,
    }
}

fn pattern(pattern: NamePattern) -> Pattern {
    match pattern {
        NamePattern::Literal => Pattern::Literal,
        NamePattern::Prefixed => Pattern::Prefixed,
    }
}

fn raw(acl: &Acl) -> Vec<AclRule> {
    let resource = match acl.resource.type_ {
        AclResourceType::Topic => AclResource::Topic,
        AclResourceType::Group => AclResource::Group,
        AclResourceType::Cluster => AclResource::Cluster,
        AclResourceType::TransactionalId => AclResource::TransactionalId,
    };
    let rule = |operation: &klamm_resources::AclOperation| AclRule {
        resource,
        name: acl.resource.name.clone().unwrap_or_else(|| CLUSTER_NAME.to_owned()),
        pattern: pattern(acl.resource.pattern),
        operation: operation_of(*operation),
        permission: match acl.type_ {
            AclEffect::Allow => AclPermission::Allow,
            AclEffect::Deny => AclPermission::Deny,
        },
        host: acl.host.clone().unwrap_or_else(|| "*".to_owned()),
    };
    acl.operations.iter().map(rule).collect()
}

fn operation_of(operation: klamm_resources::AclOperation) -> AclOperation {
    use klamm_resources::AclOperation as Declared;
    match operation {
        Declared::All => AclOperation::All,
        Declared::Read => AclOperation::Read,
        Declared::Write => AclOperation::Write,
        Declared::Create => AclOperation::Create,
        Declared::Delete => AclOperation::Delete,
        Declared::Alter => AclOperation::Alter,
        Declared::Describe => AclOperation::Describe,
        Declared::ClusterAction => AclOperation::ClusterAction,
        Declared::DescribeConfigs => AclOperation::DescribeConfigs,
        Declared::AlterConfigs => AclOperation::AlterConfigs,
        Declared::IdempotentWrite => AclOperation::IdempotentWrite,
    }
}

#[expect(clippy::cast_precision_loss, reason = "Kafka keeps quotas as doubles; byte rates beyond 2^53 do not occur")]
fn quotas(declared: &klamm_resources::Quotas) -> Quotas {
    let entries = [
        (QuotaKey::ProducerByteRate, declared.producer_byte_rate.map(|rate| rate as f64)),
        (QuotaKey::ConsumerByteRate, declared.consumer_byte_rate.map(|rate| rate as f64)),
        (QuotaKey::RequestPercentage, declared.request_percentage),
        (QuotaKey::ControllerMutationRate, declared.controller_mutation_rate),
    ];
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect::<BTreeMap<_, _>>()
}
