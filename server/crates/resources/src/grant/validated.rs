use super::KafkaGrant;
use crate::{
    Access, TopicPattern,
    invalid::{InvalidSpec, Problems},
};
use jiff::Timestamp;
use klamm_model::{ClusterRef, Namespace, ObjectName, UnixMillis};
use std::collections::BTreeSet;

/// A KafkaGrant whose declaration was understood. Whether its namespace owns the topics is for the cluster to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedGrant {
    /// The cluster it names.
    pub cluster: ClusterRef,
    /// The namespace that consents.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// The topics.
    pub topics: Vec<TopicPattern>,
    /// Every user of these.
    pub to_namespaces: BTreeSet<Namespace>,
    /// These users.
    pub to_users: BTreeSet<GrantedUser>,
    /// What they may do.
    pub access: Access,
    /// When it ends.
    pub expires: Option<UnixMillis>,
}

/// A KafkaUser by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantedUser {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
}

impl ValidatedGrant {
    /// Reads a declaration; every problem is named.
    pub fn from_resource(resource: &KafkaGrant) -> Result<Self, InvalidSpec> {
        let spec = &resource.spec;
        let mut problems = Problems::default();
        let namespace: Option<Namespace> =
            problems.take("metadata.namespace", resource.metadata.namespace.as_deref().unwrap_or_default().parse());
        let name: Option<ObjectName> =
            problems.take("metadata.name", resource.metadata.name.as_deref().unwrap_or_default().parse());
        let cluster = namespace.as_ref().and_then(|own| problems.take("spec.cluster", spec.cluster.resolve(own)));
        let mut topics = Vec::with_capacity(spec.topics.len());
        for (i, topic) in spec.topics.iter().enumerate() {
            topics
                .extend(problems.take(format!("spec.topics[{i}].name"), TopicPattern::new(&topic.name, topic.pattern)));
        }
        let mut to_namespaces = BTreeSet::new();
        for name in &spec.to.namespaces {
            to_namespaces.extend(problems.take("spec.to.namespaces", name.parse::<Namespace>()));
        }
        let mut to_users = BTreeSet::new();
        for user in &spec.to.users {
            to_users.extend(problems.take("spec.to.users", read_user(user)));
        }
        let expires = spec.expires.as_ref().and_then(|text| {
            let moment = text.parse::<Timestamp>().map(|moment| UnixMillis(moment.as_millisecond()));
            problems.take(
                "spec.expires",
                moment.map_err(|_| format!("{text:?} is not a moment: write it as 2027-01-31T00:00:00Z")),
            )
        });
        if spec.topics.is_empty() {
            problems.invalid("spec.topics", "a grant needs at least one topic");
        }
        if spec.to.namespaces.is_empty() && spec.to.users.is_empty() {
            problems.invalid("spec.to", "a grant needs somebody: name namespaces or users");
        }
        match (cluster, namespace, name) {
            (Some(cluster), Some(namespace), Some(name)) if problems.is_empty() => {
                Ok(Self { cluster, namespace, name, topics, to_namespaces, to_users, access: spec.access, expires })
            }
            _ => Err(problems.into_error()),
        }
    }

    /// Whether its time is over.
    pub fn is_expired_at(&self, now: UnixMillis) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether it speaks of this user, these topics and this access, now.
    pub fn allows(
        &self,
        namespace: &Namespace,
        name: &ObjectName,
        topic: &TopicPattern,
        access: Access,
        now: UnixMillis,
    ) -> bool {
        let to_them = self.to_namespaces.contains(namespace)
            || self.to_users.iter().any(|user| user.namespace == *namespace && user.name == *name);
        let enough = (!access.consumes() || self.access.consumes()) && (!access.produces() || self.access.produces());
        to_them && enough && !self.is_expired_at(now) && self.topics.iter().any(|granted| granted.covers(topic))
    }
}

fn read_user(text: &str) -> Result<GrantedUser, String> {
    let wrong = || format!("{text:?} is not a user: write it as <namespace>/<name of the KafkaUser>");
    let (namespace, name) = text.split_once('/').ok_or_else(wrong)?;
    Ok(GrantedUser { namespace: namespace.parse().map_err(|_| wrong())?, name: name.parse().map_err(|_| wrong())? })
}
