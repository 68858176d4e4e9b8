use super::{Acl, KafkaUser, Quotas, TopicGrant};
use crate::{
    Access, NamePattern,
    injection::InjectedFor,
    invalid::{InvalidSpec, Problems},
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use klamm_model::{ClusterRef, InvalidName, Namespace, ObjectName, TopicName};

/// A KafkaUser whose declaration was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedUser {
    /// The cluster it names.
    pub cluster: ClusterRef,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// Its name in Kafka.
    pub username: String,
    /// Its name in Kafka after every second rotation.
    pub second_username: String,
    /// What it may do with topics.
    pub grants: Vec<ValidatedTopicGrant>,
    /// Raw entries; only the cluster's own namespace may have them.
    pub acls: Vec<Acl>,
    /// How much it may do.
    pub quotas: Quotas,
    /// Its Secret: that of the spec, else one with the user's own name.
    pub secret_name: ObjectName,
    /// When this text changes, the password is rotated.
    pub rotate: Option<String>,
    /// The workload it was made for, if it was made for one.
    pub injected_for: Option<InjectedFor>,
}

/// What a user may do with topics, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedTopicGrant {
    /// Which topics.
    pub topic: TopicPattern,
    /// What.
    pub access: Access,
    /// Consumer groups it may use.
    pub groups: Vec<PatternedName>,
    /// Transactional ids it may use.
    pub transactional_ids: Vec<PatternedName>,
}

/// One topic, or all that begin alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicPattern {
    /// This one.
    Literal(TopicName),
    /// All that begin so.
    Prefixed(String),
}

impl TopicPattern {
    /// Reads a name with its pattern. Kafka's own topics are refused.
    pub fn new(name: &str, pattern: NamePattern) -> Result<Self, InvalidName> {
        let topic: TopicName = match pattern {
            // What may begin a topic's name is what may be one, except that `.` and `..` may begin one too.
            NamePattern::Prefixed if name == "." || name == ".." => return Ok(Self::Prefixed(name.to_owned())),
            NamePattern::Literal | NamePattern::Prefixed => name.parse()?,
        };
        let is_internal = topic.is_internal() || (pattern == NamePattern::Prefixed && name == "_");
        if is_internal {
            return Err(InvalidName {
                kind: "topic to grant",
                value: name.chars().take(80).collect(),
                rule: "topics that begin with __ are Kafka's own; use spec.acls in the cluster's namespace",
            });
        }
        Ok(match pattern {
            NamePattern::Literal => Self::Literal(topic),
            NamePattern::Prefixed => Self::Prefixed(topic.into()),
        })
    }

    /// Whether a topic is among these.
    pub fn matches(&self, topic: &TopicName) -> bool {
        match self {
            Self::Literal(name) => name == topic,
            Self::Prefixed(prefix) => topic.as_str().starts_with(prefix.as_str()),
        }
    }

    /// Whether every topic of `other` is among these.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Literal(name)) => self.matches(name),
            (Self::Prefixed(wide), Self::Prefixed(narrow)) => narrow.starts_with(wide.as_str()),
            (Self::Literal(_), Self::Prefixed(_)) => false,
        }
    }

    /// The name or its beginning.
    pub fn name(&self) -> &str {
        match self {
            Self::Literal(name) => name.as_str(),
            Self::Prefixed(prefix) => prefix,
        }
    }

    /// How the name is matched.
    pub fn pattern(&self) -> NamePattern {
        match self {
            Self::Literal(_) => NamePattern::Literal,
            Self::Prefixed(_) => NamePattern::Prefixed,
        }
    }
}

/// A group or transactional id, or the beginning of some.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternedName {
    /// The name or its beginning; `*` alone, matched literally, means all, as in Kafka.
    pub name: String,
    /// How it is matched.
    pub pattern: NamePattern,
}

impl PatternedName {
    /// Reads `payments.app` as that name and `payments.*` as all that begin so.
    pub fn parse(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(prefix) if !prefix.is_empty() => Self { name: prefix.to_owned(), pattern: NamePattern::Prefixed },
            _ => Self { name: text.to_owned(), pattern: NamePattern::Literal },
        }
    }
}

/// The name in Kafka of a KafkaUser. No two have the same: a namespace has no dots.
pub fn username(namespace: &Namespace, name: &ObjectName) -> String {
    format!("{namespace}.{name}")
}

/// The name it has in Kafka after every second rotation.
pub fn second_username(namespace: &Namespace, name: &ObjectName) -> String {
    format!("{namespace}.{name}.b")
}

