//! Signing in, and who a session or a token belongs to now.

use crate::audited::{chain, store_problem};
use crate::throttle::{RETRY_AFTER_SECONDS, Throttle};
use crate::tokens::state;
use crate::{Action, Asker, Object, Password, Portal};
use klamm_model::{
    Actor, ActorKind, PersonName, Problem, ProblemKind, Scope, TeamName, TeamRole, TokenId, TokenState, UnixMillis,
};
use klamm_store::{ApiToken, Attempt, AuditObject, AuditedAs, Decision, Outcome, Person, TokenDigest, TokenOwner};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// `last used` of a token is written at most this often.
const TOUCH_MILLIS: i64 = 60_000;

#[derive(Debug)]
pub(crate) struct SignInThrottles {
    /// Guesses at one account from one address.
    account: Throttle<(String, IpAddr)>,
    /// Guesses at any account from one address.
    address: Throttle<IpAddr>,
    /// Tokens that nobody has, from one address.
    tokens: Throttle<IpAddr>,
    /// Rows in the audit about one token that no longer works.
    token_audit: Throttle<TokenId>,
}

impl SignInThrottles {
    pub(crate) fn new() -> Self {
        Self {
            account: Throttle::new(5),
            address: Throttle::new(30),
            tokens: Throttle::new(30),
            token_audit: Throttle::new(1),
        }
    }
}

impl Portal {
    /// Signs somebody in who knows their password. The answer takes as long, and says the same, whether the name or the
    /// password is wrong.
    pub async fn sign_in(&self, name: &str, password: Password, from: IpAddr) -> Result<Actor, Problem> {
        let now = self.clock.now();
        let account = (name.chars().take(64).collect::<String>().to_lowercase(), from);
        if self.throttles.address.is_exhausted(&from, now) || self.throttles.account.take(&account, now).is_err() {
            tracing::warn!(source = %from, "too many attempts to sign in");
            return Err(too_many());
        }
        // Taken only now: a locked account does not use up the address of everybody behind the same proxy.
        let address = self.throttles.address.take(&from, now);
        if address.is_err() {
            return Err(too_many());
        }
        let person = self.person_with_password(name, password).await?;
        let Some(person) = person else {
            self.audit_failed_sign_in(name, from).await?;
            return Err(Problem::new(ProblemKind::WrongCredentials, "User name or password is wrong."));
        };
        self.throttles.account.forgive(&account);
        self.throttles.address.give_back(&from);
        let attempt = sign_in_attempt(person.name.as_str(), AuditedAs::Session, from, Decision::Allowed, "password");
        let id = self.store.audit_attempt(&attempt, now).await.map_err(store_problem)?;
        self.outcome(&id, Outcome::Done, None).await;
        Ok(session_actor(person))
    }

    async fn person_with_password(&self, name: &str, password: Password) -> Result<Option<Person>, Problem> {
        let name = PersonName::new(name).ok();
        let hash = match &name {
            Some(name) => self.store.password_hash(name).await.map_err(store_problem)?,
            None => None,
        };
        let fits = self.passwords.verify(password, hash).await.map_err(|error| {
            tracing::error!(error = chain(&error), "failed to check a password");
            Problem::new(ProblemKind::Internal, "The password could not be checked. Try again.")
        })?;
        match name {
            Some(name) if fits => Ok(self.enabled_person(&name).await?),
            _ => Ok(None),
        }
    }

    /// People type passwords into the field for the name: only names that exist are written down.
    async fn audit_failed_sign_in(&self, name: &str, from: IpAddr) -> Result<(), Problem> {
        let known = match PersonName::new(name) {
            Ok(name) => self.store.person(&name).await.map_err(store_problem)?.map(|person| person.name),
            Err(_) => None,
        };
        let (name, rule) = match &known {
            Some(name) => (name.as_str(), "password"),
            None => ("(unknown)", "unknownPerson"),
        };
        self.refused(&sign_in_attempt(name, AuditedAs::Nobody, from, Decision::Denied, rule)).await
    }

    /// Who a session belongs to, as they are now; nothing when they were disabled or removed.
    pub async fn actor_of_session(&self, name: &PersonName) -> Result<Option<Actor>, Problem> {
        Ok(self.enabled_person(name).await?.map(session_actor))
    }

