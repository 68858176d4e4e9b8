//! From a wish to the exact object that would be written, and what it was made from. Pure: what is there comes in, what would
//! be goes out, as the JSON of [`ObjectManifest`], in which equal objects are equal texts.

mod grants;
mod offsets;
mod operations;
mod topics;
mod users;

pub(crate) use offsets::{GroupNow, Planned, Reset};
pub(crate) use operations::ClusterNow;
pub(super) use topics::{declared, told_of};

use super::spec::Spec;
use crate::{ObservedCluster, views::paging::invalid};
use klamm_model::{
    ClusterRef, ManifestHash, Namespace, ObjectName, PlanView, Problem, ProblemKind, RequestKind, TeamName, TopicName,
    error_chain,
};
use klamm_monitor::Declarations;
use klamm_planner::policy::TopicWish;
use klamm_resources::{ManifestError, ObjectManifest, names::annotation};
use klamm_store::RequestObject;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What is done with the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// It is written.
    Write,
    /// It is written once more, so that what it stands for goes with it, and then deleted.
    Remove,
}

/// Where a wish is made true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// By an object of Kubernetes, which the operator follows.
    Object,
    /// By brokers, which are told.
    Brokers,
}

impl Means {
    pub(crate) fn of(kind: RequestKind) -> Self {
        match kind {
            RequestKind::OffsetsReset => Self::Brokers,
            RequestKind::TopicCreate
            | RequestKind::TopicChange
            | RequestKind::TopicDelete
            | RequestKind::TopicAdopt
            | RequestKind::CredentialCreate
            | RequestKind::CredentialChange
            | RequestKind::CredentialRotate
            | RequestKind::CredentialDelete
            | RequestKind::AccessGrant
            | RequestKind::AccessRevoke
            | RequestKind::Operation(_) => Self::Object,
        }
    }
}

impl Intent {
    pub(crate) fn of(kind: RequestKind) -> Self {
        match kind {
            RequestKind::TopicDelete | RequestKind::CredentialDelete | RequestKind::AccessRevoke => Self::Remove,
            RequestKind::TopicCreate
            | RequestKind::TopicChange
            | RequestKind::TopicAdopt
            | RequestKind::CredentialCreate
            | RequestKind::CredentialChange
            | RequestKind::CredentialRotate
            | RequestKind::AccessGrant
            | RequestKind::OffsetsReset
            | RequestKind::Operation(_) => Self::Write,
        }
    }
}

/// A wish that can be judged.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// For people.
    pub(crate) subject: String,
    pub(crate) object: RequestObject,
    /// Whose namespace it is in.
    pub(crate) owner: TeamName,
    /// What would be written.
    pub(crate) manifest: ObjectManifest,
    /// What is there now.
    pub(crate) base: Option<ObjectManifest>,
    /// The topic as it would be, where one is made or changed.
    pub(crate) topic: Option<TopicWish>,
    /// Where a group would continue, where offsets are to be reset.
    pub(crate) reset: Option<Reset>,
    /// What would be done to the cluster, where that is to be changed as a whole.
    pub(crate) operation: Option<Operation>,
}

/// A change of a whole cluster.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// What would be done.
    pub(crate) plan: PlanView,
    /// Topics that may be unavailable for a while: whoever agrees agrees to that, too.
    pub(crate) accepts: BTreeSet<TopicName>,
}

impl Wish {
    /// Why it cannot be done as things stand, whoever agrees.
    pub(crate) fn not_now(&self) -> Option<String> {
        let reset = self.reset.as_ref().and_then(|reset| reset.not_now.as_ref()).map(ToString::to_string);
        reset.or_else(|| self.operation.as_ref().and_then(operations::not_now))
    }
}

/// What is known when a wish is made out.
pub(super) struct Known<'a> {
    pub(super) seen: &'a ObservedCluster,
    pub(super) declarations: &'a Declarations,
    /// The group that the wish is about, where it is about one.
    pub(super) group: Option<GroupNow>,
    /// The object of the cluster and what would be done to it, where the wish is about that.
    pub(super) cluster_now: Option<ClusterNow>,
}

/// Digest of what would be done and of what it was made from. Where something ends, `uid` says which object: one that is made
/// after it under the same name is another, however alike they are. Topics that may be unavailable are part of what is agreed to.
pub(crate) fn hash_of(
    kind: RequestKind,
    manifest: &ObjectManifest,
    base: Option<&ObjectManifest>,
    (uid, accepts): (Option<&str>, &BTreeSet<TopicName>),
) -> ManifestHash {
    let mut digest = Sha256::new();
    let uid = uid.filter(|_| Intent::of(kind) == Intent::Remove);
    let parts = [kind.name(), manifest.json(), base.map_or("", ObjectManifest::json)].into_iter().chain(uid);
    for part in parts.chain(accepts.iter().map(TopicName::as_str)) {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    ManifestHash::of(&digest.finalize().into())
}

impl Known<'_> {
    pub(super) fn wish(&self, kind: RequestKind, spec: &Spec, team: &TeamName) -> Result<Wish, Problem> {
        match spec {
            Spec::Topic(spec) => match kind {
                RequestKind::TopicChange => self.changed_topic(spec, team),
                RequestKind::TopicAdopt => self.adopted_topic(spec, team),
                _ => self.new_topic(spec, team),
            },
            Spec::TopicEnd(topic) => self.ended_topic(topic, team),
            Spec::Credential(spec) => self.credential(kind, spec, team),
            Spec::NamedCredential(named) => self.named_credential(kind, named, team),
            Spec::Grant(spec) => self.grant(spec),
            Spec::Revoke(named) => self.revoked(&named.namespace, &named.name, team),
            Spec::Reset(spec) => self.reset(spec, team),
            Spec::Operation(wanted) => self.operation(wanted, team),
        }
    }

    fn cluster(&self) -> &ClusterRef {
        &self.seen.inventory.cluster
    }

    fn team_of(&self, namespace: &Namespace) -> Result<TeamName, Problem> {
        self.declarations.team(namespace).ok_or_else(|| {
            refused(&format!(
                "namespace {namespace} belongs to no team; whoever operates the cluster writes the team into its annotation {}",
                annotation::TEAM
            ))
        })
    }

    /// The team of a namespace, if it is the one that asks.
    fn own(&self, namespace: &Namespace, team: &TeamName, what: &str) -> Result<TeamName, Problem> {
        let owner = self.team_of(namespace)?;
        if owner == *team {
            Ok(owner)
        } else {
            Err(refused(&format!("{what} belongs to team {owner}, not to {team}; ask them, or ask for access")))
        }
    }
}

fn refused(detail: &str) -> Problem {
    invalid(detail)
}

fn about(kind: &str, namespace: &Namespace, name: &ObjectName) -> RequestObject {
    RequestObject { kind: kind.to_owned(), namespace: namespace.clone(), name: name.to_string() }
}

fn written(manifest: Result<ObjectManifest, ManifestError>) -> Result<ObjectManifest, Problem> {
    manifest.map_err(|error| {
        tracing::error!(error = error_chain(&error), "a manifest does not print");
        Problem::new(ProblemKind::Internal, "The manifest could not be written.")
    })
}

fn read<T: serde::de::DeserializeOwned>(manifest: &ObjectManifest) -> Result<T, Problem> {
    serde_json::from_str(manifest.json()).map_err(|error| {
        tracing::error!(error = error_chain(&error), "a manifest that was kept cannot be read");
        Problem::new(ProblemKind::Internal, "The object that is there could not be read.")
    })
}
