use crate::people::parse_person;
use crate::tokens::hex;
use crate::{Store, StoreError};
use async_trait::async_trait;
use klamm_model::{PersonName, SessionId, UnixMillis};
use sha2::{Digest, Sha256};
use sqlx::Row;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result as SessionResult};

/// The key under which a session's record holds the name of whoever signed in. A record without it is not stored.
pub const SESSION_PERSON: &str = "person";

/// The key under which a record holds how the browser called itself, if it did.
pub const SESSION_AGENT: &str = "agent";

/// Names the session with this cookie.
pub fn session_id(id: &Id) -> SessionId {
    SessionId::of(&Sha256::digest(id.0.to_le_bytes()).into())
}

/// `tower-sessions` over the store's own pool.
///
/// Written here rather than taken from `tower-sessions-sqlx-store` for three reasons: rows belong to a person, so that
/// disabling somebody ends their sessions at once; only a digest of the id is kept; and saving changes a row but never
/// makes one, so that a request in flight cannot bring back a session that was signed out meanwhile.
#[derive(Clone, Debug)]
pub struct Sessions {
    store: Store,
}

impl Sessions {
    /// Sessions in this database.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

/// A session as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Names it; not the cookie's value.
    pub id: SessionId,
    /// Whose it is.
    pub person: PersonName,
    /// How the browser called itself.
    pub agent: Option<String>,
    /// When they signed in.
    pub created_at: UnixMillis,
    /// When it was last used, to the minute.
    pub seen_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
}

impl Store {
    /// Somebody's sessions that have not ended, newest first.
    pub async fn sessions_of(&self, person: &PersonName, now: UnixMillis) -> Result<Vec<SessionRow>, StoreError> {
        const WHAT: &str = "list sessions";
        let rows = sqlx::query(&format!(
            "SELECT {COLUMNS} FROM sessions WHERE person = $1 AND expires_at > $2 ORDER BY created_at DESC, id_digest"
        ))
        .bind(person.as_str())
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        rows.iter().map(read_session).collect()
    }

    /// The session of that name, unless it has ended.
    pub async fn session(&self, id: &SessionId, now: UnixMillis) -> Result<Option<SessionRow>, StoreError> {
        sqlx::query(&format!("SELECT {COLUMNS} FROM sessions WHERE {NAMED} AND expires_at > $2"))
            .bind(beginning(id))
            .bind(now.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query("look up a session"))?
            .as_ref()
            .map(read_session)
            .transpose()
    }

    /// Ends a session.
    pub async fn end_session(&self, id: &SessionId) -> Result<(), StoreError> {
        let ended = sqlx::query(&format!("DELETE FROM sessions WHERE {NAMED}"))
            .bind(beginning(id))
            .execute(&self.pool)
            .await
            .map_err(StoreError::query("end a session"))?;
        if ended.rows_affected() == 0 { Err(StoreError::Missing { what: "session" }) } else { Ok(()) }
    }

    /// Ends somebody's sessions, but for one where that is wanted, and says which have ended.
    pub async fn end_sessions_of(
        &self,
        person: &PersonName,
        but: Option<&SessionId>,
    ) -> Result<Vec<SessionId>, StoreError> {
        let ended = sqlx::query_scalar::<_, String>(&format!(
            "DELETE FROM sessions WHERE person = $2 AND NOT ({NAMED}) RETURNING id_digest"
        ))
        .bind(but.map_or("", beginning))
        .bind(person.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query("end the sessions of a person"))?;
        ended.iter().map(|digest| named(digest)).collect()
    }

    /// Removes sessions that ended by themselves, and says how many.
    pub async fn delete_expired_sessions(&self, now: UnixMillis) -> Result<u64, StoreError> {
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected())
            .map_err(StoreError::query("remove ended sessions"))
    }
}

const COLUMNS: &str = "id_digest, person, agent, created_at, seen_at, expires_at";
/// Holds for the session of the name that is bound first.
const NAMED: &str = "SUBSTR(id_digest, 1, 26) = $1";

