use crate::{Store, StoreError, TeamRole};
use klamm_model::{PersonName, Role, TeamName, UnixMillis};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use zeroize::Zeroizing;

/// A password hash in PHC form. Never prints.
#[derive(Clone)]
pub struct PasswordHash(Zeroizing<String>);

impl PasswordHash {
    /// Keeps the text of a hash (`$argon2id$…`).
    pub fn new(phc: String) -> Self {
        Self(Zeroizing::new(phc))
    }

    /// The text, for the one place that verifies it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user name.
    pub name: PersonName,
    /// Roles that hold everywhere.
    pub roles: BTreeSet<Role>,
    /// Their teams, with their role in each.
    pub teams: BTreeMap<TeamName, TeamRole>,
    /// When they were shut out; they can sign in while this is absent.
    pub disabled_at: Option<UnixMillis>,
    /// When they were added.
    pub created_at: UnixMillis,
}

/// Somebody to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The user name.
    pub name: PersonName,
    /// Their password's hash; none for people who sign in another way.
    pub password: Option<PasswordHash>,
    /// Roles that hold everywhere.
    pub roles: BTreeSet<Role>,
}

impl Store {
    /// Adds somebody. A name that differs from another only in case is refused.
    pub async fn add_person(&self, person: &NewPerson, now: UnixMillis) -> Result<(), StoreError> {
        const WHAT: &str = "add a person";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        sqlx::query("INSERT INTO people (name, password_hash, created_at) VALUES ($1, $2, $3)")
            .bind(person.name.as_str())
            .bind(person.password.as_ref().map(PasswordHash::expose))
            .bind(now.0)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::insert(WHAT, "person"))?;
        insert_roles(&mut transaction, &person.name, &person.roles).await?;
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// Somebody by name, disabled or not.
    pub async fn person(&self, name: &PersonName) -> Result<Option<Person>, StoreError> {
        const WHAT: &str = "look up a person";
        let row = sqlx::query("SELECT name, created_at, disabled_at FROM people WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        let Some(row) = row else { return Ok(None) };
        let mut person = read_person(&row)?;
        let roles = sqlx::query_scalar::<_, String>("SELECT role FROM person_roles WHERE person = $1")
            .bind(name.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        person.roles = roles.iter().map(|role| parse_role(role)).collect::<Result<_, _>>()?;
        person.teams = self.teams_of(name).await?;
        Ok(Some(person))
    }

    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        const WHAT: &str = "list people";
        let rows = sqlx::query("SELECT name, created_at, disabled_at FROM people ORDER BY name")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        let mut people = rows
            .iter()
            .map(|row| read_person(row).map(|person| (person.name.clone(), person)))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let roles = sqlx::query("SELECT person, role FROM person_roles")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        for row in &roles {
            let name = parse_person(row.try_get("person").map_err(StoreError::query(WHAT))?)?;
            let role: String = row.try_get("role").map_err(StoreError::query(WHAT))?;
            if let Some(person) = people.get_mut(&name) {
                person.roles.insert(parse_role(&role)?);
            }
        }
        for (team, name, role) in self.memberships().await? {
            if let Some(person) = people.get_mut(&name) {
                person.teams.insert(team, role);
            }
        }
        Ok(people.into_values().collect())
    }

    /// The password hash of somebody who may sign in with one: there, not disabled, and with a password.
    pub async fn password_hash(&self, name: &PersonName) -> Result<Option<PasswordHash>, StoreError> {
        let hash: Option<Option<String>> =
            sqlx::query_scalar("SELECT password_hash FROM people WHERE name = $1 AND disabled_at IS NULL")
                .bind(name.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::query("look up a password"))?;
        Ok(hash.flatten().map(PasswordHash::new))
    }

    /// How many people could sign in with a password.
    pub async fn people_who_can_sign_in(&self) -> Result<u64, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM people WHERE password_hash IS NOT NULL AND disabled_at IS NULL")
                .fetch_one(&self.pool)
                .await
                .map_err(StoreError::query("count people"))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Replaces somebody's password and ends their sessions.
    pub async fn set_password(&self, name: &PersonName, password: &PasswordHash) -> Result<(), StoreError> {
        self.change_person(
            "set a password",
            sqlx::query("UPDATE people SET password_hash = $2 WHERE name = $1")
                .bind(name.as_str())
                .bind(password.expose()),
            name,
        )
        .await
    }

    /// Shuts somebody out and ends their sessions; their tokens stop working with them. The last operator stays.
    pub async fn disable_person(&self, name: &PersonName, now: UnixMillis) -> Result<(), StoreError> {
        const WHAT: &str = "disable a person";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let operators = hold_operators(&mut transaction).await?;
        let changed = sqlx::query("UPDATE people SET disabled_at = COALESCE(disabled_at, $2) WHERE name = $1")
            .bind(name.as_str())
            .bind(now.0)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "person" });
        }
        end_sessions(&mut transaction, name).await?;
        keep_an_operator(&mut transaction, operators).await?;
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// Lets somebody in again.
    pub async fn enable_person(&self, name: &PersonName) -> Result<(), StoreError> {
        self.change_person(
            "enable a person",
            sqlx::query("UPDATE people SET disabled_at = NULL WHERE name = $1").bind(name.as_str()),
            name,
        )
        .await
    }

    /// Replaces the roles that hold everywhere and ends their sessions, so that nobody keeps what was taken away. The last
    /// operator stays one.
    pub async fn set_roles(&self, name: &PersonName, roles: &BTreeSet<Role>) -> Result<(), StoreError> {
        const WHAT: &str = "set the roles of a person";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let operators = hold_operators(&mut transaction).await?;
        let person = sqlx::query("UPDATE people SET created_at = created_at WHERE name = $1")
            .bind(name.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        if person.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "person" });
        }
        sqlx::query("DELETE FROM person_roles WHERE person = $1")
            .bind(name.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        end_sessions(&mut transaction, name).await?;
        insert_roles(&mut transaction, name, roles).await?;
        keep_an_operator(&mut transaction, operators).await?;
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    async fn change_person<'q>(
        &self,
        what: &'static str,
        update: sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments<'q>>,
        name: &PersonName,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(what))?;
        let changed = update.execute(&mut *transaction).await.map_err(StoreError::query(what))?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "person" });
        }
        end_sessions(&mut transaction, name).await?;
        transaction.commit().await.map_err(StoreError::query(what))
    }
}

