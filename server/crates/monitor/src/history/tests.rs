mod sums;

use super::{busiest::Busiest, column::TIERS, *};
use klamm_model::{BrokerId, GroupId, TopicName};
use klamm_store::{MeasuredRow, ROLLED_MILLIS};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A multiple of a day, so that steps begin where it does.
const START: i64 = 19_675 * 86_400_000;

fn measured(metric: Metric, of: Measured, value: f64) -> Measurement {
    Measurement { metric, of, value }
}

fn whole(value: f64) -> Measurement {
    measured(Metric::MessagesIn, Measured::Cluster, value)
}

fn topic(number: usize) -> Measured {
    Measured::Topic(TopicName::new(format!("t-{number:05}")).unwrap())
}

fn question(from: i64, to: i64, step_millis: i64) -> SeriesQuestion {
    let (from, to) = (UnixMillis(from), UnixMillis(to));
    let (metric, by, aggregate) = (Metric::MessagesIn, Breakdown::Cluster, Aggregate::Mean);
    SeriesQuestion { metric, by, only: None, from, to, step_millis, limit: 10, aggregate }
}

fn values(answer: &SeriesAnswer) -> Vec<Option<f64>> {
    answer.series.first().map(|(_, points)| points.iter().map(|(_, value)| *value).collect()).unwrap_or_default()
}

#[test]
fn a_step_suits_its_range() {
    const HOUR: i64 = 3_600_000;
    let steps = [HOUR / 4, HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR, i64::MAX].map(step_for);
    assert_eq!(steps.map(|step| step / 1000), [15, 15, 60, 300, 1800, 7200, 86_400]);
    for range in [1, HOUR, 5 * HOUR, 100 * HOUR, 700 * HOUR] {
        assert!(range / step_for(range) <= 400);
    }
}

#[test]
fn gaps_are_gaps_and_several_numbers_of_a_step_are_their_mean() {
    let history = History::default();
    for (seconds, value) in [(0, 1.0), (5, 3.0), (15, 4.0), (45, 6.0)] {
        history.record(UnixMillis(START + seconds * 1000), &[whole(value)]);
    }
    let told = history.recent(&question(START - 15_000, START + 74_000, 15_000));
    assert_eq!(values(&told), [None, Some(2.0), Some(4.0), None, Some(6.0), None]);
    let minutes = history.recent(&question(START, START + 59_000, 60_000));
    assert_eq!(values(&minutes).len(), 1);
}

#[test]
fn what_is_no_number_is_left_out_and_what_is_late_too() {
    let history = History::default();
    history.record(UnixMillis(START + 30_000), &[whole(1.0), whole(f64::NAN), whole(f64::INFINITY)]);
    history.record(UnixMillis(START), &[whole(9.0)]);
    assert_eq!(values(&history.recent(&question(START, START + 30_000, 15_000))), [None, None, Some(1.0)]);
    let of = Measured::Cluster;
    assert_eq!(history.latest(Metric::MessagesIn, &of, UnixMillis(START + 75_000)), Some(1.0));
    assert_eq!(history.latest(Metric::MessagesIn, &of, UnixMillis(START + 76_000)), None, "too long ago");
    let back = START - 2 * 3_600_000;
    history.record(UnixMillis(back), &[whole(5.0)]);
    assert_eq!(history.latest(Metric::MessagesIn, &of, UnixMillis(back)), Some(5.0), "a clock that was put back");
}

#[test]
fn what_lost_its_detail_is_told_by_what_is_coarser() {
    let history = History::default();
    let looks = 2 * 3600 / 15;
    for look in 0..looks {
        history.record(UnixMillis(START + look * 15_000), &[whole(f64::from(u32::try_from(look / 4).unwrap()))]);
    }
    let told = values(&history.recent(&question(START, START + 120_000, 15_000)));
    assert_eq!(told, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0].map(Some));
    let newest = values(&history.recent(&question(START + 7_140_000, START + 7_185_000, 15_000)));
    assert_eq!(newest, [Some(119.0); 4]);
}

