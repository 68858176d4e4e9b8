//! Credentials: whose they are, whether they work, and, once for every password, the password itself.

mod snippets;
mod uses;

use crate::{
    Action, Asker, Kind, Object, ObservedCluster, Portal,
    audited::store_problem,
    authorise::allowed_of,
    portal::look,
    views::paging::{self, Item, Sort, Wanted},
};
use k8s_openapi::api::core::v1::Secret;
use klamm_model::{
    Actor, ClusterRef, CredentialGrant, CredentialState, CredentialView, Namespace, ObjectName, Page, PageRequest,
    PreviousUser, Problem, ProblemKind, Revealed, TeamName, TopicSort, error_chain,
};
use klamm_monitor::{Readiness, UserObject, reminders};
use klamm_resources::{KEY_PASSWORD, KEY_USERNAME, NamePattern};
use klamm_store::{RevealRow, StoreError};
use kube::Api;
use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Arc};
use zeroize::Zeroizing;

/// A KafkaUser where it was found.
struct Found {
    seen: Arc<ObservedCluster>,
    namespace: Namespace,
    name: ObjectName,
    user: Arc<UserObject>,
}

/// A credential with its password: the only time that Klamm shows it to anybody.
pub struct RevealedCredential {
    /// The user as Kafka knows it.
    pub username: String,
    /// Where clients begin.
    pub bootstrap_servers: String,
    password: Zeroizing<String>,
    snippets: BTreeMap<&'static str, Zeroizing<String>>,
}

impl RevealedCredential {
    /// The password, for a member of the owning team.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// What to write into which client, by its name; passwords included.
    pub fn snippets(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.snippets.iter().map(|(name, text)| (*name, text.as_str()))
    }
}

/// What stands in snippets in place of a password.
const STANDS_HERE: &str = "PASSWORD_STANDS_HERE";

/// What to write into clients of a credential, without its password.
#[derive(Clone, Debug)]
pub struct CredentialSnippets {
    /// Where clients begin.
    pub bootstrap_servers: String,
    /// What stands where the password goes.
    pub password: &'static str,
    /// By the name of the client.
    pub snippets: BTreeMap<&'static str, String>,
}

impl fmt::Debug for RevealedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealedCredential").field("username", &self.username).finish_non_exhaustive()
    }
}

impl Portal {
    /// One page of the credentials that the caller may see, by namespace and name.
    pub async fn credential_page(&self, actor: &Actor, request: &PageRequest) -> Result<Page<CredentialView>, Problem> {
        look(actor, Object::all(Kind::Credential))?;
        let reveals = self.store.reveals().await.map_err(store_problem)?;
        let wanted = request.search.as_deref().map(str::to_ascii_lowercase).unwrap_or_default();
        let team = request.team.as_deref().filter(|team| !team.is_empty());
        let items = self
            .credentials()
            .into_iter()
            .filter(|found| look(actor, self.object(found)).is_ok())
            .map(|found| self.credential_view(actor, &found, &reveals))
            .filter(|view| format!("{}.{}", view.namespace, view.name).contains(&wanted))
            .filter(|view| team.is_none_or(|team| view.team.as_ref().is_some_and(|own| own.as_str() == team)))
            .map(|view| Item {
                key: None,
                name: format!("{}.{} {}", view.namespace, view.name, view.cluster),
                value: view,
            })
            .collect();
        if request.sort != TopicSort::NAME {
            return Err(paging::invalid("sort: this list can only be sorted by name"));
        }
        let (order, limit, cursor) = (request.order, request.limit, request.cursor.as_deref());
        paging::cut(items, &Wanted { sort: request.sort, order, limit, cursor })
    }

    /// A credential, to whom it concerns.
    pub async fn credential(&self, actor: &Actor, id: &str) -> Result<CredentialView, Problem> {
        let found = self.found(actor, id)?;
        let reveals = self.store.reveals().await.map_err(store_problem)?;
        Ok(self.credential_view(actor, &found, &reveals))
    }

