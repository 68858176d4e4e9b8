//! The rules, one function for each kind of thing that needs more than a line.

use super::{Action, Audience, Denial, Kind, Object, Reach};
use klamm_model::{Actor, Role, TeamName, TeamRole};
use klamm_planner::policy::Reader;

/// The rule that lets an actor do it, or why none does.
pub(super) fn of_actor(actor: &Actor, action: Action, object: &Object) -> Result<&'static str, Denial> {
    let own = object.person.as_ref() == Some(&actor.name);
    match (object.kind, action) {
        (
            Kind::Cluster
            | Kind::Topic
            | Kind::Group
            | Kind::Finding
            | Kind::Operation
            | Kind::Events
            | Kind::Policy
            | Kind::Team,
            Action::View,
        ) => Ok("signedIn"),
        (Kind::Person, _) => person_rule(actor, action, object),
        (Kind::Member, Action::Create | Action::Remove) => member_rule(actor, object).ok_or(Denial::NoRule),
        (Kind::Session, Action::View | Action::Remove)
        | (Kind::Token, Action::View | Action::Create | Action::Remove)
            if own =>
        {
            Ok("own")
        }
        (Kind::Team, Action::Create | Action::Remove)
        | (Kind::Session, Action::View | Action::Remove)
        | (Kind::Webhook, Action::View | Action::Retry | Action::Test)
        | (Kind::Finding, Action::Acknowledge)
        | (Kind::Operation, Action::Pause | Action::Resume | Action::Cancel)
            if actor.is_operator() =>
        {
            Ok("operator")
        }
        (Kind::Token, _) if object.person.is_none() => token_rule(actor, action, object).ok_or(Denial::NoRule),
        (Kind::Credential, _) => credential_rule(actor, action, object).ok_or(Denial::NoRule),
        (Kind::Request, _) => request_rule(actor, action, object),
        (Kind::Audit, Action::View) => audit_rule(actor, object).ok_or(Denial::NoRule),
        (Kind::Message, Action::Reveal) => message_rule(actor, object).ok_or(Denial::NoRule),
        (Kind::Webhook, Action::View) if actor.roles.contains(&Role::Auditor) => Ok("auditor"),
        (
            Kind::Cluster
            | Kind::Topic
            | Kind::Group
            | Kind::Finding
            | Kind::Operation
            | Kind::Events
            | Kind::Team
            | Kind::Member
            | Kind::Token
            | Kind::Session
            | Kind::Policy
            | Kind::Audit
            | Kind::Webhook
            | Kind::Message,
            _,
        ) => Err(Denial::NoRule),
    }
}

fn is_member(actor: &Actor, team: Option<&TeamName>) -> bool {
    team.is_some_and(|team| actor.teams.contains(team))
}

/// Operators manage people; auditors see them all, everybody sees themselves.
fn person_rule(actor: &Actor, action: Action, object: &Object) -> Result<&'static str, Denial> {
    let own = object.person.as_ref() == Some(&actor.name);
    match action {
        Action::View if own => Ok("own"),
        Action::Remove if own => Err(Denial::Oneself),
        Action::View | Action::Create | Action::Change | Action::Remove if actor.is_operator() => Ok("operator"),
        Action::View if actor.roles.contains(&Role::Auditor) => Ok("auditor"),
        Action::View
        | Action::Create
        | Action::Change
        | Action::Remove
        | Action::Comment
        | Action::Approve
        | Action::Decline
        | Action::Cancel
        | Action::Retry
        | Action::Reveal
        | Action::Test
        | Action::Acknowledge
        | Action::Pause
        | Action::Resume => Err(Denial::NoRule),
    }
}

/// Operators say who is in which team and as what; approvers let members in and out, and no approver.
fn member_rule(actor: &Actor, object: &Object) -> Option<&'static str> {
    let approves = object.team.as_ref().is_some_and(|team| actor.approves.contains(team));
    if actor.is_operator() {
        Some("operator")
    } else {
        (approves && object.rank == Some(TeamRole::Member)).then_some("approver")
    }
}

fn request_rule(actor: &Actor, action: Action, object: &Object) -> Result<&'static str, Denial> {
    let Some(facts) = &object.request else {
        // The list: whoever signed in sees theirs in it.
        return if action == Action::View { Ok("signedIn") } else { Err(Denial::NoRule) };
    };
    let own = object.person.as_ref() == Some(&actor.name);
    let asks = is_member(actor, object.team.as_ref());
    let is_asked = facts.deciders.contains(&actor.name);
    let concern = match facts.audience {
        Audience::Writer => own.then_some("own"),
        Audience::Concerned if own => Some("own"),
        Audience::Concerned if asks || is_member(actor, Some(&facts.owner)) => Some("teamMember"),
        Audience::Concerned if is_asked => Some("asked"),
        Audience::Concerned if actor.is_operator() => Some("operator"),
        Audience::Concerned if actor.roles.contains(&Role::Auditor) => Some("auditor"),
        Audience::Concerned => None,
    };
    // A whole cluster is everybody's: whichever team it is asked for, operators ask.
    let asks = asks && facts.reach == Reach::Team;
    match action {
        Action::View => concern.ok_or(Denial::NoRule),
        Action::Create if asks => Ok("teamMember"),
        Action::Create if actor.is_operator() => Ok("operator"),
        Action::Change | Action::Cancel if own => Ok("own"),
        // Who asked may be gone, or no person at all: a workload whose annotations ask.
        Action::Cancel if facts.audience == Audience::Concerned && asks => Ok("teamMember"),
        Action::Cancel | Action::Retry if facts.audience == Audience::Concerned && actor.is_operator() => {
            Ok("operator")
        }
        Action::Retry if facts.reach == Reach::Cluster => Err(Denial::NoRule),
        Action::Comment | Action::Retry => match concern {
            Some("auditor") | None => Err(Denial::NoRule),
            Some(rule) => Ok(rule),
        },
        Action::Approve | Action::Decline if own => Err(Denial::OwnRequest),
        Action::Approve | Action::Decline if concern.is_none() => Err(Denial::NotAsked),
        Action::Approve | Action::Decline if is_asked => Ok("asked"),
        Action::Approve | Action::Decline => Err(Denial::NotAsked),
        Action::Create
        | Action::Change
        | Action::Remove
        | Action::Cancel
        | Action::Reveal
        | Action::Test
        | Action::Acknowledge
        | Action::Pause
        | Action::Resume => Err(Denial::NoRule),
    }
}

