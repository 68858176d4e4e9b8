mod abuse;
mod away;
mod database;
mod decisions;
mod kubernetes;
mod operations;
mod resets;
mod team_tokens;
mod trials;
mod wishes;

use super::*;
use crate::{
    Asker, Clock, Declared, DeclaredTenant, Portal,
    brokers::sample::Sample,
    views::samples::{Estate, NOW, actor, inventory, portal_over, topic, user},
};
use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use klamm_model::{
    Actor, Owner, OwnerKind, Problem, ProblemKind, RequestKind, RequestState, RequestView, Role, TeamName, UnixMillis,
};
use klamm_planner::tenancy::Tenant;
use klamm_resources::KafkaTopic;
use klamm_store::{AuditFilter, AuditItem, Store, TeamRole};
use klamm_testkit::TestDatabase;
use serde_json::{Value, json};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

pub(crate) const HERE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));

const RULES: &str = r#"
[environments.prod]
kinds.topicCreate = { ask = ["ownerTeam"], expires = "3d" }
kinds.topicChange = { withoutAsking = "withinLimits", ask = ["ownerTeam"] }
kinds.topicDelete = { ask = ["ownerTeam", "operators"] }
kinds.topicAdopt = { ask = ["ownerTeam"] }
kinds.credentialCreate = { withoutAsking = "always" }
kinds.credentialRotate = { withoutAsking = "always" }
kinds.accessGrant = { ask = ["ownerTeam"] }
kinds.offsetsReset = { ask = ["ownerTeam"] }
kinds.upgrade = { ask = ["operators"] }
kinds.finalise = { ask = ["operators"] }
kinds.scale = { ask = ["operators"] }
kinds.reconfigure = { withoutAsking = "always" }
kinds.restart = { withoutAsking = "always" }
kinds.rebalance = { withoutAsking = "always" }
kinds.drain = { withoutAsking = "always" }
[environments.prod.topics.allowed]
partitions = { max = 50 }
[environments.prod.topics.automatic]
partitions = { max = 6 }
[environments.prod.quota]
topics = 5
"#;

pub(crate) struct Bench {
    pub(crate) portal: Arc<Portal>,
    pub(crate) brokers: Sample,
    estate: Estate,
    millis: Arc<AtomicI64>,
    database: TestDatabase,
}

