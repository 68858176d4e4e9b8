//! Groups that nobody is in, and topics that nobody writes to.

use super::*;

#[test]
fn a_group_that_nobody_is_in_is_told_with_what_it_has_to_read_and_not_before_somebody_may_be_back() {
    let unread = |grown| Some(Unread { since: UnixMillis(NOW.0 - 60_000), lag: 12_345, grown });
    let mut scene = Scene::changed(|scene| scene.groups = vec![GroupPace { unread: unread(678), ..pace(None, None) }]);
    let told = scene.only(FindingRule::EmptyGroup);
    assert_eq!(
        told.message,
        "Nobody is in group g, which has about 12\u{202f}000 records to read, about 670 more than it had"
    );
    assert_eq!(told.link.as_deref(), Some("/clusters/kafka/demo/groups/g"));
    assert_eq!((told.since, told.patience), (Some(UnixMillis(NOW.0 - 60_000)), 300_000));
    scene.groups[0].unread = None;
    assert_eq!(scene.suspicions(), []);
}

#[test]
fn groups_that_were_given_up_hide_none_that_was_left_just_now() {
    const HOUR: i64 = 3_600_000;
    let left = |id: String, ago: i64| {
        let unread = Some(Unread { since: UnixMillis(NOW.0 - ago), lag: 20, grown: 9 });
        GroupPace { id: id.parse().unwrap(), unread, ..pace(None, None) }
    };
    let of = |groups: Vec<GroupPace>| Scene::changed(|scene| scene.groups = groups).suspicions();
    let long_ago = (1..=60).map(|n| left(format!("a{n}"), HOUR * n / 4));
    let told = of(long_ago.chain([left("z".to_owned(), 400_000)]).collect());
    assert_eq!(told.len(), MOST_OF_A_RULE);
    assert_eq!(told[0].subject, FindingSubject::Group("z".parse().unwrap()));
    assert_eq!(told[MOST_OF_A_RULE - 1].subject, FindingSubject::Group("a49".parse().unwrap()));
    let rules = |ago| of(vec![left("g".to_owned(), ago)]).len();
    assert_eq!([rules(24 * HOUR - 1), rules(24 * HOUR)], [1, 0], "by then it was given up");
}

#[test]
fn producers_stopped_where_they_wrote_without_a_pause_and_nowhere_else() {
    const MINUTE: i64 = 60_000;
    let rules =
        |ago: i64, steady| Scene::changed(|scene| scene.topics = vec![written("orders", ago * MINUTE, steady)]).rules();
    let stopped = [FindingRule::ProducersStopped];
    assert_eq!(rules(4, Some(98.0)), [], "it may be a restart");
    assert_eq!(rules(5, Some(98.0)), stopped);
    assert_eq!(rules(23 * 60, Some(98.0)), stopped);
    assert_eq!(rules(24 * 60, Some(98.0)), [], "it is an idle topic by now");
    assert_eq!(rules(5, None), [], "it pauses by itself");

    let mut scene = Scene::changed(|scene| scene.topics = vec![written("orders", 5 * MINUTE, Some(98.0))]);
    let told = scene.only(FindingRule::ProducersStopped);
    assert_eq!(
        told.message,
        "Nobody has written to orders for more than 5 minutes; before, 98 rec/s came without a pause"
    );
    assert_eq!(told.link.as_deref(), Some("/clusters/kafka/demo/topics/orders"));
    assert_eq!((told.since, told.patience), (None, MINUTE));
    scene.inventory.topics[0].partitions[0].latest_offset = Known::Unknown;
    assert_eq!(scene.rules(), [], "nobody could look at a part of it");
    scene.topics = vec![written("gone", 5 * MINUTE, Some(98.0))];
    assert_eq!(scene.rules(), []);
}

#[test]
fn who_could_not_write_for_a_while_gets_a_minute_to_go_on() {
    let (mut book, name) = (Book::default(), "kafka/demo".parse().unwrap());
    let mut settle = |seconds: i64, wrote_seconds_ago: i64| {
        let scene =
            Scene::changed(|scene| scene.topics = vec![written("orders", wrote_seconds_ago * 1000, Some(98.0))]);
        let now = UnixMillis(NOW.0 + seconds * 1000);
        let told = book.settle(&name, scene.suspicions(), &Reachability::Reachable, now);
        told.into_iter().map(|one| (one.rule, one.since.0 - NOW.0)).collect::<Vec<_>>()
    };
    assert_eq!(settle(0, 1800), [], "nothing answered for half an hour");
    assert_eq!(settle(15, 1), [], "it goes on");
    assert_eq!(settle(60, 400), [], "whoever stops again is looked at anew");
    assert_eq!(settle(119, 459), []);
    assert_eq!(settle(120, 460), [(FindingRule::ProducersStopped, 60_000)]);
}
