use crate::{StoreError, audit::Counted};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{AnyPool, ConnectOptions, Connection, Executor};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

static SHARED: Migrator = sqlx::migrate!("../../../migrations");
static SQLITE: Migrator = sqlx::migrate!("../../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../../migrations/postgres");

/// A statement waits this long for whoever holds what it needs, and so does a request for a connection. Long enough for a
/// disk that is busy with something else; whoever asked is told when it is over, rather than left waiting.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where the database is. May hold a password, so it never prints as text.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: String,
    dialect: Dialect,
}

/// Which database it is, for the few places where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl DatabaseUrl {
    /// A SQLite file, made when it is missing.
    pub fn sqlite_file(path: &Path) -> Self {
        // The driver decodes `%`, and takes what follows `?` as parameters; `#` would end the URL.
        let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        Self { url: format!("sqlite://{path}?mode=rwc"), dialect: Dialect::Sqlite }
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            let file = rest.trim_start_matches("//");
            return match file.split_once('?') {
                Some(_) => Ok(Self { url: url.to_owned(), dialect: Dialect::Sqlite }),
                None => Ok(Self { url: format!("sqlite://{file}?mode=rwc"), dialect: Dialect::Sqlite }),
            };
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(Self { url: url.to_owned(), dialect: Dialect::Postgres });
        }
        Err(StoreError::UnknownDatabase)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseUrl").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// The open database. Cheap to clone; all clones share one pool.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: AnyPool,
    pub(crate) dialect: Dialect,
    pub(crate) counted: Counted,
}

impl Store {
    /// Connects and brings the schema up to date.
    pub async fn open(database: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_with(database, PATIENCE).await
    }

    /// The same, with another patience for whoever else holds a lock.
    pub async fn open_with(database: &DatabaseUrl, patience: Duration) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let options =
            AnyConnectOptions::from_str(&database.url).map_err(StoreError::InvalidUrl)?.disable_statement_logging();
        let mut pool = AnyPoolOptions::new().acquire_timeout(PATIENCE);
        if database.dialect == Dialect::Sqlite {
            pool = pool.max_connections(4).after_release(|connection, _| {
                Box::pin(async move {
                    // After whatever was still to be done, such as taking back what was not committed.
                    connection.ping().await?;
                    // A transaction that SQLite ended by itself, because the disk is full, is still open for the driver: it
                    // would never end one again on this connection, and nobody else could write.
                    Ok(!connection.is_in_transaction())
                })
            });
        }
        let settings = settings(database.dialect, patience);
        pool = pool.after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move { connection.execute(settings.as_str()).await.map(drop) })
        });
        let pool = pool.connect_with(options).await.map_err(StoreError::Connect)?;
        migrate(&pool, database.dialect).await.map_err(StoreError::Migrate)?;
        Ok(Self { pool, dialect: database.dialect, counted: Counted::default() })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1")
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::query("ask the database whether it is there"))
    }

    /// Ends all connections, so that SQLite folds its log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// What every connection begins with.
fn settings(dialect: Dialect, patience: Duration) -> String {
    let patience = patience.as_millis();
    match dialect {
        // Readers never wait for the writer; a commit survives a crash of Klamm, the last one may not survive
        // a crash of the machine, which costs a sign-in and no more.
        Dialect::Sqlite => format!(
            "PRAGMA busy_timeout = {patience}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
             PRAGMA foreign_keys = ON;"
        ),
        // Somebody who forgets to end a transaction would hold up every page otherwise.
        Dialect::Postgres => format!("SET lock_timeout = {patience}"),
    }
}

/// SQLite has no lock that several programs starting on a fresh file could take, so one of them may find a table that
/// another has just made. That other is then further by one step, and the next round begins there: as many rounds as there
/// are steps are enough, however many programs start.
async fn migrate(pool: &AnyPool, dialect: Dialect) -> Result<(), MigrateError> {
    let migrations = migrations(dialect);
    let mut left = migrations.iter().count();
    loop {
        match migrations.run(pool).await {
            Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_)) if left > 0 => left -= 1,
            done => return done,
        }
    }
}

fn migrations(dialect: Dialect) -> Migrator {
    let own = match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
    };
    let mut all: Vec<Migration> = SHARED.iter().chain(own.iter()).cloned().collect();
    all.sort_by_key(|migration| migration.version);
    Migrator { migrations: Cow::Owned(all), ..Migrator::DEFAULT }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_dialect_gets_every_version_once() {
        let versions = |dialect| migrations(dialect).iter().map(|m| m.version).collect::<Vec<_>>();
        let sqlite = versions(Dialect::Sqlite);
        assert_eq!(sqlite, versions(Dialect::Postgres));
        assert_eq!(sqlite.len(), sqlite.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn a_url_never_prints_its_password() {
        let url: DatabaseUrl = "postgres://klamm:hush@db/klamm".parse().unwrap();
        assert!(!format!("{url:?}").contains("hush"));
        assert!(matches!("mysql://x".parse::<DatabaseUrl>(), Err(StoreError::UnknownDatabase)));
    }
}
