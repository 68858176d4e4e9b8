-- Of what numbers were kept over time: a row for each metric of each cluster, broker, volume, topic or group. The id is made from the
-- other columns, so that every replica calls a series the same. Losing these tables loses history and nothing else.
CREATE TABLE measured_series (
    id                BIGINT NOT NULL PRIMARY KEY,
    cluster_namespace TEXT   NOT NULL,
    cluster_name      TEXT   NOT NULL,
    metric            TEXT   NOT NULL,
    breakdown         TEXT   NOT NULL,
    subject           TEXT   NOT NULL,
    last_at           BIGINT NOT NULL
);
CREATE INDEX measured_series_by_cluster ON measured_series (cluster_namespace, cluster_name, metric, breakdown);

-- The numbers: what was measured in each five minutes, the mean and the most.
CREATE TABLE measured (
    series BIGINT           NOT NULL,
    at     BIGINT           NOT NULL,
    mean   DOUBLE PRECISION NOT NULL,
    most   DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (series, at)
);