#[test]
fn the_most_of_a_step_is_told_however_short_it_was() {
    let history = History::default();
    // Two hours, with a quarter of a minute of an incident in the first five minutes, and one in the last.
    let looks = 2 * 3600 / 15;
    for look in 0..looks {
        let value = if look == 7 || look == looks - 3 { 900.0 } else { 1.0 };
        history.record(UnixMillis(START + look * 15_000), &[whole(value)]);
    }
    let most = |from: i64, to: i64, step| {
        let question = SeriesQuestion { aggregate: Aggregate::Most, ..question(START + from, START + to, step) };
        values(&history.recent(&question))
    };
    assert_eq!(most(0, 599_000, ROLLED_MILLIS), [Some(900.0), Some(1.0)]);
    assert_eq!(most(0, 7_199_000, 3_600_000), [Some(900.0), Some(900.0)]);
    assert_eq!(most(7_140_000, 7_199_000, 60_000), [Some(900.0)], "no mean of a minute");
    let mean = values(&history.recent(&question(START, START + 299_000, ROLLED_MILLIS)));
    assert!(mean[0].is_some_and(|mean| mean < 50.0), "{mean:?}");
}

#[test]
fn a_question_is_never_answered_with_more_points_than_somebody_could_draw() {
    let history = History::default();
    history.record(UnixMillis(START), &[whole(1.0)]);
    let told = history.recent(&question(START - 400 * 86_400_000, START, 15_000));
    assert!(values(&told).len() <= 12_002);
    assert_eq!(told.series.len(), 1);
}

#[test]
fn those_with_the_most_are_told_and_the_rest_is_counted() {
    let history = History::default();
    let of = |id, value| measured(Metric::BytesIn, Measured::Broker(BrokerId(id)), value);
    history.record(UnixMillis(START), &[of(1, 5.0), of(2, 7.0), of(3, 6.0)]);
    let question =
        SeriesQuestion { metric: Metric::BytesIn, by: Breakdown::Broker, limit: 2, ..question(START, START, 15_000) };
    let told = history.recent(&question);
    let ids: Vec<_> = told.series.iter().map(|(of, _)| of.clone()).collect();
    assert_eq!((ids, told.left_out), (vec![Measured::Broker(BrokerId(2)), Measured::Broker(BrokerId(3))], 1));
    let only = SeriesQuestion { only: Some(Measured::Broker(BrokerId(1))), ..question };
    assert_eq!(history.recent(&only).series.len(), 1);
}

/// What a topic of that number has to do.
fn rate(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

#[test]
fn the_busiest_topics_are_told_and_the_others_as_a_sum() {
    let history = History::default();
    let all: Vec<_> = (0..1000).map(|number| measured(Metric::MessagesIn, topic(number), rate(number))).collect();
    history.record(UnixMillis(START), &all);
    let by_topic = SeriesQuestion { by: Breakdown::Topic, limit: 1000, ..question(START, START, 15_000) };
    let told = history.recent(&by_topic);
    assert_eq!(told.series.len(), 401);
    let sum: f64 = told.series.iter().filter_map(|(_, points)| points[0].1).sum();
    assert!((sum - 999.0 * 500.0).abs() < 1.0, "{sum}");
    assert_eq!(told.series[0].0, Measured::OtherTopics);
    assert_eq!(told.series[1].0, topic(999));

    let of_one = |number| {
        let told = history.recent(&SeriesQuestion { only: Some(topic(number)), ..by_topic.clone() });
        (told.series.len(), told.only_busiest)
    };
    assert_eq!((of_one(5), of_one(999)), ((0, Some(400)), (1, None)), "one is in the sum, the other by itself");
    assert_eq!(told.only_busiest, None, "nobody asked for one");

    let gone: BTreeSet<_> = (0..1000).filter(|number| *number != 999).map(topic).collect();
    history.forget_all_but(&Left(&gone));
    assert_eq!(history.recent(&by_topic).series.len(), 400);
    let only = SeriesQuestion { only: Some(topic(999)), ..by_topic };
    let new = history.recent(&only);
    assert_eq!((new.series, new.only_busiest), (Vec::new(), None), "there would be room for it");
}

#[test]
fn how_late_others_are_is_not_added_up() {
    let history = History::default();
    let group = |number: usize| Measured::Group(GroupId::new(format!("g-{number:05}")).unwrap());
    let all: Vec<_> = (0..500)
        .flat_map(|number| {
            [
                measured(Metric::LagRecords, group(number), rate(number)),
                measured(Metric::LagSeconds, group(number), rate(number)),
            ]
        })
        .collect();
    history.record(UnixMillis(START), &all);
    let others = SeriesQuestion {
        metric: Metric::LagSeconds,
        by: Breakdown::Group,
        only: Some(Measured::OtherGroups),
        ..question(START, START, 15_000)
    };
    assert_eq!(values(&history.recent(&others)), [Some(99.0)]);
}

struct Left<'a>(&'a BTreeSet<Measured>);

