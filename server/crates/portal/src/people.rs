//! People, as the command line manages them. Each change is permitted, then audited around.

mod manage;

pub use manage::{IssuedPassword, PersonChange, PersonWish, Standing};

use crate::audited::{chain, store_problem};
use crate::{Action, Asker, Kind, Object, Password, Portal};
use klamm_model::{PersonName, Problem, ProblemKind, Role};
use klamm_store::{NewPerson, PasswordHash, Person};
use std::collections::BTreeSet;

/// Somebody to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The user name.
    pub name: PersonName,
    /// Their password.
    pub password: Password,
    /// Roles that hold everywhere.
    pub roles: BTreeSet<Role>,
}

impl Portal {
    /// Adds somebody who may sign in.
    pub async fn add_user(&self, asker: Asker<'_>, user: NewUser) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Create, Object::person(&user.name), None).await?;
        manage::check_name(&user.name)?;
        user.password.check_new()?;
        let hash = self.hash(user.password).await?;
        let person = NewPerson { name: user.name, password: Some(hash), roles: user.roles };
        self.audited(&permit, None, self.store.add_person(&person, self.now())).await
    }

    /// Replaces somebody's password and ends their sessions.
    pub async fn set_password(&self, asker: Asker<'_>, name: &PersonName, password: Password) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Change, Object::person(name), None).await?;
        password.check_new()?;
        let hash = self.hash(password).await?;
        self.audited(&permit, None, self.store.set_password(name, &hash)).await
    }

    /// Shuts somebody out: their sessions end, their tokens stop working.
    pub async fn disable_user(&self, asker: Asker<'_>, name: &PersonName) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Remove, Object::person(name), None).await?;
        self.audited(&permit, None, self.store.disable_person(name, self.now())).await
    }

    /// Lets somebody in again.
    pub async fn enable_user(&self, asker: Asker<'_>, name: &PersonName) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Change, Object::person(name), None).await?;
        self.audited(&permit, None, self.store.enable_person(name)).await
    }

    /// Replaces somebody's roles and ends their sessions.
    pub async fn set_user_roles(
        &self,
        asker: Asker<'_>,
        name: &PersonName,
        roles: &BTreeSet<Role>,
    ) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Change, Object::person(name), None).await?;
        self.audited(&permit, None, self.store.set_roles(name, roles)).await
    }

    /// Everybody, by name.
    pub async fn users(&self, asker: Asker<'_>) -> Result<Vec<Person>, Problem> {
        self.permit(asker, Action::View, Object::all(Kind::Person), None).await?;
        self.store.people().await.map_err(store_problem)
    }

    /// How many people could sign in with a password. Asked at start-up, before there is anybody to ask for.
    pub async fn people_who_can_sign_in(&self) -> Result<u64, Problem> {
        self.store.people_who_can_sign_in().await.map_err(store_problem)
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Problem> {
        self.passwords.hash(password).await.map_err(|error| {
            tracing::error!(error = chain(&error), "failed to hash a password");
            Problem::new(ProblemKind::Internal, "The password could not be stored. Try again.")
        })
    }
}
