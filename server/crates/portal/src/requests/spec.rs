//! What callers write into `spec`, by kind of request: parsed here, once, with the field that is wrong named.

mod offsets;

pub(super) use offsets::ResetSpec;

use crate::{
    Audience, Object, Reach, RequestFacts,
    operations::{Wanted, Written},
    views::paging::invalid,
};
use klamm_model::{
    Actor, ClusterRef, Namespace, ObjectName, Problem, RequestKind, TeamName, TopicName, UnixMillis, WishValue,
};
use klamm_resources::{Access, GrantedTopic, NamePattern, Quotas, TopicGrant};
use klamm_store::AuditObject;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A request as somebody writes it.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What is asked for.
    pub kind: RequestKind,
    /// On which cluster.
    pub cluster: ClusterRef,
    /// For which team.
    pub team: TeamName,
    /// What exactly; its shape depends on the kind.
    pub spec: Value,
    /// Why.
    pub reason: Option<String>,
    /// Whether it is only being written.
    pub filing: Filing,
}

/// What happens to a request that is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filing {
    /// Its writer keeps it for now.
    Draft,
    /// It is asked for.
    Submit,
}

/// Whose requests for a whole cluster are, unless somebody says for which team they ask.
pub(crate) const OPERATORS: &str = "operators";

/// Where the name of what a request is about may stand.
const NAMES: [&str; 4] = ["topicName", "name", "topic", "group"];

/// Longest reason and comment.
pub(crate) const MAX_WORDS: usize = 2000;

/// For which team something is asked. A whole cluster is no team's: whoever names none asks for those who operate it.
pub fn asking_team(kind: RequestKind, named: Option<TeamName>) -> Result<TeamName, Problem> {
    match (named, kind.operation()) {
        (Some(team), _) => Ok(team),
        (None, Some(_)) => OPERATORS.parse().map_err(|error| invalid(&format!("team: {error}"))),
        (None, None) => Err(invalid("team: say for which")),
    }
}

/// The change of a whole cluster that is asked for.
pub(crate) fn wanted_of(new: &NewRequest) -> Option<Wanted> {
    match new.parsed().ok()? {
        Spec::Operation(wanted) => Some(wanted),
        Spec::Topic(_)
        | Spec::TopicEnd(_)
        | Spec::Credential(_)
        | Spec::NamedCredential(_)
        | Spec::Grant(_)
        | Spec::Revoke(_)
        | Spec::Reset(_) => None,
    }
}

/// Browsers send a line break as two characters; it is kept as one, and counts as one.
pub(super) fn plain_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A spec that was understood.
#[derive(Clone, Debug)]
pub(super) enum Spec {
    /// A topic as it would be.
    Topic(TopicSpec),
    /// The end of a topic.
    TopicEnd(TopicName),
    /// A credential as it would be.
    Credential(CredentialSpec),
    /// A credential, and nothing more to say of it.
    NamedCredential(NamedCredential),
    /// Consent that others use topics.
    Grant(GrantSpec),
    /// The end of such consent.
    Revoke(Named),
    /// Where a group is to continue.
    Reset(ResetSpec),
    /// A change of a whole cluster.
    Operation(Wanted),
}

/// A topic as it would be. What is absent stays as it is, or is left to the brokers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TopicSpec {
    pub(super) topic_name: TopicName,
    #[serde(default)]
    pub(super) partitions: Option<i32>,
    #[serde(default)]
    pub(super) replication_factor: Option<i32>,
    /// Null takes a key away.
    #[serde(default)]
    pub(super) config: BTreeMap<String, Option<WishValue>>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) contact: Option<String>,
    #[serde(default)]
    pub(super) link: Option<String>,
    #[serde(default)]
    pub(super) tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NamedTopic {
    topic_name: TopicName,
}

/// A credential as it would be.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CredentialSpec {
    pub(super) name: ObjectName,
    pub(super) namespace: Namespace,
    #[serde(default)]
    pub(super) grants: Vec<TopicGrant>,
    #[serde(default)]
    pub(super) quotas: Option<Quotas>,
}

/// A credential by its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NamedCredential {
    pub(super) name: ObjectName,
    pub(super) namespace: Namespace,
    /// For a rotation: what tells it from the one before; absent means this moment.
    #[serde(default)]
    pub(super) rotate: Option<String>,
}

/// Consent that others use topics.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GrantSpec {
    pub(super) topic: String,
    #[serde(default)]
    pub(super) pattern: NamePattern,
    pub(super) access: Access,
    /// Every credential of these namespaces.
    #[serde(default)]
    pub(super) namespaces: Vec<Namespace>,
    /// These credentials, as `<namespace>/<name>`.
    #[serde(default)]
    pub(super) users: Vec<String>,
    #[serde(default)]
    pub(super) expires: Option<String>,
}

impl GrantSpec {
    pub(super) fn topics(&self) -> Vec<GrantedTopic> {
        vec![GrantedTopic { name: self.topic.clone(), pattern: self.pattern }]
    }
}

/// A KafkaGrant by its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Named {
    pub(super) namespace: Namespace,
    pub(super) name: ObjectName,
}

