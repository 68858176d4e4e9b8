use crate::people::parse_person;
use crate::teams::parse_team;
use crate::{Store, StoreError, new_id};
use klamm_model::{PersonName, Scope, TeamName, TokenId, UnixMillis};
use sha2::{Digest, Sha256};
use sqlx::Row;
use std::collections::BTreeSet;

/// SHA-256 of a token in hexadecimal: all that is kept of it. Tokens are random and long, so a quick hash is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDigest(String);

impl TokenDigest {
    /// The digest of a token as the caller sent it.
    pub fn of(token: &str) -> Self {
        Self(hex(&Sha256::digest(token.as_bytes())))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|n| char::from(DIGITS[usize::from(n)])).collect()
}

/// Whose a token is. It ends with them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenOwner {
    /// Somebody's.
    Person(PersonName),
    /// A team's.
    Team(TeamName),
}

impl TokenOwner {
    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Person(name) => name.as_str(),
            Self::Team(name) => name.as_str(),
        }
    }

    fn column(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Team(_) => "team",
        }
    }

    fn table(&self) -> &'static str {
        match self {
            Self::Person(_) => "people",
            Self::Team(_) => "teams",
        }
    }
}

/// A token as it is listed; the token itself is known to nobody but its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Names it in lists and in the audit.
    pub id: TokenId,
    /// Whose it is.
    pub owner: TokenOwner,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UnixMillis>,
    /// When somebody ended it.
    pub revoked_at: Option<UnixMillis>,
}

/// A token to be recorded.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Will name it; see [`Store::new_token_id`].
    pub id: TokenId,
    /// Whose it is.
    pub owner: TokenOwner,
    /// Who made a team's, if that was somebody.
    pub made_by: Option<PersonName>,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
}

const COLUMNS: &str = "id, person, team, label, scopes, created_at, expires_at, last_used_at, revoked_at";

impl Store {
    /// An id for a token that is to be made.
    pub fn new_token_id(now: UnixMillis) -> Result<TokenId, StoreError> {
        parse_id(new_id("tok", now))
    }