    /// What to write into its clients, without the password, to whom it concerns; none while it waits, or where its cluster has
    /// no listener where clients sign in.
    pub fn credential_snippets(&self, actor: &Actor, id: &str) -> Result<Option<CredentialSnippets>, Problem> {
        let found = self.found(actor, id)?;
        let told = &found.user.told;
        let (Some(username), Some(secret), Some(door)) =
            (&found.user.username, &told.secret, found.seen.declared.doors.first())
        else {
            return Ok(None);
        };
        let about = snippets::About {
            username,
            password: STANDS_HERE,
            servers: &door.servers,
            protocol: door.protocol,
            secret,
            namespace: &found.namespace,
            grants: &told.grants,
        };
        let snippets = about.all().into_iter().map(|(name, text)| (name, text.to_string())).collect();
        Ok(Some(CredentialSnippets { bootstrap_servers: door.servers.clone(), password: STANDS_HERE, snippets }))
    }

    /// Shows the password, once: to a member of the team, written down before it is read.
    pub async fn reveal_credential(
        &self,
        actor: &Actor,
        id: &str,
        from: Option<IpAddr>,
    ) -> Result<RevealedCredential, Problem> {
        let found = self.found(actor, id)?;
        let permit = self.permit(Asker::Actor(actor), Action::Reveal, self.object(&found), from).await?;
        self.during(&permit, from, self.reveal(actor, &found)).await
    }

    async fn reveal(&self, actor: &Actor, found: &Found) -> Result<RevealedCredential, Problem> {
        let told = &found.user.told;
        let not_yet = || {
            let detail = "There is no password yet: the credential waits. It says for what.";
            Problem::new(ProblemKind::Conflict, detail)
        };
        let (Some(secret_name), Some(version)) = (&told.secret, told.version) else { return Err(not_yet()) };
        if told.readiness != Readiness::Ready {
            return Err(not_yet());
        }
        let door = found.seen.declared.doors.first().ok_or_else(|| {
            let detail = format!("Cluster {} has no listener where clients sign in.", found.seen.inventory.cluster);
            Problem::new(ProblemKind::Conflict, detail)
        })?;
        let secret = self.secret(&found.namespace, secret_name).await?;
        let text = |key: &str| -> Result<Zeroizing<String>, Problem> {
            let bytes = secret.data.as_ref().and_then(|data| data.get(key)).ok_or_else(not_yet)?;
            String::from_utf8(bytes.0.clone()).map(Zeroizing::new).map_err(|_| not_yet())
        };
        let (username, password) = (text(KEY_USERNAME)?.to_string(), text(KEY_PASSWORD)?);
        match self.store.add_reveal(&told.uid, version, &actor.name, self.now()).await {
            Ok(()) => {}
            Err(StoreError::Exists { .. }) => {
                let detail = "This password was shown already, and is shown once. Rotate the credential to get another one, \
                              or mount its Secret.";
                return Err(Problem::new(ProblemKind::Gone, detail));
            }
            Err(error) => return Err(store_problem(error)),
        }
        let about = snippets::About {
            username: &username,
            password: &password,
            servers: &door.servers,
            protocol: door.protocol,
            secret: secret_name,
            namespace: &found.namespace,
            grants: &told.grants,
        };
        let snippets = about.all();
        Ok(RevealedCredential { bootstrap_servers: door.servers.clone(), username, password, snippets })
    }

