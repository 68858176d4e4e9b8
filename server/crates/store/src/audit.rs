use crate::{Store, StoreError, new_id};
use klamm_model::UnixMillis;
use sqlx::Row;

/// Names an attempt in the audit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditId(String);

impl AuditId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How whoever acted was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditedAs {
    /// By a browser session.
    Session,
    /// By an API token.
    Token,
    /// By standing at the machine: the command line.
    Console,
    /// Not at all: somebody who tried to sign in.
    Nobody,
}

/// What the rules said before the act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go ahead.
    Allowed,
    /// No.
    Denied,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not done, because the rules said no.
    Refused,
    /// It was tried and failed.
    Failed,
}

/// What an attempt was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditObject {
    /// `person`, `token`, `topic` …
    pub kind: &'static str,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// An attempt to do something, written before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who.
    pub actor: String,
    /// How they were known.
    pub known_by: AuditedAs,
    /// The address they came from.
    pub source: Option<String>,
    /// For which team.
    pub team: Option<String>,
    /// What they tried: `signIn`, `tokenCreate` …
    pub action: &'static str,
    /// On what.
    pub object: AuditObject,
    /// The request it belongs to.
    pub request: Option<String>,
    /// What the rules said.
    pub decision: Decision,
    /// Which rule said so.
    pub rule: &'static str,
}

/// An attempt with its outcome, as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditItem {
    /// Names it.
    pub id: AuditId,
    /// When it was tried.
    pub at: UnixMillis,
    /// Who.
    pub actor: String,
    /// The address they came from.
    pub source: Option<String>,
    /// For which team.
    pub team: Option<String>,
    /// What they tried.
    pub action: String,
    /// Kind of the object.
    pub object_kind: String,
    /// Namespace of the object.
    pub object_namespace: Option<String>,
    /// Name of the object.
    pub object_name: String,
    /// The request it belongs to.
    pub request: Option<String>,
    /// What the rules said.
    pub decision: String,
    /// Which rule said so.
    pub rule: String,
    /// What became of it; none when it was cut short or is still going on.
    pub outcome: Option<String>,
    /// What there is to say about the outcome.
    pub message: Option<String>,
}

/// Which part of the audit is wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only of this actor.
    pub actor: Option<String>,
    /// Only for this team.
    pub team: Option<String>,
    /// Only before this one: the last of the page before.
    pub before: Option<AuditId>,
    /// At most this many.
    pub limit: u32,
}

impl Store {
    /// Writes down an attempt. When this fails, the act must not be done.
    pub async fn audit_attempt(&self, attempt: &Attempt, now: UnixMillis) -> Result<AuditId, StoreError> {
        let id = new_id("aud", now);
        sqlx::query(
            "INSERT INTO audit (id, at, actor, actor_kind, source, team, action, object_kind, object_namespace, \
             object_name, request, decision, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(&id)
        .bind(now.0)
        .bind(&attempt.actor)
        .bind(match attempt.known_by {
            AuditedAs::Session => "session",
            AuditedAs::Token => "token",
            AuditedAs::Console => "console",
            AuditedAs::Nobody => "nobody",
        })
        .bind(&attempt.source)
        .bind(&attempt.team)
        .bind(attempt.action)
        .bind(attempt.object.kind)
        .bind(&attempt.object.namespace)
        .bind(&attempt.object.name)
        .bind(&attempt.request)
        .bind(match attempt.decision {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
        })
        .bind(attempt.rule)
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("write an attempt to the audit"))?;
        Ok(AuditId(id))
    }

    /// Writes down what became of an attempt.
    pub async fn audit_outcome(
        &self,
        attempt: &AuditId,
        outcome: Outcome,
        message: Option<&str>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO audit_outcomes (audit, at, outcome, message) VALUES ($1, $2, $3, $4)")
            .bind(&attempt.0)
            .bind(now.0)
            .bind(match outcome {
                Outcome::Done => "done",
                Outcome::Refused => "refused",
                Outcome::Failed => "failed",
            })
            .bind(message)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::insert("write an outcome to the audit", "outcome"))
    }

    /// The audit, newest first.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditItem>, StoreError> {
        let mut sql = String::from(
            "SELECT a.id, a.at, a.actor, a.source, a.team, a.action, a.object_kind, a.object_namespace, a.object_name, \
             a.request, a.decision, a.rule, o.outcome, o.message \
             FROM audit a LEFT JOIN audit_outcomes o ON o.audit = a.id WHERE 1 = 1",
        );
        let mut values = Vec::new();
        for (condition, value) in [
            (" AND a.actor = $", filter.actor.as_deref()),
            (" AND a.team = $", filter.team.as_deref()),
            (" AND a.id < $", filter.before.as_ref().map(AuditId::as_str)),
        ] {
            if let Some(value) = value {
                values.push(value);
                sql.push_str(condition);
                sql.push_str(&values.len().to_string());
            }
        }
        sql.push_str(" ORDER BY a.id DESC LIMIT $");
        sql.push_str(&(values.len() + 1).to_string());
        let mut query = sqlx::query(&sql);
        for value in values {
            query = query.bind(value);
        }
        let rows = query
            .bind(i64::from(filter.limit))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query("read the audit"))?;
        rows.iter().map(read_item).collect()
    }
}

fn read_item(row: &sqlx::any::AnyRow) -> Result<AuditItem, StoreError> {
    const WHAT: &str = "read an item of the audit";
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::query(WHAT));
    let maybe = |column: &str| row.try_get::<Option<String>, _>(column).map_err(StoreError::query(WHAT));
    Ok(AuditItem {
        id: AuditId(text("id")?),
        at: UnixMillis(row.try_get("at").map_err(StoreError::query(WHAT))?),
        actor: text("actor")?,
        source: maybe("source")?,
        team: maybe("team")?,
        action: text("action")?,
        object_kind: text("object_kind")?,
        object_namespace: maybe("object_namespace")?,
        object_name: text("object_name")?,
        request: maybe("request")?,
        decision: text("decision")?,
        rule: text("rule")?,
        outcome: maybe("outcome")?,
        message: maybe("message")?,
    })
}
