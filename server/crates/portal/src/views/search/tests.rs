use super::*;
use crate::Declared;
use crate::views::paging;
use crate::views::samples::{Estate, actor, cluster_ref, group, inventory, portal, topic};
use klamm_model::{Gap, GapCause, Owner, OwnerKind, PageRequest, ProblemKind, SearchRequest};
use proptest::prelude::*;

const ALL: &[(&[i32], &[i32])] = &[(&[0, 1], &[0, 1])];

fn seen(inventory: Inventory) -> Arc<ObservedCluster> {
    Arc::new(ObservedCluster { inventory: Arc::new(inventory), declared: Declared::default() })
}

fn cluster(name: &str, topics: &[&str], groups: &[&str]) -> Inventory {
    let mut inventory = inventory(name, topics.iter().map(|name| topic(name, ALL)).collect());
    inventory.groups = Known::Known(groups.iter().map(|id| group(id, &[])).collect());
    inventory
}

fn search(clusters: &[Arc<ObservedCluster>], sought: &str, limit: usize) -> SearchView {
    let sought = Sought::new(Some(sought)).unwrap();
    find(&actor("ada"), clusters, &sought, limit, |_, _| true, |_, _| true)
}

fn topic_names(view: &SearchView) -> Vec<&str> {
    view.topics.items.iter().map(|hit| hit.item.name.as_str()).collect()
}

#[test]
fn the_closest_stand_first_and_names_break_ties() {
    let names = ["b.orders", "a-orders", "orders", "orders.b", "orders-a", "reorders", "other"];
    let view = search(&[seen(cluster("kafka/demo", &names, &[]))], "orders", 50);
    // The first part of a name is the team in these samples: `orders.b` is its team's, whatever its name.
    assert_eq!(topic_names(&view), ["orders", "orders.b", "orders-a", "a-orders", "b.orders", "reorders"]);
    let told: Vec<_> = view.topics.items.iter().map(|hit| (hit.by, hit.closeness)).collect();
    assert_eq!(
        told[..3],
        [(FoundBy::Name, Closeness::Exact), (FoundBy::Team, Closeness::Exact), (FoundBy::Name, Closeness::Prefix)]
    );
}

#[test]
fn everything_of_every_cluster_is_found_and_counted_beyond_what_is_shown() {
    let east = cluster("kafka/east", &["pay.a", "pay.b"], &["pay.readers", "x"]);
    let west = cluster("pay/west", &["pay.a", "z"], &["pay.readers"]);
    let view = search(&[seen(east), seen(west)], "PAY", 2);
    assert_eq!((view.topics.total, view.groups.total, view.brokers.total), (3, 2, 0));
    let places: Vec<_> =
        view.topics.items.iter().map(|hit| (hit.item.name.as_str(), hit.cluster.to_string())).collect();
    assert_eq!(places, [("pay.a", "kafka/east".to_owned()), ("pay.a", "pay/west".to_owned())]);
    assert_eq!(view.clusters.items[0].cluster.to_string(), "pay/west", "by its namespace");
    assert_eq!(view.topics.items[0].allowed_actions, ["view"]);
    assert!(view.unsearched.is_empty());
}

#[test]
fn a_cluster_is_exactly_its_name_with_or_without_the_namespace() {
    let clusters = [seen(cluster("kafka/demo", &[], &[])), seen(cluster("kafka/demo-2", &[], &[]))];
    for sought in ["demo", "kafka/demo"] {
        let view = search(&clusters, sought, 50);
        let told: Vec<_> = view.clusters.items.iter().map(|hit| (hit.cluster.name.as_str(), hit.closeness)).collect();
        assert_eq!(told, [("demo", Closeness::Exact), ("demo-2", Closeness::Prefix)], "{sought}");
    }
}

#[test]
fn a_broker_is_found_by_id_host_and_rack_in_the_order_of_numbers() {
    let mut demo = cluster("kafka/demo", &[], &[]);
    let ids = [1, 2, 10, 11];
    demo.brokers = ids.iter().map(|id| crate::views::samples::broker(*id, klamm_model::BrokerState::Running)).collect();
    demo.brokers[1].host = Some("node-7.example".to_owned());
    let found = |sought: &str| {
        let view = search(&[seen(demo.clone())], sought, 50);
        view.brokers.items.iter().map(|hit| (hit.item.id.0, hit.by)).collect::<Vec<_>>()
    };
    assert_eq!(found("1"), [(1, FoundBy::Name), (10, FoundBy::Name), (11, FoundBy::Name)]);
    assert_eq!(found("node-7"), [(2, FoundBy::Host)]);
    assert_eq!(found("zone-1"), [(1, FoundBy::Rack), (10, FoundBy::Rack), (11, FoundBy::Rack)]);
}

