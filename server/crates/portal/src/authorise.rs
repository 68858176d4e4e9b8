//! The one place that says who may do what. Deny by default; nothing is asked of a database here.

use klamm_model::{Actor, ActorKind, ClusterRef, PersonName, Scope, TeamName};

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// Somebody who signed in.
    Actor(&'a Actor),
    /// Whoever stands at the machine with the database's password: the command line. Manages people, looks at no cluster.
    Console,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Look at it.
    View,
    /// Make one.
    Create,
    /// Change it.
    Change,
    /// End it or take it away.
    Remove,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::View, Self::Create, Self::Change, Self::Remove];

    /// How `allowedActions` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
        }
    }

    fn scope(self) -> Scope {
        match self {
            Self::View => Scope::Read,
            Self::Create | Self::Change | Self::Remove => Scope::Write,
        }
    }
}

/// What kind of thing it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A cluster, its brokers and its numbers.
    Cluster,
    /// A topic.
    Topic,
    /// A consumer group and how far it is.
    Group,
    /// The list of what changed, live.
    Events,
    /// Somebody who may sign in.
    Person,
    /// A team and its members.
    Team,
    /// An API token.
    Token,
    /// A browser session.
    Session,
    /// The rules about what may be asked for.
    Policy,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Cluster,
        Self::Topic,
        Self::Group,
        Self::Events,
        Self::Person,
        Self::Team,
        Self::Token,
        Self::Session,
        Self::Policy,
    ];

    /// How the audit calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Topic => "topic",
            Self::Group => "group",
            Self::Events => "events",
            Self::Person => "person",
            Self::Team => "team",
            Self::Token => "token",
            Self::Session => "session",
            Self::Policy => "policy",
        }
    }
}

/// The thing itself, with all that a rule may want to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What kind of thing it is.
    pub kind: Kind,
    /// The cluster it is in or is.
    pub cluster: Option<ClusterRef>,
    /// The team it belongs to.
    pub team: Option<TeamName>,
    /// The person it belongs to.
    pub person: Option<PersonName>,
    /// Its name; empty for all of its kind.
    pub name: String,
}

impl Object {
    /// All clusters, or their changes.
    pub fn all(kind: Kind) -> Self {
        Self { kind, cluster: None, team: None, person: None, name: String::new() }
    }

    /// A cluster.
    pub fn cluster(cluster: &ClusterRef) -> Self {
        Self { cluster: Some(cluster.clone()), name: cluster.name.to_string(), ..Self::all(Kind::Cluster) }
    }

    /// A topic, which belongs to a team or to nobody.
    pub fn topic(cluster: &ClusterRef, name: &str, team: Option<&TeamName>) -> Self {
        Self { cluster: Some(cluster.clone()), team: team.cloned(), name: name.to_owned(), ..Self::all(Kind::Topic) }
    }

    /// A consumer group.
    pub fn group(cluster: &ClusterRef, id: &str) -> Self {
        Self { cluster: Some(cluster.clone()), name: id.to_owned(), ..Self::all(Kind::Group) }
    }

    /// A person.
    pub fn person(name: &PersonName) -> Self {
        Self { person: Some(name.clone()), name: name.to_string(), ..Self::all(Kind::Person) }
    }

    /// A team.
    pub fn team(name: &TeamName) -> Self {
        Self { team: Some(name.clone()), name: name.to_string(), ..Self::all(Kind::Team) }
    }

    /// Somebody's token, by id or label.
    pub fn token(owner: &PersonName, name: &str) -> Self {
        Self { person: Some(owner.clone()), name: name.to_owned(), ..Self::all(Kind::Token) }
    }

    /// Somebody's session.
    pub fn session(owner: &PersonName) -> Self {
        Self { person: Some(owner.clone()), name: owner.to_string(), ..Self::all(Kind::Session) }
    }
}

/// Proof that somebody may do one thing to one object. Only [`authorise`] makes it, and whatever changes something wants
/// to see it.
#[derive(Debug)]
pub struct Permit {
    by: By,
    action: Action,
    object: Object,
    rule: &'static str,
}

