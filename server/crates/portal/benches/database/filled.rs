//! Databases as they are after years, written past the store: a statement for each table, the same for both kinds.

use klamm_testkit::TestDatabase;

pub(crate) const REQUESTED: i64 = 10_000;
pub(crate) const AUDITED: i64 = 1_000_000;
/// When the first of them was written; another follows every second.
pub(crate) const START: i64 = 1_700_000_000_000;

/// Forty people in twenty teams, of which one is as busy as all the others together.
const PEOPLE: [&str; 4] = [
    "INSERT INTO people (name, created_at) WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39) \
     SELECT 'person-' || i, 0 FROM n",
    "INSERT INTO people (name, created_at) VALUES ('operator', 0), ('auditor', 0)",
    "INSERT INTO teams (name, created_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 2 FROM n WHERE i < 19) \
     SELECT 'team-' || i, 0 FROM n UNION ALL SELECT 'payments', 0",
    "INSERT INTO memberships (team, person, role) SELECT 'payments', name, 'approver' FROM people WHERE name LIKE 'person-%'",
];

/// Fills a database that has its tables.
pub(crate) async fn fill(database: &TestDatabase) -> anyhow::Result<()> {
    for statement in PEOPLE {
        database.run(statement).await?;
    }
    database.run(&requests()).await?;
    for statement in audit() {
        database.run(&statement).await?;
    }
    // What both do by themselves as rows come one by one.
    let tidied =
        if database.url().starts_with("postgres") { "VACUUM ANALYZE" } else { "PRAGMA wal_checkpoint(TRUNCATE)" };
    Ok(database.run(tidied).await?)
}

/// Numbers with the moments that belong to them.
fn numbered(count: i64) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}), \
         m AS (SELECT i, CAST({START} AS BIGINT) + CAST(i AS BIGINT) * 1000 AS at FROM n)"
    )
}

/// An id as the store makes them: ten letters for the moment, and the number in place of what is random.
fn id(prefix: &str) -> String {
    let letter = |place: u32| {
        let bits = place * 5;
        format!("substr('0123456789abcdefghjkmnpqrstvwxyz', CAST((at >> {bits}) & 31 AS INTEGER) + 1, 1)")
    };
    let letters: Vec<String> = (0..10).rev().map(letter).collect();
    format!("'{prefix}_' || {} || substr(CAST(10000000000000000 + i AS TEXT), 2, 16)", letters.join(" || "))
}

/// One of twenty waits for somebody; each has a manifest of the usual size.
fn requests() -> String {
    let manifest = r#"{"apiVersion":"klamm.dev/v1alpha1","kind":"KafkaTopic","metadata":{"name":"payments.topic","namespace":"payments","annotations":{"klamm.dev/description":"What the shop sells, one record for every sale","klamm.dev/contact":"payments@example.org"}},"spec":{"cluster":{"namespace":"kafka","name":"prod"},"partitions":12,"replicationFactor":3,"config":{"retention.ms":604800000,"cleanup.policy":"delete","min.insync.replicas":2}}}"#;
    let effect = r#"{"words":["Nothing limits how many bytes it keeps."],"bytesKept":null,"bytesFree":null,"partitions":12,"replicasPerBrokerBefore":8.0,"replicasPerBrokerAfter":9.0,"quota":[]}"#;
    let asks = r#"[{"who":"team:payments","approvals":1}]"#;
    let hash = "0".repeat(64);
    format!(
        "INSERT INTO requests (id, version, kind, state, cluster_namespace, cluster_name, team, owner, requester, subject, \
         object_kind, object_namespace, object_name, reason, spec, manifest, base, hash, findings, effect, asks, deciders, \
         message, created_at, changed_at, expires_at, generation, attempts, next_attempt_at) {numbers} \
         SELECT {id}, 1, 'topicCreate', CASE WHEN i % 20 = 0 THEN 'needsApproval' WHEN i % 50 = 1 THEN 'failed' ELSE 'applied' END, \
         'kafka', 'prod', CASE WHEN i % 2 = 0 THEN 'payments' ELSE 'team-' || (i % 20) END, \
         CASE WHEN i % 2 = 0 THEN 'payments' ELSE 'team-' || (i % 20) END, 'person-' || (i % 40), 'payments.topic-' || i, \
         'KafkaTopic', 'payments', 'payments.topic-' || i, 'because', '{{}}', '{manifest}', NULL, '{hash}', '[]', '{effect}', \
         '{asks}', '|team:payments|', NULL, at, at, NULL, 1, 0, 0 FROM m",
        numbers = numbered(REQUESTED),
        id = id("req"),
    )
}

/// Half of what has a team concerns one team, a third was done by Klamm itself.
fn audit() -> [String; 3] {
    let attempts = format!(
        "INSERT INTO audit (id, at, actor, actor_kind, source, team, action, object_kind, object_namespace, object_name, \
         request, decision, rule) {numbers} \
         SELECT {id}, at, CASE WHEN i % 10 < 3 THEN 'klamm' ELSE 'person-' || (i % 40) END, 'session', '192.0.2.7', \
         CASE WHEN i % 7 = 0 THEN NULL WHEN i % 2 = 0 THEN 'payments' ELSE 'team-' || (i % 20) END, \
         CASE i % 5 WHEN 0 THEN 'apply' WHEN 1 THEN 'create' WHEN 2 THEN 'approve' WHEN 3 THEN 'signIn' ELSE 'comment' END, \
         CASE i % 4 WHEN 0 THEN 'KafkaTopic' WHEN 1 THEN 'KafkaUser' WHEN 2 THEN 'person' ELSE 'KafkaGrant' END, \
         CASE WHEN i % 2 = 0 THEN 'payments' ELSE 'orders' END, 'object-' || (i % 2000), \
         CASE WHEN i % 3 = 0 THEN 'req_' || (i / 9) END, CASE WHEN i % 10 = 9 THEN 'denied' ELSE 'allowed' END, 'asked' FROM m",
        numbers = numbered(AUDITED),
        id = id("aud"),
    );
    let outcomes = "INSERT INTO audit_outcomes (audit, at, outcome, message) SELECT id, at, 'done', NULL FROM audit";
    let teams = "INSERT INTO audit_teams (team, audit) SELECT team, id FROM audit WHERE team IS NOT NULL";
    [attempts, outcomes.to_owned(), teams.to_owned()]
}