const RESERVED: [&str; 5] = ["admin", "anonymous", "broker", "controller", "klamm"];

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with("klamm-") || name.starts_with("klamm.")
}

impl ValidatedUser {
    /// Reads a declaration; every problem is named.
    pub fn from_resource(resource: &KafkaUser) -> Result<Self, InvalidSpec> {
        let spec = &resource.spec;
        let mut problems = Problems::default();
        let namespace: Option<Namespace> =
            problems.take("metadata.namespace", resource.metadata.namespace.as_deref().unwrap_or_default().parse());
        let name: Option<ObjectName> =
            problems.take("metadata.name", resource.metadata.name.as_deref().unwrap_or_default().parse());
        if let Some(name) = &name {
            if name.as_str().strip_suffix(".b").is_some() {
                problems.invalid(
                    "metadata.name",
                    "names that end in .b are kept for the second half of a rotation: choose another name",
                );
            }
            if is_reserved(name.as_str()) {
                problems.invalid("metadata.name", format!("{name} is a reserved name: choose another one"));
            }
        }
        let cluster = namespace.as_ref().and_then(|own| problems.take("spec.cluster", spec.cluster.resolve(own)));
        let secret_name = match &spec.secret_name {
            Some(secret) => problems.take("spec.secretName", secret.parse::<ObjectName>()),
            None => name.clone(),
        };
        let grants =
            spec.grants.iter().enumerate().filter_map(|(i, grant)| read_grant(&mut problems, i, grant)).collect();
        let quotas = spec.quotas.clone().unwrap_or_default();
        check_quotas(&mut problems, &quotas);
        match (cluster, namespace, name, secret_name) {
            (Some(cluster), Some(namespace), Some(name), Some(secret_name)) if problems.is_empty() => Ok(Self {
                username: username(&namespace, &name),
                second_username: second_username(&namespace, &name),
                cluster,
                namespace,
                name,
                grants,
                acls: spec.acls.clone(),
                quotas,
                secret_name,
                rotate: spec.rotate.as_ref().map(|rotate| match rotate {
                    IntOrString::Int(number) => number.to_string(),
                    IntOrString::String(text) => text.clone(),
                }),
                injected_for: InjectedFor::of(&resource.metadata),
            }),
            _ => Err(problems.into_error()),
        }
    }
}

fn read_grant(problems: &mut Problems, index: usize, grant: &TopicGrant) -> Option<ValidatedTopicGrant> {
    let field = format!("spec.grants[{index}]");
    let topic = problems.take(format!("{field}.topic"), TopicPattern::new(&grant.topic, grant.pattern));
    if !grant.groups.is_empty() && !grant.access.consumes() {
        problems.invalid(
            format!("{field}.groups"),
            "groups belong to consumers: use access consume or both, or leave groups out",
        );
    }
    if !grant.transactional_ids.is_empty() && !grant.access.produces() {
        problems.invalid(
            format!("{field}.transactionalIds"),
            "transactionalIds belong to producers: use access produce or both, or leave transactionalIds out",
        );
    }
    for (list, names) in [("groups", &grant.groups), ("transactionalIds", &grant.transactional_ids)] {
        if names.iter().any(String::is_empty) {
            problems.invalid(format!("{field}.{list}"), "a name is not empty; write * for all");
        }
    }
    Some(ValidatedTopicGrant {
        topic: topic?,
        access: grant.access,
        groups: grant.groups.iter().map(|group| PatternedName::parse(group)).collect(),
        transactional_ids: grant.transactional_ids.iter().map(|id| PatternedName::parse(id)).collect(),
    })
}

fn check_quotas(problems: &mut Problems, quotas: &Quotas) {
    let rates = [("producerByteRate", quotas.producer_byte_rate), ("consumerByteRate", quotas.consumer_byte_rate)];
    for (field, rate) in rates {
        if rate.is_some_and(|rate| rate < 1) {
            problems
                .invalid(format!("spec.quotas.{field}"), "a byte rate must be 1 at least; leave it out for no limit");
        }
    }
    let shares =
        [("requestPercentage", quotas.request_percentage), ("controllerMutationRate", quotas.controller_mutation_rate)];
    for (field, share) in shares {
        if share.is_some_and(|share| !share.is_finite() || share <= 0.0) {
            problems.invalid(format!("spec.quotas.{field}"), "it must be more than zero; leave it out for no limit");
        }
    }
}