/// Who a permit was given to, as the audit names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Actor(PersonName, ActorKind),
    Console,
}

impl Permit {
    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// To what.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Which rule allowed it.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    pub(crate) fn by(&self) -> &By {
        &self.by
    }
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No rule allows it.
    #[error("no rule allows it")]
    NoRule,
    /// The token was not made for this.
    #[error("the token lacks the scope for it")]
    Scope,
    /// No token may do this, whatever its scopes: only somebody who signed in.
    #[error("only somebody who signed in may")]
    Session,
}

impl Denial {
    /// How the audit calls the rule.
    pub fn rule(self) -> &'static str {
        match self {
            Self::NoRule => "noRule",
            Self::Scope => "tokenScope",
            Self::Session => "sessionOnly",
        }
    }
}

/// Whether `asker` may do `action` to `object`.
///
/// Cluster, topic and group metadata, metrics, the catalogue and the rules are for everyone signed in; people, teams and tokens are managed
/// from the command line. Whoever signed in sees, makes and ends tokens of their own and ends their own session; no token does:
/// one that leaks must neither breed nor outlive its end. Everything else is denied.
pub fn authorise(asker: Asker<'_>, action: Action, object: Object) -> Result<Permit, Denial> {
    let (by, rule) = match asker {
        Asker::Console => (By::Console, console_rule(action, object.kind)),
        Asker::Actor(actor) => {
            if actor.kind == ActorKind::Token && is_for_sessions(object.kind) {
                return Err(Denial::Session);
            }
            if !actor.scopes.contains(&action.scope()) {
                return Err(Denial::Scope);
            }
            (By::Actor(actor.name.clone(), actor.kind), actor_rule(actor, action, &object))
        }
    };
    let rule = rule.ok_or(Denial::NoRule)?;
    Ok(Permit { by, action, object, rule })
}

fn actor_rule(actor: &Actor, action: Action, object: &Object) -> Option<&'static str> {
    let own = object.person.as_ref() == Some(&actor.name);
    match (object.kind, action) {
        (Kind::Cluster | Kind::Topic | Kind::Group | Kind::Events | Kind::Policy, Action::View) => Some("signedIn"),
        (Kind::Session, Action::Remove) | (Kind::Token, Action::View | Action::Create | Action::Remove) if own => {
            Some("own")
        }
        (
            Kind::Cluster
            | Kind::Topic
            | Kind::Group
            | Kind::Events
            | Kind::Person
            | Kind::Team
            | Kind::Token
            | Kind::Session
            | Kind::Policy,
            Action::View | Action::Create | Action::Change | Action::Remove,
        ) => None,
    }
}

/// Whether a thing is for those who signed in, and for no token.
fn is_for_sessions(kind: Kind) -> bool {
    match kind {
        Kind::Token | Kind::Session => true,
        Kind::Cluster | Kind::Topic | Kind::Group | Kind::Events | Kind::Person | Kind::Team | Kind::Policy => false,
    }
}

fn console_rule(action: Action, kind: Kind) -> Option<&'static str> {
    match (kind, action) {
        (Kind::Person | Kind::Team | Kind::Token, Action::View | Action::Create | Action::Change | Action::Remove) => {
            Some("console")
        }
        (
            Kind::Cluster | Kind::Topic | Kind::Group | Kind::Events | Kind::Session | Kind::Policy,
            Action::View | Action::Create | Action::Change | Action::Remove,
        ) => None,
    }
}

/// Names of what `actor` may do to `object`, for buttons.
pub(crate) fn allowed_actions(actor: &Actor, object: &Object) -> Vec<String> {
    allowed_of(Asker::Actor(actor), object, &Action::ALL)
}

/// The same, of these actions only.
pub(crate) fn allowed_of(asker: Asker<'_>, object: &Object, actions: &[Action]) -> Vec<String> {
    actions
        .iter()
        .filter(|action| authorise(asker, **action, object.clone()).is_ok())
        .map(|action| action.name().to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
