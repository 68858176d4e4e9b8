//! Whose a name is. A cluster admits namespaces as tenants with prefixes; what no tenant's prefix covers belongs to the
//! cluster's own namespace, which may everything.

use klamm_model::{Namespace, TopicName};
use std::collections::BTreeSet;

/// A namespace the cluster admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The namespace.
    pub namespace: Namespace,
    /// Its topics begin with one of these.
    pub topic_prefixes: Vec<String>,
    /// Its consumer groups and transactional ids begin with one of these.
    pub group_prefixes: Vec<String>,
}

/// Who may what in one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenancy {
    home: Namespace,
    tenants: Vec<Tenant>,
}

/// How a name in a rule is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// This very name.
    Literal,
    /// Every name that begins so.
    Prefixed,
}

/// Why a namespace may not have what it asks for. The sentence says what would be needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The cluster does not know the namespace.
    #[error(
        "namespace {namespace} is not a tenant of this cluster; whoever operates the cluster adds it to spec.tenants of the KafkaCluster"
    )]
    NotATenant {
        /// Who asked.
        namespace: Namespace,
    },
    /// The name is outside its prefixes.
    #[error("{name:?} is outside the {what} of namespace {namespace}, which are {allowed}")]
    OutsidePrefixes {
        /// Who asked.
        namespace: Namespace,
        /// For what.
        name: String,
        /// `topic prefixes` or `group prefixes`.
        what: &'static str,
        /// What it may use, as text.
        allowed: String,
    },
    /// Somebody else's longer prefix covers the name.
    #[error("{name:?} belongs to namespace {owner}")]
    Anothers {
        /// For what.
        name: String,
        /// Whose it is.
        owner: Namespace,
    },
}

impl Tenancy {
    /// The tenancy of a cluster that lives in `home`.
    pub fn new(home: Namespace, tenants: Vec<Tenant>) -> Self {
        Self { home, tenants }
    }

    /// The cluster's own namespace.
    pub fn home(&self) -> &Namespace {
        &self.home
    }

    /// The tenants.
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// Every namespace whose objects count: the cluster's own and the tenants'.
    pub fn namespaces(&self) -> BTreeSet<Namespace> {
        self.tenants.iter().map(|tenant| tenant.namespace.clone()).chain([self.home.clone()]).collect()
    }

    /// Whether objects of this namespace count at all.
    pub fn admits(&self, namespace: &Namespace) -> Result<(), NotAllowed> {
        if *namespace == self.home || self.tenant(namespace).is_some() {
            Ok(())
        } else {
            Err(NotAllowed::NotATenant { namespace: namespace.clone() })
        }
    }

    /// Whether `namespace` may declare this topic.
    pub fn may_declare(&self, namespace: &Namespace, topic: &TopicName) -> Result<(), NotAllowed> {
        self.may_name(namespace, topic.as_str(), Pattern::Literal, Kind::Topic)
    }

    /// Whether topics so named are the namespace's own.
    pub fn owns_topics(&self, namespace: &Namespace, name: &str, pattern: Pattern) -> Result<(), NotAllowed> {
        self.may_name(namespace, name, pattern, Kind::Topic)
    }

    /// Whether `namespace` may use consumer groups so named.
    pub fn may_use_group(&self, namespace: &Namespace, name: &str, pattern: Pattern) -> Result<(), NotAllowed> {
        self.may_name(namespace, name, pattern, Kind::Group)
    }

    /// Whether `namespace` may use transactional ids so named: those that begin like its groups or like its topics.
    pub fn may_use_transactional_id(
        &self,
        namespace: &Namespace,
        name: &str,
        pattern: Pattern,
    ) -> Result<(), NotAllowed> {
        self.may_name(namespace, name, pattern, Kind::TransactionalId)
    }

    /// The namespaces that topics so named belong to; more than one where a prefix spans several tenants.
    pub fn owners_of_topics(&self, name: &str, pattern: Pattern) -> BTreeSet<Namespace> {
        self.owners(name, pattern, Kind::Topic)
    }

    /// The namespaces that a consumer group belongs to; more than one where they share its longest prefix.
    pub fn owners_of_group(&self, group: &str) -> BTreeSet<Namespace> {
        self.owners(group, Pattern::Literal, Kind::Group)
    }

    /// Where a topic that nobody declares would be declared: with the tenant whose it alone is, else with the cluster.
    pub fn home_of(&self, topic: &TopicName) -> Namespace {
        let mut owners = self.covering(topic.as_str(), Kind::Topic).into_iter();
        match (owners.next(), owners.next()) {
            (Some(only), None) => only,
            (None, _) | (Some(_), Some(_)) => self.home.clone(),
        }
    }

    /// The tenant that a topic is counted with: whose prefix of its name is the longest, the first of those that share it.
    pub fn tenant_of_topic(&self, topic: &str) -> Option<&Tenant> {
        self.counted_with(topic, Kind::Topic)
    }

    /// The tenant that a consumer group is counted with.
    pub fn tenant_of_group(&self, group: &str) -> Option<&Tenant> {
        self.counted_with(group, Kind::Group)
    }

