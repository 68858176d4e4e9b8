use super::*;
use crate::{
    Clock, Declared, DeclaredTenant,
    views::samples::{Estate, NOW, actor, group, inventory, portal_at, topic},
};
use klamm_model::{
    Actor, Comparison, ConfigEntry, ConfigSource, Inventory, Owner, OwnerKind, RequestKind, TopicUser, UnixMillis,
};
use klamm_planner::tenancy::Tenant;
use klamm_testkit::TestDatabase;
use serde_json::json;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY: i64 = 86_400_000;

struct Bench {
    portal: Arc<Portal>,
    estate: Estate,
    millis: Arc<AtomicI64>,
    _database: TestDatabase,
}

fn declared(environment: &str) -> Declared {
    let tenant = |name: &str| DeclaredTenant {
        tenant: Tenant {
            namespace: name.parse().unwrap(),
            topic_prefixes: vec![format!("{name}.")],
            group_prefixes: vec![format!("{name}.")],
        },
        team: Some(name.parse().unwrap()),
    };
    Declared {
        environment: Some(environment.to_owned()),
        tenants: vec![tenant("payments"), tenant("orders")],
        ..Declared::default()
    }
}

/// A topic that an object of the payments' namespace declares.
fn owned(name: &str, partitions: usize, config: &[(&str, &str)]) -> Topic {
    let replicas: &[i32] = &[0, 1];
    let entry = |value: &str| ConfigEntry { value: Some(value.to_owned()), source: ConfigSource::Topic };
    let owner =
        Owner { kind: OwnerKind::KafkaTopic, namespace: "payments".parse().unwrap(), name: name.parse().unwrap() };
    Topic {
        config: Known::Known(config.iter().map(|(key, value)| ((*key).to_owned(), entry(value))).collect()),
        owner: Some(owner),
        ..topic(name, &vec![(replicas, replicas); partitions])
    }
}

impl Bench {
    async fn new() -> Self {
        let (estate, millis) = (Estate::new(), Arc::new(AtomicI64::new(NOW.0)));
        let clock = Arc::clone(&millis);
        let (portal, database) =
            portal_at(&estate, Clock::from_fn(move || UnixMillis(clock.load(Ordering::Relaxed)))).await;
        Self { portal, estate, millis, _database: database }
    }

    fn put(&self, cluster: &str, environment: &str, topics: Vec<Topic>) {
        self.put_all(inventory(cluster, topics), environment);
    }

    fn put_all(&self, inventory: Inventory, environment: &str) {
        self.estate.put(inventory, declared(environment));
    }

    fn names(&self, request: &CatalogueRequest) -> Vec<String> {
        let page = self.portal.catalogue(&ada(), request).unwrap();
        page.items.into_iter().map(|topic| topic.name.to_string()).collect()
    }

    fn only(&self, finding: CatalogueFinding) -> Vec<String> {
        self.names(&CatalogueRequest { only: Some(finding.name().to_owned()), ..CatalogueRequest::default() })
    }

    fn entry(&self, name: &str) -> CatalogueEntry {
        self.portal.catalogue_entry(&ada(), &name.parse().unwrap()).unwrap()
    }
}

fn ada() -> Actor {
    actor("ada")
}