impl Present for Left<'_> {
    fn broker(&self, id: BrokerId) -> bool {
        self.0.contains(&Measured::Broker(id))
    }

    fn topic(&self, name: &TopicName) -> bool {
        self.0.contains(&Measured::Topic(name.clone()))
    }

    fn group(&self, id: &GroupId) -> bool {
        self.0.contains(&Measured::Group(id.clone()))
    }
}

#[test]
fn who_is_told_stays_until_others_have_clearly_more() {
    let mut busiest = Busiest::new(2);
    for (who, much) in [("a", 10.0), ("b", 9.0), ("c", 8.0)] {
        busiest.note(&who, much);
    }
    assert_eq!(busiest.choose(), Vec::<&str>::new());
    assert_eq!([busiest.tells(&"a"), busiest.tells(&"b"), busiest.tells(&"c")], [true, true, false]);
    for _ in 0..100 {
        busiest.note(&"c", 11.0);
    }
    assert_eq!(busiest.choose(), Vec::<&str>::new(), "a little more is not enough");
    for _ in 0..100 {
        busiest.note(&"c", 30.0);
    }
    assert_eq!(busiest.choose(), ["b"]);
    assert_eq!(busiest.first(1), ["c"].into());
    busiest.retain(|who| *who == "a");
    assert!(busiest.tells(&"new"), "there is room again");
    assert_eq!(busiest.choose(), Vec::<&str>::new(), "also for one of which nothing is known");
}

fn row(step: i64, mean: f64) -> MeasuredRow {
    let at = UnixMillis(START + step * ROLLED_MILLIS);
    MeasuredRow { metric: Metric::MessagesIn, of: Measured::Cluster, at, mean, most: mean }
}

#[test]
fn what_the_database_kept_comes_before_what_was_measured_since() {
    let history = History::default();
    let at = |steps: i64| START + steps * ROLLED_MILLIS;
    history.record(UnixMillis(at(3)), &[whole(30.0)]);
    history.locked().restore(UnixMillis(at(-285)), &[row(0, 1.0), row(1, 2.0), row(3, 9.0)]);
    let told = values(&history.recent(&question(at(0), at(3), ROLLED_MILLIS)));
    assert_eq!(told, [Some(1.0), Some(2.0), None, Some(30.0)]);
    assert_eq!(history.locked().since(), Some(UnixMillis(at(-285))));
    assert_eq!(history.locked().unwritten(UnixMillis(at(4))), None, "the database has that step already");
    history.record(UnixMillis(at(4)), &[whole(40.0)]);
    let (last, rows) = history.locked().unwritten(UnixMillis(at(5) + 1)).unwrap();
    assert_eq!((last * ROLLED_MILLIS, rows), (at(4), vec![row(4, 40.0)]));
    history.locked().written(last);
    assert_eq!(history.locked().unwritten(UnixMillis(at(5) + 1)), None);
}

#[test]
fn only_steps_that_are_over_are_written_and_of_many_topics_the_busiest() {
    let history = History::default();
    let all: Vec<_> = (0..1000).map(|number| measured(Metric::MessagesIn, topic(number), rate(number))).collect();
    history.record(UnixMillis(START), &all);
    assert!(history.locked().unwritten(UnixMillis(START + 1)).is_none_or(|(_, rows)| rows.is_empty()));
    let rows = written(&history, START + ROLLED_MILLIS);
    assert_eq!(rows.len(), 51);
    assert!(rows.iter().any(|row| row.of == topic(999)) && rows.iter().any(|row| row.of == Measured::OtherTopics));
    assert!(!rows.iter().any(|row| row.of == topic(700)));
    let sum: f64 = rows.iter().map(|row| row.mean).sum();
    assert!((sum - 999.0 * 500.0).abs() < 1.0, "{sum}: nobody is left out, nor counted twice");
}

