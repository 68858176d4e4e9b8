//! The collector against a stand-in estate: what is there is seen, and whatever is broken is said and delays nobody.
#![expect(clippy::unwrap_used, reason = "tests")]

use klamm_kafka::{
    Client, ClientConfig, NewestRecord, OffsetSpec, PartitionsByLeader, Timeouts,
    collect::{Collector, Depth},
};
use klamm_model::{
    Authorization, BrokerId, BrokerState, ConfigSource, Gap, Group, GroupKind, Inventory, Known, NodeRole, Part,
    PartitionId, Reachability, Topic, TopicDefaults, TopicRules, UnixMillis, Unmentioned,
};
use klamm_testkit::{Estate, EstateSize, Fault};
use std::time::Duration;

fn unseen() -> Inventory {
    Inventory::unseen("kafka/estate".parse().unwrap())
}

fn collector(estate: &Estate) -> Collector {
    let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
    Collector::new(Client::new(ClientConfig { bootstrap, ..ClientConfig::new() }))
}

/// An estate, its collector, and what the first look at all of it found.
async fn seen(size: EstateSize) -> (Estate, Collector, Inventory) {
    let estate = Estate::start(size).await.unwrap();
    let mut collector = collector(&estate);
    let first = collector.look(&unseen(), Depth::Everything, UnixMillis(1_000)).await;
    assert_eq!((&first.reachability, first.gaps.as_slice()), (&Reachability::Reachable, &[] as &[Gap]));
    (estate, collector, first)
}

fn groups(inventory: &Inventory) -> &[Group] {
    inventory.groups.value().unwrap()
}

fn parts(inventory: &Inventory) -> Vec<(Part, Option<i32>)> {
    inventory.gaps.iter().map(|gap| (gap.part, gap.broker.map(|id| id.0))).collect()
}

fn partitions(inventory: &Inventory) -> usize {
    inventory.topics.iter().map(|topic| topic.partitions.len()).sum()
}

fn everything_is_known(inventory: &Inventory) {
    for topic in &inventory.topics {
        assert!(topic.config.value().is_some() && topic.size_bytes.value().is_some(), "{topic:?}");
        for partition in &topic.partitions {
            let ends = (partition.earliest_offset, partition.latest_offset);
            assert!(matches!(ends, (Known::Known(first), Known::Known(next)) if first <= next), "{topic:?}");
            assert!(partition.leader.is_some() && partition.size_bytes.value().is_some(), "{topic:?}");
        }
    }
    for broker in &inventory.brokers {
        assert_eq!(broker.state, BrokerState::Running);
        let dirs = broker.log_dirs.value().unwrap();
        let all_told =
            |dir: &klamm_model::LogDir| dir.usable_bytes.value().is_some() && dir.total_bytes.value().is_some();
        assert!(dirs.len() == 2 && dirs.iter().all(all_told), "{dirs:?}");
    }
    for group in groups(inventory) {
        assert!(group.state.value().is_some() && group.members.value().is_some(), "{group:?}");
        assert_eq!(group.offsets.value().is_some(), group.kind != GroupKind::Share, "{group:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_estate_is_seen_at_its_full_size() {
    let (_estate, mut collector, first) = seen(EstateSize::FULL).await;
    assert_eq!((first.topics.len(), partitions(&first), groups(&first).len()), (10_000, 50_000, 10_000));
    everything_is_known(&first);
    let second = collector.look(&first, Depth::Numbers, UnixMillis(3_000)).await;
    assert_eq!(second.revisions.structure, first.revisions.structure, "nothing has changed");
}

#[tokio::test]
async fn an_estate_is_seen_with_racks_roles_and_every_protocol_of_groups() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    everything_is_known(&first);
    let racks: std::collections::BTreeSet<_> = first.brokers.iter().filter_map(|broker| broker.rack.clone()).collect();
    assert_eq!(racks.len(), 3);
    let voters = first.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Controller)).count();
    assert_eq!((first.brokers.len(), voters, first.controller), (12, 3, Known::Known(BrokerId(1))));
    assert_eq!(first.quorum.value().unwrap().observers[0].lag, Known::Known(0));
    for kind in [GroupKind::Classic, GroupKind::Consumer, GroupKind::Share] {
        assert!(groups(&first).iter().any(|group| group.kind == kind), "{kind:?}");
    }
    assert!(groups(&first).iter().any(|group| group.id.as_str() == "<script>alert(1)</script>"));

    estate.grow_older(10);
    let second = collector.look(&first, Depth::Numbers, UnixMillis(11_000)).await;
    let rate = |topic: &Topic| *topic.records_per_second.value().unwrap();
    assert!(
        second.topics.iter().any(|topic| rate(topic) > 0.0) && second.topics.iter().any(|topic| rate(topic) == 0.0)
    );
    assert!(second.revisions.numbers > first.revisions.numbers);
}

