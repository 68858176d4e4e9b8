//! Whose a topic or group is. Pure: names in, judgement out; it holds for whoever asks, kubectl included.

use super::Tenant;
use crate::invalid::Problems;
use klamm_model::{Namespace, TopicName};
use std::collections::BTreeMap;

/// A namespace that may use the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedTenant {
    /// The namespace.
    pub namespace: Namespace,
    /// Its topics begin with one of these.
    pub topic_prefixes: Vec<String>,
    /// Its consumer groups begin with one of these.
    pub group_prefixes: Vec<String>,
}

/// What a namespace is to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy<'a> {
    /// The cluster's own namespace: everything is its.
    Owner,
    /// A tenant.
    Tenant(&'a ValidatedTenant),
    /// Neither.
    Stranger,
}

/// The tenant whose prefix matches; where several match, the longest prefix counts.
fn by_longest_prefix<'a>(
    tenants: &'a [ValidatedTenant],
    name: &str,
    prefixes: impl Fn(&'a ValidatedTenant) -> &'a [String],
) -> Option<&'a ValidatedTenant> {
    let matching = tenants.iter().filter_map(|tenant| {
        let longest = prefixes(tenant).iter().filter(|prefix| name.starts_with(*prefix)).map(String::len).max()?;
        Some((longest, tenant))
    });
    matching.max_by_key(|(length, _)| *length).map(|(_, tenant)| tenant)
}

/// The tenant that a topic belongs to; none means the cluster's own namespace.
pub(super) fn owner_of_topic<'a>(tenants: &'a [ValidatedTenant], topic: &TopicName) -> Option<&'a ValidatedTenant> {
    by_longest_prefix(tenants, topic.as_str(), |tenant| &tenant.topic_prefixes)
}

/// The tenant that a consumer group belongs to; none means nobody's in particular.
pub(super) fn owner_of_group<'a>(tenants: &'a [ValidatedTenant], group: &str) -> Option<&'a ValidatedTenant> {
    by_longest_prefix(tenants, group, |tenant| &tenant.group_prefixes)
}

pub(super) fn validate(problems: &mut Problems, tenants: &[Tenant]) -> Vec<ValidatedTenant> {
    let mut topic_owners = BTreeMap::new();
    let mut group_owners = BTreeMap::new();
    let mut validated: Vec<ValidatedTenant> = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        let field = format!("spec.tenants[{}]", tenant.namespace);
        let Some(namespace) = problems.take(&field, tenant.namespace.parse::<Namespace>()) else { continue };
        if validated.iter().any(|other| other.namespace == namespace) {
            problems.invalid(&field, "this namespace is listed twice: keep one entry with all its prefixes");
            continue;
        }
        let mut claim = |kind: &str, prefixes: &[String], owners: &mut BTreeMap<String, Namespace>| {
            for prefix in prefixes {
                let field = format!("{field}.{kind}Prefixes");
                if prefix.is_empty() || prefix.starts_with("__") {
                    problems.invalid(
                        field,
                        format!("the {kind} prefix {prefix:?} is empty or begins with __, which is Kafka's own"),
                    );
                } else if let Some(other) = owners.insert(prefix.clone(), namespace.clone())
                    && other != namespace
                {
                    problems.invalid(
                        field,
                        format!("the {kind} prefix {prefix:?} also belongs to {other}: give it to one of them"),
                    );
                }
            }
        };
        claim("topic", &tenant.topic_prefixes, &mut topic_owners);
        claim("group", &tenant.group_prefixes, &mut group_owners);
        validated.push(ValidatedTenant {
            namespace,
            topic_prefixes: tenant.topic_prefixes.clone(),
            group_prefixes: tenant.group_prefixes.clone(),
        });
    }
    validated
}
