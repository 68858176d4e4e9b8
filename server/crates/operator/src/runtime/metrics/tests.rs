use super::*;

struct Room;

impl Census for Room {
    fn count(&self, figures: &mut Figures) {
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        figures.managed.push((cluster.clone(), TopicName::new("sample-topic").unwrap()));
        let work = QueueFigures { ready: 3, busy: 1, later: 2, settled: 7, again: 4, seconds: 1.5 };
        figures.work.insert((Kind::Topic, Some(cluster)), work);
        figures.waits(Kind::User, "ApprovalRequired");
        figures.waits(Kind::User, "ApprovalRequired");
    }
}

#[test]
fn the_talks_names_and_our_own_are_printed_from_what_rooms_say() {
    let metrics = OperatorMetrics::new("kafka-operator");
    metrics.is(OperatorState::Running);
    let room = Arc::new(Room);
    metrics.ask(&room);
    let cluster: ClusterRef = "kafka/demo".parse().unwrap();
    metrics.looked_at(&cluster, Duration::from_millis(250));
    metrics.looked_at(&cluster, Duration::from_millis(250));
    insta::assert_snapshot!(metrics.print());
}

#[test]
fn a_room_that_is_left_is_not_asked() {
    let metrics = OperatorMetrics::new("kafka-operator");
    let room = Arc::new(Room);
    metrics.ask(&room);
    drop(room);
    assert!(metrics.print().contains("managed_topics{operator_id=\"kafka-operator\"} 0\n"));
}