#[tokio::test]
async fn a_dead_broker_is_down_its_partitions_show_it_and_nobody_waits() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    estate.inflict(Fault::DeadBroker(1));
    let look = collector.look(&first, Depth::Everything, UnixMillis(3_000));
    let now = tokio::time::timeout(Duration::from_secs(20), look).await.unwrap();
    assert_eq!(now.reachability, Reachability::Reachable);
    assert_eq!((now.brokers[0].state, &now.brokers[0].log_dirs), (BrokerState::Down, &Known::Unknown));
    assert_eq!(parts(&now), [(Part::Broker, Some(1))]);
    assert_eq!(now.controller, Known::Known(BrokerId(2)), "another one leads the quorum");
    assert_eq!(groups(&now).len(), groups(&first).len(), "others coordinate its groups");
    for partition in now.topics.iter().flat_map(|topic| &topic.partitions) {
        assert_ne!(partition.leader, Some(BrokerId(1)));
        let lost = partition.replicas.contains(&BrokerId(1));
        assert_eq!(lost, partition.in_sync.len() < partition.replicas.len() || partition.leader.is_none());
    }
    let alone = now.topics.iter().find(|topic| topic.partitions.iter().any(|p| p.leader.is_none())).unwrap();
    assert_eq!((alone.size_bytes, alone.config.value().is_some()), (Known::Unknown, true));

    estate.heal(Fault::DeadBroker(1));
    let healed = async {
        let mut now = now;
        loop {
            now = collector.look(&now, Depth::Everything, UnixMillis(5_000)).await;
            if now.gaps.is_empty() {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    everything_is_known(&tokio::time::timeout(Duration::from_secs(20), healed).await.unwrap());
}

#[tokio::test]
async fn a_slow_broker_is_waited_for_once_and_the_rest_is_known() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    estate.inflict(Fault::SlowBroker(1, Duration::from_mins(2)));
    let look = collector.look(&first, Depth::Everything, UnixMillis(3_000));
    let now = tokio::time::timeout(Duration::from_secs(10), look).await.unwrap();
    assert_eq!(now.reachability, Reachability::Reachable);
    assert_eq!(now.brokers[0].state, BrokerState::Unknown, "nobody has missed it yet");
    let parts = parts(&now);
    for part in [Part::Broker, Part::LogDirs, Part::Offsets, Part::Groups] {
        assert!(parts.contains(&(part, Some(1))), "{:?}", now.gaps);
    }
    assert!(now.topics.iter().all(|topic| topic.config.value().is_some()), "others tell the configuration");
    for (group, before) in groups(&now).iter().zip(groups(&first)) {
        assert_eq!(group.id, before.id, "no group is lost");
    }
    assert!(groups(&now).iter().any(|group| group.state == Known::Unknown));
    for (partition, before) in
        now.topics.iter().zip(&first.topics).flat_map(|(t, b)| t.partitions.iter().zip(&b.partitions))
    {
        let led_by_it = partition.leader == Some(BrokerId(1));
        assert_eq!(partition.latest_offset, if led_by_it { Known::Unknown } else { before.latest_offset });
    }
}

#[tokio::test]
async fn half_an_answer_is_none_and_others_are_asked() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    estate.inflict(Fault::HalfAnswers(1));
    let now = collector.look(&first, Depth::Everything, UnixMillis(3_000)).await;
    assert_eq!(now.reachability, Reachability::Reachable);
    assert!(parts(&now).contains(&(Part::LogDirs, Some(1))), "{:?}", now.gaps);
    assert_eq!(now.brokers[0].log_dirs, Known::Unknown);
    assert_eq!((now.topics.len(), groups(&now).len()), (first.topics.len(), groups(&first).len()));
    assert!(now.topics.iter().all(|topic| topic.config.value().is_some()));
}

