//! The store on both databases: each test runs on a fresh SQLite file and on a fresh database of a real PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod activity;
mod audit;
mod databases;
mod findings;
mod measured;
mod people;
mod repeats;
mod requests;
mod sessions;
mod tokens;
mod webhooks;

/// Two tests from one body: `name::sqlite` and `name::postgres`.
macro_rules! on_both_databases {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn sqlite() {
                let database = crate::databases::sqlite().await;
                super::bodies::$name(database.store.clone()).await;
            }

            #[tokio::test]
            async fn postgres() {
                let database = crate::databases::postgres().await;
                super::bodies::$name(database.store.clone()).await;
            }
        }
    )*};
}
pub(crate) use on_both_databases;

mod names {
    use klamm_model::{PersonName, TeamName};

    pub(crate) fn person(name: &str) -> PersonName {
        PersonName::new(name).unwrap()
    }

    pub(crate) fn team(name: &str) -> TeamName {
        TeamName::new(name).unwrap()
    }
}