#[tokio::test]
async fn a_name_stands_once_with_its_places_in_the_order_of_promotion() {
    let bench = Bench::new().await;
    bench.put("a/prod", "prod", vec![owned("payments.a", 3, &[]), topic("__consumer_offsets", &[])]);
    bench.put("z/dev", "dev", vec![owned("payments.a", 3, &[]), owned("payments.b", 1, &[])]);
    let page = bench.portal.catalogue(&ada(), &CatalogueRequest::default()).unwrap();
    let told: Vec<_> = page
        .items
        .iter()
        .map(|topic| {
            (topic.name.as_str(), topic.places.iter().map(|place| place.cluster.to_string()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        told,
        [("payments.a", vec!["z/dev".to_owned(), "a/prod".to_owned()]), ("payments.b", vec!["z/dev".to_owned()]),]
    );
    bench.portal.take_policies(Ok("promotion = [\"prod\", \"dev\"]"));
    assert_eq!(bench.entry("payments.a").topic.places[0].cluster.to_string(), "a/prod");
}

#[tokio::test]
async fn the_list_is_cut_in_pages_that_neither_repeat_nor_hide() {
    let bench = Bench::new().await;
    bench.put("a/dev", "dev", (0..7).map(|n| owned(&format!("payments.t{n}"), 1, &[])).collect());
    let mut seen = Vec::new();
    let mut request = CatalogueRequest { limit: Some(3), ..CatalogueRequest::default() };
    loop {
        let page = bench.portal.catalogue(&ada(), &request).unwrap();
        assert_eq!(page.total, 7);
        seen.extend(page.items.into_iter().map(|topic| topic.name.to_string()));
        let Some(cursor) = page.next_cursor else { break };
        request.cursor = Some(cursor);
    }
    assert_eq!(seen, (0..7).map(|n| format!("payments.t{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_topic_is_found_by_what_people_say_of_it() {
    let bench = Bench::new().await;
    let object = json!({
        "metadata": { "name": "payments.a", "namespace": "payments", "annotations": {
            "klamm.dev/description": "every settled Invoice", "klamm.dev/tags": "finance, gdpr",
            "klamm.dev/contact": "#pay", "klamm.dev/link": "javascript:alert(1)",
        } },
        "spec": { "cluster": { "namespace": "a", "name": "dev" } },
    });
    bench.estate.declarations.saw_topic(&serde_json::from_value(object).unwrap());
    bench.put("a/dev", "dev", vec![owned("payments.a", 1, &[]), owned("payments.b", 1, &[])]);
    let search =
        |text: &str| bench.names(&CatalogueRequest { search: Some(text.to_owned()), ..CatalogueRequest::default() });
    for text in ["invoice", "gdpr", "#PAY", "ments.a"] {
        assert_eq!(search(text), ["payments.a"], "{text}");
    }
    assert_eq!(search("payments").len(), 2, "by its team as well");
    assert!(search("nothing").is_empty());
    let about = bench.entry("payments.a").topic.about;
    assert_eq!(about.tags, ["finance", "gdpr"]);
    assert_eq!(about.link, None, "no other addresses become links");
}

#[tokio::test]
async fn what_nobody_declares_and_what_differs_is_found() {
    let bench = Bench::new().await;
    let orphan = Topic { owner: None, team: None, ..owned("left.over", 1, &[]) };
    bench.put(
        "a/dev",
        "dev",
        vec![owned("payments.a", 3, &[("retention.ms", "1")]), owned("payments.b", 3, &[]), orphan],
    );
    bench.put("a/prod", "prod", vec![owned("payments.a", 3, &[("retention.ms", "2")]), owned("payments.b", 3, &[])]);
    assert_eq!(bench.only(CatalogueFinding::Orphaned), ["left.over"]);
    assert_eq!(bench.only(CatalogueFinding::Differs), ["payments.a"]);
    let differing: Vec<_> = bench.entry("payments.a").settings;
    let retention = differing.iter().find(|setting| setting.name == "retention.ms").unwrap();
    assert_eq!(retention.values, [Some("1".to_owned()), Some("2".to_owned())]);
    assert_eq!(retention.comparison, Comparison::Differs);
    let refused = CatalogueRequest { only: Some("everything".to_owned()), ..CatalogueRequest::default() };
    assert_eq!(bench.portal.catalogue(&ada(), &refused).unwrap_err().kind, ProblemKind::Invalid);
}

#[tokio::test]
async fn what_could_not_be_read_differs_from_nothing() {
    let bench = Bench::new().await;
    bench.put("a/dev", "dev", vec![owned("payments.a", 3, &[("retention.ms", "1")])]);
    bench.put("a/prod", "prod", vec![Topic { config: Known::Unknown, ..owned("payments.a", 3, &[]) }]);
    assert!(bench.only(CatalogueFinding::Differs).is_empty());
    assert!(bench.entry("payments.a").promotions.is_empty(), "and nobody says that it falls short");
}

#[tokio::test]
async fn a_topic_is_unused_once_nothing_moved_for_as_long_as_the_rules_say() {
    let bench = Bench::new().await;
    let look = async |after_days: i64| {
        bench.millis.store(NOW.0 + after_days * DAY, Ordering::Relaxed);
        bench.portal.note_activity().await.unwrap();
        bench.only(CatalogueFinding::Unused)
    };
    let busy = |latest: i64| {
        let mut topic = owned("payments.busy", 1, &[]);
        topic.partitions[0].latest_offset = Known::Known(latest);
        topic
    };
    bench.put("a/dev", "dev", vec![owned("payments.quiet", 1, &[]), busy(10)]);
    assert!(look(0).await.is_empty());
    bench.put("a/dev", "dev", vec![owned("payments.quiet", 1, &[]), busy(11)]);
    assert!(look(29).await.is_empty());
    assert_eq!(look(31).await, ["payments.quiet"]);
    let note = bench.entry("payments.quiet").topic.notes.pop().unwrap();
    assert_eq!(note.message, "nothing written and no group moved on a/dev for 31 days");
    let mut read = inventory("a/dev", vec![owned("payments.quiet", 1, &[]), busy(11)]);
    read.groups = Known::Known(vec![group("payments.reader", &["payments.quiet"])]);
    bench.put_all(read, "dev");
    assert!(look(32).await.is_empty(), "a group that moves is somebody");
    bench.portal.take_policies(Ok("unusedAfter = \"4d\""));
    assert_eq!(look(33).await, ["payments.busy"]);
}

#[tokio::test]
async fn a_restart_remembers_and_what_was_not_seen_is_not_gone() {
    let bench = Bench::new().await;
    bench.put("a/dev", "dev", vec![owned("payments.quiet", 1, &[])]);
    bench.portal.note_activity().await.unwrap();
    bench.millis.store(NOW.0 + 40 * DAY, Ordering::Relaxed);
    let mut blind = inventory("a/dev", Vec::new());
    blind.gaps.push(klamm_model::Gap {
        part: klamm_model::Part::Topics,
        broker: None,
        missing: 1,
        cause: klamm_model::GapCause::Silence,
        reason: "no answer".to_owned(),
    });
    bench.put_all(blind, "dev");
    bench.portal.note_activity().await.unwrap();
    bench.put("a/dev", "dev", vec![owned("payments.quiet", 1, &[])]);
    // Another process on the same database.
    let observations = Arc::clone(&bench.portal.observations);
    let again = Portal::new(bench.portal.store.clone(), observations, bench.portal.clock.clone());
    again.note_activity().await.unwrap();
    let quiet = again.catalogue_entry(&ada(), &"payments.quiet".parse().unwrap()).unwrap();
    assert_eq!(quiet.topic.places[0].quiet_since, Known::Known(NOW));
    bench.put("a/dev", "dev", Vec::new());
    again.note_activity().await.unwrap();
    assert!(again.store.topic_activity().await.unwrap().is_empty(), "what is gone is forgotten");
}

#[tokio::test]
async fn a_topic_goes_on_to_the_next_environment_that_admits_it() {
    let bench = Bench::new().await;
    let config = [("retention.ms", "1000"), ("min.insync.replicas", "2"), ("cleanup.policy", "compact")];
    bench.put("a/dev", "dev", vec![owned("payments.a", 6, &config)]);
    bench.put("a/prod", "prod", Vec::new());
    bench.estate.put(
        inventory("b/staging", Vec::new()),
        Declared { environment: Some("staging".to_owned()), ..Declared::default() },
    );
    let promotions = bench.entry("payments.a").promotions;
    let [promotion] = promotions.as_slice() else { panic!("{promotions:?}") };
    assert_eq!((promotion.cluster.to_string().as_str(), promotion.kind), ("a/prod", RequestKind::TopicCreate));
    assert_eq!(
        serde_json::to_value(&promotion.spec).unwrap(),
        json!({
            "topicName": "payments.a", "partitions": 6,
            "config": { "retention.ms": 1000, "cleanup.policy": "compact" },
        })
    );
}

#[tokio::test]
async fn where_it_is_already_it_is_brought_in_line_and_never_shrunk() {
    let bench = Bench::new().await;
    let kinds = |bench: &Bench| -> Vec<RequestKind> {
        bench.entry("payments.a").promotions.iter().map(|promotion| promotion.kind).collect()
    };
    bench.put("a/dev", "dev", vec![owned("payments.a", 3, &[("retention.ms", "1")])]);
    bench.put("a/prod", "prod", vec![owned("payments.a", 3, &[("retention.ms", "2")])]);
    assert_eq!(kinds(&bench), [RequestKind::TopicChange]);
    bench.put("a/prod", "prod", vec![owned("payments.a", 12, &[("retention.ms", "1"), ("segment.ms", "5")])]);
    assert!(kinds(&bench).is_empty(), "it has all of it, and more");
    bench.put("a/prod", "prod", vec![Topic { owner: None, ..owned("payments.a", 1, &[]) }]);
    assert!(kinds(&bench).is_empty(), "somebody has to adopt it first");
}

#[tokio::test]
async fn those_who_use_a_topic_are_told_by_credential_and_by_group() {
    let bench = Bench::new().await;
    let user = json!({
        "metadata": { "name": "billing", "namespace": "orders" },
        "spec": { "cluster": { "namespace": "a", "name": "dev" }, "grants": [
            { "topic": "payments.", "pattern": "prefixed", "access": "consume" },
        ] },
    });
    bench.estate.declarations.saw_user(&serde_json::from_value(user).unwrap());
    let mut inventory = inventory("a/dev", vec![owned("payments.a", 1, &[]), owned("payments.b", 1, &[])]);
    inventory.groups = Known::Known(vec![group("orders.reader", &["payments.a"])]);
    bench.put_all(inventory, "dev");
    let users = bench.entry("payments.a").users;
    let cluster: ClusterRef = "a/dev".parse().unwrap();
    assert_eq!(
        users,
        [
            TopicUser::Credential {
                cluster: cluster.clone(),
                name: "orders/billing".to_owned(),
                team: None,
                access: "consume".to_owned(),
            },
            TopicUser::Group {
                cluster,
                name: "orders.reader".to_owned(),
                members: Known::Unknown,
                lag: Known::Known(7)
            },
        ]
    );
    assert_eq!(bench.entry("payments.b").users.len(), 1);
}