/// All that is written by then.
fn written(history: &History, now: i64) -> Vec<MeasuredRow> {
    let mut all = Vec::new();
    // What is over is found step by step.
    loop {
        let Some((last, rows)) = history.locked().unwritten(UnixMillis(now)) else { return all };
        history.locked().written(last);
        all.extend(rows);
    }
}

/// What somebody would say who had kept everything: the mean of all numbers of each step.
fn naive(kept: &[(i64, f64)], step: i64) -> BTreeMap<i64, (f64, f64, f64, f64)> {
    let mut steps: BTreeMap<i64, (f64, f64, f64, f64)> = BTreeMap::new();
    for (at, value) in kept {
        let (sum, count, least, most) = steps.entry(at.div_euclid(step)).or_insert((0.0, 0.0, f64::MAX, f64::MIN));
        *sum += value;
        *count += 1.0;
        *least = least.min(*value);
        *most = most.max(*value);
    }
    steps
}

proptest! {
    /// Roll-ups are what somebody would say who had kept everything: sums stay, and a mean is between the least and the most.
    #[test]
    fn no_resolution_loses_anything(looks in proptest::collection::vec((1_i64..90_000, 0.0..1e6_f64), 1..200)) {
        let history = History::default();
        let mut kept = Vec::new();
        let mut at = START;
        for (gap, value) in looks {
            at += gap;
            kept.push((at, value));
            history.record(UnixMillis(at), &[whole(value)]);
        }
        for tier in TIERS {
            let since = at - tier.step * (i64::try_from(tier.kept).unwrap() - 1);
            let all = history.recent(&question(since.max(START), at, tier.step));
            let expected = naive(&kept, tier.step);
            let told: BTreeMap<i64, f64> = all.series[0].1.iter()
                .filter_map(|(at, value)| Some((at.0 / tier.step, (*value)?))).collect();
            let (mut sum, mut wanted) = (0.0, 0.0);
            for (step, (whole, count, least, most)) in expected.range(since.max(START).div_euclid(tier.step)..) {
                let mean = told.get(step).copied();
                prop_assert!(mean.is_some(), "step {step} of {tier:?} is missing");
                let mean = mean.unwrap_or_default();
                prop_assert!(mean >= least * 0.999_999 && mean <= most * 1.000_001, "{mean} is not in {least}..{most}");
                sum += mean * count;
                wanted += whole;
            }
            prop_assert!((sum - wanted).abs() <= wanted * 1e-5 + 1e-6, "{sum} is not {wanted} in {tier:?}");
            prop_assert_eq!(told.len(), expected.range(since.max(START).div_euclid(tier.step)..).count());
        }
    }

    /// The most of a step is the most of what was measured in it.
    #[test]
    fn the_most_is_never_lost(
        looks in proptest::collection::btree_map(0_i64..200, 0.0..1e6_f64, 1..150),
        step in prop::sample::select(vec![15_000_i64, 30_000, 60_000, ROLLED_MILLIS, 2 * ROLLED_MILLIS]),
    ) {
        let history = History::default();
        for (look, value) in &looks {
            history.record(UnixMillis(START + look * 15_000), &[whole(*value)]);
        }
        let kept: Vec<_> = looks.iter().map(|(look, value)| (START + look * 15_000, *value)).collect();
        let expected = naive(&kept, step);
        let question = SeriesQuestion { aggregate: Aggregate::Most, ..question(START, START + 200 * 15_000, step) };
        for (at, value) in &history.recent(&question).series[0].1 {
            let wanted = expected.get(&(at.0 / step)).map(|(_, _, _, most)| *most);
            prop_assert_eq!(value.is_some(), wanted.is_some());
            prop_assert!((value.unwrap_or(0.0) - wanted.unwrap_or(0.0)).abs() <= 0.1 + 1e-5 * wanted.unwrap_or(0.0));
        }
    }

    /// However long the steps are, a gap is told as one. (From eight looks on, means of minutes are put together.)
    #[test]
    fn steps_of_any_length_say_what_was_measured_in_them(
        looks in proptest::collection::btree_map(0_i64..200, 0.0..1e6_f64, 1..150),
        times in 1_i64..8,
    ) {
        let history = History::default();
        for (look, value) in &looks {
            history.record(UnixMillis(START + look * 15_000), &[whole(*value)]);
        }
        let step = 15_000 * times;
        let kept: Vec<_> = looks.iter().map(|(look, value)| (START + look * 15_000, *value)).collect();
        let expected = naive(&kept, step);
        for (at, value) in &history.recent(&question(START, START + 200 * 15_000, step)).series[0].1 {
            let wanted = expected.get(&(at.0 / step)).map(|(sum, count, ..)| sum / count);
            prop_assert_eq!(value.is_some(), wanted.is_some());
            prop_assert!((value.unwrap_or(0.0) - wanted.unwrap_or(0.0)).abs() <= 0.1 + 1e-5 * wanted.unwrap_or(0.0));
        }
    }
}

