//! Reading the audit: by who, team, what, request and time, the newest first. Ids begin with the moment, so that every index
//! gives its part in order.

use super::{AuditId, AuditItem};
use crate::{Store, StoreError, first_id_at};
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

/// A question in SQL with its values.
struct Question {
    from: &'static str,
    /// The column whose index gives the order.
    id: &'static str,
    conditions: String,
    values: Vec<String>,
}

impl Question {
    fn and(&mut self, condition: &str, value: &str) {
        self.values.push(value.to_owned());
        for part in [" AND ", condition, " $", &self.values.len().to_string()] {
            self.conditions.push_str(part);
        }
    }

    /// What is asked of one team's part, or of all of it.
    fn of(filter: &AuditFilter, team: Option<&str>) -> Self {
        let columns = [
            ("a.actor =", &filter.actor),
            ("a.object_kind =", &filter.object_kind),
            ("a.object_namespace =", &filter.object_namespace),
            ("a.object_name =", &filter.object_name),
            ("a.action =", &filter.action),
            ("a.request =", &filter.request),
            ("a.decision =", &filter.decision),
        ];
        let is_narrowed = columns.iter().any(|(_, value)| value.is_some());
        let (from, id) = match team {
            Some(_) if is_narrowed => ("audit_teams t JOIN audit a ON a.id = t.audit", "t.audit"),
            // Everything that is asked stands in the index.
            Some(_) => ("audit_teams t", "t.audit"),
            None => ("audit a", "a.id"),
        };
        let mut question = Self { from, id, conditions: String::new(), values: Vec::new() };
        if let Some(team) = team {
            question.and("t.team =", team);
        }
        for (column, value) in columns {
            if let Some(value) = value {
                question.and(column, value);
            }
        }
        if let Some(from) = filter.from {
            question.and(&format!("{id} >="), &first_id_at("aud", from));
        }
        if let Some(until) = filter.until {
            question.and(&format!("{id} <"), &first_id_at("aud", until));
        }
        question
    }
}

/// The teams whose parts are asked for one by one; none where all of it is.
fn parts(filter: &AuditFilter) -> Vec<Option<&str>> {
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
    pub async fn audit_page(&self, filter: &AuditFilter) -> Result<AuditPage, StoreError> {
        Ok(AuditPage { items: self.audit(filter).await?, total: self.count_audit(filter).await? })
    }

    /// A part of the audit, the newest first.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditItem>, StoreError> {
        let mut all = Vec::new();
        for team in parts(filter) {
            let mut question = Question::of(filter, team);
            if let Some(before) = &filter.before {
                question.and(&format!("{} <", question.id), before.as_str());
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
             JOIN audit a ON a.id = p.id LEFT JOIN audit_outcomes o ON o.audit = a.id ORDER BY a.id DESC",
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

    async fn count_audit(&self, filter: &AuditFilter) -> Result<u64, StoreError> {
        const WHAT: &str = "count the audit";
        let mut total = 0_u64;
        for team in parts(filter) {
            let question = Question::of(filter, team);
            let sql = format!("SELECT COUNT(*) AS n FROM {} WHERE 1 = 1{}", question.from, question.conditions);
            let mut query = sqlx::query(&sql);
            for value in &question.values {
                query = query.bind(value);
            }
            let row = query.fetch_one(&self.pool).await.map_err(StoreError::query(WHAT))?;
            let count: i64 = row.try_get("n").map_err(StoreError::query(WHAT))?;
            total += u64::try_from(count).unwrap_or(0);
        }
        Ok(total)
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
