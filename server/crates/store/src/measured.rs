//! What was measured over time, in steps of five minutes: a row for each series, and one for each of its steps.

use crate::{Store, StoreError};
use klamm_model::{Breakdown, ClusterRef, Measured, Metric, UnixMillis};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// From one row of a series to the next, in milliseconds.
pub const ROLLED_MILLIS: i64 = 300_000;

/// What was measured of something in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredRow {
    /// What was measured.
    pub metric: Metric,
    /// Of whom.
    pub of: Measured,
    /// When the step began.
    pub at: UnixMillis,
    /// The mean.
    pub mean: f64,
    /// The most.
    pub most: f64,
}

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct MeasuredFilter<'a> {
    /// Of this cluster.
    pub cluster: &'a ClusterRef,
    /// Of this metric; of all of them without it.
    pub metric: Option<Metric>,
    /// Told apart by this; by anything without it.
    pub by: Option<Breakdown>,
    /// Only of this one.
    pub only: Option<&'a Measured>,
    /// From this moment on.
    pub from: UnixMillis,
    /// Before this one.
    pub before: UnixMillis,
    /// Put together in steps of so many milliseconds; at least [`ROLLED_MILLIS`].
    pub step_millis: i64,
}

/// Whom a series is about, as text: nothing for the cluster and for what is not told one by one.
fn subject(of: &Measured) -> String {
    match of {
        Measured::Cluster | Measured::OtherTopics | Measured::OtherGroups => String::new(),
        Measured::Broker(id) => id.to_string(),
        Measured::Volume(id, path) => format!("{id} {path}"),
        Measured::Topic(name) => name.to_string(),
        Measured::Group(id) => id.to_string(),
    }
}

/// The other way round.
fn measured(by: Breakdown, subject: &str) -> Option<Measured> {
    Some(match by {
        Breakdown::Cluster => Measured::Cluster,
        Breakdown::Topic if subject.is_empty() => Measured::OtherTopics,
        Breakdown::Group if subject.is_empty() => Measured::OtherGroups,
        Breakdown::Broker => Measured::Broker(klamm_model::BrokerId(subject.parse().ok()?)),
        Breakdown::Volume => {
            let (id, path) = subject.split_once(' ')?;
            Measured::Volume(klamm_model::BrokerId(id.parse().ok()?), path.into())
        }
        Breakdown::Topic => Measured::Topic(subject.parse().ok()?),
        Breakdown::Group => Measured::Group(subject.parse().ok()?),
    })
}

/// The same for every replica, and another for every series: 64 bits of a digest.
fn series_id(cluster: &ClusterRef, metric: Metric, by: Breakdown, subject: &str) -> i64 {
    let mut digest = Sha256::new();
    for part in [cluster.namespace.as_str(), cluster.name.as_str(), metric.name(), by.name(), subject] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let mut first = [0_u8; 8];
    for (to, from) in first.iter_mut().zip(digest.finalize()) {
        *to = from;
    }
    i64::from_be_bytes(first)
}

/// Whether it is what all others come to that are not told one by one.
fn is_sum_of_others(of: &Measured) -> bool {
    matches!(of, Measured::OtherTopics | Measured::OtherGroups)
}

/// PostgreSQL has no text with a zero byte; the id of a group may have one.
fn can_be_kept(row: &MeasuredRow) -> bool {
    let speakable = match &row.of {
        Measured::Group(id) => !id.as_str().contains('\0'),
        Measured::Volume(_, path) => !path.contains('\0'),
        Measured::Cluster
        | Measured::Broker(_)
        | Measured::Topic(_)
        | Measured::OtherTopics
        | Measured::OtherGroups => true,
    };
    speakable && row.mean.is_finite() && row.most.is_finite()
}

