//! Changes that may be sent twice, and what the first was answered.

use crate::{Store, StoreError};
use klamm_model::{PersonName, UnixMillis};
use sha2::{Digest, Sha256};
use sqlx::Row;

/// How long an answer is kept.
const KEPT_MILLIS: i64 = 86_400_000;

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its HTTP status.
    pub status: u16,
    /// Where what was made is.
    pub location: Option<String>,
    /// Its body.
    pub body: String,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is new: the change is to be made, and its answer kept.
    First,
    /// The first is still being answered.
    Running,
    /// It was answered so.
    Answered(KeptAnswer),
    /// It names another change.
    Other,
}

impl Store {
    /// Takes a key for a change, or says what is known of it. `asked` is all that makes the change what it is.
    pub async fn take_key(
        &self,
        person: &PersonName,
        key: &str,
        asked: &[&[u8]],
        now: UnixMillis,
    ) -> Result<Repeat, StoreError> {
        const WHAT: &str = "look whether a change was asked before";
        let digest = asked
            .iter()
            .fold(Sha256::new(), |digest, part| digest.chain_update(part.len().to_be_bytes()).chain_update(part));
        let digest = crate::tokens::hex(&digest.finalize());
        sqlx::query("DELETE FROM repeats WHERE at < $1")
            .bind(now.0.saturating_sub(KEPT_MILLIS))
            .execute(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        let taken = sqlx::query("INSERT INTO repeats (person, key, asked, at) VALUES ($1, $2, $3, $4)")
            .bind(person.as_str())
            .bind(key)
            .bind(&digest)
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::insert(WHAT, "key"));
        match taken {
            Ok(_) => return Ok(Repeat::First),
            Err(StoreError::Exists { .. }) => {}
            Err(error) => return Err(error),
        }
        let row = sqlx::query("SELECT asked, status, location, body FROM repeats WHERE person = $1 AND key = $2")
            .bind(person.as_str())
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        // Let go in between: whoever asks again finds it free.
        let Some(row) = row else { return Ok(Repeat::Running) };
        if row.try_get::<String, _>("asked").map_err(StoreError::query(WHAT))? != digest {
            return Ok(Repeat::Other);
        }
        let status: Option<i64> = row.try_get("status").map_err(StoreError::query(WHAT))?;
        let Some(status) = status.and_then(|status| u16::try_from(status).ok()) else { return Ok(Repeat::Running) };
        Ok(Repeat::Answered(KeptAnswer {
            status,
            location: row.try_get("location").map_err(StoreError::query(WHAT))?,
            body: row.try_get::<Option<String>, _>("body").map_err(StoreError::query(WHAT))?.unwrap_or_default(),
        }))
    }

    /// Keeps the answer of a change whose key was taken.
    pub async fn keep_answer(&self, person: &PersonName, key: &str, answer: &KeptAnswer) -> Result<(), StoreError> {
        sqlx::query("UPDATE repeats SET status = $3, location = $4, body = $5 WHERE person = $1 AND key = $2")
            .bind(person.as_str())
            .bind(key)
            .bind(i64::from(answer.status))
            .bind(&answer.location)
            .bind(&answer.body)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::query("keep an answer"))
    }

    /// Lets a key go, because the change was not made.
    pub async fn let_key_go(&self, person: &PersonName, key: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM repeats WHERE person = $1 AND key = $2")
            .bind(person.as_str())
            .bind(key)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::query("let a key go"))
    }
}
