-- That somebody knows of a finding: who, why, until when, and how bad it was then.
CREATE TABLE finding_acknowledgements (
    cluster_namespace TEXT   NOT NULL,
    cluster_name      TEXT   NOT NULL,
    finding           TEXT   NOT NULL,
    severity          TEXT   NOT NULL,
    person            TEXT   NOT NULL,
    reason            TEXT   NOT NULL,
    acknowledged_at   BIGINT NOT NULL,
    believed_until    BIGINT NOT NULL,
    PRIMARY KEY (cluster_namespace, cluster_name, finding)
);

-- Findings that webhooks were told of and that are not gone yet: of several replicas one tells, and a restart tells nothing twice
-- and forgets not since when something is so.
CREATE TABLE open_findings (
    cluster_namespace TEXT   NOT NULL,
    cluster_name      TEXT   NOT NULL,
    finding           TEXT   NOT NULL,
    rule              TEXT   NOT NULL,
    severity          TEXT   NOT NULL,
    message           TEXT   NOT NULL,
    since             BIGINT NOT NULL,
    PRIMARY KEY (cluster_namespace, cluster_name, finding)
);
