//! People, as operators manage them over pages and the API.

use crate::{
    Action, Asker, Kind, Object, Password, Portal,
    audited::store_problem,
    authorise::allowed_of,
    password::random_password,
    portal::{given, look},
    views::paging,
};
use klamm_model::{
    Actor, Membership, Page, PageRequest, PersonName, PersonView, Problem, ProblemKind, Role, TeamRole, TopicSort,
};
use klamm_store::{NewPerson, Person};
use std::{collections::BTreeSet, fmt, net::IpAddr};
use zeroize::Zeroizing;

/// Somebody who is to be let in.
#[derive(Clone, Debug)]
pub struct PersonWish {
    /// The user name.
    pub name: PersonName,
    /// Their first password; Klamm makes one where nobody says.
    pub password: Option<Password>,
    /// Roles that hold everywhere.
    pub roles: BTreeSet<Role>,
}

/// What is to be other about somebody; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// Roles that hold everywhere.
    pub roles: Option<BTreeSet<Role>>,
    /// Whether they may sign in.
    pub standing: Option<Standing>,
}

/// Whether somebody may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may.
    Enabled,
    /// They may not, and neither may their tokens.
    Disabled,
}

/// Somebody's new password: shown once where Klamm made it, and never where it was typed.
pub struct IssuedPassword {
    /// Whose it is.
    pub view: PersonView,
    made: Option<Zeroizing<String>>,
}

impl IssuedPassword {
    /// The password that Klamm made, for whoever hands it over.
    pub fn made(&self) -> Option<&str> {
        self.made.as_deref().map(String::as_str)
    }
}

impl fmt::Debug for IssuedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedPassword").field("person", &self.view.name).finish_non_exhaustive()
    }
}

impl Portal {
    /// One page of everybody, by name; for those who may see them.
    pub async fn person_page(&self, actor: &Actor, request: &PageRequest) -> Result<Page<PersonView>, Problem> {
        look(actor, Object::all(Kind::Person))?;
        if request.sort != TopicSort::Name {
            return Err(paging::invalid("sort: this list can only be sorted by name"));
        }
        let wanted = given(request.search.as_deref()).map(str::to_lowercase).unwrap_or_default();
        let people = self.store.people().await.map_err(store_problem)?.into_iter();
        let found = people.filter(|person| person.name.as_str().to_lowercase().contains(&wanted));
        paging::by_name(found.map(|person| view(actor, &person)), request, |person| person.name.to_string())
    }

    /// Somebody. To those who may not see people, there is nobody but themselves.
    pub async fn person(&self, actor: &Actor, name: &PersonName) -> Result<PersonView, Problem> {
        look(actor, Object::person(name)).map_err(|_| no_such(name))?;
        Ok(view(actor, &self.somebody(name).await?))
    }

    /// Lets somebody in.
    pub async fn create_person(
        &self,
        actor: &Actor,
        wish: PersonWish,
        from: Option<IpAddr>,
    ) -> Result<IssuedPassword, Problem> {
        let permit = self.permit(Asker::Actor(actor), Action::Create, Object::person(&wish.name), from).await?;
        let PersonWish { name, password, roles } = wish;
        let (password, made) = typed_or_made(password);
        self.telling(&permit, from, async {
            check_name(&name)?;
            password.check_new()?;
            let hash = self.hash(password).await?;
            let person = NewPerson { name: name.clone(), password: Some(hash), roles: roles.clone() };
            self.store.add_person(&person, self.now()).await.map_err(store_problem)?;
            Ok(Some(format!("with {}", words(&roles))))
        })
        .await?;
        Ok(IssuedPassword { view: self.person(actor, &name).await?, made })
    }