    /// Who a bearer token belongs to, as they are now.
    pub async fn actor_of_token(&self, bearer: &str, from: IpAddr) -> Result<Actor, Problem> {
        let now = self.clock.now();
        if self.throttles.tokens.is_exhausted(&from, now) {
            return Err(too_many());
        }
        let Some(token) = self.store.token(&TokenDigest::of(bearer)).await.map_err(store_problem)? else {
            // Tokens cannot be guessed; this only bounds what a flood costs.
            let _flooded = self.throttles.tokens.take(&from, now);
            return Err(dead_token());
        };
        let scopes = token.scopes.clone();
        let actor = match &token.owner {
            TokenOwner::Person(name) => {
                self.enabled_person(name).await?.map(|person| actor(person, ActorKind::Token, scopes))
            }
            // It ends with the team, so the team is there.
            TokenOwner::Team(team) => Some(team_actor(team, scopes)),
        };
        let (Some(actor), None) = (actor, why_dead(&token, now)) else {
            return Err(self.refuse_token(&token, from, now).await?);
        };
        if token.last_used_at.is_none_or(|at| now.0 - at.0 >= TOUCH_MILLIS)
            && let Err(error) = self.store.touch_token(&token.id, now).await
        {
            tracing::warn!(token.id = token.id.as_str(), error = chain(&error), "failed to note the use of a token");
        }
        Ok(actor)
    }

    async fn refuse_token(&self, token: &ApiToken, from: IpAddr, now: UnixMillis) -> Result<Problem, Problem> {
        if self.throttles.token_audit.take(&token.id, now).is_ok() {
            let (actor, team) = match &token.owner {
                TokenOwner::Person(name) => (name.to_string(), None),
                TokenOwner::Team(team) => (PersonName::of_team(team).to_string(), Some(team.to_string())),
            };
            self.refused(&Attempt {
                actor,
                known_by: AuditedAs::Token,
                source: Some(from.to_string()),
                team,
                concerned: None,
                action: "useToken",
                object: AuditObject { kind: "token".to_owned(), namespace: None, name: token.id.to_string() },
                request: None,
                decision: Decision::Denied,
                rule: why_dead(token, now).unwrap_or("personDisabled"),
            })
            .await?;
        }
        Ok(dead_token())
    }

    /// Writes down that somebody signs out, before their session goes.
    pub async fn sign_out(&self, actor: &Actor, from: IpAddr) -> Result<(), Problem> {
        let permit = self.permit(Asker::Actor(actor), Action::Remove, Object::session(&actor.name), Some(from)).await?;
        self.audited(&permit, Some(from), async { Ok(()) }).await
    }

    async fn enabled_person(&self, name: &PersonName) -> Result<Option<Person>, Problem> {
        let person = self.store.person(name).await.map_err(store_problem)?;
        Ok(person.filter(|person| person.disabled_at.is_none()))
    }
}

fn why_dead(token: &ApiToken, now: UnixMillis) -> Option<&'static str> {
    match state(token, now) {
        TokenState::Working => None,
        TokenState::Expired => Some("tokenExpired"),
        TokenState::Revoked => Some("tokenRevoked"),
    }
}

fn dead_token() -> Problem {
    Problem::new(ProblemKind::Unauthenticated, "This token is not known, or has ended. Make a new one.")
}

fn too_many() -> Problem {
    let detail = format!("Too many attempts. Wait {RETRY_AFTER_SECONDS} seconds and try again.");
    Problem::new(ProblemKind::TooManyAttempts, detail)
}

fn session_actor(person: Person) -> Actor {
    actor(person, ActorKind::Session, BTreeSet::from([Scope::Read, Scope::Write]))
}

fn actor(person: Person, kind: ActorKind, scopes: BTreeSet<Scope>) -> Actor {
    let approves = person.teams.iter().filter(|(_, role)| **role == TeamRole::Approver);
    Actor {
        name: person.name,
        kind,
        roles: person.roles,
        approves: approves.map(|(team, _)| team.clone()).collect(),
        teams: person.teams.into_keys().collect(),
        scopes,
    }
}

/// A token of a team is a plain member of it, and nobody.
fn team_actor(team: &TeamName, scopes: BTreeSet<Scope>) -> Actor {
    Actor {
        name: PersonName::of_team(team),
        kind: ActorKind::TeamToken,
        roles: BTreeSet::new(),
        teams: BTreeSet::from([team.clone()]),
        approves: BTreeSet::new(),
        scopes,
    }
}

fn sign_in_attempt(name: &str, known_by: AuditedAs, from: IpAddr, decision: Decision, rule: &'static str) -> Attempt {
    Attempt {
        actor: name.to_owned(),
        known_by,
        source: Some(from.to_string()),
        team: None,
        concerned: None,
        action: "signIn",
        object: AuditObject { kind: "person".to_owned(), namespace: None, name: name.to_owned() },
        request: None,
        decision,
        rule,
    }
}

#[cfg(test)]
mod tests;
