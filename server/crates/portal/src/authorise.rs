//! The one place that says who may do what. Deny by default; nothing is asked of a database here.

mod object;
mod rules;

pub use object::{Audience, Object, Reach, RequestFacts};

use klamm_model::{Actor, ActorKind, PersonName, RequestId, Scope};

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
    /// Say something about it.
    Comment,
    /// Agree to it.
    Approve,
    /// Say no to it.
    Decline,
    /// Take it back.
    Cancel,
    /// Have it tried again.
    Retry,
    /// Be shown what is secret of it.
    Reveal,
    /// See whether it works.
    Test,
    /// Say that one knows of it.
    Acknowledge,
    /// Have it stop for now.
    Pause,
    /// Have it go on.
    Resume,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::View,
        Self::Create,
        Self::Change,
        Self::Remove,
        Self::Comment,
        Self::Approve,
        Self::Decline,
        Self::Cancel,
        Self::Retry,
        Self::Reveal,
        Self::Test,
        Self::Acknowledge,
        Self::Pause,
        Self::Resume,
    ];

    /// How `allowedActions` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Comment => "comment",
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Reveal => "reveal",
            Self::Test => "test",
            Self::Acknowledge => "acknowledge",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    fn scope(self) -> Scope {
        match self {
            Self::View => Scope::Read,
            Self::Create
            | Self::Change
            | Self::Remove
            | Self::Comment
            | Self::Approve
            | Self::Decline
            | Self::Cancel
            | Self::Retry
            | Self::Reveal
            | Self::Test
            | Self::Acknowledge
            | Self::Pause
            | Self::Resume => Scope::Write,
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
    /// Something that is wrong with a cluster.
    Finding,
    /// A change of a whole cluster.
    Operation,
    /// The list of what changed, live.
    Events,
    /// Somebody who may sign in.
    Person,
    /// A team.
    Team,
    /// Being in a team.
    Member,
    /// An API token.
    Token,
    /// A browser session.
    Session,
    /// The rules about what may be asked for.
    Policy,
    /// A Kafka user with its password.
    Credential,
    /// A wish that people decide about.
    Request,
    /// What people tried.
    Audit,
    /// A program elsewhere that is told of requests, and the messages to it.
    Webhook,
    /// The records of a topic.
    Message,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Cluster,
        Self::Topic,
        Self::Group,
        Self::Finding,
        Self::Operation,
        Self::Events,
        Self::Person,
        Self::Team,
        Self::Member,
        Self::Token,
        Self::Session,
        Self::Policy,
        Self::Credential,
        Self::Request,
        Self::Audit,
        Self::Webhook,
        Self::Message,
    ];

    /// How the audit calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Topic => "topic",
            Self::Group => "group",
            Self::Finding => "finding",
            Self::Operation => "operation",
            Self::Events => "events",
            Self::Person => "person",
            Self::Team => "team",
            Self::Member => "member",
            Self::Token => "token",
            Self::Session => "session",
            Self::Policy => "policy",
            Self::Credential => "credential",
            Self::Request => "request",
            Self::Audit => "audit",
            Self::Webhook => "webhook",
            Self::Message => "message",
        }
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

    /// The same for a request that has got its id.
    pub(crate) fn of_request(mut self, id: &RequestId) -> Self {
        if let Some(facts) = &mut self.object.request {
            facts.id = Some(id.clone());
        }
        self
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
    /// Nobody decides about what they asked for themselves.
    #[error("nobody decides about a request of their own")]
    OwnRequest,
    /// Others are asked.
    #[error("others are asked to decide")]
    NotAsked,
    /// A team's token asks, and decides nothing.
    #[error("a team's token decides nothing")]
    TeamToken,
    /// Nobody shuts themselves out.
    #[error("nobody shuts themselves out")]
    Oneself,
}

impl Denial {
    /// How the audit calls the rule.
    pub fn rule(self) -> &'static str {
        match self {
            Self::NoRule => "noRule",
            Self::Scope => "tokenScope",
            Self::Session => "sessionOnly",
            Self::OwnRequest => "ownRequest",
            Self::NotAsked => "notAsked",
            Self::TeamToken => "teamToken",
            Self::Oneself => "oneself",
        }
    }
}

/// Whether `asker` may do `action` to `object`.
///
/// Cluster, topic and group metadata, metrics, the catalogue, the rules and who is in which team are for everyone signed in.
/// Operators manage people and teams, and so does the command line; approvers let plain members into their team. Nobody shuts
/// themselves out. Credentials are seen by their team and by operators, and revealed to their team alone. Whoever signed in sees, makes
/// and ends tokens of their own, sees and ends sessions of their own, and operators those of others; no token does, and none
/// makes people or gives them roles; a team's token, made by its approvers and operators, looks and asks and decides nothing: one that leaks must neither breed nor outlive its end. Members ask for their teams, operators for any; a request is seen by
/// those whom it concerns and decided by those who are asked, never by whoever wrote it. A team reads its part of the audit,
/// auditors and operators all of it. Webhooks are seen by auditors and operators; operators send again, and send tests.
/// Messages are read by whom the rules of the environment name, and by nobody where they name nobody: not even by operators.
/// What is wrong with clusters is for everyone signed in, and operators say that they know of it. So are operations and plans of
/// them, and operators ask for them, pause them, have them go on and cancel them.
/// Everything else is denied.
pub fn authorise(asker: Asker<'_>, action: Action, object: Object) -> Result<Permit, Denial> {
    let (by, rule) = match asker {
        Asker::Console => (By::Console, rules::of_console(action, object.kind).ok_or(Denial::NoRule)),
        Asker::Actor(actor) => {
            if actor.kind != ActorKind::Session && rules::is_for_sessions(action, object.kind) {
                return Err(Denial::Session);
            }
            if actor.kind == ActorKind::TeamToken && rules::is_for_people(action) {
                return Err(Denial::TeamToken);
            }
            if !actor.scopes.contains(&action.scope()) {
                return Err(Denial::Scope);
            }
            (By::Actor(actor.name.clone(), actor.kind), rules::of_actor(actor, action, &object))
        }
    };
    Ok(Permit { by, action, rule: rule?, object })
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
