//! What people know of findings, and which webhooks were told of. Findings themselves are made anew from what is observed.

use crate::people::parse_person;
use crate::webhooks::{NewDelivery, insert};
use crate::{Store, StoreError};
use klamm_model::{Acknowledgement, ClusterRef, FindingRule, FindingSeverity, UnixMillis};
use sqlx::Row;
use sqlx::any::AnyRow;

/// That somebody knows of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgementRow {
    /// Of this cluster.
    pub cluster: ClusterRef,
    /// Its id.
    pub finding: String,
    /// How bad it was then.
    pub severity: FindingSeverity,
    /// Who, why, and until when.
    pub acknowledgement: Acknowledgement,
}

/// A finding that webhooks were told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFinding {
    /// Of this cluster.
    pub cluster: ClusterRef,
    /// Its id.
    pub finding: String,
    /// Which rule found it.
    pub rule: FindingRule,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What is so, in a sentence.
    pub message: String,
    /// Since when.
    pub since: UnixMillis,
}

const CORRUPT: StoreError = StoreError::Corrupt { what: "finding" };

impl Store {
    /// Writes down that somebody knows of a finding, in place of whoever knew before; what nobody has to believe any more goes.
    pub async fn acknowledge_finding(&self, row: &AcknowledgementRow) -> Result<(), StoreError> {
        const WHAT: &str = "write down that somebody knows of a finding";
        let Acknowledgement { by, reason, at, until } = &row.acknowledgement;
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        sqlx::query("DELETE FROM finding_acknowledgements WHERE believed_until <= $1")
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::query(WHAT))?;
        sqlx::query(
            "INSERT INTO finding_acknowledgements (cluster_namespace, cluster_name, finding, severity, person, reason, \
             acknowledged_at, believed_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (cluster_namespace, cluster_name, finding) DO UPDATE SET severity = excluded.severity, \
             person = excluded.person, reason = excluded.reason, acknowledged_at = excluded.acknowledged_at, \
             believed_until = excluded.believed_until",
        )
        .bind(row.cluster.namespace.as_str())
        .bind(row.cluster.name.as_str())
        .bind(row.finding.as_str())
        .bind(row.severity.name())
        .bind(by.as_str())
        .bind(reason.as_str())
        .bind(at.0)
        .bind(until.0)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::query(WHAT))?;
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// Takes back that somebody knows of a finding. [`StoreError::Changed`] when nobody said so, or somebody else took it back.
    pub async fn take_back_acknowledgement(&self, (cluster, finding): (&ClusterRef, &str)) -> Result<(), StoreError> {
        const WHAT: &str = "take back that somebody knows of a finding";
        let gone = sqlx::query(
            "DELETE FROM finding_acknowledgements WHERE cluster_namespace = $1 AND cluster_name = $2 AND finding = $3",
        )
        .bind(cluster.namespace.as_str())
        .bind(cluster.name.as_str())
        .bind(finding)
        .execute(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        if gone.rows_affected() == 0 { Err(StoreError::Changed { what: "finding" }) } else { Ok(()) }
    }

    /// What people know of, as far as it is still to be believed.
    pub async fn acknowledgements(&self, now: UnixMillis) -> Result<Vec<AcknowledgementRow>, StoreError> {
        const WHAT: &str = "read what people know of findings";
        let rows = sqlx::query(
            "SELECT cluster_namespace, cluster_name, finding, severity, person, reason, acknowledged_at, believed_until \
             FROM finding_acknowledgements WHERE believed_until > $1 \
             ORDER BY cluster_namespace, cluster_name, finding",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let read = |row: &AnyRow| {
            let columns = Columns { row, what: WHAT };
            Ok(AcknowledgementRow {
                cluster: columns.cluster()?,
                finding: columns.text("finding")?,
                severity: columns.severity()?,
                acknowledgement: Acknowledgement {
                    by: parse_person(columns.text("person")?)?,
                    reason: columns.text("reason")?,
                    at: columns.moment("acknowledged_at")?,
                    until: columns.moment("believed_until")?,
                },
            })
        };
        rows.iter().map(read).collect()
    }

    /// What webhooks were told of that is not gone, as far as anybody knows.
    pub async fn open_findings(&self) -> Result<Vec<OpenFinding>, StoreError> {
        const WHAT: &str = "read which findings are open";
        let rows = sqlx::query(
            "SELECT cluster_namespace, cluster_name, finding, rule, severity, message, since FROM open_findings \
             ORDER BY cluster_namespace, cluster_name, finding",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::query(WHAT))?;
        let read = |row: &AnyRow| {
            let columns = Columns { row, what: WHAT };
            Ok(OpenFinding {
                cluster: columns.cluster()?,
                finding: columns.text("finding")?,
                rule: FindingRule::named(&columns.text("rule")?).ok_or(CORRUPT)?,
                severity: columns.severity()?,
                message: columns.text("message")?,
                since: columns.moment("since")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Writes down that a finding is there, or has become worse, and makes messages of it out, in one transaction.
    /// [`StoreError::Changed`] when somebody else has.
    pub async fn open_finding(
        &self,
        finding: &OpenFinding,
        deliveries: &[NewDelivery],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "write down that a finding is there";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let written = sqlx::query(
            "INSERT INTO open_findings (cluster_namespace, cluster_name, finding, rule, severity, message, since) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (cluster_namespace, cluster_name, finding) DO UPDATE SET severity = excluded.severity, \
             message = excluded.message \
             WHERE open_findings.severity <> 'critical' AND excluded.severity = 'critical'",
        )
        .bind(finding.cluster.namespace.as_str())
        .bind(finding.cluster.name.as_str())
        .bind(finding.finding.as_str())
        .bind(finding.rule.name())
        .bind(finding.severity.name())
        .bind(finding.message.as_str())
        .bind(finding.since.0)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::query(WHAT))?;
        if written.rows_affected() == 0 {
            return Err(StoreError::Changed { what: "finding" });
        }
        for delivery in deliveries {
            insert(delivery, now).execute(&mut *transaction).await.map_err(StoreError::insert(WHAT, "delivery"))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }

    /// Writes down that a finding is gone, likewise.
    pub async fn close_finding(
        &self,
        (cluster, finding): (&ClusterRef, &str),
        deliveries: &[NewDelivery],
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "write down that a finding is gone";
        let mut transaction = self.pool.begin().await.map_err(StoreError::query(WHAT))?;
        let gone = sqlx::query(
            "DELETE FROM open_findings WHERE cluster_namespace = $1 AND cluster_name = $2 AND finding = $3",
        )
        .bind(cluster.namespace.as_str())
        .bind(cluster.name.as_str())
        .bind(finding)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::query(WHAT))?;
        if gone.rows_affected() == 0 {
            return Err(StoreError::Changed { what: "finding" });
        }
        for delivery in deliveries {
            insert(delivery, now).execute(&mut *transaction).await.map_err(StoreError::insert(WHAT, "delivery"))?;
        }
        transaction.commit().await.map_err(StoreError::query(WHAT))
    }
}

/// A row, as it is read.
struct Columns<'a> {
    row: &'a AnyRow,
    what: &'static str,
}

impl Columns<'_> {
    fn text(&self, column: &str) -> Result<String, StoreError> {
        self.row.try_get(column).map_err(StoreError::query(self.what))
    }

    fn moment(&self, column: &str) -> Result<UnixMillis, StoreError> {
        self.row.try_get(column).map(UnixMillis).map_err(StoreError::query(self.what))
    }

    fn severity(&self) -> Result<FindingSeverity, StoreError> {
        FindingSeverity::named(&self.text("severity")?).ok_or(CORRUPT)
    }

    fn cluster(&self) -> Result<ClusterRef, StoreError> {
        let namespace = self.text("cluster_namespace")?.parse().map_err(|_| CORRUPT)?;
        Ok(ClusterRef { namespace, name: self.text("cluster_name")?.parse().map_err(|_| CORRUPT)? })
    }
}
