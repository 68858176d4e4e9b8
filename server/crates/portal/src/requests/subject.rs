//! What a request is about, where it can be looked at; and a topic as its object declares it, to begin a change with.

use super::manifest::{declared, told_of};
use crate::{Portal, portal::may_see_topic, views};
use klamm_model::{Actor, ClusterRef, GroupId, ObjectName, Owner, RequestKind, RequestView, TeamName, TopicName};
use serde_json::Value;

/// Something that has a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A topic of the request's cluster.
    Topic(TopicName),
    /// A credential, by the id of its page.
    Credential(String),
    /// A consumer group of the request's cluster.
    Group(GroupId),
    /// The request's cluster, with the operation that the request led to, once there is one.
    Cluster(Option<ObjectName>),
}

/// A topic as somebody would ask for it, so that it stays as it is.
#[derive(Clone, Debug)]
pub struct DeclaredTopic {
    /// Whose it is.
    pub team: Option<TeamName>,
    /// What a request would have in `spec`.
    pub spec: Value,
}

impl Portal {
    /// What a request is about, if it is there and the caller may look at it.
    pub async fn subject_of(&self, actor: &Actor, request: &RequestView) -> Option<Subject> {
        let subject = request.subject.as_str();
        match request.kind {
            RequestKind::TopicCreate
            | RequestKind::TopicChange
            | RequestKind::TopicDelete
            | RequestKind::TopicAdopt
            | RequestKind::AccessGrant
            | RequestKind::AccessRevoke => {
                let name = subject.parse().ok()?;
                self.topic_row(actor, &request.cluster, &name).ok().map(|_| Subject::Topic(name))
            }
            RequestKind::CredentialCreate
            | RequestKind::CredentialChange
            | RequestKind::CredentialRotate
            | RequestKind::CredentialDelete => {
                self.credential_named(actor, &request.cluster, subject).map(Subject::Credential)
            }
            RequestKind::OffsetsReset => {
                let seen = self.seen(actor, &request.cluster).ok()?;
                let group = views::group::find(&seen.inventory, subject)?;
                crate::portal::may_see(actor, &request.cluster, group).then(|| Subject::Group(group.id.clone()))
            }
            RequestKind::Operation(_) => {
                self.seen(actor, &request.cluster).ok()?;
                let row = self.store.request(&request.id).await.ok().flatten();
                let operation = row.and_then(|row| self.operation_of(&row));
                Some(Subject::Cluster(operation.map(|(name, _)| name)))
            }
        }
    }

    /// A topic as its object declares it; none where none does, or where it cannot be read just now.
    pub fn declared_topic(&self, actor: &Actor, cluster: &ClusterRef, name: &TopicName) -> Option<DeclaredTopic> {
        let seen = self.seen(actor, cluster).ok()?;
        let topic = seen.inventory.topic(name).filter(|topic| may_see_topic(actor, cluster, topic))?;
        let owner: &Owner = topic.owner.as_ref()?;
        let declarations = self.observations.declarations();
        let (wish, annotations) = declared(owner, &declarations.manifest(owner)?)?;
        Some(DeclaredTopic { team: declarations.team(&owner.namespace), spec: told_of(&wish, &annotations) })
    }
}
