//! The audit: what people tried, written before it is done, and what became of it. Nothing of it is ever changed.

mod count;
mod search;

pub(crate) use count::Counted;
pub use search::{AuditFilter, AuditPage};

use crate::{Store, StoreError, new_id};
use klamm_model::UnixMillis;
use std::collections::BTreeSet;

/// Names an attempt in the audit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditId(String);

impl AuditId {
    /// An id as somebody sent it: it is only compared with others.
    pub fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }

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
    /// Klamm itself, which does what was agreed to.
    Klamm,
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
    pub kind: String,
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
    /// Another team that it concerns: the one that owns what is asked about.
    pub concerned: Option<String>,
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

impl Store {
    /// Writes down an attempt. When this fails, the act must not be done.
    pub async fn audit_attempt(&self, attempt: &Attempt, now: UnixMillis) -> Result<AuditId, StoreError> {
        const WHAT: &str = "write an attempt to the audit";
        let id = new_id("aud", now);
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
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
            AuditedAs::Klamm => "klamm",
            AuditedAs::Nobody => "nobody",
        })
        .bind(&attempt.source)
        .bind(&attempt.team)
        .bind(attempt.action)
        .bind(&attempt.object.kind)
        .bind(&attempt.object.namespace)
        .bind(&attempt.object.name)
        .bind(&attempt.request)
        .bind(match attempt.decision {
            Decision::Allowed => "allowed",
            Decision::Denied => "denied",
        })
        .bind(attempt.rule)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::query(WHAT))?;
        let teams: BTreeSet<&String> = attempt.team.iter().chain(&attempt.concerned).collect();
        for team in teams {
            sqlx::query("INSERT INTO audit_teams (team, audit) VALUES ($1, $2)")
                .bind(team)
                .bind(&id)
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::query(WHAT))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))?;
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
}
