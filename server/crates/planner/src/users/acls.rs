//! ACLs: what a grant means in Kafka's terms, and what to add and remove.

use crate::tenancy::Pattern;
use std::collections::BTreeSet;

/// One ACL of one user, without the user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AclRule {
    /// What kind of thing it is about.
    pub resource: AclResource,
    /// Which one.
    pub name: String,
    /// How the name is meant.
    pub pattern: Pattern,
    /// What it is about.
    pub operation: AclOperation,
    /// Allowed or denied.
    pub permission: AclPermission,
    /// From where; `*` is from anywhere.
    pub host: String,
}

/// Kinds of things that ACLs are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclResource {
    /// A topic.
    Topic,
    /// A consumer group.
    Group,
    /// A transactional id.
    TransactionalId,
    /// The cluster itself.
    Cluster,
}

/// What can be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "Kafka's own words")]
pub enum AclOperation {
    All,
    Read,
    Write,
    Create,
    Delete,
    Alter,
    Describe,
    ClusterAction,
    DescribeConfigs,
    AlterConfigs,
    IdempotentWrite,
}

/// Whether an ACL allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "Kafka's own words")]
pub enum AclPermission {
    Allow,
    Deny,
}

/// What one wants to do with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Read it.
    Consume,
    /// Write it.
    Produce,
    /// Both.
    Both,
}

impl Access {
    fn consumes(self) -> bool {
        matches!(self, Self::Consume | Self::Both)
    }

    fn produces(self) -> bool {
        matches!(self, Self::Produce | Self::Both)
    }
}

/// A name with its meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// The name.
    pub name: String,
    /// How it is meant.
    pub pattern: Pattern,
}

impl Named {
    /// This very name.
    pub fn literal(name: impl Into<String>) -> Self {
        Self { name: name.into(), pattern: Pattern::Literal }
    }

    /// Every name that begins so.
    pub fn prefixed(name: impl Into<String>) -> Self {
        Self { name: name.into(), pattern: Pattern::Prefixed }
    }
}

/// A grant that stands: own topics, or those whose owner agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantWish {
    /// Which topics.
    pub topic: Named,
    /// What for.
    pub access: Access,
    /// Consumer groups to read with; count when it consumes.
    pub groups: Vec<Named>,
    /// Transactional ids to write with; count when it produces.
    pub transactional_ids: Vec<Named>,
}

/// The ACLs that a grant means: READ and DESCRIBE of topic and READ of groups to consume, WRITE and DESCRIBE of topic and
/// transactional ids to produce.
pub fn acls_of_grant(grant: &GrantWish) -> BTreeSet<AclRule> {
    let mut rules = BTreeSet::new();
    let mut allow = |resource, named: &Named, operations: &[AclOperation]| {
        rules.extend(operations.iter().map(|operation| AclRule {
            resource,
            name: named.name.clone(),
            pattern: named.pattern,
            operation: *operation,
            permission: AclPermission::Allow,
            host: "*".to_owned(),
        }));
    };
    if grant.access.consumes() {
        allow(AclResource::Topic, &grant.topic, &[AclOperation::Read, AclOperation::Describe]);
        for group in &grant.groups {
            allow(AclResource::Group, group, &[AclOperation::Read]);
        }
    }
    if grant.access.produces() {
        allow(AclResource::Topic, &grant.topic, &[AclOperation::Write, AclOperation::Describe]);
        for id in &grant.transactional_ids {
            allow(AclResource::TransactionalId, id, &[AclOperation::Write, AclOperation::Describe]);
        }
    }
    rules
}

/// The way from one set of ACLs to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclChange {
    /// To be removed; first, so that what was revoked ends at once.
    pub remove: BTreeSet<AclRule>,
    /// To be added.
    pub add: BTreeSet<AclRule>,
}

/// What to remove and add so that `found` becomes `wanted`.
pub fn acl_change(wanted: &BTreeSet<AclRule>, found: &BTreeSet<AclRule>) -> AclChange {
    AclChange { remove: found.difference(wanted).cloned().collect(), add: wanted.difference(found).cloned().collect() }
}
