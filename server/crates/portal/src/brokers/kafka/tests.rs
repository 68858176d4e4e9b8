use super::*;
use klamm_kafka::ClientConfig;
use klamm_model::UnixMillis;
use klamm_testkit::{Estate, EstateSize, Fault};

fn brokers(estate: &Estate) -> KafkaBrokers {
    let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
    let client = Client::new(ClientConfig { bootstrap, ..ClientConfig::new() });
    KafkaBrokers::new(move |cluster| (cluster.name.as_str() == "estate").then(|| client.clone()))
}

fn cluster() -> ClusterRef {
    "kafka/estate".parse().unwrap()
}

fn question(group: &GroupId, logs: Logs, moment: Option<UnixMillis>) -> GroupQuestion {
    GroupQuestion { group: group.clone(), logs, moment }
}

fn error(code: ErrorCode, partition: i32) -> (TopicPartition, KafkaError) {
    (("a".parse().unwrap(), PartitionId(partition)), code.into())
}

#[tokio::test]
async fn a_group_is_seen_with_what_it_committed_and_the_logs_it_may_continue_in() {
    let estate = Estate::start(EstateSize::SMALL).await.unwrap();
    let (brokers, cluster) = (brokers(&estate), cluster());
    let groups = brokers.client(&cluster).unwrap().list_groups().await.unwrap().groups;
    let of = |kind| groups.values().find(move |group| group.kind == kind).unwrap();
    let read = groups.values().filter(|group| group.kind == GroupKind::Consumer);
    let mut looked = None;
    for group in read {
        let look =
            brokers.look(&cluster, &question(&group.id, Logs::Committed, Some(UnixMillis(0)))).await.unwrap().unwrap();
        if !look.committed.is_empty() {
            looked = Some((group.id.clone(), look));
            break;
        }
    }
    let (id, look) = looked.unwrap();
    assert_eq!(look.logs.keys().collect::<Vec<_>>(), look.committed.keys().collect::<Vec<_>>());
    for (place, log) in &look.logs {
        let log = log.unwrap();
        assert!((log.earliest..=log.latest).contains(&look.committed[place]), "{place:?}");
        let first = if log.earliest < log.latest { AtMoment::Record(log.earliest) } else { AtMoment::PastTheEnd };
        assert_eq!(log.at, first, "{place:?}");
    }
    let (topic, partition) = look.logs.keys().next().unwrap().clone();
    let one = Logs::Of(
        [(topic.clone(), Some([partition, PartitionId(99_999)].into())), ("nobody.has.this".parse().unwrap(), None)]
            .into(),
    );
    let narrow = brokers.look(&cluster, &question(&id, one, None)).await.unwrap().unwrap();
    assert_eq!(narrow.logs.keys().collect::<Vec<_>>(), [&(topic, partition)]);
    assert_eq!(narrow.gone.iter().map(TopicName::as_str).collect::<Vec<_>>(), ["nobody.has.this"]);
    assert_eq!(narrow.committed, look.committed);

    let share = brokers.look(&cluster, &question(&of(GroupKind::Share).id, Logs::Committed, None)).await.unwrap();
    assert_eq!(share.unwrap().kind, GroupKind::Share);
    let nobody = question(&"nobody".parse().unwrap(), Logs::Committed, None);
    assert_eq!(brokers.look(&cluster, &nobody).await.unwrap(), None);
    let nowhere = brokers.look(&"kafka/none".parse().unwrap(), &nobody).await;
    assert!(matches!(nowhere, Err(BrokersError::NoWay(_))));

    // A leader that is gone leaves its log untold, and never an offset that was made up.
    (1..=12).for_each(|broker| estate.inflict(Fault::DeadBroker(broker)));
    assert!(matches!(brokers.look(&cluster, &nobody).await, Err(BrokersError::Away(_))));
}

#[test]
fn refusals_of_partitions_are_told_apart_by_what_can_be_done_about_them() {
    assert!(refusals(Vec::new()).is_ok());
    let members = refusals(vec![error(ErrorCode::TopicAuthorizationFailed, 0), error(ErrorCode::UnknownMemberId, 1)]);
    assert!(matches!(members, Err(BrokersError::HasMembers)));
    let moved = refusals(vec![error(ErrorCode::NotCoordinator, 0)]);
    assert!(matches!(moved, Err(BrokersError::Away(_))));
    let many = (0..5).map(|partition| error(ErrorCode::TopicAuthorizationFailed, partition)).collect();
    let why = refusals(many).unwrap_err().to_string();
    assert!(why.contains("a-2: The user may not") && why.ends_with("And 2 more partitions."), "{why}");
}
