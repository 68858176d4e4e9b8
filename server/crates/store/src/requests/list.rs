//! The list of requests: filtered, counted and cut in the database.

use super::{RequestRow, row};
use crate::{Store, StoreError};
use klamm_model::{ClusterRef, PersonName, RequestId, RequestKind, RequestState, SortOrder, TeamName};
use sqlx::Row;
use std::collections::BTreeSet;

/// Whose list it is: what others may see of requests.
#[derive(Clone, Debug)]
pub enum SeenBy {
    /// Whoever may see all; other people's drafts are nobody's business.
    All(PersonName),
    /// Somebody of these teams, who decides as these words say.
    Some {
        /// Who.
        person: PersonName,
        /// Whose requests they see.
        teams: BTreeSet<TeamName>,
        /// `operators`, `team:sre`.
        decides: Vec<String>,
    },
}

/// Which requests are wanted.
#[derive(Clone, Debug)]
pub struct RequestFilter {
    /// By whom.
    pub seen_by: SeenBy,
    /// Only in this state.
    pub state: Option<RequestState>,
    /// Only of this kind.
    pub kind: Option<RequestKind>,
    /// Only those that this team asks for or owns.
    pub team: Option<TeamName>,
    /// Only of this cluster.
    pub cluster: Option<ClusterRef>,
    /// Only of this person.
    pub requester: Option<PersonName>,
    /// Only those whose subject contains this, ignoring case.
    pub search: Option<String>,
    /// Only those that need approval of one of these words, were not asked for by this person, and have not got their consent.
    pub waits_for: Option<(PersonName, Vec<String>)>,
    /// Which end comes first.
    pub order: SortOrder,
    /// Only those after this one.
    pub after: Option<RequestId>,
    /// At most this many.
    pub limit: u32,
}

/// A part of the list.
#[derive(Clone, Debug)]
pub struct RequestPage {
    /// In the order asked for.
    pub items: Vec<RequestRow>,
    /// How many there are on all pages.
    pub total: u64,
}

/// SQL that grows, with the values for its places.
#[derive(Default)]
pub(crate) struct Conditions {
    pub(crate) sql: String,
    pub(crate) values: Vec<String>,
}

impl Conditions {
    /// Adds `AND condition`, with `?` standing for the values in their order.
    pub(crate) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = String>) {
        self.sql.push_str(" AND (");
        let mut values = values.into_iter();
        for (part, piece) in condition.split('?').enumerate() {
            if part > 0 {
                self.values.extend(values.next());
                self.sql.push('$');
                self.sql.push_str(&self.values.len().to_string());
            }
            self.sql.push_str(piece);
        }
        self.sql.push(')');
    }
}

const DECIDED_BY: &str = "deciders LIKE ? ESCAPE '\\'";

/// `%` and `_` are characters like others in what people look for.
fn containing(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn any_of(condition: &str, count: usize) -> String {
    if count == 0 { "1 = 0".to_owned() } else { vec![condition; count].join(" OR ") }
}

impl RequestFilter {
    fn conditions(&self) -> Conditions {
        let mut all = Conditions::default();
        let words = |words: &[String]| words.iter().map(|word| containing(&format!("|{word}|"))).collect::<Vec<_>>();
        match &self.seen_by {
            SeenBy::All(person) => all.and("state <> 'draft' OR requester = ?", [person.to_string()]),
            SeenBy::Some { person, teams, decides } => {
                let teams: Vec<String> = teams.iter().map(ToString::to_string).collect();
                let condition = format!(
                    "requester = ? OR (state <> 'draft' AND ({} OR {} OR {}))",
                    any_of("team = ?", teams.len()),
                    any_of("owner = ?", teams.len()),
                    any_of(DECIDED_BY, decides.len())
                );
                let values = [person.to_string()].into_iter().chain(teams.clone()).chain(teams).chain(words(decides));
                all.and(&condition, values);
            }
        }
        if let Some(state) = self.state {
            all.and("state = ?", [state.name().to_owned()]);
        }
        if let Some(kind) = self.kind {
            all.and("kind = ?", [kind.name().to_owned()]);
        }
        if let Some(team) = &self.team {
            all.and("team = ? OR owner = ?", [team.to_string(), team.to_string()]);
        }
        if let Some(cluster) = &self.cluster {
            let ClusterRef { namespace, name } = cluster;
            all.and("cluster_namespace = ? AND cluster_name = ?", [namespace.to_string(), name.to_string()]);
        }
        if let Some(requester) = &self.requester {
            all.and("requester = ?", [requester.to_string()]);
        }
        if let Some(search) = &self.search {
            all.and("LOWER(subject) LIKE ? ESCAPE '\\'", [containing(&search.to_lowercase())]);
        }
        if let Some((person, decides)) = &self.waits_for {
            let condition = format!(
                "state = 'needsApproval' AND requester <> ? AND ({}) AND NOT EXISTS (SELECT 1 FROM request_approvals a \
                 WHERE a.request = requests.id AND a.hash = requests.hash AND a.person = ?) \
                 AND NOT EXISTS (SELECT 1 FROM api_tokens t WHERE t.made_by = ? AND requester = 'team@' || t.team)",
                any_of(DECIDED_BY, decides.len())
            );
            let twice = [person.to_string(), person.to_string()];
            let values = [person.to_string()].into_iter().chain(words(decides)).chain(twice);
            all.and(&condition, values);
        }
        all
    }
}

impl Store {
    /// A part of the list of requests, and how many there are.
    pub async fn requests(&self, filter: &RequestFilter) -> Result<RequestPage, StoreError> {
        const WHAT: &str = "list requests";
        let mut conditions = filter.conditions();
        let total = self.count_requests_by(&conditions).await?;
        let (comparison, direction) = match filter.order {
            SortOrder::Asc => ("id > ?", "ASC"),
            SortOrder::Desc => ("id < ?", "DESC"),
        };
        if let Some(after) = &filter.after {
            conditions.and(comparison, [after.to_string()]);
        }
        let sql = format!(
            "SELECT {} FROM requests WHERE 1 = 1{} ORDER BY id {direction} LIMIT ${}",
            row::COLUMNS,
            conditions.sql,
            conditions.values.len() + 1
        );
        let mut query = sqlx::query(&sql);
        for value in &conditions.values {
            query = query.bind(value);
        }
        let rows = query.bind(i64::from(filter.limit)).fetch_all(&self.pool).await.map_err(StoreError::query(WHAT))?;
        Ok(RequestPage { items: rows.iter().map(row::read).collect::<Result<_, _>>()?, total })
    }

    /// How many requests there are.
    pub async fn count_requests(&self, filter: &RequestFilter) -> Result<u64, StoreError> {
        self.count_requests_by(&filter.conditions()).await
    }

    async fn count_requests_by(&self, conditions: &Conditions) -> Result<u64, StoreError> {
        const WHAT: &str = "count requests";
        let sql = format!("SELECT COUNT(*) AS n FROM requests WHERE 1 = 1{}", conditions.sql);
        let mut query = sqlx::query(&sql);
        for value in &conditions.values {
            query = query.bind(value);
        }
        let row = query.fetch_one(&self.pool).await.map_err(StoreError::query(WHAT))?;
        let count: i64 = row.try_get("n").map_err(StoreError::query(WHAT))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
