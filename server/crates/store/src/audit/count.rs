//! How many items there are. What stands in the audit stays, so that what has been counted once is not counted again: of a
//! million items PostgreSQL takes a third of a second, and SQLite a whole one, to say how many concern a team and somebody.

use super::search::{AuditFilter, Question, parts};
use crate::{Store, StoreError};
use klamm_model::UnixMillis;
use sqlx::Row;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Among younger ones others may still appear: somebody waits for a lock, or the clock of another replica is behind.
const SETTLED_AFTER_MILLIS: i64 = 10 * 60 * 1000;
/// Then all of it is counted anew: a clock may have been further behind than that.
const GOOD_FOR_MILLIS: i64 = 60 * 60 * 1000;
/// How many questions are remembered.
const MOST: usize = 256;

/// How many items there were up to a moment.
#[derive(Clone, Copy, Debug)]
struct Settled {
    until: UnixMillis,
    items: u64,
}

/// What has been counted, by what was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted(Arc<Mutex<HashMap<AuditFilter, Settled>>>);

impl Counted {
    fn get(&self, asked: &AuditFilter, now: UnixMillis) -> Option<Settled> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = now.0.saturating_sub(SETTLED_AFTER_MILLIS + GOOD_FOR_MILLIS);
        all.get(asked).copied().filter(|settled| (oldest..=now.0).contains(&settled.until.0))
    }

    fn keep(&self, asked: AuditFilter, settled: Settled) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(asked, settled);
    }
}

impl Store {
    pub(super) async fn count_audit(&self, filter: &AuditFilter, now: UnixMillis) -> Result<u64, StoreError> {
        let asked = AuditFilter { before: None, limit: 0, ..filter.clone() };
        let settled = if let Some(settled) = self.counted.get(&asked, now) {
            settled
        } else {
            let until = UnixMillis(now.0.saturating_sub(SETTLED_AFTER_MILLIS));
            let before = asked.until.map_or(until, |asked| asked.min(until));
            let items = self.count_anew(&AuditFilter { until: Some(before), ..asked.clone() }).await?;
            let settled = Settled { until, items };
            self.counted.keep(asked.clone(), settled);
            settled
        };
        let since = asked.from.map_or(settled.until, |asked| asked.max(settled.until));
        Ok(settled.items + self.count_anew(&AuditFilter { from: Some(since), ..asked }).await?)
    }

    async fn count_anew(&self, filter: &AuditFilter) -> Result<u64, StoreError> {
        let parts = parts(filter);
        let (mut total, mut twice) = (0, 0);
        for (place, team) in parts.iter().enumerate() {
            let question = Question::of(filter, *team, self.dialect);
            total += self.count(&question).await?;
            // An item concerns two teams at most: the one that asks and the one that owns.
            for other in parts.iter().skip(place + 1).flatten() {
                let mut both = Question::of(filter, *team, self.dialect);
                both.and("EXISTS (SELECT 1 FROM audit_teams o WHERE o.audit = t.audit AND o.team = ?)", other);
                twice += self.count(&both).await?;
            }
        }
        Ok(total.saturating_sub(twice))
    }

    async fn count(&self, question: &Question) -> Result<u64, StoreError> {
        const WHAT: &str = "count the audit";
        let sql = format!("SELECT COUNT(*) AS n FROM {} WHERE 1 = 1{}", question.from, question.conditions);
        let mut query = sqlx::query(&sql);
        for value in &question.values {
            query = query.bind(value);
        }
        let row = query.fetch_one(&self.pool).await.map_err(StoreError::query(WHAT))?;
        let count: i64 = row.try_get("n").map_err(StoreError::query(WHAT))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