#[tokio::test]
async fn without_a_controller_only_the_quorum_is_unknown() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    estate.inflict(Fault::NoController);
    let now = collector.look(&first, Depth::Everything, UnixMillis(3_000)).await;
    assert_eq!((&now.quorum, now.controller), (&Known::Unknown, Known::Unknown));
    assert_eq!(parts(&now), [(Part::Quorum, None)]);
    everything_is_known(&now);
    assert_eq!(now.brokers[0].roles, first.brokers[0].roles, "roles stay");
}

#[tokio::test]
async fn no_groups_and_no_topics_are_known_to_be_none() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    estate.inflict(Fault::NoGroups);
    estate.inflict(Fault::NoTopics);
    let now = collector.look(&first, Depth::Everything, UnixMillis(3_000)).await;
    assert_eq!((now.topics.as_slice(), &now.groups), (&[] as &[Topic], &Known::Known(Vec::new())));
    assert_eq!(now.gaps, []);
}

#[tokio::test]
async fn when_everybody_is_dead_the_last_inventory_stays_with_the_reason() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    (1..=12).for_each(|id| estate.inflict(Fault::DeadBroker(id)));
    let now = collector.look(&first, Depth::Everything, UnixMillis(9_000)).await;
    let Reachability::Unreachable { since, reason } = &now.reachability else { panic!("nobody lives") };
    assert_eq!((*since, now.observed_at), (UnixMillis(9_000), first.observed_at));
    assert!(reason.contains("no broker could be reached"), "{reason}");
    assert_eq!((&now.topics, &now.groups), (&first.topics, &first.groups));
    assert!(now.brokers.iter().all(|broker| broker.state == BrokerState::Unknown));
}

#[tokio::test]
async fn nobody_there_at_all_is_unreachable_and_nothing_is_known() {
    let estate = Estate::start(EstateSize { brokers: 1, ..EstateSize::SMALL }).await.unwrap();
    estate.inflict(Fault::DeadBroker(1));
    let reach = Duration::from_millis(300);
    let timeouts = Timeouts { reach, ..Timeouts::default() };
    let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
    let client = Client::new(ClientConfig { bootstrap, timeouts, ..ClientConfig::new() });
    let now = Collector::new(client).look(&unseen(), Depth::Everything, UnixMillis(9)).await;
    assert!(matches!(now.reachability, Reachability::Unreachable { since: UnixMillis(9), .. }));
    assert_eq!((now.topics.len(), now.groups, now.observed_at), (0, Known::Unknown, Known::Unknown));
}

fn rules(inventory: &Inventory) -> Option<&TopicRules> {
    match inventory.authorization.value() {
        Some(Authorization::Rules(rules)) => Some(rules),
        Some(Authorization::Open) | None => None,
    }
}

#[tokio::test]
async fn who_may_what_is_seen_kept_and_refused() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    let everybody = &rules(&first).unwrap().by_principal["User:*"];
    assert_eq!((&*everybody[0].name, everybody.len()), ("*", 1));
    assert_eq!((rules(&first).unwrap().left_out, rules(&first).unwrap().unmentioned), (0, Unmentioned::Nothing));

    estate.inflict(Fault::NoAuthorizer);
    let soon = collector.look(&first, Depth::Everything, UnixMillis(3_000)).await;
    assert_eq!(soon.authorization, first.authorization, "it is not asked for every time");
    let later = collector.look(&soon, Depth::Everything, UnixMillis(60_000)).await;
    assert_eq!((&later.authorization, later.gaps.len()), (&Known::Known(Authorization::Open), 0));
    assert_eq!(later.revisions.structure, soon.revisions.structure + 1);

    estate.heal_everything();
    estate.inflict(Fault::NoAcls);
    let refused = collector.look(&later, Depth::Everything, UnixMillis(120_000)).await;
    assert_eq!((&refused.authorization, parts(&refused)), (&Known::Unknown, vec![(Part::Access, None)]));
    let still = collector.look(&refused, Depth::Numbers, UnixMillis(122_000)).await;
    assert_eq!(still.gaps, refused.gaps, "nobody has asked again");
    assert_eq!(still.revisions.structure, refused.revisions.structure);
}

