use crate::{Store, StoreError};
use klamm_model::{ClusterRef, TopicName, UnixMillis};
use sqlx::Row;

/// When something last happened to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityRow {
    /// On which cluster.
    pub cluster: ClusterRef,
    /// Which topic.
    pub topic: TopicName,
    /// Sum of the next offsets of its partitions then.
    pub ends: i64,
    /// Sum of all committed offsets then.
    pub commits: i64,
    /// When one of them last changed.
    pub moved_at: UnixMillis,
}

impl Store {
    /// What is known of all topics.
    pub async fn topic_activity(&self) -> Result<Vec<ActivityRow>, StoreError> {
        const WHAT: &str = "read when topics were last used";
        let rows = sqlx::query(
            "SELECT cluster_namespace, cluster_name, topic, ends, commits, moved_at FROM topic_activity \
             ORDER BY cluster_namespace, cluster_name, topic",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let name =
            |row: &sqlx::any::AnyRow, column: &str| row.try_get::<String, _>(column).map_err(StoreError::query(WHAT));
        let number =
            |row: &sqlx::any::AnyRow, column: &str| row.try_get::<i64, _>(column).map_err(StoreError::query(WHAT));
        let read = |row| {
            let corrupt = |_| StoreError::Corrupt { what: "topic activity" };
            let namespace = name(row, "cluster_namespace")?.parse().map_err(corrupt)?;
            Ok(ActivityRow {
                cluster: ClusterRef { namespace, name: name(row, "cluster_name")?.parse().map_err(corrupt)? },
                topic: name(row, "topic")?.parse().map_err(corrupt)?,
                ends: number(row, "ends")?,
                commits: number(row, "commits")?,
                moved_at: UnixMillis(number(row, "moved_at")?),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Writes down when topics were last used; what another replica knows to be later stays.
    pub async fn note_topic_activity(&self, rows: &[ActivityRow]) -> Result<(), StoreError> {
        const WHAT: &str = "note when topics were last used";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        for row in rows {
            sqlx::query(
                "INSERT INTO topic_activity (cluster_namespace, cluster_name, topic, ends, commits, moved_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cluster_namespace, cluster_name, topic) DO UPDATE SET \
                 ends = excluded.ends, commits = excluded.commits, moved_at = excluded.moved_at \
                 WHERE topic_activity.moved_at < excluded.moved_at",
            )
            .bind(row.cluster.namespace.as_str())
            .bind(row.cluster.name.as_str())
            .bind(row.topic.as_str())
            .bind(row.ends)
            .bind(row.commits)
            .bind(row.moved_at.0)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// Forgets topics that are gone.
    pub async fn forget_topic_activity(&self, cluster: &ClusterRef, topics: &[TopicName]) -> Result<(), StoreError> {
        const WHAT: &str = "forget when topics were last used";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        for topic in topics {
            sqlx::query("DELETE FROM topic_activity WHERE cluster_namespace = $1 AND cluster_name = $2 AND topic = $3")
                .bind(cluster.namespace.as_str())
                .bind(cluster.name.as_str())
                .bind(topic.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::query(WHAT))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }
}