fn declared_topic(partitions: i32) -> KafkaTopic {
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaTopic",
        "metadata": { "name": "payments.a", "namespace": "payments" },
        "spec": {
            "cluster": { "namespace": "kafka", "name": "prod" },
            "partitions": partitions, "config": { "retention.ms": 1000 },
        },
    });
    serde_json::from_value(object).unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::fresh().unwrap();
        let store = Store::open(&database.url().parse().unwrap()).await.unwrap();
        Self::on(database, store).await
    }

    /// As good as unwilling to wait for somebody else who writes.
    async fn impatient() -> Self {
        let database = TestDatabase::fresh().unwrap();
        let store = Store::open_with(&database.url().parse().unwrap(), Duration::from_millis(1)).await.unwrap();
        Self::on(database, store).await
    }

    async fn on(database: TestDatabase, store: Store) -> Self {
        let (estate, millis) = (Estate::new(), Arc::new(AtomicI64::new(0)));
        for team in ["payments", "orders"] {
            let mut namespace = NamespaceObject::default();
            namespace.metadata.name = Some(team.to_owned());
            namespace.metadata.annotations = Some([("klamm.dev/team".to_owned(), team.to_owned())].into());
            estate.declarations.saw_namespace(&namespace);
        }
        estate.declarations.saw_topic(&declared_topic(3));
        Self::put(&estate, &[]);
        let portal = portal_over(&estate, clock(&millis), store);
        for team in ["payments", "orders"] {
            portal.add_team(Asker::Console, &team.parse().unwrap()).await.unwrap();
        }
        let people = [
            ("payments-lead", Some(("payments", TeamRole::Approver))),
            ("payments-lead2", Some(("payments", TeamRole::Approver))),
            ("payments-dev", Some(("payments", TeamRole::Member))),
            ("orders-lead", Some(("orders", TeamRole::Approver))),
            ("orders-dev", Some(("orders", TeamRole::Member))),
        ];
        for (name, team) in people {
            portal.add_user(Asker::Console, user(name, &[])).await.unwrap();
            if let Some((team, role)) = team {
                let team = team.parse().unwrap();
                portal.set_team_member(Asker::Console, &team, &name.parse().unwrap(), role).await.unwrap();
            }
        }
        portal.add_user(Asker::Console, user("operator", &[Role::Operator])).await.unwrap();
        portal.take_policies(Ok(RULES));
        let brokers = Sample::new();
        portal.reach(brokers.clone());
        Self { portal, brokers, estate, millis, database }
    }

    /// A backup, for which everything stops for a moment.
    async fn backup(&mut self) -> TestDatabase {
        self.portal.store.close().await;
        let copy = self.database.copy().await.unwrap();
        self.start().await;
        copy
    }

    async fn restore(&mut self, backup: TestDatabase) {
        self.portal.store.close().await;
        self.database = backup;
        self.start().await;
    }

    async fn start(&mut self) {
        let store = Store::open(&self.database.url().parse().unwrap()).await.unwrap();
        self.portal = portal_over(&self.estate, clock(&self.millis), store);
        self.portal.take_policies(Ok(RULES));
    }

    /// What is seen of the cluster: its topics, and these that were made since, of two partitions.
    fn put(estate: &Estate, made: &[&str]) {
        let tenant = |name: &str| DeclaredTenant {
            tenant: Tenant {
                namespace: name.parse().unwrap(),
                topic_prefixes: vec![format!("{name}.")],
                group_prefixes: vec![format!("{name}.")],
            },
            team: Some(name.parse().unwrap()),
        };
        let declared = Declared {
            environment: Some("prod".to_owned()),
            tenants: vec![tenant("orders"), tenant("payments")],
            ..Declared::default()
        };
        let declared_as = |mut topic: klamm_model::Topic| {
            topic.records_per_second = klamm_model::Known::Known(0.0);
            let (namespace, name) = ("payments".parse().unwrap(), topic.name.as_str().parse().unwrap());
            topic.owner = Some(Owner { kind: OwnerKind::KafkaTopic, namespace, name });
            topic
        };
        let own = declared_as(topic("payments.a", &[(&[0], &[0]), (&[1], &[1]), (&[2], &[2])]));
        let made = made.iter().map(|name| declared_as(topic(name, &[(&[0], &[0]), (&[1], &[1])])));
        let found = [topic("orders.a", &[(&[0], &[0])]), topic("payments.found", &[(&[0], &[0])])];
        let topics = made.chain([own]).chain(found).collect();
        estate.put(inventory("kafka/prod", topics), declared);
    }

    /// A request as it is by now.
    async fn now(&self, request: &RequestView) -> RequestView {
        self.portal.request(&operator(), &request.id).await.unwrap()
    }

    pub(crate) fn later(&self, millis: i64) {
        self.millis.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) async fn ask(&self, who: &Actor, kind: RequestKind, spec: Value) -> Result<RequestView, Problem> {
        self.portal.create_request(who, &new(who, kind, spec), HERE).await
    }

    pub(crate) async fn new_topic(&self, name: &str) -> RequestView {
        self.ask(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": name, "partitions": 2 }))
            .await
            .unwrap()
    }

    pub(crate) async fn approve(&self, who: &Actor, view: &RequestView) -> Result<RequestView, Problem> {
        self.portal.approve_request(who, &view.id, &view.hash, HERE).await
    }

    /// What somebody did and what became of it, the oldest first.
    pub(crate) async fn audit(&self, who: &str) -> Vec<AuditItem> {
        let filter = AuditFilter { actor: Some(who.to_owned()), limit: 100, ..AuditFilter::default() };
        let mut all = self.portal.store.audit(&filter).await.unwrap();
        all.reverse();
        all
    }
}

/// Every look at the clock finds it further: ids and moments are told apart.
fn clock(millis: &Arc<AtomicI64>) -> Clock {
    let millis = Arc::clone(millis);
    Clock::from_fn(move || UnixMillis(NOW.0 + millis.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn member(name: &str) -> Actor {
    let team: TeamName = name.split('-').next().unwrap().parse().unwrap();
    Actor { teams: [team].into(), ..actor(name) }
}

pub(crate) fn payments_dev() -> Actor {
    member("payments-dev")
}

pub(crate) fn operator() -> Actor {
    Actor { roles: [Role::Operator].into(), ..actor("operator") }
}

pub(crate) fn new(who: &Actor, kind: RequestKind, spec: Value) -> NewRequest {
    NewRequest {
        kind,
        cluster: "kafka/prod".parse().unwrap(),
        team: who.teams.first().cloned().unwrap_or_else(|| "payments".parse().unwrap()),
        spec,
        reason: Some("we need it".to_owned()),
        filing: Filing::Submit,
    }
}

pub(crate) fn kind<T: fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}
