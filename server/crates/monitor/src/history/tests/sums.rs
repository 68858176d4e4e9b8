//! What is told in one number of all others counts once, wherever it is kept.

use super::*;
use klamm_testkit::TestDatabase;

/// What sixty topics come to, the first of which has 1 to do, the second 2, and so on.
const ALL: f64 = 1830.0;

fn sixty() -> Vec<Measurement> {
    (0..60).map(|number| measured(Metric::MessagesIn, topic(number), rate(number) + 1.0)).collect()
}

fn at(steps: i64) -> UnixMillis {
    UnixMillis(START + steps * ROLLED_MILLIS)
}

fn by_topic(to: UnixMillis, step_millis: i64) -> SeriesQuestion {
    SeriesQuestion { by: Breakdown::Topic, limit: 1000, ..question(START, to.0, step_millis) }
}

/// What everything comes to that is told of each point.
fn sums(answer: &SeriesAnswer) -> Vec<f64> {
    let points = answer.series.first().map_or(0, |(_, points)| points.len());
    let sum = |place: usize| answer.series.iter().filter_map(|(_, points)| points[place].1).sum::<f64>();
    (0..points).map(sum).collect()
}

#[test]
fn where_all_topics_are_told_by_name_those_without_a_row_are_written_as_a_sum() {
    let history = History::default();
    history.record(at(0), &sixty());
    let rows = written(&history, at(1).0);
    let others: Vec<_> = rows.iter().filter(|row| row.of == Measured::OtherTopics).map(|row| row.mean).collect();
    assert_eq!((rows.len(), others), (51, vec![55.0]), "the ten with the least to do");
}

#[test]
fn of_groups_without_a_row_what_cannot_be_added_is_written_as_the_largest() {
    let history = History::default();
    let group = |number: usize| Measured::Group(GroupId::new(format!("g-{number:05}")).unwrap());
    let of =
        |number| [Metric::LagRecords, Metric::LagSeconds].map(|metric| measured(metric, group(number), rate(number)));
    history.record(at(0), &(0..60).flat_map(of).collect::<Vec<_>>());
    let rows = written(&history, at(1).0);
    let others = rows.iter().filter(|row| row.of == Measured::OtherGroups).map(|row| (row.metric, row.mean));
    assert_eq!(others.collect::<Vec<_>>(), [(Metric::LagRecords, 45.0), (Metric::LagSeconds, 9.0)]);
}

#[test]
fn the_most_of_a_sum_is_what_it_came_to_at_a_moment() {
    let history = History::default();
    // Two have their most at different moments; together they always come to a hundred.
    for (look, busy) in [(0, 50), (1, 51)] {
        let much = |number: usize| match number {
            0..50 => 1000.0,
            other if other == busy => 90.0,
            _ => 10.0,
        };
        let all: Vec<_> = (0..52).map(|number| measured(Metric::MessagesIn, topic(number), much(number))).collect();
        history.record(UnixMillis(START + look * DETAIL_MILLIS), &all);
    }
    let rows = written(&history, at(1).0);
    let others = rows.into_iter().find(|row| row.of == Measured::OtherTopics).unwrap();
    assert_eq!(others, MeasuredRow { of: Measured::OtherTopics, mean: 100.0, most: 100.0, ..row(0, 0.0) });
}

#[test]
fn what_is_known_by_name_is_not_taken_from_the_database_in_a_sum() {
    let writes = History::default();
    for step in 0..4 {
        writes.record(at(step), &sixty());
    }
    let mut rows = written(&writes, at(4).0);
    rows.sort_by(|a, b| (&a.of, a.at).cmp(&(&b.of, b.at)));
    // Another process began in the last of these steps, and reads them only now.
    let reads = History::default();
    reads.record(at(3), &sixty());
    reads.locked().restore(at(0), &rows);
    assert_eq!(sums(&reads.recent(&by_topic(at(3), ROLLED_MILLIS))), [ALL; 4]);
}

#[tokio::test]
async fn nobody_counts_twice_in_a_point_that_is_half_in_the_database() {
    let database = TestDatabase::fresh().unwrap();
    let store = Store::open(&database.url().parse().unwrap()).await.unwrap();
    let cluster: ClusterRef = "kafka/demo".parse().unwrap();
    let before = History::new(cluster.clone(), Some(store.clone()));
    for step in 0..=10 {
        before.record(at(step), &sixty());
    }
    before.write(at(11)).await.unwrap();
    let after = History::new(cluster, Some(store));
    after.record(at(11), &sixty());
    let told = after.series(&by_topic(at(11), 2 * ROLLED_MILLIS)).await.unwrap();
    assert_eq!(sums(&told), [ALL; 6]);
    after.restore(at(12)).await.unwrap();
    assert_eq!(sums(&after.recent(&by_topic(at(11), ROLLED_MILLIS))), [ALL; 12]);
}
