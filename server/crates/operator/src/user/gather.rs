//! Looks at the users of a batch: Kafka once for all of them, Secrets side by side.

use super::{
    object::Declared,
    prove,
    secret::{self, Found, SecretSeen},
};
use crate::batch::together;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::{Acl, AclFilter, AclPattern, Address, Client, ClientError, QuotaSelection};
use klamm_planner::{
    tenancy::Pattern,
    users::{
        AclOperation, AclPermission, AclResource, AclRule, Half, HalfObserved, Halves, Presence, QuotaKey, Quotas,
        SecretProof, UserObserved,
    },
};
use kube::Api;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const READS: usize = 24;
/// From here on one question for all users is cheaper than one for each.
const ASK_FOR_ALL: usize = 16;

/// A user with everything that was found of it.
pub(super) struct Seen {
    pub(super) declared: Arc<Declared>,
    pub(super) observed: UserObserved,
    pub(super) secret: SecretSeen,
}

/// What Kafka has of users.
pub(super) struct InKafka {
    scram: BTreeSet<String>,
    acls: BTreeMap<String, BTreeSet<AclRule>>,
    quotas: BTreeMap<String, Quotas>,
}

/// Asks Kafka about these users.
pub(super) async fn ask_kafka(client: &Client, users: &BTreeSet<String>) -> Result<InKafka, ClientError> {
    let (scram, acls, quotas) =
        futures::future::try_join3(client.describe_scram(Some(users)), acls(client, users), quotas(client, users))
            .await?;
    let scram = scram.into_iter().filter(|(_, result)| result.as_ref().is_ok_and(|infos| !infos.is_empty()));
    Ok(InKafka { scram: scram.map(|(user, _)| user).collect(), acls, quotas })
}