/// Whose it is sees and is shown it; operators see that there is one, and no password of a team's.
fn credential_rule(actor: &Actor, action: Action, object: &Object) -> Option<&'static str> {
    let own = is_member(actor, object.team.as_ref());
    match action {
        // The list: whoever signed in sees theirs in it.
        Action::View if object.cluster.is_none() => Some("signedIn"),
        Action::View | Action::Reveal if own => Some("teamMember"),
        Action::View if actor.is_operator() => Some("operator"),
        Action::View
        | Action::Create
        | Action::Change
        | Action::Remove
        | Action::Comment
        | Action::Approve
        | Action::Decline
        | Action::Cancel
        | Action::Retry
        | Action::Reveal
        | Action::Test
        | Action::Acknowledge
        | Action::Pause
        | Action::Resume => None,
    }
}

/// Whom the rules of the environment name, and nobody else: what they do not say is no.
fn message_rule(actor: &Actor, object: &Object) -> Option<&'static str> {
    object.readers.iter().find_map(|reader| match reader {
        Reader::OwnerTeam => is_member(actor, object.team.as_ref()).then_some("teamMember"),
        Reader::Operators => actor.is_operator().then_some("operator"),
        Reader::Team(team) => is_member(actor, Some(team)).then_some("namedTeam"),
    })
}

/// All of it without a team, that of a team with one.
fn audit_rule(actor: &Actor, object: &Object) -> Option<&'static str> {
    if actor.is_operator() {
        Some("operator")
    } else if actor.roles.contains(&Role::Auditor) {
        Some("auditor")
    } else {
        is_member(actor, object.team.as_ref()).then_some("teamMember")
    }
}

/// Tokens of a team: its approvers and operators make and end them, its members and auditors see that they are there.
fn token_rule(actor: &Actor, action: Action, object: &Object) -> Option<&'static str> {
    let team = object.team.as_ref()?;
    match action {
        Action::View | Action::Create | Action::Remove if actor.is_operator() => Some("operator"),
        Action::View | Action::Create | Action::Remove if actor.approves.contains(team) => Some("approver"),
        Action::View if actor.teams.contains(team) => Some("teamMember"),
        Action::View if actor.roles.contains(&Role::Auditor) => Some("auditor"),
        Action::View
        | Action::Create
        | Action::Change
        | Action::Remove
        | Action::Comment
        | Action::Approve
        | Action::Decline
        | Action::Cancel
        | Action::Retry
        | Action::Reveal
        | Action::Test
        | Action::Acknowledge
        | Action::Pause
        | Action::Resume => None,
    }
}

/// Whether something is for people alone, whoever's token it is.
pub(super) fn is_for_people(action: Action) -> bool {
    match action {
        Action::Approve | Action::Decline | Action::Reveal => true,
        Action::View
        | Action::Create
        | Action::Change
        | Action::Remove
        | Action::Comment
        | Action::Cancel
        | Action::Retry
        | Action::Test
        | Action::Acknowledge
        | Action::Pause
        | Action::Resume => false,
    }
}

/// Whether something is for those who signed in, and for no token: one that leaks would breed.
pub(super) fn is_for_sessions(action: Action, kind: Kind) -> bool {
    match kind {
        Kind::Token | Kind::Session => true,
        Kind::Person => matches!(action, Action::Create | Action::Change),
        Kind::Cluster
        | Kind::Topic
        | Kind::Group
        | Kind::Finding
        | Kind::Operation
        | Kind::Events
        | Kind::Team
        | Kind::Member
        | Kind::Policy
        | Kind::Credential
        | Kind::Request
        | Kind::Audit
        | Kind::Webhook
        | Kind::Message => false,
    }
}

/// The rule that lets the command line do it.
pub(super) fn of_console(action: Action, kind: Kind) -> Option<&'static str> {
    match (kind, action) {
        (Kind::Person | Kind::Team | Kind::Token, Action::View | Action::Create | Action::Change | Action::Remove) => {
            Some("console")
        }
        (Kind::Member, Action::Create | Action::Remove) => Some("console"),
        (
            Kind::Person
            | Kind::Team
            | Kind::Member
            | Kind::Token
            | Kind::Cluster
            | Kind::Topic
            | Kind::Group
            | Kind::Finding
            | Kind::Operation
            | Kind::Events
            | Kind::Session
            | Kind::Policy
            | Kind::Credential
            | Kind::Request
            | Kind::Audit
            | Kind::Webhook
            | Kind::Message,
            _,
        ) => None,
    }
}
