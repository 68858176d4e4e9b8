//! A fresh database for each test: a SQLite file, or a database of a PostgreSQL that is started once for the whole test binary.

mod postgres;
mod small_disk;

pub use small_disk::{Disk, on_a_small_disk};

use anyhow::{Context, ensure};
use postgres::PostgresDatabase;
use sqlx::{AnyConnection, Connection, Executor};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

/// Tests that do not say which database they mean run on the one that this names: `sqlite`, or `postgres`.
const WHICH: &str = "KLAMM_TEST_DATABASE";

/// What takes up the room of a disk that is full.
const BALLAST: &str = "ballast";

/// A database that goes when the test ends.
pub struct TestDatabase {
    url: String,
    place: Place,
}

enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(PostgresDatabase),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    fn of_this_run() -> anyhow::Result<Self> {
        match std::env::var(WHICH).as_deref() {
            Err(_) | Ok("sqlite") => Ok(Self::Sqlite),
            Ok("postgres") => Ok(Self::Postgres),
            Ok(other) => anyhow::bail!("{WHICH} is {other}, and may be sqlite or postgres"),
        }
    }
}

/// Somebody who is writing, and takes their time: until they end, nobody else writes.
pub struct Writing(AnyConnection);

impl Writing {
    /// Takes back what was written, and lets others.
    pub async fn end(mut self) -> Result<(), sqlx::Error> {
        self.0.execute("ROLLBACK").await.map(drop)
    }
}

impl TestDatabase {
    /// The kind that this run of the tests is for.
    pub fn fresh() -> anyhow::Result<Self> {
        match Kind::of_this_run()? {
            Kind::Sqlite => Self::sqlite(),
            Kind::Postgres => Self::postgres(),
        }
    }

    /// A file that is not there yet.
    pub fn sqlite() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for a database")?;
        Ok(Self { url: format!("sqlite://{}", sqlite_file(folder.path()).display()), place: Place::Sqlite(folder) })
    }

    /// A database that is empty.
    pub fn postgres() -> anyhow::Result<Self> {
        let database = PostgresDatabase::create("")?;
        Ok(Self { url: database.url(), place: Place::Postgres(database) })
    }

    /// Where it is, as in a configuration.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a backup of this moment holds, as a database of its own. PostgreSQL ends all connections for it.
    pub async fn copy(&self) -> anyhow::Result<Self> {
        match &self.place {
            Place::Sqlite(_) => {
                let copy = Self::sqlite()?;
                let file = copy.url.trim_start_matches("sqlite://");
                self.run(&format!("VACUUM INTO '{file}'")).await.context("copy the database")?;
                Ok(copy)
            }
            Place::Postgres(database) => {
                let copy = database.copy()?;
                Ok(Self { url: copy.url(), place: Place::Postgres(copy) })
            }
        }
    }

    /// Runs a statement past the store, as somebody with the database's password could.
    pub async fn run(&self, statement: &str) -> Result<(), sqlx::Error> {
        self.connect().await?.execute(statement).await.map(drop)
    }

    /// Begins to write, and does not end. PostgreSQL locks no more than these tables, SQLite everything.
    pub async fn write(&self, tables: &[&str]) -> Result<Writing, sqlx::Error> {
        let mut connection = self.connect().await?;
        match &self.place {
            Place::Sqlite(_) => connection.execute("BEGIN IMMEDIATE").await?,
            Place::Postgres(_) => {
                connection.execute("BEGIN").await?;
                let lock = format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", "));
                connection.execute(lock.as_str()).await?
            }
        };
        Ok(Writing(connection))
    }

    /// Leaves no room. A SQLite file has to be on a small disk. A PostgreSQL whose own disk is full ends and cannot come
    /// back; those who run it for others make it read-only before, and that is what this does.
    pub async fn fill(&self) -> anyhow::Result<()> {
        match &self.place {
            Place::Sqlite(folder) => {
                ensure!(small_disk::here().is_some(), "this disk is not a small one");
                // The log is written anew from its beginning now and then, which needs no room if there was some before.
                self.run("PRAGMA wal_checkpoint(TRUNCATE)").await?;
                let mut ballast = OpenOptions::new().create(true).append(true).open(folder.path().join(BALLAST))?;
                while ballast.write_all(&[0; 4096]).is_ok() {}
                Ok(())
            }
            Place::Postgres(database) => database.take_writes("on"),
        }
    }

    /// Takes back what [`TestDatabase::fill`] did.
    pub fn make_room(&self) -> anyhow::Result<()> {
        match &self.place {
            Place::Sqlite(folder) => fs::remove_file(folder.path().join(BALLAST)).context("remove the ballast"),
            Place::Postgres(database) => database.take_writes("off"),
        }
    }

    /// Everything that is kept, as text.
    pub fn everything(&self) -> anyhow::Result<String> {
        match &self.place {
            Place::Sqlite(folder) => {
                let file = sqlite_file(folder.path());
                let log = file.with_extension("db-wal");
                let parts = [file, log].into_iter().filter(|part| part.exists());
                let parts = parts.map(|part| Ok(String::from_utf8_lossy(&fs::read(part)?).into_owned()));
                parts.collect::<std::io::Result<String>>().context("read the database")
            }
            Place::Postgres(database) => database.dump(),
        }
    }

    async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url).await
    }
}

fn sqlite_file(folder: &Path) -> PathBuf {
    folder.join("klamm.db")
}