async fn acls(client: &Client, users: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<AclRule>>, ClientError> {
    let all: Vec<BTreeSet<Acl>> = if users.len() >= ASK_FOR_ALL {
        vec![client.describe_acls(&AclFilter::default()).await?]
    } else {
        let filters = users.iter().map(|user| AclFilter { principal: Some(principal(user)), ..AclFilter::default() });
        let filters: Vec<_> = filters.collect();
        futures::future::try_join_all(filters.iter().map(|filter| client.describe_acls(filter))).await?
    };
    let mut by_user: BTreeMap<String, BTreeSet<AclRule>> = BTreeMap::new();
    for acl in all.into_iter().flatten() {
        let user = acl.principal.strip_prefix("User:").filter(|user| users.contains(*user)).map(str::to_owned);
        if let (Some(user), Some(rule)) = (user, rule(&acl)) {
            by_user.entry(user).or_default().insert(rule);
        }
    }
    Ok(by_user)
}

async fn quotas(client: &Client, users: &BTreeSet<String>) -> Result<BTreeMap<String, Quotas>, ClientError> {
    let found = if users.len() >= ASK_FOR_ALL {
        client.describe_user_quotas(&QuotaSelection::AllUsers).await?
    } else {
        let selections: Vec<_> = users.iter().cloned().map(QuotaSelection::User).collect();
        let each = futures::future::try_join_all(selections.iter().map(|one| client.describe_user_quotas(one))).await?;
        each.into_iter().flatten().collect()
    };
    let ours = found.into_iter().filter(|(user, _)| users.contains(user));
    Ok(ours
        .map(|(user, quotas)| (user, quotas.into_iter().map(|(key, value)| (quota_key(key), value)).collect()))
        .collect())
}

/// Reads the Secrets of these users.
pub(super) async fn read_secrets(
    client: &kube::Client,
    users: &[Arc<Declared>],
) -> Vec<(Arc<Declared>, Result<Found, kube::Error>)> {
    let read = |declared: Arc<Declared>| async move {
        let found = find_secrets(client, &declared).await;
        (declared, found)
    };
    together(READS, users.iter().cloned().map(read)).await
}

async fn find_secrets(client: &kube::Client, declared: &Declared) -> Result<Found, kube::Error> {
    let api: Api<Secret> = Api::namespaced(client.clone(), declared.key.namespace.as_str());
    let wanted = declared.wanted_secret();
    let former = declared.recorded_secret().filter(|recorded| *recorded != wanted);
    let found = api.get_opt(wanted.as_str()).await?;
    let former = match former {
        None => None,
        Some(former) => {
            let found = api.get_opt(former.as_str()).await?;
            Some((former, found))
        }
    };
    Ok(Found { wanted: (wanted, found), former })
}

/// Both names of these users.
pub(super) fn usernames(users: &[Arc<Declared>]) -> BTreeSet<String> {
    users.iter().flat_map(|declared| Half::BOTH.map(|half| declared.username(half))).collect()
}

/// Puts together what was found of a user.
pub(super) fn seen(
    declared: Arc<Declared>,
    found: &Found,
    kafka: &InKafka,
    bootstrap_servers: &str,
    now: Timestamp,
) -> Seen {
    let secret = secret::read(&declared, found, bootstrap_servers);
    let observed = UserObserved {
        kafka: Halves {
            first: kafka.half(&declared.username(Half::First)),
            second: kafka.half(&declared.username(Half::Second)),
        },
        secret: secret.observed.clone(),
        proof: SecretProof::None,
        former_secret: if secret.former.is_some() { Presence::Present } else { Presence::Absent },
        recorded: declared.recorded(now),
    };
    Seen { declared, observed, secret }
}

/// Tries the Secret's password where Kafka has a user of which nothing is written down: we may have been killed between
/// making it and writing that down, or somebody else made it.
pub(super) async fn prove(doors: &[Address], seen: &mut [Seen]) {
    let unproven = seen.iter_mut().filter(|seen| {
        seen.observed.recorded.current.is_none() && seen.observed.kafka.first.scram == Presence::Present
    });
    let each = unproven.map(|seen| async move {
        let Some(password) = &seen.secret.password else { return };
        if prove::is_let_in(doors, &seen.declared.username(Half::First), password).await {
            seen.observed.proof = SecretProof::LetIn;
        }
    });
    together(READS, each).await;
}

impl InKafka {
    fn half(&self, user: &str) -> HalfObserved {
        HalfObserved {
            scram: if self.scram.contains(user) { Presence::Present } else { Presence::Absent },
            acls: self.acls.get(user).cloned().unwrap_or_default(),
            quotas: self.quotas.get(user).cloned().unwrap_or_default(),
        }
    }
}

pub(super) fn principal(user: &str) -> String {
    format!("User:{user}")
}

/// An ACL in the planner's words; none for kinds that Klamm never gives and so never takes.
fn rule(acl: &Acl) -> Option<AclRule> {
    Some(AclRule {
        resource: match acl.resource {
            klamm_kafka::AclResource::Topic => AclResource::Topic,
            klamm_kafka::AclResource::Group => AclResource::Group,
            klamm_kafka::AclResource::Cluster => AclResource::Cluster,
            klamm_kafka::AclResource::TransactionalId => AclResource::TransactionalId,
            klamm_kafka::AclResource::DelegationToken | klamm_kafka::AclResource::User => return None,
        },
        name: acl.name.clone(),
        pattern: match acl.pattern {
            AclPattern::Literal => Pattern::Literal,
            AclPattern::Prefixed => Pattern::Prefixed,
        },
        operation: match acl.operation {
            klamm_kafka::AclOperation::All => AclOperation::All,
            klamm_kafka::AclOperation::Read => AclOperation::Read,
            klamm_kafka::AclOperation::Write => AclOperation::Write,
            klamm_kafka::AclOperation::Create => AclOperation::Create,
            klamm_kafka::AclOperation::Delete => AclOperation::Delete,
            klamm_kafka::AclOperation::Alter => AclOperation::Alter,
            klamm_kafka::AclOperation::Describe => AclOperation::Describe,
            klamm_kafka::AclOperation::ClusterAction => AclOperation::ClusterAction,
            klamm_kafka::AclOperation::DescribeConfigs => AclOperation::DescribeConfigs,
            klamm_kafka::AclOperation::AlterConfigs => AclOperation::AlterConfigs,
            klamm_kafka::AclOperation::IdempotentWrite => AclOperation::IdempotentWrite,
            klamm_kafka::AclOperation::CreateTokens
            | klamm_kafka::AclOperation::DescribeTokens
            | klamm_kafka::AclOperation::TwoPhaseCommit => return None,
        },
        permission: match acl.permission {
            klamm_kafka::AclPermission::Allow => AclPermission::Allow,
            klamm_kafka::AclPermission::Deny => AclPermission::Deny,
        },
        host: acl.host.clone(),
    })
}

/// A rule as Kafka keeps it for this user.
pub(super) fn acl(user: &str, rule: &AclRule) -> Acl {
    Acl {
        resource: match rule.resource {
            AclResource::Topic => klamm_kafka::AclResource::Topic,
            AclResource::Group => klamm_kafka::AclResource::Group,
            AclResource::Cluster => klamm_kafka::AclResource::Cluster,
            AclResource::TransactionalId => klamm_kafka::AclResource::TransactionalId,
        },
        name: rule.name.clone(),
        pattern: match rule.pattern {
            Pattern::Literal => AclPattern::Literal,
            Pattern::Prefixed => AclPattern::Prefixed,
        },
        principal: principal(user),
        host: rule.host.clone(),
        operation: match rule.operation {
            AclOperation::All => klamm_kafka::AclOperation::All,
            AclOperation::Read => klamm_kafka::AclOperation::Read,
            AclOperation::Write => klamm_kafka::AclOperation::Write,
            AclOperation::Create => klamm_kafka::AclOperation::Create,
            AclOperation::Delete => klamm_kafka::AclOperation::Delete,
            AclOperation::Alter => klamm_kafka::AclOperation::Alter,
            AclOperation::Describe => klamm_kafka::AclOperation::Describe,
            AclOperation::ClusterAction => klamm_kafka::AclOperation::ClusterAction,
            AclOperation::DescribeConfigs => klamm_kafka::AclOperation::DescribeConfigs,
            AclOperation::AlterConfigs => klamm_kafka::AclOperation::AlterConfigs,
            AclOperation::IdempotentWrite => klamm_kafka::AclOperation::IdempotentWrite,
        },
        permission: match rule.permission {
            AclPermission::Allow => klamm_kafka::AclPermission::Allow,
            AclPermission::Deny => klamm_kafka::AclPermission::Deny,
        },
    }
}

fn quota_key(key: klamm_kafka::QuotaKey) -> QuotaKey {
    match key {
        klamm_kafka::QuotaKey::ProducerByteRate => QuotaKey::ProducerByteRate,
        klamm_kafka::QuotaKey::ConsumerByteRate => QuotaKey::ConsumerByteRate,
        klamm_kafka::QuotaKey::RequestPercentage => QuotaKey::RequestPercentage,
        klamm_kafka::QuotaKey::ControllerMutationRate => QuotaKey::ControllerMutationRate,
    }
}

pub(super) fn kafka_quota_key(key: QuotaKey) -> klamm_kafka::QuotaKey {
    match key {
        QuotaKey::ProducerByteRate => klamm_kafka::QuotaKey::ProducerByteRate,
        QuotaKey::ConsumerByteRate => klamm_kafka::QuotaKey::ConsumerByteRate,
        QuotaKey::RequestPercentage => klamm_kafka::QuotaKey::RequestPercentage,
        QuotaKey::ControllerMutationRate => klamm_kafka::QuotaKey::ControllerMutationRate,
    }
}
