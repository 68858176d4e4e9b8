//! Access control entries.

use super::{Question, text};
use crate::estate::{
    Fault,
    access::{Entry, Named},
};
use bytes::Bytes;
use kafka_protocol::messages::{
    DescribeAclsRequest, DescribeAclsResponse,
    describe_acls_response::{AclDescription, DescribeAclsResource},
};

const SECURITY_DISABLED: i16 = 54;
const CLUSTER_AUTHORIZATION_FAILED: i16 = 31;
const ANY: i8 = 1;
const TOPIC: i8 = 2;

/// There are none but of topics.
pub(super) fn describe(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let wanted = question.heard.read::<DescribeAclsRequest>()?;
    let refusal = if question.condition.has(Fault::NoAuthorizer) {
        SECURITY_DISABLED
    } else if question.condition.has(Fault::NoAcls) {
        CLUSTER_AUTHORIZATION_FAILED
    } else {
        0
    };
    let response = DescribeAclsResponse::default().with_error_code(refusal);
    let is_told = refusal == 0 && [ANY, TOPIC].contains(&wanted.resource_type_filter);
    let resources = question.shared.world.access.iter().filter(|_| is_told).map(resource);
    question.heard.answer::<DescribeAclsRequest>(&response.with_resources(resources.collect()))
}

fn resource(named: &Named) -> DescribeAclsResource {
    let entry = |entry: &Entry| {
        AclDescription::default()
            .with_principal(entry.principal.clone())
            .with_host(text(entry.host))
            .with_operation(entry.operation)
            .with_permission_type(entry.permission)
    };
    DescribeAclsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(named.name.clone())
        .with_pattern_type(named.pattern)
        .with_acls(named.entries.iter().map(entry).collect())
}
