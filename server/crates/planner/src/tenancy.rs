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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ns(value: &str) -> Namespace {
        Namespace::new(value).unwrap()
    }

    fn topic(value: &str) -> TopicName {
        TopicName::new(value).unwrap()
    }

    fn tenant(namespace: &str, topics: &[&str], groups: &[&str]) -> Tenant {
        Tenant {
            namespace: ns(namespace),
            topic_prefixes: topics.iter().map(ToString::to_string).collect(),
            group_prefixes: groups.iter().map(ToString::to_string).collect(),
        }
    }

    fn demo() -> Tenancy {
        Tenancy::new(
            ns("kafka"),
            vec![
                tenant("payments", &["payments.", "sample-topic"], &["payments."]),
                tenant("orders", &["orders."], &["orders."]),
                tenant("fraud", &["payments.fraud."], &["fraud."]),
            ],
        )
    }

    #[test]
    fn a_tenant_declares_within_its_prefixes_and_nowhere_else() {
        let demo = demo();
        assert_eq!(demo.may_declare(&ns("payments"), &topic("payments.a")), Ok(()));
        assert_eq!(demo.may_declare(&ns("payments"), &topic("sample-topic")), Ok(()));
        assert!(matches!(
            demo.may_declare(&ns("payments"), &topic("orders.a")),
            Err(NotAllowed::OutsidePrefixes { allowed, .. }) if allowed == "payments., sample-topic"
        ));
        assert!(matches!(demo.may_declare(&ns("other"), &topic("x")), Err(NotAllowed::NotATenant { .. })));
        assert_eq!(demo.may_declare(&ns("kafka"), &topic("orders.a")), Ok(()));
    }

    #[test]
    fn the_longer_prefix_wins() {
        let demo = demo();
        assert_eq!(
            demo.may_declare(&ns("payments"), &topic("payments.fraud.x")),
            Err(NotAllowed::Anothers { name: "payments.fraud.x".to_owned(), owner: ns("fraud") })
        );
        assert_eq!(demo.may_declare(&ns("fraud"), &topic("payments.fraud.x")), Ok(()));
    }

    #[test]
    fn a_prefix_that_reaches_into_anothers_is_not_ones_own() {
        let demo = demo();
        assert!(demo.owns_topics(&ns("payments"), "payments.", Pattern::Prefixed).is_err());
        assert_eq!(demo.owns_topics(&ns("payments"), "payments.cards.", Pattern::Prefixed), Ok(()));
        assert_eq!(
            demo.owners_of_topics("payments.", Pattern::Prefixed),
            [ns("payments"), ns("fraud")].into_iter().collect()
        );
        assert_eq!(demo.owners_of_topics("unclaimed", Pattern::Literal), [ns("kafka")].into_iter().collect());
    }

    #[test]
    fn a_topic_that_nobody_declares_is_at_home_with_the_only_tenant_whose_it_is() {
        let both = [tenant("orders", &["orders."], &[]), tenant("also-orders", &["orders."], &[])];
        let tenancy =
            Tenancy::new(ns("kafka"), [tenant("payments", &["payments."], &[])].into_iter().chain(both).collect());
        for (name, namespace) in [("payments.a", "payments"), ("elsewhere", "kafka"), ("orders.a", "kafka")] {
            assert_eq!(tenancy.home_of(&topic(name)), ns(namespace), "{name}");
        }
    }

    #[test]
    fn two_tenants_may_share_a_prefix() {
        let shared = Tenancy::new(ns("kafka"), vec![tenant("a", &["x."], &[]), tenant("b", &["x."], &[])]);
        assert_eq!(shared.may_declare(&ns("a"), &topic("x.1")), Ok(()));
        assert_eq!(shared.owns_topics(&ns("b"), "x.", Pattern::Prefixed), Ok(()));
    }

    #[test]
    fn an_empty_prefix_is_nothing() {
        let careless = Tenancy::new(ns("kafka"), vec![tenant("a", &[""], &[""])]);
        assert!(careless.may_declare(&ns("a"), &topic("anything")).is_err());
        assert!(careless.may_use_group(&ns("a"), "", Pattern::Prefixed).is_err());
    }

    #[test]
    fn transactional_ids_begin_like_groups_or_topics() {
        let demo = demo();
        assert_eq!(demo.may_use_transactional_id(&ns("fraud"), "payments.fraud.tx", Pattern::Literal), Ok(()));
        assert_eq!(demo.may_use_transactional_id(&ns("fraud"), "fraud.tx", Pattern::Literal), Ok(()));
        assert!(demo.may_use_transactional_id(&ns("orders"), "fraud.tx", Pattern::Literal).is_err());
    }

    #[test]
    fn a_workload_has_the_groups_of_its_name_unless_they_are_anothers() {
        let demo = demo();
        let may = |namespace: &str, workload: &str| demo.may_use_groups_of_workload(&ns(namespace), workload);
        assert!(may("payments", "consumer") && may("orders", "consumer") && may("kafka", "consumer"));
        assert!(may("payments", "payments.app") && may("payments", "payments"));
        assert!(!may("payments", "orders.app"), "another's");
        assert!(!may("payments", "orders"), "another's are among them");
        assert!(!may("kafka", "orders") && !may("payments", ""));
    }

    fn some_tenancy() -> impl Strategy<Value = Tenancy> {
        let prefixes = || prop::collection::vec("[ab]{1,3}", 0..3);
        prop::collection::vec((prefixes(), prefixes()), 0..4).prop_map(|tenants| {
            let tenants = tenants
                .into_iter()
                .enumerate()
                .map(|(i, (topic_prefixes, group_prefixes))| Tenant {
                    namespace: ns(&format!("t{i}")),
                    topic_prefixes,
                    group_prefixes,
                })
                .collect();
            Tenancy::new(ns("home"), tenants)
        })
    }

    #[test]
    fn everything_is_counted_once_with_whoever_is_closest() {
        let demo = demo();
        let topic = |name| demo.tenant_of_topic(name).map(|tenant| tenant.namespace.as_str());
        assert_eq!(topic("payments.a"), Some("payments"));
        assert_eq!(topic("payments.fraud.a"), Some("fraud"));
        assert_eq!((topic("payments"), topic("unclaimed")), (None, None));
        let group = |name| demo.tenant_of_group(name).map(|tenant| tenant.namespace.as_str());
        assert_eq!((group("fraud.a"), group("payments.fraud.a"), group("x")), (Some("fraud"), Some("payments"), None));
        let shared = Tenancy::new(ns("kafka"), vec![tenant("b", &["x.", ""], &[]), tenant("a", &["x."], &[])]);
        assert_eq!(shared.tenant_of_topic("x.1").map(|tenant| tenant.namespace.as_str()), Some("b"));
        assert_eq!(shared.tenant_of_topic("y"), None, "an empty prefix is nothing");
    }

    proptest! {
        #[test]
        fn whoever_something_is_counted_with_owns_it(tenancy in some_tenancy(), name in "[ab]{1,5}") {
            let owners = tenancy.owners_of_topics(&name, Pattern::Literal);
            if let Some(tenant) = tenancy.tenant_of_topic(&name) {
                prop_assert!(owners.contains(&tenant.namespace));
            } else {
                prop_assert_eq!(owners, [ns("home")].into_iter().collect());
            }
        }

        // Checked against the meaning of the words, not against the code: whoever owns a prefix owns every name in it.
        #[test]
        fn an_owned_prefix_holds_only_owned_names(tenancy in some_tenancy(), prefix in "[ab]{1,3}", rest in "[ab]{0,3}") {
            for tenant in tenancy.tenants() {
                if tenancy.owns_topics(&tenant.namespace, &prefix, Pattern::Prefixed).is_ok() {
                    let name = format!("{prefix}{rest}");
                    prop_assert_eq!(tenancy.owns_topics(&tenant.namespace, &name, Pattern::Literal), Ok(()));
                }
            }
        }

        #[test]
        fn groups_of_a_workload_are_nobody_elses(tenancy in some_tenancy(), workload in "[ab]{1,3}", rest in "[ab]{0,3}") {
            for tenant in tenancy.tenants() {
                if tenancy.may_use_groups_of_workload(&tenant.namespace, &workload) {
                    let group = format!("{workload}{rest}");
                    let others = tenancy.tenants().iter().filter(|other| other.namespace != tenant.namespace);
                    for prefix in others.flat_map(|other| &other.group_prefixes) {
                        prop_assert!(!group.starts_with(prefix.as_str()), "{group} is under {prefix}");
                    }
                }
            }
        }

        #[test]
        fn every_name_has_an_owner_and_only_owners_may_declare(tenancy in some_tenancy(), name in "[ab]{1,5}") {
            let owners = tenancy.owners_of_topics(&name, Pattern::Literal);
            prop_assert!(!owners.is_empty());
            for tenant in tenancy.tenants() {
                let may = tenancy.may_declare(&tenant.namespace, &topic(&name)).is_ok();
                prop_assert_eq!(may, owners.contains(&tenant.namespace));
            }
        }
    }
}