impl Store {
    /// Writes down what was measured, all of it or nothing. What another replica wrote of the same step stays, and nobody is written by
    /// name who is in its sum of all others.
    pub async fn note_measured(&self, cluster: &ClusterRef, rows: &[MeasuredRow]) -> Result<(), StoreError> {
        const WHAT: &str = "write down what was measured";
        let mut latest: BTreeMap<i64, (&MeasuredRow, String)> = BTreeMap::new();
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        // Sums first: where another replica has written one, it has written by name whom it wants to, too.
        let (sums, others): (Vec<_>, Vec<_>) =
            rows.iter().filter(|row| can_be_kept(row)).partition(|row| is_sum_of_others(&row.of));
        let mut told: BTreeSet<(Metric, Breakdown, i64)> = BTreeSet::new();
        for row in sums.into_iter().chain(others) {
            let step = (row.metric, row.of.breakdown(), row.at.0);
            if told.contains(&step) {
                continue;
            }
            let subject = subject(&row.of);
            let id = series_id(cluster, row.metric, row.of.breakdown(), &subject);
            let written = sqlx::query(
                "INSERT INTO measured (series, at, mean, most) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (series, at) DO NOTHING",
            )
            .bind(id)
            .bind(row.at.0)
            .bind(row.mean)
            .bind(row.most)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
            if written.rows_affected() == 0 && is_sum_of_others(&row.of) {
                told.insert(step);
            }
            let newer = latest.get(&id).is_none_or(|(known, _)| known.at < row.at);
            if newer {
                latest.insert(id, (row, subject));
            }
        }
        for (id, (row, subject)) in latest {
            name_series(&mut transaction, cluster, id, row, &subject).await.map_err(StoreError::query(WHAT))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// What was measured, by series, each in the order of time.
    pub async fn measured(&self, filter: &MeasuredFilter<'_>) -> Result<Vec<MeasuredRow>, StoreError> {
        const WHAT: &str = "read what was measured";
        let step = filter.step_millis.max(ROLLED_MILLIS);
        let only = filter.only.map(subject);
        let rows = sqlx::query(
            "SELECT metric, breakdown, subject, place, mean, most FROM (\
               SELECT series, at - (at % $1) AS place, AVG(mean) AS mean, MAX(most) AS most \
               FROM measured WHERE at >= $2 AND at < $3 AND series IN (\
                 SELECT id FROM measured_series WHERE cluster_namespace = $4 AND cluster_name = $5 \
                 AND ($6 = '' OR metric = $6) AND ($7 = '' OR breakdown = $7) AND ($8 = 0 OR subject = $9) \
                 AND last_at >= $2) \
               GROUP BY series, place) AS steps \
             JOIN measured_series ON id = series ORDER BY series, place",
        )
        .bind(step)
        .bind(filter.from.0)
        .bind(filter.before.0)
        .bind(filter.cluster.namespace.as_str())
        .bind(filter.cluster.name.as_str())
        .bind(filter.metric.map_or("", Metric::name))
        .bind(filter.by.or_else(|| filter.only.map(Measured::breakdown)).map_or("", Breakdown::name))
        .bind(i64::from(only.is_some()))
        .bind(only.unwrap_or_default())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let mut read = Vec::with_capacity(rows.len());
        for row in &rows {
            // A row of a metric that came after this program, or went before it, is nobody's fault.
            read.extend(of_row(row).map_err(StoreError::query(WHAT))?);
        }
        Ok(read)
    }

    /// Forgets what was measured before a moment.
    pub async fn forget_measured(&self, before: UnixMillis) -> Result<(), StoreError> {
        const WHAT: &str = "forget what was measured long ago";
        // Series by series, because the numbers are sorted by series: no index by time has to be kept for this.
        let ids = sqlx::query("SELECT id FROM measured_series ORDER BY id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        for chunk in ids.chunks(100) {
            let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
            for row in chunk {
                let id: i64 = row.try_get("id").map_err(StoreError::query(WHAT))?;
                sqlx::query("DELETE FROM measured WHERE series = $1 AND at < $2")
                    .bind(id)
                    .bind(before.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(StoreError::query(WHAT))?;
                sqlx::query("DELETE FROM measured_series WHERE id = $1 AND last_at < $2")
                    .bind(id)
                    .bind(before.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(StoreError::query(WHAT))?;
            }
            transaction.commit().await.map_err(StoreError::query(WHAT))?;
        }
        Ok(())
    }
}

async fn name_series(
    transaction: &mut Transaction<'_, Any>,
    cluster: &ClusterRef,
    id: i64,
    row: &MeasuredRow,
    subject: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO measured_series (id, cluster_namespace, cluster_name, metric, breakdown, subject, last_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at \
         WHERE measured_series.last_at < excluded.last_at",
    )
    .bind(id)
    .bind(cluster.namespace.as_str())
    .bind(cluster.name.as_str())
    .bind(row.metric.name())
    .bind(row.of.breakdown().name())
    .bind(subject)
    .bind(row.at.0)
    .execute(&mut **transaction)
    .await
    .map(drop)
}

fn of_row(row: &AnyRow) -> Result<Option<MeasuredRow>, sqlx::Error> {
    let metric: String = row.try_get("metric")?;
    let by: String = row.try_get("breakdown")?;
    let subject: String = row.try_get("subject")?;
    let of = Breakdown::named(&by).and_then(|by| measured(by, &subject));
    let Some((metric, of)) = Metric::named(&metric).zip(of) else { return Ok(None) };
    let at = UnixMillis(row.try_get("place")?);
    Ok(Some(MeasuredRow { metric, of, at, mean: row.try_get("mean")?, most: row.try_get("most")? }))
}
