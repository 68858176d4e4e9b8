//! `make bench`: the lists that come from the database, at 10,000 requests and 1,000,000 items of the audit, on SQLite and on
//! PostgreSQL. What is measured is the portal's answer, written as JSON.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod filled;

use anyhow::{Context, ensure};
use filled::{AUDITED, REQUESTED, START, fill};
use klamm_model::{Actor, ActorKind, AuditRequest, Problem, RequestsRequest, Role, Scope, TeamName, UnixMillis};
use klamm_portal::{Clock, NothingObserved, Portal};
use klamm_store::{Store, first_id_at};
use klamm_testkit::TestDatabase;
use serde::Serialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What pages and lists may take on the server.
const BUDGET_MILLIS: f64 = 100.0;
/// Calls of each kind, after the first, which is told by itself.
const COUNTED: usize = 60;
const DAY_MILLIS: i64 = 86_400_000;

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` and `cargo clippy` start it with other arguments; only `cargo bench` means it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        figures("SQLite", &TestDatabase::sqlite()?).await?;
        figures("PostgreSQL", &TestDatabase::postgres()?).await
    })
}

async fn figures(kind: &'static str, database: &TestDatabase) -> anyhow::Result<()> {
    let store = Store::open(&database.url().parse()?).await?;
    let began = Instant::now();
    fill(database).await?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{kind}, filled with {REQUESTED} requests and {AUDITED} items of the audit\t{seconds:.0} s");
    let limit = bare_count(database).await?;
    println!("{kind}, counts the audit itself\t{limit:.1} ms\tthe limit");
    let now = UnixMillis(START + AUDITED * 1000);
    let portal = Portal::new(store, Arc::new(NothingObserved::default()), Clock::from_fn(move || now));
    let mut bench = Bench { kind, portal, limit, slowest: 0.0 };
    bench.requests().await?;
    bench.audit().await?;
    let slowest = bench.slowest;
    println!("{kind}, slowest of them, p95\t{slowest:.1} ms\tbudget 100 ms\tratio {:.2}", slowest / BUDGET_MILLIS);
    Ok(())
}

/// What the database takes to count the audit when nobody is in between, in milliseconds: the middle of a few.
async fn bare_count(database: &TestDatabase) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        database.run("SELECT COUNT(*) FROM audit").await?;
        took.push(millis(began.elapsed()));
    }
    took.sort_by(f64::total_cmp);
    Ok(took[took.len() / 2])
}

struct Bench {
    kind: &'static str,
    portal: Arc<Portal>,
    limit: f64,
    slowest: f64,
}

impl Bench {
    async fn requests(&mut self) -> anyhow::Result<()> {
        let all = RequestsRequest::default;
        let middle = Some(first_id_at("req", UnixMillis(START + REQUESTED / 2 * 1000)));
        let asked = [
            ("first page", all()),
            ("a later page", RequestsRequest { cursor: middle.clone(), ..all() }),
            ("searched for", RequestsRequest { search: Some("TOPIC-77".to_owned()), ..all() }),
            ("searched for, not there", RequestsRequest { search: Some("nothing".to_owned()), ..all() }),
            ("of one state", RequestsRequest { state: Some("failed".to_owned()), ..all() }),
            ("inbox", RequestsRequest { inbox: true, ..all() }),
        ];
        for (who, actor) in [("member", person("person-1", &["payments"], &[])?), ("operator", operator()?)] {
            for (what, request) in &asked {
                let portal = Arc::clone(&self.portal);
                let ask = || portal.request_page(&actor, request);
                self.time(&format!("requests, {what}, as {who}"), ask).await?;
            }
            let portal = Arc::clone(&self.portal);
            self.time(&format!("how many wait, as {who}"), || portal.inbox_count(&actor)).await?;
        }
        Ok(())
    }

    async fn audit(&mut self) -> anyhow::Result<()> {
        let all = AuditRequest::default;
        let some = |text: &str| Some(text.to_owned());
        let middle = Some(first_id_at("aud", UnixMillis(START + AUDITED / 2 * 1000)));
        let (from, until) = (Some(START + 5 * DAY_MILLIS), Some(START + 6 * DAY_MILLIS));
        let asked = [
            ("everything", all()),
            ("a later page", AuditRequest { cursor: middle, ..all() }),
            ("by actor", AuditRequest { actor: some("person-6"), ..all() }),
            ("by the busiest actor", AuditRequest { actor: some("klamm"), ..all() }),
            ("by team", AuditRequest { team: some("payments"), ..all() }),
            ("by object", AuditRequest { name: some("object-4"), ..all() }),
            ("by kind", AuditRequest { kind: some("KafkaTopic"), ..all() }),
            ("by action", AuditRequest { action: some("approve"), ..all() }),
            ("by namespace", AuditRequest { namespace: some("payments"), ..all() }),
            ("by time", AuditRequest { from, until, ..all() }),
            (
                "by actor, action and time",
                AuditRequest { actor: some("klamm"), action: some("apply"), from, until, ..all() },
            ),
            ("by nobody", AuditRequest { actor: some("nobody"), action: some("apply"), ..all() }),
        ];
        let auditor = person("auditor", &[], &[Role::Auditor])?;
        for (who, actor) in [("member", person("person-1", &["payments"], &[])?), ("auditor", auditor)] {
            for (what, request) in &asked {
                let portal = Arc::clone(&self.portal);
                self.time(&format!("audit, {what}, as {who}"), || portal.audit_page(&actor, request)).await?;
            }
        }
        let both = person("person-2", &["payments", "team-1"], &[])?;
        let (portal, request) = (Arc::clone(&self.portal), all());
        self.time("audit, everything, as member of two teams", || portal.audit_page(&both, &request)).await
    }

    /// The first answer, which finds nothing remembered, and what 95 of 100 after it stay below.
    async fn time<T: Serialize, A>(&mut self, what: &str, mut ask: impl FnMut() -> A) -> anyhow::Result<()>
    where
        A: Future<Output = Result<T, Problem>>,
    {
        let mut took = Vec::new();
        let mut first = Duration::ZERO;
        for call in 0..=COUNTED {
            let began = Instant::now();
            let answer = ask().await.map_err(|problem| anyhow::anyhow!("{what}: {problem}"))?;
            ensure!(!serde_json::to_vec(&answer)?.is_empty());
            match call {
                0 => first = began.elapsed(),
                _ => took.push(began.elapsed()),
            }
        }
        took.sort_unstable();
        let p95 = millis(took.get(took.len() * 95 / 100).copied().context("no call")?);
        let (first, ratio, of_limit) = (millis(first), p95 / BUDGET_MILLIS, p95 / self.limit);
        let kind = self.kind;
        println!("{kind}, {what}\tp95 {p95:.1} ms\tfirst {first:.1} ms\tratio {ratio:.2}\tof the limit {of_limit:.2}");
        self.slowest = self.slowest.max(p95);
        Ok(())
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn person(name: &str, teams: &[&str], roles: &[Role]) -> anyhow::Result<Actor> {
    Ok(Actor {
        name: name.parse()?,
        kind: ActorKind::Session,
        roles: roles.iter().copied().collect(),
        teams: teams.iter().map(|team| team.parse::<TeamName>()).collect::<Result<_, _>>()?,
        approves: [].into(),
        scopes: [Scope::Read, Scope::Write].into(),
    })
}

fn operator() -> anyhow::Result<Actor> {
    person("operator", &[], &[Role::Operator])
}