const OPERATORS: &str = "SELECT COUNT(*) FROM people p JOIN person_roles r ON r.person = p.name \
                         WHERE r.role = 'operator' AND p.disabled_at IS NULL";

/// How many operate Klamm. Whoever else takes an operator away at the same time waits until this is over.
async fn hold_operators(transaction: &mut sqlx::Transaction<'_, sqlx::Any>) -> Result<i64, StoreError> {
    const WHAT: &str = "look up the operators";
    // Changes nothing. Two who take away one each both wait for the rows of both.
    let hold = "UPDATE people SET created_at = created_at \
                WHERE name IN (SELECT person FROM person_roles WHERE role = 'operator')";
    sqlx::query(hold).execute(&mut **transaction).await.map_err(StoreError::query(WHAT))?;
    sqlx::query_scalar(OPERATORS).fetch_one(&mut **transaction).await.map_err(StoreError::query(WHAT))
}

/// Where there were operators, one has to be left.
async fn keep_an_operator(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, before: i64) -> Result<(), StoreError> {
    let after: i64 = sqlx::query_scalar(OPERATORS)
        .fetch_one(&mut **transaction)
        .await
        .map_err(StoreError::query("count operators"))?;
    if before > 0 && after == 0 { Err(StoreError::LastOperator) } else { Ok(()) }
}

async fn end_sessions(transaction: &mut sqlx::Transaction<'_, sqlx::Any>, name: &PersonName) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE person = $1")
        .bind(name.as_str())
        .execute(&mut **transaction)
        .await
        .map(drop)
        .map_err(StoreError::query("end the sessions of a person"))
}

async fn insert_roles(
    transaction: &mut sqlx::Transaction<'_, sqlx::Any>,
    name: &PersonName,
    roles: &BTreeSet<Role>,
) -> Result<(), StoreError> {
    for role in roles {
        sqlx::query("INSERT INTO person_roles (person, role) VALUES ($1, $2)")
            .bind(name.as_str())
            .bind(role.name())
            .execute(&mut **transaction)
            .await
            .map_err(StoreError::insert("give a person a role", "person"))?;
    }
    Ok(())
}

fn read_person(row: &sqlx::any::AnyRow) -> Result<Person, StoreError> {
    const WHAT: &str = "read a person";
    Ok(Person {
        name: parse_person(row.try_get("name").map_err(StoreError::query(WHAT))?)?,
        roles: BTreeSet::new(),
        teams: BTreeMap::new(),
        disabled_at: row.try_get::<Option<i64>, _>("disabled_at").map_err(StoreError::query(WHAT))?.map(UnixMillis),
        created_at: UnixMillis(row.try_get("created_at").map_err(StoreError::query(WHAT))?),
    })
}

pub(crate) fn parse_person(text: String) -> Result<PersonName, StoreError> {
    PersonName::new(text).map_err(|_| StoreError::Corrupt { what: "user name" })
}

fn parse_role(text: &str) -> Result<Role, StoreError> {
    Role::named(text).ok_or(StoreError::Corrupt { what: "role" })
}
