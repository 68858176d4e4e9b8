/// Why the database could not do what was asked. The driver's words are in the source, never in the text.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The configured URL names no database Klamm knows.
    #[error("failed to understand the database URL: it must begin with sqlite: or postgres:")]
    UnknownDatabase,
    /// The URL has the right scheme, and is wrong otherwise. The URL may hold a password and is not shown.
    #[error("failed to understand the database URL")]
    InvalidUrl(#[source] sqlx::Error),
    /// No connection.
    #[error("failed to connect to the database")]
    Connect(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("failed to bring the database's schema up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A query failed.
    #[error("failed to {what}")]
    Query {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// A query would have written something, and the database takes nothing in: it is full, or was made read-only.
    #[error("failed to {what}: the database takes nothing in")]
    NoRoom {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// Something with that name is there already.
    #[error("{what} of that name exists already")]
    Exists {
        /// What kind of thing.
        what: &'static str,
    },
    /// What was to be changed is not there.
    #[error("there is no {what} of that name")]
    Missing {
        /// What kind of thing.
        what: &'static str,
    },
    /// Somebody changed it after it was read.
    #[error("the {what} has changed since it was read")]
    Changed {
        /// What kind of thing.
        what: &'static str,
    },
    /// Nobody would operate Klamm any more.
    #[error("nobody else operates Klamm")]
    LastOperator,
    /// There may be only so many.
    #[error("there are {at_most} {what} already, which is the most")]
    Full {
        /// What kind of thing.
        what: &'static str,
        /// How many there may be.
        at_most: u32,
    },
    /// A row holds something this program never writes.
    #[error("failed to read the stored {what}: somebody else wrote to the database")]
    Corrupt {
        /// What was read.
        what: &'static str,
    },
}

impl StoreError {
    /// Names what was attempted when a query fails.
    pub(crate) fn query(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| if takes_nothing(&source) { Self::NoRoom { what, source } } else { Self::Query { what, source } }
    }

    /// The same for an insert that may meet a row of that name, or refer to one that is not there.
    pub(crate) fn insert(what: &'static str, kind: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| match source.as_database_error() {
            Some(error) if error.is_unique_violation() => Self::Exists { what: kind },
            Some(error) if error.is_foreign_key_violation() => Self::Missing { what: kind },
            _ => Self::query(what)(source),
        }
    }
}

/// `SQLITE_FULL`, and of PostgreSQL `disk_full` and `read_only_sql_transaction`: those who run it for others make it
/// read-only before its disk is full. SQLite's codes are numbers of three digits and less, PostgreSQL's have five.
const TAKES_NOTHING: [&str; 3] = ["13", "53100", "25006"];

fn takes_nothing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| TAKES_NOTHING.contains(&code.as_ref()))
}
