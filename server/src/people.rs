//! People and tokens as the console makes them: for `klamm user`, `klamm token` and the demo.

use anyhow::Context;
use klamm_model::{PersonName, ProblemKind, Role, Scope, TeamName, UnixMillis};
pub(crate) use klamm_portal::random_password;
use klamm_portal::{Asker, Clock, IssuedToken, NewUser, NothingObserved, Password, Portal, TokenRequest, TokenWish};
use klamm_store::{Store, TeamRole, TokenDigest};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Somebody to be let in.
pub(crate) struct Newcomer {
    pub(crate) name: PersonName,
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) teams: Vec<(TeamName, TeamRole)>,
}

/// A portal for the console: it manages people and looks at no cluster.
pub(crate) fn console(store: &Store) -> Arc<Portal> {
    Portal::new(store.clone(), Arc::new(NothingObserved::default()), Clock::system())
}

/// Lets somebody in, and makes the teams they belong to where they are missing.
pub(crate) async fn add(store: &Store, newcomer: &Newcomer, password: &str) -> anyhow::Result<()> {
    let portal = console(store);
    let user = NewUser {
        name: newcomer.name.clone(),
        password: Password::new(password.to_owned()),
        roles: newcomer.roles.clone(),
    };
    portal.add_user(Asker::Console, user).await?;
    for (team, role) in &newcomer.teams {
        match portal.add_team(Asker::Console, team).await {
            Ok(()) => {}
            Err(problem) if problem.kind == ProblemKind::Conflict => {}
            Err(problem) => return Err(problem).with_context(|| format!("add the team {team}")),
        }
        portal.set_team_member(Asker::Console, team, &newcomer.name, *role).await?;
    }
    Ok(())
}

/// The same, for somebody who may be there already.
pub(crate) async fn add_unless_there(store: &Store, newcomer: &Newcomer, password: &str) -> anyhow::Result<()> {
    if store.person(&newcomer.name).await?.is_none() {
        add(store, newcomer, password).await?;
    }
    Ok(())
}

/// Makes a token for everything its owner may do.
pub(crate) async fn new_token(
    store: &Store,
    person: &PersonName,
    label: &str,
    days: u16,
) -> anyhow::Result<IssuedToken> {
    let request = TokenRequest {
        person: person.clone(),
        label: label.to_owned(),
        scopes: BTreeSet::from([Scope::Read, Scope::Write]),
        lives: Duration::from_hours(24 * u64::from(days)),
    };
    Ok(console(store).create_token(Asker::Console, request, None).await?)
}

/// Makes a token of a team, for everything that one may do.
pub(crate) async fn new_team_token(
    store: &Store,
    team: &TeamName,
    label: &str,
    days: u16,
) -> anyhow::Result<IssuedToken> {
    let wish = TokenWish {
        label: label.to_owned(),
        scopes: BTreeSet::from([Scope::Read, Scope::Write]),
        lives: Duration::from_hours(24 * u64::from(days)),
    };
    let portal = console(store);
    let id = portal.new_token_id()?;
    Ok(portal.create_team_token(Asker::Console, team, (id, wish), None).await?)
}

/// Whether a token still opens the door.
pub(crate) async fn token_is_good(store: &Store, token: &str) -> anyhow::Result<bool> {
    if token.is_empty() {
        return Ok(false);
    }
    let now = UnixMillis(jiff::Timestamp::now().as_millisecond());
    let found = store.token(&TokenDigest::of(token)).await?;
    Ok(found.is_some_and(|token| token.revoked_at.is_none() && token.expires_at > now))
}