#[test]
fn kafkas_own_topics_are_found_by_those_who_mean_them() {
    let clusters = [seen(cluster("kafka/demo", &["__consumer_offsets", "consumer"], &[]))];
    assert_eq!(topic_names(&search(&clusters, "consumer", 50)), ["consumer"]);
    assert_eq!(topic_names(&search(&clusters, "__con", 50)), ["__consumer_offsets"]);
}

#[test]
fn what_could_not_be_searched_is_told() {
    let blind = Inventory { groups: Known::Unknown, ..cluster("kafka/blind", &["a"], &[]) };
    let gap = Gap { part: Part::Topics, broker: None, missing: 2, cause: GapCause::Silence, reason: String::new() };
    let partly = Inventory { gaps: vec![gap], ..cluster("kafka/partly", &["a"], &[]) };
    let unseen = Inventory::unseen(cluster_ref("kafka/unseen"));
    let view = search(&[seen(blind), seen(partly), seen(unseen)], "a", 50);
    let told: Vec<_> = view.unsearched.iter().map(|one| (one.cluster.name.as_str(), one.kinds.as_slice())).collect();
    let all = [SearchKind::Topics, SearchKind::Groups, SearchKind::Brokers];
    assert_eq!(
        told,
        [("blind", &[SearchKind::Groups][..]), ("partly", &[SearchKind::Topics][..]), ("unseen", &all[..])]
    );
}

#[test]
fn what_may_not_be_seen_is_neither_shown_nor_counted() {
    let clusters = [seen(cluster("kafka/demo", &["pay.a", "pay.secret"], &["pay.a", "pay.secret"]))];
    let sought = Sought::new(Some("pay")).unwrap();
    let view = find(
        &actor("ada"),
        &clusters,
        &sought,
        50,
        |_, topic| topic.name.as_str() != "pay.secret",
        |_, group| group.id.as_str() != "pay.secret",
    );
    assert_eq!((topic_names(&view), view.topics.total, view.groups.total), (vec!["pay.a"], 1, 1));
}

#[tokio::test]
async fn the_portal_searches_for_those_who_may_look() {
    let estate = Estate::new();
    estate.put(cluster("kafka/demo", &["pay.a"], &["pay.g"]), Declared::default());
    let (portal, _database) = portal(&estate).await;
    let ask = |text: Option<&str>, limit| SearchRequest { search: text.map(str::to_owned), limit };
    let view = portal.search(&actor("ada"), &ask(Some(" pay "), None)).unwrap();
    assert_eq!((view.topics.total, view.groups.total), (1, 1));
    for nothing in [None, Some(""), Some("  ")] {
        assert_eq!(portal.search(&actor("ada"), &ask(nothing, None)).unwrap(), super::nothing(), "{nothing:?}");
    }
    assert_eq!(portal.search(&actor("ada"), &ask(None, Some(0))).unwrap_err().kind, ProblemKind::Invalid);
    let mut blind = actor("ada");
    blind.scopes.clear();
    assert_eq!(portal.search(&blind, &ask(Some("pay"), None)).unwrap_err().kind, ProblemKind::Forbidden);
}

proptest! {
    /// The page says "all 12 topics" and leads to a list: both must have counted the same.
    #[test]
    fn the_search_counts_what_the_list_shows(
        names in proptest::collection::btree_set("(__)?[ab.-]{1,4}", 0..20),
        owners in proptest::collection::vec(proptest::option::of("[ab]{1,2}"), 20),
        sought in "(__)?[ab./-]{1,3}",
    ) {
        let names: Vec<_> = names.iter().filter(|name| name.parse::<klamm_model::TopicName>().is_ok()).collect();
        let topics = names.iter().zip(owners).map(|(name, owner)| {
            let owner = owner.map(|owner| Owner {
                kind: OwnerKind::KafkaTopic,
                namespace: owner.parse().unwrap(),
                name: "a-b".parse().unwrap(),
            });
            Topic { owner, ..topic(name, ALL) }
        });
        let inventory = inventory("kafka/demo", topics.collect());
        let request = PageRequest { about: Some(sought.clone()), limit: Some(1000), ..PageRequest::default() };
        let list = paging::topics(&inventory, &request, &crate::views::pace::Paces::default(), |_| true).unwrap();
        let listed: Vec<_> = list.items.iter().map(|topic| topic.name.to_string()).collect();
        let view = search(&[seen(inventory.clone())], &sought, 1000);
        let mut found: Vec<_> = topic_names(&view).into_iter().map(str::to_owned).collect();
        found.sort();
        prop_assert_eq!(view.topics.total, list.total);
        prop_assert_eq!(found, listed);
    }
}
