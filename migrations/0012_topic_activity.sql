-- When something last happened to each topic, as far as Klamm has watched: what makes an unused topic one. The sums tell that
-- something happened; they are not read as numbers. Losing this table loses nothing but patience.
CREATE TABLE topic_activity (
    cluster_namespace TEXT   NOT NULL,
    cluster_name      TEXT   NOT NULL,
    topic             TEXT   NOT NULL,
    ends              BIGINT NOT NULL,
    commits           BIGINT NOT NULL,
    moved_at          BIGINT NOT NULL,
    PRIMARY KEY (cluster_namespace, cluster_name, topic)
);
