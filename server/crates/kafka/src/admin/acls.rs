//! Access control lists, as `StandardAuthorizer` keeps them.

use super::{
    batch::{Lanes, cut, gather},
    words,
};
use crate::{Client, ClientError, KafkaError, client::Ask};
use kafka_protocol::messages::{
    CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest,
    create_acls_request::AclCreation,
    delete_acls_request::DeleteAclsFilter,
    delete_acls_response::DeleteAclsFilterResult,
    describe_acls_response::{AclDescription, DescribeAclsResource},
};
use std::collections::{BTreeMap, BTreeSet};

macro_rules! wire_enum {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            fn wire(self) -> i8 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            fn read(number: i8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

wire_enum!(
    /// What an ACL is about.
    AclResource {
        /// A topic.
        Topic = 2,
        /// A consumer group.
        Group = 3,
        /// The cluster; its name is `kafka-cluster`.
        Cluster = 4,
        /// A transactional id.
        TransactionalId = 5,
        /// A delegation token.
        DelegationToken = 6,
        /// A user.
        User = 7,
    }
);
wire_enum!(
    /// How an ACL's name is meant.
    AclPattern {
        /// Exactly this name; `*` is every name.
        Literal = 3,
        /// Every name that begins so.
        Prefixed = 4,
    }
);
wire_enum!(
    /// What an ACL speaks of doing.
    #[expect(missing_docs, reason = "the names are Kafka's")]
    AclOperation {
        All = 2,
        Read = 3,
        Write = 4,
        Create = 5,
        Delete = 6,
        Alter = 7,
        Describe = 8,
        ClusterAction = 9,
        DescribeConfigs = 10,
        AlterConfigs = 11,
        IdempotentWrite = 12,
        CreateTokens = 13,
        DescribeTokens = 14,
        TwoPhaseCommit = 15,
    }
);
wire_enum!(
    /// What an ACL says about it.
    AclPermission {
        /// No, whatever others say.
        Deny = 2,
        /// Yes.
        Allow = 3,
    }
);

/// One ACL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acl {
    /// What it is about.
    pub resource: AclResource,
    /// Its name.
    pub name: String,
    /// How the name is meant.
    pub pattern: AclPattern,
    /// Whom it concerns, such as `User:alice`.
    pub principal: String,
    /// From where; `*` is everywhere.
    pub host: String,
    /// Doing what.
    pub operation: AclOperation,
    /// Yes or no.
    pub permission: AclPermission,
}

/// How the name of a filter is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatternFilter {
    /// ACLs with this name, whatever their pattern.
    #[default]
    Any,
    /// ACLs that concern a resource of this name: literal, `*` and prefixes of it.
    Match,
    /// ACLs with this name and this pattern.
    Exactly(AclPattern),
}

/// Which ACLs; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclFilter {
    /// About what.
    pub resource: Option<AclResource>,
    /// Of what name.
    pub name: Option<String>,
    /// How the name is meant.
    pub pattern: PatternFilter,
    /// Concerning whom, exactly.
    pub principal: Option<String>,
    /// From where, exactly.
    pub host: Option<String>,
    /// Doing what.
    pub operation: Option<AclOperation>,
    /// Yes or no.
    pub permission: Option<AclPermission>,
}

/// What removing an ACL came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It was there and is gone.
    Removed,
    /// It was not there.
    WasAbsent,
}

const ANY: i8 = 1;
const MATCH: i8 = 2;
/// The controller writes one record for each and at most 10,000 at once.
const ACLS: usize = 500;
/// The controller compares each of these with every ACL there is, and does nothing else meanwhile.
const REMOVALS: usize = 100;

impl Client {
    /// ACLs that match. Those of kinds this program has no words for are left out.
    pub async fn describe_acls(&self, filter: &AclFilter) -> Result<BTreeSet<Acl>, ClientError> {
        let mut acls = BTreeSet::new();
        self.visit_acls(filter, |acl| {
            acls.insert(acl);
        })
        .await?;
        Ok(acls)
    }

