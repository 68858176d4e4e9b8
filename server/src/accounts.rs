//! `klamm user …` and `klamm token …`, on the database of the configuration.

use crate::{
    cli::{ConfigFile, TeamTokenCreate, Token, TokenCreate, User, UserAdd, UserDisable},
    load,
    people::{self, Newcomer},
    say,
    serve::open_store,
};
use anyhow::Context;
use klamm_portal::Asker;
use klamm_store::{Store, TeamRole};
use std::io::BufRead;
use zeroize::Zeroizing;

/// Does what was asked about people.
pub(crate) async fn user(command: User) -> anyhow::Result<()> {
    match command {
        User::Add(arguments) => add(arguments).await,
        User::List(file) => {
            let store = store(&file).await?;
            for person in people::console(&store).users(Asker::Console).await? {
                let state = if person.disabled_at.is_some() { "disabled" } else { "may sign in" };
                say(&format!("{}\t{state}", person.name))?;
            }
            Ok(())
        }
        User::Disable(UserDisable { name, file }) => {
            let store = store(&file).await?;
            people::console(&store).disable_user(Asker::Console, &name.parse()?).await?;
            say(&format!("{name} can no longer sign in"))
        }
    }
}

/// Does what was asked about tokens.
pub(crate) async fn token(command: Token) -> anyhow::Result<()> {
    let token = match command {
        Token::Create(TokenCreate { user, description, days, file }) => {
            people::new_token(&store(&file).await?, &user.parse()?, &description, days).await?
        }
        Token::CreateForTeam(TeamTokenCreate { team, description, days, file }) => {
            people::new_team_token(&store(&file).await?, &team.parse()?, &description, days).await?
        }
    };
    say(token.expose())
}

async fn add(arguments: UserAdd) -> anyhow::Result<()> {
    let newcomer = Newcomer {
        name: arguments.name.parse()?,
        roles: arguments.roles.into_iter().map(Into::into).collect(),
        teams: arguments
            .teams
            .iter()
            .map(|team| Ok((team.parse()?, TeamRole::Member)))
            .collect::<anyhow::Result<_>>()?,
    };
    let store = store(&arguments.file).await?;
    people::add(&store, &newcomer, &typed_password()?).await?;
    say(&format!("{} can sign in", newcomer.name))
}

/// The first line of standard input: never an argument, which everybody on the machine could read.
fn typed_password() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("read the password from standard input")?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn store(file: &ConfigFile) -> anyhow::Result<Store> {
    open_store(&load(file)?).await
}