#[tokio::test]
async fn what_brokers_have_by_default_is_seen_with_those_that_differ() {
    let (estate, mut collector, first) = seen(EstateSize::SMALL).await;
    let defaults = first.defaults.value().unwrap();
    assert_eq!(defaults.told_by.len(), 12);
    let at = |defaults: &TopicDefaults, key: &str, broker| {
        let entry = defaults.at(key, BrokerId(broker)).unwrap();
        (entry.value.clone().unwrap(), entry.source)
    };
    let entry = |value: &str, source| (value.to_owned(), source);
    assert_eq!(at(defaults, "min.insync.replicas", 7), entry("2", ConfigSource::StaticBroker));
    assert_eq!(at(defaults, "retention.ms", 7), entry("259200000", ConfigSource::StaticBroker));
    assert_eq!(at(defaults, "segment.bytes", 7), entry("1073741824", ConfigSource::Default));

    estate.inflict(Fault::OddDefaults(7));
    let odd = collector.look(&first, Depth::Everything, UnixMillis(60_000)).await;
    let defaults = odd.defaults.value().unwrap();
    assert_eq!(at(defaults, "min.insync.replicas", 7), entry("1", ConfigSource::StaticBroker));
    assert_eq!(at(defaults, "min.insync.replicas", 8), entry("2", ConfigSource::StaticBroker));
    let differing: Vec<_> =
        defaults.keys.iter().filter(|(_, key)| !key.elsewhere.is_empty()).map(|(key, _)| key).collect();
    assert_eq!(differing, ["min.insync.replicas"]);
    assert_eq!(odd.revisions.structure, first.revisions.structure + 1);
}

#[tokio::test]
async fn records_are_found_by_their_time_and_groups_at_their_coordinators() {
    let (estate, _collector, first) = seen(EstateSize::SMALL).await;
    estate.grow_older(10);
    let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
    let client = Client::new(ClientConfig { bootstrap, ..ClientConfig::new() });
    let busy = |topic: &&Topic| *topic.partitions[0].latest_offset.value().unwrap() > 0 && !topic.name.is_internal();
    let mut leaders = PartitionsByLeader::default();
    for topic in first.topics.iter().filter(busy) {
        leaders.add(topic.partitions[0].leader.unwrap(), &topic.name, topic.partitions[0].id);
    }
    let at = async |spec| client.list_offsets(&leaders, spec).await;
    let (begin, end) = (at(OffsetSpec::Earliest).await, at(OffsetSpec::Latest).await);
    // What is written in the fifth second begins where what was there after four seconds ends.
    let (fifth, never) = (at(OffsetSpec::At(UnixMillis(5_000))).await, at(OffsetSpec::At(UnixMillis(i64::MAX))).await);
    let from_the_start = at(OffsetSpec::At(UnixMillis(i64::MIN))).await;
    let (mut written, mut idle) = (0, 0);
    for topic in first.topics.iter().filter(busy) {
        let (name, id) = (&topic.name, topic.partitions[0].id);
        let [begin, end] = [&begin, &end].map(|told| told.get(name, id).unwrap());
        assert!(never.is_past_the_end(name, id) && never.get(name, id).is_none(), "{name}");
        if begin < end {
            assert_eq!(from_the_start.get(name, id), Some(begin), "{name}");
        }
        if let Some(offset) = fifth.get(name, id) {
            assert!(begin <= offset && offset < end, "{name}");
            written += 1;
        } else {
            assert!(fifth.is_past_the_end(name, id), "{name}");
            idle += 1;
        }
    }
    assert!(written > 0 && idle > 0, "{written} {idle}");

    let newest = client.newest_records(&leaders).await;
    assert!(newest.unanswered().is_empty());
    for topic in first.topics.iter().filter(busy) {
        let (name, id) = (&topic.name, topic.partitions[0].id);
        let [begin, end] = [&begin, &end].map(|told| told.get(name, id).unwrap());
        let is_written = fifth.get(name, id).is_some();
        let record = NewestRecord::At(UnixMillis(if is_written { 10_000 } else { 0 }));
        let record = if begin < end { record } else { NewestRecord::Missing };
        assert_eq!(newest.get(name, id), Some(record), "{name}");
        assert_eq!(newest.get(name, PartitionId(9_999)), None, "nobody was asked");
    }

    let all = client.list_groups().await.unwrap();
    for group in all.groups.values().take(20) {
        assert_eq!(client.find_coordinator(&group.id).await.unwrap(), group.coordinator, "{}", group.id.as_str());
    }
}