    /// The same one by one, those about one name together: of very many only what is wanted of them needs to be kept.
    pub async fn visit_acls(&self, filter: &AclFilter, visit: impl FnMut(Acl)) -> Result<(), ClientError> {
        let request = DescribeAclsRequest::default()
            .with_resource_type_filter(filter.resource.map_or(ANY, AclResource::wire))
            .with_resource_name_filter(filter.name.as_deref().map(words::text))
            .with_pattern_type_filter(match filter.pattern {
                PatternFilter::Any => ANY,
                PatternFilter::Match => MATCH,
                PatternFilter::Exactly(pattern) => pattern.wire(),
            })
            .with_principal_filter(filter.principal.as_deref().map(words::text))
            .with_host_filter(filter.host.as_deref().map(words::text))
            .with_operation(filter.operation.map_or(ANY, AclOperation::wire))
            .with_permission_type(filter.permission.map_or(ANY, AclPermission::wire));
        let ask = Ask::look(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        let response = self.ask(ask).await?;
        response.resources.iter().flat_map(described).for_each(visit);
        Ok(())
    }

    /// Adds ACLs; one that is there already counts as added.
    pub async fn create_acls(
        &self,
        acls: &BTreeSet<Acl>,
    ) -> Result<BTreeMap<Acl, Result<(), KafkaError>>, ClientError> {
        let send = |_, acls: Vec<Acl>| async move {
            let request = CreateAclsRequest::default().with_creations(acls.iter().map(creation).collect());
            let response = self.ask(Ask::change(&request)).await?;
            // Answers have no names: they come in the order of the question.
            let check = |result: &kafka_protocol::messages::create_acls_response::AclCreationResult| {
                KafkaError::check(result.error_code, result.error_message.as_deref())
            };
            Ok(acls.into_iter().zip(response.results.iter().map(check)).collect())
        };
        gather(cut(acls.iter().cloned().collect(), ACLS, |_| 1), Lanes::One, Acl::clone, send).await
    }

    /// Removes exactly these ACLs, nothing that merely matches.
    pub async fn delete_acls(
        &self,
        acls: &BTreeSet<Acl>,
    ) -> Result<BTreeMap<Acl, Result<Removed, KafkaError>>, ClientError> {
        let send = |_, acls: Vec<Acl>| async move {
            let request = DeleteAclsRequest::default().with_filters(acls.iter().map(exactly).collect());
            let response = self.ask(Ask::change(&request)).await?;
            Ok(acls.into_iter().zip(response.filter_results.iter().map(removed)).collect())
        };
        gather(cut(acls.iter().cloned().collect(), REMOVALS, |_| 1), Lanes::One, Acl::clone, send).await
    }

    /// Removes every ACL that names this principal exactly, in one go.
    pub async fn delete_acls_of(&self, principal: &str) -> Result<Result<(), KafkaError>, ClientError> {
        let filter = DeleteAclsFilter::default()
            .with_resource_type_filter(ANY)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(ANY)
            .with_principal_filter(Some(words::text(principal)))
            .with_host_filter(None)
            .with_operation(ANY)
            .with_permission_type(ANY);
        let request = DeleteAclsRequest::default().with_filters(vec![filter]);
        let response = self.ask(Ask::change(&request)).await?;
        Ok(response.filter_results.iter().try_for_each(|result| removed(result).map(drop)))
    }
}

fn described(resource: &DescribeAclsResource) -> Vec<Acl> {
    let acl = |acl: &AclDescription| {
        Some(Acl {
            resource: AclResource::read(resource.resource_type)?,
            name: resource.resource_name.to_string(),
            pattern: AclPattern::read(resource.pattern_type)?,
            principal: acl.principal.to_string(),
            host: acl.host.to_string(),
            operation: AclOperation::read(acl.operation)?,
            permission: AclPermission::read(acl.permission_type)?,
        })
    };
    resource.acls.iter().filter_map(acl).collect()
}

fn creation(acl: &Acl) -> AclCreation {
    AclCreation::default()
        .with_resource_type(acl.resource.wire())
        .with_resource_name(words::text(&acl.name))
        .with_resource_pattern_type(acl.pattern.wire())
        .with_principal(words::text(&acl.principal))
        .with_host(words::text(&acl.host))
        .with_operation(acl.operation.wire())
        .with_permission_type(acl.permission.wire())
}

fn exactly(acl: &Acl) -> DeleteAclsFilter {
    DeleteAclsFilter::default()
        .with_resource_type_filter(acl.resource.wire())
        .with_resource_name_filter(Some(words::text(&acl.name)))
        .with_pattern_type_filter(acl.pattern.wire())
        .with_principal_filter(Some(words::text(&acl.principal)))
        .with_host_filter(Some(words::text(&acl.host)))
        .with_operation(acl.operation.wire())
        .with_permission_type(acl.permission.wire())
}

fn removed(result: &DeleteAclsFilterResult) -> Result<Removed, KafkaError> {
    KafkaError::check(result.error_code, result.error_message.as_deref())?;
    for acl in &result.matching_acls {
        KafkaError::check(acl.error_code, acl.error_message.as_deref())?;
    }
    Ok(if result.matching_acls.is_empty() { Removed::WasAbsent } else { Removed::Removed })
}