    /// What the namespace's groups begin with; empty for the cluster's own namespace, which may use any.
    pub fn group_prefixes(&self, namespace: &Namespace) -> &[String] {
        self.tenant(namespace).map_or(&[], |tenant| &tenant.group_prefixes)
    }

    /// Whether a workload of `namespace` may use every group that begins with its name: nobody else's prefix reaches into
    /// those, nor they into it.
    pub fn may_use_groups_of_workload(&self, namespace: &Namespace, workload: &str) -> bool {
        let others = self.tenants.iter().filter(|tenant| tenant.namespace != *namespace);
        let mut prefixes = others.flat_map(|tenant| Kind::Group.prefixes(tenant));
        !workload.is_empty() && prefixes.all(|prefix| !prefix.starts_with(workload) && !workload.starts_with(prefix))
    }

    fn may_name(&self, namespace: &Namespace, name: &str, pattern: Pattern, kind: Kind) -> Result<(), NotAllowed> {
        if *namespace == self.home {
            return Ok(());
        }
        let Some(tenant) = self.tenant(namespace) else {
            return Err(NotAllowed::NotATenant { namespace: namespace.clone() });
        };
        if !kind.prefixes(tenant).any(|prefix| name.starts_with(prefix)) {
            let allowed: Vec<_> = kind.prefixes(tenant).collect();
            let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            return Err(NotAllowed::OutsidePrefixes {
                namespace: namespace.clone(),
                name: name.to_owned(),
                what: kind.words(),
                allowed,
            });
        }
        // A prefix that reaches into somebody's longer prefix would hand out what is theirs.
        let inner =
            self.tenants.iter().flat_map(|other| kind.prefixes(other)).filter(|prefix| prefix.starts_with(name));
        let covered: Vec<&str> = match pattern {
            Pattern::Literal => vec![name],
            Pattern::Prefixed => inner.chain([name]).collect(),
        };
        let foreign = covered.into_iter().map(|part| self.covering(part, kind)).find(|who| !who.contains(namespace));
        match foreign.and_then(|owners| owners.into_iter().next()) {
            Some(owner) => Err(NotAllowed::Anothers { name: name.to_owned(), owner }),
            None => Ok(()),
        }
    }

    fn owners(&self, name: &str, pattern: Pattern, kind: Kind) -> BTreeSet<Namespace> {
        let mut owners = self.covering(name, kind);
        if owners.is_empty() {
            owners.insert(self.home.clone());
        }
        match pattern {
            Pattern::Literal => owners,
            Pattern::Prefixed => {
                owners.extend(self.within(name, kind));
                owners
            }
        }
    }

    /// Who has the longest prefix of the name.
    fn covering(&self, name: &str, kind: Kind) -> BTreeSet<Namespace> {
        let candidates = || {
            self.tenants.iter().flat_map(|tenant| kind.prefixes(tenant).map(move |prefix| (prefix, &tenant.namespace)))
        };
        let matching = |prefix: &str| name.starts_with(prefix);
        let longest = candidates().filter(|(prefix, _)| matching(prefix)).map(|(prefix, _)| prefix.len()).max();
        candidates()
            .filter(|(prefix, _)| matching(prefix) && Some(prefix.len()) == longest)
            .map(|(_, namespace)| namespace.clone())
            .collect()
    }

    /// Who has a prefix that begins with the name.
    fn within(&self, name: &str, kind: Kind) -> BTreeSet<Namespace> {
        self.tenants
            .iter()
            .filter(|tenant| kind.prefixes(tenant).any(|prefix| prefix.starts_with(name)))
            .map(|tenant| tenant.namespace.clone())
            .collect()
    }

    /// Without allocating: asked of every topic and group at every sight of a cluster.
    fn counted_with(&self, name: &str, kind: Kind) -> Option<&Tenant> {
        let mut longest = (0, None);
        for tenant in &self.tenants {
            for prefix in kind.prefixes(tenant).filter(|prefix| name.starts_with(*prefix)) {
                if prefix.len() > longest.0 {
                    longest = (prefix.len(), Some(tenant));
                }
            }
        }
        longest.1
    }

    fn tenant(&self, namespace: &Namespace) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.namespace == *namespace)
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Topic,
    Group,
    TransactionalId,
}

impl Kind {
    fn prefixes(self, tenant: &Tenant) -> impl Iterator<Item = &str> {
        let (first, second): (&[String], &[String]) = match self {
            Self::Topic => (&tenant.topic_prefixes, &[]),
            Self::Group => (&tenant.group_prefixes, &[]),
            Self::TransactionalId => (&tenant.group_prefixes, &tenant.topic_prefixes),
        };
        // An empty prefix would be everything, and everything is the cluster's own namespace's.
        first.iter().chain(second).map(String::as_str).filter(|prefix| !prefix.is_empty())
    }

    fn words(self) -> &'static str {
        match self {
            Self::Topic => "topic prefixes",
            Self::Group => "group prefixes",
            Self::TransactionalId => "group and topic prefixes",
        }
    }
}

#[cfg(test)]
mod tests;