    /// Records a token, unless `at_most` of its owner's work already or its id is taken.
    pub async fn add_token(
        &self,
        token: &NewToken,
        digest: &TokenDigest,
        now: UnixMillis,
        at_most: u32,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "record a token";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let (table, column) = (token.owner.table(), token.owner.column());
        // Changes nothing, and makes others wait who record a token of the same owner: the count below stays true.
        let owner = sqlx::query(&format!("UPDATE {table} SET created_at = created_at WHERE name = $1"))
            .bind(token.owner.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        if owner.rows_affected() == 0 {
            return Err(StoreError::Missing { what: column });
        }
        sqlx::query(&format!(
            "INSERT INTO api_tokens (id, digest, {column}, made_by, label, scopes, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ))
        .bind(token.id.as_str())
        .bind(&digest.0)
        .bind(token.owner.as_str())
        .bind(token.made_by.as_ref().map(PersonName::as_str))
        .bind(&token.label)
        .bind(scopes_text(&token.scopes))
        .bind(now.0)
        .bind(token.expires_at.0)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::insert(WHAT, "token"))?;
        let working: i64 = sqlx::query_scalar(&format!(
            "SELECT COUNT(*) FROM api_tokens WHERE {column} = $1 AND revoked_at IS NULL AND expires_at > $2"
        ))
        .bind(token.owner.as_str())
        .bind(now.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::query(WHAT))?;
        if working > i64::from(at_most) {
            return Err(StoreError::Full { what: "working tokens", at_most });
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// The token with that digest, whether it still works or not.
    pub async fn token(&self, digest: &TokenDigest) -> Result<Option<ApiToken>, StoreError> {
        sqlx::query(&format!("SELECT {COLUMNS} FROM api_tokens WHERE digest = $1"))
            .bind(&digest.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query("look up a token"))?
            .as_ref()
            .map(read_token)
            .transpose()
    }

    /// The token of that id, whether it still works or not.
    pub async fn token_by_id(&self, id: &TokenId) -> Result<Option<ApiToken>, StoreError> {
        sqlx::query(&format!("SELECT {COLUMNS} FROM api_tokens WHERE id = $1"))
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query("look up a token"))?
            .as_ref()
            .map(read_token)
            .transpose()
    }

    /// The tokens of somebody or of a team, newest first.
    pub async fn tokens_of(&self, owner: &TokenOwner) -> Result<Vec<ApiToken>, StoreError> {
        let column = owner.column();
        let rows = sqlx::query(&format!(
            "SELECT {COLUMNS} FROM api_tokens WHERE {column} = $1 ORDER BY created_at DESC, id DESC"
        ))
        .bind(owner.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query("list tokens"))?;
        rows.iter().map(read_token).collect()
    }

    /// Who has made tokens of which teams, ended ones included.
    pub async fn token_makers(&self) -> Result<BTreeSet<(TeamName, PersonName)>, StoreError> {
        const WHAT: &str = "look up who made tokens of teams";
        let makers = "SELECT DISTINCT team, made_by FROM api_tokens WHERE team IS NOT NULL AND made_by IS NOT NULL";
        let rows = sqlx::query(makers).fetch_all(&self.pool).await.map_err(StoreError::query(WHAT))?;
        let text = |row: &sqlx::any::AnyRow, column: &str| row.try_get(column).map_err(StoreError::query(WHAT));
        rows.iter().map(|row| Ok((parse_team(text(row, "team")?)?, parse_person(text(row, "made_by")?)?))).collect()
    }

    /// Notes that a token was used.
    pub async fn touch_token(&self, id: &TokenId, now: UnixMillis) -> Result<(), StoreError> {
        sqlx::query("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::query("note the use of a token"))
    }

    /// Ends a token. Ending one twice keeps the first moment.
    pub async fn revoke_token(&self, id: &TokenId, now: UnixMillis) -> Result<(), StoreError> {
        let changed = sqlx::query("UPDATE api_tokens SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1")
            .bind(id.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::query("revoke a token"))?;
        if changed.rows_affected() == 0 { Err(StoreError::Missing { what: "token" }) } else { Ok(()) }
    }
}

fn read_token(row: &sqlx::any::AnyRow) -> Result<ApiToken, StoreError> {
    const WHAT: &str = "read a token";
    let moment = |column: &str| {
        row.try_get::<Option<i64>, _>(column).map(|at| at.map(UnixMillis)).map_err(StoreError::query(WHAT))
    };
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::query(WHAT));
    let maybe = |column: &str| row.try_get::<Option<String>, _>(column).map_err(StoreError::query(WHAT));
    Ok(ApiToken {
        id: parse_id(text("id")?)?,
        owner: match (maybe("person")?, maybe("team")?) {
            (Some(person), None) => TokenOwner::Person(parse_person(person)?),
            (None, Some(team)) => TokenOwner::Team(parse_team(team)?),
            (Some(_), Some(_)) | (None, None) => return Err(StoreError::Corrupt { what: "owner of a token" }),
        },
        label: text("label")?,
        scopes: parse_scopes(&text("scopes")?)?,
        created_at: moment("created_at")?.unwrap_or_default(),
        expires_at: moment("expires_at")?.unwrap_or_default(),
        last_used_at: moment("last_used_at")?,
        revoked_at: moment("revoked_at")?,
    })
}

fn parse_id(text: String) -> Result<TokenId, StoreError> {
    TokenId::new(text).map_err(|_| StoreError::Corrupt { what: "token id" })
}

fn scopes_text(scopes: &BTreeSet<Scope>) -> String {
    let words: Vec<&str> = scopes
        .iter()
        .map(|scope| match scope {
            Scope::Read => "read",
            Scope::Write => "write",
        })
        .collect();
    words.join(" ")
}

fn parse_scopes(text: &str) -> Result<BTreeSet<Scope>, StoreError> {
    text.split_whitespace()
        .map(|word| match word {
            "read" => Ok(Scope::Read),
            "write" => Ok(Scope::Write),
            _ => Err(StoreError::Corrupt { what: "scope" }),
        })
        .collect()
}
