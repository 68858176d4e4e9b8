//! What was measured over time.

use crate::on_both_databases;

on_both_databases! {
    every_kind_of_series_comes_back_as_it_was_written
    steps_are_put_together_by_their_mean_and_their_most
    what_another_replica_wrote_stays
    whom_another_replica_counts_among_the_others_is_not_counted_by_name
    what_is_old_is_forgotten_and_series_with_it
}

mod bodies {
    use klamm_model::{Breakdown, BrokerId, ClusterRef, GroupId, Measured, Metric, UnixMillis};
    use klamm_store::{MeasuredFilter, MeasuredRow, ROLLED_MILLIS, Store};

    fn demo() -> ClusterRef {
        "kafka/demo".parse().unwrap()
    }

    fn row(metric: Metric, of: Measured, step: i64, mean: f64, most: f64) -> MeasuredRow {
        MeasuredRow { metric, of, at: UnixMillis(step * ROLLED_MILLIS), mean, most }
    }

    fn all(cluster: &ClusterRef) -> MeasuredFilter<'_> {
        let (from, before) = (UnixMillis(0), UnixMillis(i64::MAX));
        MeasuredFilter { cluster, metric: None, by: None, only: None, from, before, step_millis: 0 }
    }

    fn means(rows: &[MeasuredRow]) -> Vec<(i64, f64)> {
        rows.iter().map(|row| (row.at.0 / ROLLED_MILLIS, row.mean)).collect()
    }

    pub(super) async fn every_kind_of_series_comes_back_as_it_was_written(store: Store) {
        let whom = [
            Measured::Cluster,
            Measured::Broker(BrokerId(3)),
            Measured::Volume(BrokerId(3), "/var/lib/kafka 2".into()),
            Measured::Topic("payments.a".parse().unwrap()),
            Measured::OtherTopics,
            Measured::Group(GroupId::new("ä b/%").unwrap()),
            Measured::OtherGroups,
        ];
        let rows: Vec<_> = whom.iter().map(|of| row(Metric::BytesIn, of.clone(), 5, 1.5, 2.25)).collect();
        store.note_measured(&demo(), &rows).await.unwrap();
        let mut read = store.measured(&all(&demo())).await.unwrap();
        read.sort_by(|a, b| a.of.cmp(&b.of));
        assert_eq!(read, rows);
        let cluster = demo();
        for of in &whom {
            let one = MeasuredFilter { only: Some(of), ..all(&cluster) };
            assert_eq!(store.measured(&one).await.unwrap(), [row(Metric::BytesIn, of.clone(), 5, 1.5, 2.25)]);
        }
        let topics = MeasuredFilter { by: Some(Breakdown::Topic), ..all(&cluster) };
        assert_eq!(store.measured(&topics).await.unwrap().len(), 2);
        let other = "kafka/other".parse().unwrap();
        assert_eq!(store.measured(&all(&other)).await.unwrap(), []);
        let metric = MeasuredFilter { metric: Some(Metric::BytesOut), ..all(&cluster) };
        assert_eq!(store.measured(&metric).await.unwrap(), []);
        let unspeakable = Measured::Group(GroupId::new("a\0b").unwrap());
        let nothing = row(Metric::BytesIn, Measured::Cluster, 6, f64::NAN, 1.0);
        store.note_measured(&demo(), &[row(Metric::LagRecords, unspeakable, 5, 1.0, 1.0), nothing]).await.unwrap();
        assert_eq!(store.measured(&all(&demo())).await.unwrap().len(), rows.len(), "what cannot be kept is left out");
    }

    pub(super) async fn steps_are_put_together_by_their_mean_and_their_most(store: Store) {
        let of = |step, mean, most| row(Metric::Requests, Measured::Cluster, step, mean, most);
        let rows = [of(12, 1.0, 9.0), of(13, 3.0, 3.0), of(14, 8.0, 8.0), of(17, 5.0, 5.0)];
        store.note_measured(&demo(), &rows).await.unwrap();
        let cluster = demo();
        let twos = MeasuredFilter { step_millis: 2 * ROLLED_MILLIS, ..all(&cluster) };
        let read = store.measured(&twos).await.unwrap();
        assert_eq!(means(&read), [(12, 2.0), (14, 8.0), (16, 5.0)]);
        assert_eq!(read.iter().map(|row| row.most).collect::<Vec<_>>(), [9.0, 8.0, 5.0]);
        let (from, before) = (UnixMillis(13 * ROLLED_MILLIS), UnixMillis(17 * ROLLED_MILLIS));
        let part = MeasuredFilter { from, before, ..all(&cluster) };
        assert_eq!(means(&store.measured(&part).await.unwrap()), [(13, 3.0), (14, 8.0)]);
    }

    pub(super) async fn what_another_replica_wrote_stays(store: Store) {
        let of = |step, mean| row(Metric::Requests, Measured::Cluster, step, mean, mean);
        store.note_measured(&demo(), &[of(1, 1.0)]).await.unwrap();
        store.note_measured(&demo(), &[of(1, 2.0), of(2, 2.0)]).await.unwrap();
        assert_eq!(means(&store.measured(&all(&demo())).await.unwrap()), [(1, 1.0), (2, 2.0)]);
    }

    pub(super) async fn whom_another_replica_counts_among_the_others_is_not_counted_by_name(store: Store) {
        let topic = |name: &str| Measured::Topic(name.parse().unwrap());
        let of = |of: Measured, step, mean| row(Metric::MessagesIn, of, step, mean, mean);
        let first = [of(topic("a"), 1, 9.0), of(Measured::OtherTopics, 1, 5.0), of(Measured::Cluster, 1, 14.0)];
        store.note_measured(&demo(), &first).await.unwrap();
        // It takes another topic for the busiest, and has a step more to tell of.
        let size = row(Metric::SizeBytes, topic("b"), 1, 7.0, 7.0);
        let group = row(Metric::LagRecords, Measured::Group(GroupId::new("g").unwrap()), 1, 3.0, 3.0);
        let second = [
            of(topic("b"), 1, 4.0),
            of(Measured::OtherTopics, 1, 10.0),
            size.clone(),
            group.clone(),
            of(topic("b"), 2, 6.0),
            of(Measured::OtherTopics, 2, 9.0),
        ];
        store.note_measured(&demo(), &second).await.unwrap();
        let mut wanted = first.to_vec();
        wanted.extend([of(topic("b"), 2, 6.0), of(Measured::OtherTopics, 2, 9.0), size, group]);
        let mut read = store.measured(&all(&demo())).await.unwrap();
        for rows in [&mut read, &mut wanted] {
            rows.sort_by(|a, b| (a.metric, &a.of, a.at).cmp(&(b.metric, &b.of, b.at)));
        }
        assert_eq!(read, wanted);
    }

    pub(super) async fn what_is_old_is_forgotten_and_series_with_it(store: Store) {
        let of = |metric, step| row(metric, Measured::Cluster, step, 1.0, 1.0);
        let rows = [of(Metric::Requests, 1), of(Metric::Requests, 5), of(Metric::BytesIn, 1)];
        store.note_measured(&demo(), &rows).await.unwrap();
        store.forget_measured(UnixMillis(5 * ROLLED_MILLIS)).await.unwrap();
        assert_eq!(store.measured(&all(&demo())).await.unwrap(), [of(Metric::Requests, 5)]);
        store.note_measured(&demo(), &[of(Metric::BytesIn, 9)]).await.unwrap();
        assert_eq!(store.measured(&all(&demo())).await.unwrap().len(), 2, "what begins again is told again");
    }
}