/// What a session's digest begins with.
fn beginning(id: &SessionId) -> &str {
    id.as_str().trim_start_matches("ses_")
}

fn named(digest: &str) -> Result<SessionId, StoreError> {
    let beginning = digest.get(..26).unwrap_or_default();
    SessionId::new(format!("ses_{beginning}")).map_err(|_| StoreError::Corrupt { what: "session" })
}

fn read_session(row: &sqlx::any::AnyRow) -> Result<SessionRow, StoreError> {
    const WHAT: &str = "read a session";
    let at = |column: &str| row.try_get(column).map(UnixMillis).map_err(StoreError::query(WHAT));
    let digest: String = row.try_get("id_digest").map_err(StoreError::query(WHAT))?;
    Ok(SessionRow {
        id: named(&digest)?,
        person: parse_person(row.try_get("person").map_err(StoreError::query(WHAT))?)?,
        agent: row.try_get("agent").map_err(StoreError::query(WHAT))?,
        created_at: at("created_at")?,
        seen_at: at("seen_at")?,
        expires_at: at("expires_at")?,
    })
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> SessionResult<()> {
        let person = person_of(record)?;
        let now = millis(OffsetDateTime::now_utc());
        sqlx::query(
            "INSERT INTO sessions (id_digest, person, data, agent, created_at, seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $5, $6)",
        )
        .bind(digest(record.id))
        .bind(person)
        .bind(encode(record)?)
        .bind(record.data.get(SESSION_AGENT).and_then(|agent| agent.as_str()))
        .bind(now)
        .bind(millis(record.expiry_date))
        .execute(&self.store.pool)
        .await
        .map(drop)
        .map_err(|source| backend("create a session", &source))
    }

    /// An existing row is saved for nothing but that its session was used. Whoever is answered just now is not to hear that a
    /// database which is full, or which somebody else holds, could not note that; the next use notes it.
    async fn save(&self, record: &Record) -> SessionResult<()> {
        let noted = sqlx::query("UPDATE sessions SET data = $2, seen_at = $3, expires_at = $4 WHERE id_digest = $1")
            .bind(digest(record.id))
            .bind(encode(record)?)
            .bind(millis(OffsetDateTime::now_utc()))
            .bind(millis(record.expiry_date))
            .execute(&self.store.pool)
            .await;
        if let Err(source) = noted {
            tracing::warn!(error = %source, "failed to note the use of a session");
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> SessionResult<Option<Record>> {
        let row = sqlx::query("SELECT data, expires_at FROM sessions WHERE id_digest = $1 AND expires_at > $2")
            .bind(digest(*id))
            .bind(millis(OffsetDateTime::now_utc()))
            .fetch_optional(&self.store.pool)
            .await
            .map_err(|source| backend("load a session", &source))?;
        let Some(row) = row else { return Ok(None) };
        let data: String = row.try_get("data").map_err(|source| backend("read a session", &source))?;
        let expires_at: i64 = row.try_get("expires_at").map_err(|source| backend("read a session", &source))?;
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * 1_000_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> SessionResult<()> {
        sqlx::query("DELETE FROM sessions WHERE id_digest = $1")
            .bind(digest(*id))
            .execute(&self.store.pool)
            .await
            .map(drop)
            .map_err(|source| backend("delete a session", &source))
    }
}

fn digest(id: Id) -> String {
    hex(&Sha256::digest(id.0.to_le_bytes()))
}

fn person_of(record: &Record) -> SessionResult<String> {
    record
        .data
        .get(SESSION_PERSON)
        .and_then(|name| name.as_str())
        .map(str::to_owned)
        .ok_or_else(|| Error::Encode("a session without a person is not stored".to_owned()))
}

fn encode(record: &Record) -> SessionResult<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// The trait's error carries only text and may travel further than a log: it says what failed, the log says why.
fn backend(what: &str, source: &sqlx::Error) -> Error {
    tracing::error!(error = %source, "failed to {what}");
    Error::Backend(format!("failed to {what}"))
}