mod kept_by_the_database {
    use super::*;
    use klamm_store::Store;
    use klamm_testkit::TestDatabase;

    #[tokio::test]
    async fn what_memory_has_lost_is_told_by_the_database() {
        let database = TestDatabase::fresh().unwrap();
        let store = Store::open(&database.url().parse().unwrap()).await.unwrap();
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        let at = |steps: i64| UnixMillis(START + steps * ROLLED_MILLIS);
        let before = History::new(cluster.clone(), Some(store.clone()));
        for step in 0..10 {
            before.record(at(step), &[whole(f64::from(i32::try_from(step).unwrap()))]);
        }
        before.write(at(10)).await.unwrap();

        let after = History::new(cluster.clone(), Some(store.clone()));
        let wide = SeriesQuestion { limit: 5, ..question(at(0).0, at(12).0, ROLLED_MILLIS) };
        let told = values(&after.series(&wide).await.unwrap());
        assert_eq!(told[..10], (0..10).map(|step| Some(f64::from(step))).collect::<Vec<_>>());
        after.record(at(11), &[whole(11.0)]);
        let told = values(&after.series(&wide).await.unwrap());
        assert_eq!((told[9], told[10], told[11]), (Some(9.0), None, Some(11.0)));
        let halves = SeriesQuestion { step_millis: 2 * ROLLED_MILLIS, ..wide.clone() };
        let told = values(&after.series(&halves).await.unwrap());
        assert_eq!(told[..6], [Some(0.5), Some(2.5), Some(4.5), Some(6.5), Some(8.5), Some(11.0)]);
        let most = SeriesQuestion { aggregate: Aggregate::Most, ..halves.clone() };
        let told = values(&after.series(&most).await.unwrap());
        assert_eq!(told[..6], [Some(1.0), Some(3.0), Some(5.0), Some(7.0), Some(9.0), Some(11.0)]);
        let fine = question(at(0).0, at(0).0 + 60_000, 15_000);
        assert_eq!(values(&after.series(&fine).await.unwrap()), [Some(0.0); 5]);

        after.restore(at(12)).await.unwrap();
        let told = values(&after.recent(&wide));
        assert_eq!((told[0], told[9], told[10], told[11]), (Some(0.0), Some(9.0), None, Some(11.0)));
        let all: Vec<_> = (0..1000).map(|number| measured(Metric::MessagesIn, topic(number), rate(number))).collect();
        after.record(at(11), &all);
        let of_one = SeriesQuestion { by: Breakdown::Topic, only: Some(topic(700)), from: at(-1000), ..wide.clone() };
        assert_eq!(after.series(&of_one).await.unwrap().only_busiest, Some(400));
        store.close().await;
        assert_eq!(values(&after.series(&wide).await.unwrap()), told, "what is in memory needs no database");
        let earlier = question(at(-1000).0, at(12).0, ROLLED_MILLIS);
        assert!(after.series(&earlier).await.is_err(), "what is not, does");
    }
}