    /// Changes what somebody may do everywhere, and whether they may sign in. Both end their sessions.
    pub async fn change_person(
        &self,
        actor: &Actor,
        name: &PersonName,
        change: &PersonChange,
        from: Option<IpAddr>,
    ) -> Result<PersonView, Problem> {
        let object = || Object::person(name);
        // What they may not do is refused before anything is done.
        let to_change = match (&change.roles, change.standing) {
            (Some(_), _) | (None, Some(Standing::Enabled)) => {
                Some(self.permit(Asker::Actor(actor), Action::Change, object(), from).await?)
            }
            (None, Some(Standing::Disabled) | None) => None,
        };
        let to_shut_out = match change.standing {
            Some(Standing::Disabled) => Some(self.permit(Asker::Actor(actor), Action::Remove, object(), from).await?),
            Some(Standing::Enabled) | None => None,
        };
        if let Some(permit) = to_change {
            self.telling(&permit, from, self.set_roles_and_let_in(name, change)).await?;
        }
        if let Some(permit) = to_shut_out {
            self.telling(&permit, from, async {
                self.store.disable_person(name, self.now()).await.map_err(store_problem)?;
                Ok(Some("may no longer sign in".to_owned()))
            })
            .await?;
        }
        self.person(actor, name).await
    }

    /// What is other than before, in words; what is so already is left alone, so that nobody is signed out for it.
    async fn set_roles_and_let_in(&self, name: &PersonName, change: &PersonChange) -> Result<Option<String>, Problem> {
        let before = self.somebody(name).await?;
        let mut told = Vec::new();
        if let Some(roles) = change.roles.as_ref().filter(|roles| **roles != before.roles) {
            self.store.set_roles(name, roles).await.map_err(store_problem)?;
            told.push(format!("{}, before {}", words(roles), words(&before.roles)));
        }
        if change.standing == Some(Standing::Enabled) && before.disabled_at.is_some() {
            self.store.enable_person(name).await.map_err(store_problem)?;
            told.push("may sign in again".to_owned());
        }
        Ok(Some(told.join("; ")).filter(|told| !told.is_empty()))
    }

    /// Gives somebody another password and ends their sessions: for those who have forgotten theirs.
    pub async fn replace_password(
        &self,
        actor: &Actor,
        name: &PersonName,
        password: Option<Password>,
        from: Option<IpAddr>,
    ) -> Result<IssuedPassword, Problem> {
        let permit = self.permit(Asker::Actor(actor), Action::Change, Object::person(name), from).await?;
        let (password, made) = typed_or_made(password);
        self.telling(&permit, from, async {
            password.check_new()?;
            let hash = self.hash(password).await?;
            self.store.set_password(name, &hash).await.map_err(store_problem)?;
            Ok(Some("another password".to_owned()))
        })
        .await?;
        Ok(IssuedPassword { view: self.person(actor, name).await?, made })
    }

    pub(crate) async fn somebody(&self, name: &PersonName) -> Result<Person, Problem> {
        self.store.person(name).await.map_err(store_problem)?.ok_or_else(|| no_such(name))
    }
}

/// Names that are said of others than people: in the audit, and as who asks for things.
pub(super) fn check_name(name: &PersonName) -> Result<(), Problem> {
    let lower = name.as_str().to_ascii_lowercase();
    if ["klamm", "console"].contains(&lower.as_str()) || lower.starts_with("team@") {
        let detail = "name: klamm, console and what begins with team@ are never people. Choose another name";
        return Err(paging::invalid(detail));
    }
    Ok(())
}

fn typed_or_made(password: Option<Password>) -> (Password, Option<Zeroizing<String>>) {
    if let Some(typed) = password {
        return (typed, None);
    }
    let made = random_password();
    (Password::new(made.to_string()), Some(made))
}

fn view(actor: &Actor, person: &Person) -> PersonView {
    let actions = [Action::View, Action::Change, Action::Remove];
    let membership = |(team, role): (&klamm_model::TeamName, &TeamRole)| Membership { team: team.clone(), role: *role };
    PersonView {
        name: person.name.clone(),
        roles: person.roles.clone(),
        teams: person.teams.iter().map(membership).collect(),
        disabled_at: person.disabled_at,
        created_at: person.created_at,
        allowed_actions: allowed_of(Asker::Actor(actor), &Object::person(&person.name), &actions),
    }
}

fn words(roles: &BTreeSet<Role>) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    if names.is_empty() { "no role".to_owned() } else { names.join(" and ") }
}

fn no_such(name: &PersonName) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no person {name}."))
}

#[cfg(test)]
mod tests;