impl NewRequest {
    /// The request as rules see it before anybody has looked whether it can be.
    pub(super) fn object(&self, actor: &Actor) -> Object {
        let facts = RequestFacts {
            id: None,
            about: self.about(),
            owner: self.team.clone(),
            deciders: BTreeSet::new(),
            audience: Audience::Concerned,
            reach: Reach::of(self.kind),
        };
        Object::request(&self.cluster, &self.team, &actor.name, facts)
    }

    /// What it is about: for the audit.
    fn about(&self) -> AuditObject {
        let text = |key: &str| self.spec.get(key).and_then(Value::as_str).map(|text| text.chars().take(253).collect());
        let kind = match self.kind {
            RequestKind::TopicCreate
            | RequestKind::TopicChange
            | RequestKind::TopicDelete
            | RequestKind::TopicAdopt => "KafkaTopic",
            RequestKind::CredentialCreate
            | RequestKind::CredentialChange
            | RequestKind::CredentialRotate
            | RequestKind::CredentialDelete => "KafkaUser",
            RequestKind::AccessGrant | RequestKind::AccessRevoke => "KafkaGrant",
            RequestKind::OffsetsReset => "Group",
            RequestKind::Operation(operation) if operation.is_declared() => "KafkaCluster",
            RequestKind::Operation(_) => "KafkaOperation",
        };
        let own = match self.kind.operation() {
            Some(operation) if operation.is_declared() => Some(self.cluster.name.to_string()),
            Some(_) | None => None,
        };
        AuditObject {
            kind: kind.to_owned(),
            namespace: text("namespace").or_else(|| Some(self.cluster.namespace.to_string())),
            name: own.or_else(|| NAMES.into_iter().find_map(text)).unwrap_or_default(),
        }
    }

    /// As it is kept. A rotation is told from others by its moment, unless whoever asks says by what; so is an operation that is an
    /// object of its own.
    pub(super) fn at(&self, now: UnixMillis) -> Self {
        let mut new = self.clone();
        new.reason = new.reason.as_deref().map(plain_breaks);
        if new.kind == RequestKind::CredentialRotate
            && let Some(fields) = new.spec.as_object_mut()
        {
            let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
            fields.entry("rotate").or_insert_with(|| Value::from(moment.to_string()));
        }
        if let (Some(operation), Some(fields)) = (new.kind.operation(), new.spec.as_object_mut())
            && !operation.is_declared()
        {
            let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().strftime("%Y%m%d-%H%M%S");
            fields.entry("name").or_insert_with(|| Value::from(format!("{}-{moment}", operation.name())));
        }
        new
    }

    pub(super) fn parsed(&self) -> Result<Spec, Problem> {
        Ok(match self.kind {
            RequestKind::TopicCreate | RequestKind::TopicChange | RequestKind::TopicAdopt => {
                let spec: TopicSpec = self.read()?;
                spec.check()?;
                Spec::Topic(spec)
            }
            RequestKind::TopicDelete => Spec::TopicEnd(self.read::<NamedTopic>()?.topic_name),
            RequestKind::CredentialCreate | RequestKind::CredentialChange => Spec::Credential(self.read()?),
            RequestKind::CredentialRotate | RequestKind::CredentialDelete => Spec::NamedCredential(self.read()?),
            RequestKind::AccessGrant => Spec::Grant(self.read()?),
            RequestKind::AccessRevoke => Spec::Revoke(self.read()?),
            RequestKind::OffsetsReset => {
                let spec: ResetSpec = self.read()?;
                spec.check()?;
                Spec::Reset(spec)
            }
            RequestKind::Operation(kind) => Spec::Operation(self.read::<Written>()?.understood(kind, "spec.")?),
        })
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_value(self.spec.clone()).map_err(|error| invalid(&format!("spec: {error}")))
    }
}

impl TopicSpec {
    fn check(&self) -> Result<(), Problem> {
        if self.topic_name.is_internal() {
            return Err(invalid("spec.topicName: topics that begin with __ are Kafka's own"));
        }
        for (field, value) in [("partitions", self.partitions), ("replicationFactor", self.replication_factor)] {
            if value.is_some_and(|value| value < 1) {
                return Err(invalid(&format!("spec.{field}: 1 is the least; leave it out to have what brokers have")));
            }
        }
        if self.config.len() > 256 {
            return Err(invalid("spec.config: 256 keys are the most"));
        }
        let texts = [("description", &self.description), ("contact", &self.contact), ("link", &self.link)];
        for (field, text) in texts {
            if text.as_ref().is_some_and(|text| text.chars().count() > 500 || text.chars().any(char::is_control)) {
                return Err(invalid(&format!("spec.{field}: 500 characters on one line are the most")));
            }
        }
        if self.link.as_ref().is_some_and(|link| !link.is_empty() && !is_web_address(link)) {
            return Err(invalid("spec.link: an address that begins with https:// or http://"));
        }
        Ok(())
    }
}

/// Only these become links on pages; `javascript:` never does.
fn is_web_address(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}
