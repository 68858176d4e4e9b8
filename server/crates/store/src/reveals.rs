//! Who was shown which password.

use crate::{Store, StoreError, people::parse_person};
use klamm_model::{PersonName, UnixMillis};
use sqlx::Row;
use std::collections::BTreeMap;

/// Somebody was shown the password of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevealRow {
    /// Who.
    pub person: PersonName,
    /// When.
    pub at: UnixMillis,
}

impl Store {
    /// Notes that somebody is about to be shown a password; [`StoreError::Exists`] when it was shown before.
    pub async fn add_reveal(
        &self,
        credential: &str,
        version: i64,
        person: &PersonName,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO credential_reveals (credential, version, person, at) VALUES ($1, $2, $3, $4)")
            .bind(credential)
            .bind(version)
            .bind(person.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::insert("note that a password is shown", "reveal"))
    }

    /// Who was shown which version of which credential.
    pub async fn reveals(&self) -> Result<BTreeMap<(String, i64), RevealRow>, StoreError> {
        const WHAT: &str = "read who was shown passwords";
        let rows = sqlx::query("SELECT credential, version, person, at FROM credential_reveals")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        let read = |row: &sqlx::any::AnyRow| {
            let key = (
                row.try_get("credential").map_err(StoreError::query(WHAT))?,
                row.try_get("version").map_err(StoreError::query(WHAT))?,
            );
            let person = parse_person(row.try_get("person").map_err(StoreError::query(WHAT))?)?;
            Ok((key, RevealRow { person, at: UnixMillis(row.try_get("at").map_err(StoreError::query(WHAT))?) }))
        };
        rows.iter().map(read).collect()
    }
}
