//! Reading the audit: by who, team, what, request and time, the newest first. Ids begin with the moment, so that every index
//! gives its part in order.

use super::{AuditId, AuditItem};
use crate::{Store, StoreError, first_id_at, pool::Dialect};
use klamm_model::UnixMillis;
use sqlx::Row;
use std::collections::BTreeSet;

/// Which part of the audit is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AuditFilter {
    /// Only of this actor.
    pub actor: Option<String>,
    /// Only for this team.
    pub team: Option<String>,
    /// Only what concerns one of these teams; whoever may see all does not say.
    pub seen_by: Option<BTreeSet<String>>,
    /// Only about this kind of object.
    pub object_kind: Option<String>,
    /// Only about objects in this namespace.
    pub object_namespace: Option<String>,
    /// Only about objects of this name.
    pub object_name: Option<String>,
    /// Only what was tried so: `approve`, `create`.
    pub action: Option<String>,
    /// Only of this request.
    pub request: Option<String>,
    /// Only `allowed` or `denied`.
    pub decision: Option<String>,
    /// Not before this moment.
    pub from: Option<UnixMillis>,
    /// Before this moment.
    pub until: Option<UnixMillis>,
    /// Only before this one: the last of the page before.
    pub before: Option<AuditId>,
    /// At most this many.
    pub limit: u32,
}

/// A part of the audit.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The newest first.
    pub items: Vec<AuditItem>,
    /// How many there are on all pages.
    pub total: u64,
}

/// SQLite takes a cross join in this order: by the index of what is asked, newest first, until there are enough.
const JOINED: &str = "audit a CROSS JOIN audit_teams t";

/// A question in SQL with its values.
pub(super) struct Question {
    pub(super) from: &'static str,
    /// The column whose index gives the order.
    id: &'static str,
    pub(super) conditions: String,
    pub(super) values: Vec<String>,
}

impl Question {
    /// Adds a condition, in which `?` stands for the value.
    pub(super) fn and(&mut self, condition: &str, value: &str) {
        self.values.push(value.to_owned());
        let place = format!("${}", self.values.len());
        self.conditions.push_str(" AND ");
        self.conditions.push_str(&condition.replace('?', &place));
    }

    /// What is asked of one team's part, or of all of it.
    pub(super) fn of(filter: &AuditFilter, team: Option<&str>, dialect: Dialect) -> Self {
        // Those that leave least come first.
        let columns = [
            ("a.request = ?", &filter.request),
            ("a.object_name = ?", &filter.object_name),
            ("a.actor = ?", &filter.actor),
            ("a.object_kind = ?", &filter.object_kind),
            ("a.action = ?", &filter.action),
            ("a.object_namespace = ?", &filter.object_namespace),
            ("a.decision = ?", &filter.decision),
        ];
        let mut narrowing =
            columns.into_iter().filter_map(|(column, value)| Some((column, value.as_ref()?))).peekable();
        let (from, id, joined) = match team {
            Some(_) if narrowing.peek().is_some() => (JOINED, "a.id", " AND t.audit = a.id"),
            // Everything that is asked stands in the index.
            Some(_) => ("audit_teams t", "t.audit", ""),
            None => ("audit a", "a.id", ""),
        };
        let mut question = Self { from, id, conditions: joined.to_owned(), values: Vec::new() };
        if let Some(team) = team {
            question.and("t.team = ?", team);
        }
        for (place, (column, value)) in narrowing.enumerate() {
            match dialect {
                // It knows nothing of what is in a table, and of several indexes takes any: the sign keeps it from others.
                Dialect::Sqlite if place > 0 => question.and(&format!("+{column}"), value),
                Dialect::Sqlite | Dialect::Postgres => question.and(column, value),
            }
        }
        if let Some(from) = filter.from {
            question.bound(">=", &first_id_at("aud", from));
        }
        if let Some(until) = filter.until {
            question.bound("<", &first_id_at("aud", until));
        }
        question
    }

    /// Bounds the ids. PostgreSQL does not conclude from one side of a join that the other has the same bound.
    fn bound(&mut self, comparison: &str, id: &str) {
        let both = if self.from == JOINED { format!(" AND t.audit {comparison} ?") } else { String::new() };
        self.and(&format!("{} {comparison} ?{both}", self.id), id);
    }
}

/// The teams whose parts are asked for one by one; none where all of it is.
pub(super) fn parts(filter: &AuditFilter) -> Vec<Option<&str>> {
    match (&filter.team, &filter.seen_by) {
        (None, None) => vec![None],
        (Some(team), None) => vec![Some(team)],
        (None, Some(teams)) => teams.iter().map(|team| Some(team.as_str())).collect(),
        (Some(team), Some(teams)) if teams.contains(team) => vec![Some(team)],
        (Some(_), Some(_)) => Vec::new(),
    }
}

impl Store {
    /// A part of the audit, the newest first, and how many there are.
    pub async fn audit_page(&self, filter: &AuditFilter, now: UnixMillis) -> Result<AuditPage, StoreError> {
        Ok(AuditPage { items: self.audit(filter).await?, total: self.count_audit(filter, now).await? })
    }

    /// A part of the audit, the newest first.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditItem>, StoreError> {
        let mut all = Vec::new();
        for team in parts(filter) {
            let mut question = Question::of(filter, team, self.dialect);
            if let Some(before) = &filter.before {
                question.bound("<", before.as_str());
            }
            all.extend(self.items(&question, filter.limit).await?);
        }
        // What concerns two teams is told by both.
        all.sort_by(|a: &AuditItem, b| b.id.cmp(&a.id));
        all.dedup_by(|a, b| a.id == b.id);
        all.truncate(usize::try_from(filter.limit).unwrap_or(usize::MAX));
        Ok(all)
    }

    async fn items(&self, question: &Question, limit: u32) -> Result<Vec<AuditItem>, StoreError> {
        // The page is cut by the index alone; only what is on it is looked up.
        let sql = format!(
            "SELECT a.id, a.at, a.actor, a.source, a.team, a.action, a.object_kind, a.object_namespace, a.object_name, \
             a.request, a.decision, a.rule, o.outcome, o.message \
             FROM (SELECT {id} AS id FROM {from} WHERE 1 = 1{conditions} ORDER BY {id} DESC LIMIT ${limit}) p \
             CROSS JOIN audit a LEFT JOIN audit_outcomes o ON o.audit = a.id WHERE a.id = p.id ORDER BY a.id DESC",
            id = question.id,
            from = question.from,
            conditions = question.conditions,
            limit = question.values.len() + 1,
        );
        let mut query = sqlx::query(&sql);
        for value in &question.values {
            query = query.bind(value);
        }
        let rows =
            query.bind(i64::from(limit)).fetch_all(&self.pool).await.map_err(StoreError::query("read the audit"))?;
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