    async fn secret(&self, namespace: &Namespace, name: &str) -> Result<Secret, Problem> {
        let away =
            || Problem::new(ProblemKind::Unavailable, "Kubernetes does not answer just now. Try again in a moment.");
        let client = self.kubernetes.get().ok_or_else(away)?;
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace.as_str());
        secrets.get(name).await.map_err(|error| {
            tracing::warn!(%namespace, secret = name, error = error_chain(&error), "a Secret could not be read");
            away()
        })
    }

    fn credentials(&self) -> Vec<Found> {
        let declarations = self.observations.declarations();
        let mut all = Vec::new();
        for seen in self.observations.clusters() {
            let users = declarations.users(&seen.inventory.cluster).into_iter();
            all.extend(users.map(|((namespace, name), user)| Found { seen: Arc::clone(&seen), namespace, name, user }));
        }
        all
    }

    /// Names of a team's credentials, as `<namespace>.<name>`.
    pub(crate) fn credentials_of(&self, team: &TeamName) -> Vec<String> {
        let declarations = self.observations.declarations();
        let own =
            self.credentials().into_iter().filter(|found| declarations.team(&found.namespace).as_ref() == Some(team));
        own.map(|found| format!("{}.{}", found.namespace, found.name)).collect()
    }

    /// The id of a credential of a cluster by its name, `<namespace>.<name>`.
    pub(crate) fn credential_named(&self, actor: &Actor, cluster: &ClusterRef, name: &str) -> Option<String> {
        let is_it = |found: &Found| {
            found.seen.inventory.cluster == *cluster && format!("{}.{}", found.namespace, found.name) == name
        };
        let found = self.credentials().into_iter().find(is_it)?;
        look(actor, self.object(&found)).ok().map(|()| found.user.told.uid.clone())
    }

    /// To whoever may not see it, it does not exist.
    fn found(&self, actor: &Actor, id: &str) -> Result<Found, Problem> {
        let found = self.credentials().into_iter().find(|found| found.user.told.uid == id);
        found
            .filter(|found| look(actor, self.object(found)).is_ok())
            .ok_or_else(|| Problem::new(ProblemKind::NotFound, "There is no such credential."))
    }

    fn object(&self, found: &Found) -> Object {
        let team = self.observations.declarations().team(&found.namespace);
        Object::credential(&found.seen.inventory.cluster, team.as_ref(), &format!("{}.{}", found.namespace, found.name))
    }

    fn credential_view(
        &self,
        actor: &Actor,
        found: &Found,
        reveals: &BTreeMap<(String, i64), RevealRow>,
    ) -> CredentialView {
        let told = &found.user.told;
        let object = self.object(found);
        let revealed = told.version.and_then(|version| reveals.get(&(told.uid.clone(), version)));
        let is_ready = told.readiness == Readiness::Ready;
        let actions: &[Action] =
            if is_ready && revealed.is_none() { &[Action::View, Action::Reveal] } else { &[Action::View] };
        let (state, message) = match &told.readiness {
            Readiness::Ready => (CredentialState::Ready, None),
            Readiness::NotReady { reason, message } => (CredentialState::Waiting, Some(format!("{reason}: {message}"))),
            Readiness::Unknown => (CredentialState::Unknown, None),
        };
        CredentialView {
            id: told.uid.clone(),
            namespace: found.namespace.clone(),
            name: found.name.clone(),
            cluster: found.seen.inventory.cluster.clone(),
            allowed_actions: allowed_of(Asker::Actor(actor), &object, actions),
            team: object.team,
            username: found.user.username.clone(),
            grants: told
                .grants
                .iter()
                .map(|grant| CredentialGrant {
                    topic: grant.topic.clone(),
                    pattern: match grant.pattern {
                        NamePattern::Literal => "literal",
                        NamePattern::Prefixed => "prefixed",
                    }
                    .to_owned(),
                    access: grant.access.name().to_owned(),
                    groups: grant.groups.clone(),
                })
                .collect(),
            state,
            message,
            secret: told.secret.clone(),
            version: told.version,
            revealed: revealed.map(|row| Revealed { by: row.person.clone(), at: row.at }),
            previous: told.previous.clone().map(|(username, until)| PreviousUser { username, until }),
            workload: told.injected_for.clone(),
            reminders: reminders(
                self.observations.declarations(),
                &found.seen.inventory.cluster,
                (&found.namespace, &found.name),
                &found.user,
                self.now(),
            ),
            created_at: told.created_at,
        }
    }
}
