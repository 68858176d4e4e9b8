use super::*;
use proptest::prelude::*;

const LOG: Log = Log { earliest: 100, latest: 200, at: AtMoment::NotAsked };

fn read(text: &str) -> Option<ResetTo> {
    text.parse().ok()
}

#[test]
fn what_people_write_is_read_strictly() {
    for (text, meant) in [
        ("earliest", ResetTo::Earliest),
        ("latest", ResetTo::Latest),
        ("1970-01-01T00:00:01Z", ResetTo::Moment(UnixMillis(1000))),
        ("1970-01-01T02:00:01.500+02:00", ResetTo::Moment(UnixMillis(1500))),
        ("PT1H", ResetTo::Back(3_600_000)),
        ("P1DT0.5S", ResetTo::Back(86_400_500)),
        ("+100", ResetTo::Shift(100)),
        ("-9223372036854775808", ResetTo::Shift(i64::MIN)),
        ("0", ResetTo::Offset(0)),
        ("9223372036854775807", ResetTo::Offset(u64::MAX / 2)),
    ] {
        assert_eq!(read(text), Some(meant), "{text}");
    }
    for text in [
        "",
        " ",
        "Earliest",
        "earliest ",
        "+",
        "-",
        "+-1",
        "1.5",
        "0x10",
        "1e3",
        "9223372036854775808",
        "P",
        "PT",
        "P1M",
        "P1Y",
        "P1W",
        "-PT1H",
        "1 hour",
        "pt1h",
        "2026-11-28",
        "2026-11-28T10:00:00",
        "2026-11-28 10:00:00Z",
        "2026-11-28T10:00:00Z[UTC]",
        "99999-01-01T00:00:00Z",
        "ä",
        "+٣",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    let why = "x".repeat(500).parse::<ResetTo>().unwrap_err();
    assert!(why.to_string().len() < 300, "{why}");
}

#[test]
fn every_word_means_what_kafkas_own_tool_means_by_it() {
    let to = |to: ResetTo, committed| resolve(to, LOG, committed);
    assert_eq!(to(ResetTo::Earliest, None), Ok(100));
    assert_eq!(to(ResetTo::Latest, None), Ok(200));
    assert_eq!(to(ResetTo::Offset(150), None), Ok(150));
    assert_eq!(to(ResetTo::Offset(1), None), Ok(100), "what is gone is gone");
    assert_eq!(to(ResetTo::Offset(900), None), Ok(200), "nothing is skipped that is not there yet");
    assert_eq!(to(ResetTo::Shift(-30), Some(150)), Ok(120));
    assert_eq!(to(ResetTo::Shift(-90), Some(150)), Ok(100));
    assert_eq!(to(ResetTo::Shift(i64::MAX), Some(150)), Ok(200));
    assert_eq!(to(ResetTo::Shift(1), None), Err(Unresolved::NothingCommitted));
    let moment = ResetTo::Moment(UnixMillis(5));
    assert_eq!(resolve(moment, Log { at: AtMoment::Record(170), ..LOG }, None), Ok(170));
    assert_eq!(resolve(moment, Log { at: AtMoment::PastTheEnd, ..LOG }, None), Ok(200));
    assert_eq!(to(moment, None), Err(Unresolved::NotTold));
}

#[test]
fn a_time_is_never_one_that_means_something_else_to_brokers() {
    let now = UnixMillis(1000);
    assert_eq!(ResetTo::Back(400).moment(now), Some(UnixMillis(600)));
    assert_eq!(ResetTo::Back(u64::MAX).moment(now), Some(UnixMillis(0)));
    assert_eq!(ResetTo::Moment(UnixMillis(-1)).moment(now), Some(UnixMillis(0)));
    assert_eq!(ResetTo::Latest.moment(now), None);
}

#[test]
fn records_are_counted_as_far_as_they_are_still_there() {
    assert_eq!(Moved::between(150, 120, LOG), Moved { again: 30, skipped: 0 });
    assert_eq!(Moved::between(150, 200, LOG), Moved { again: 0, skipped: 50 });
    assert_eq!(Moved::between(3, 100, LOG), Moved::default(), "the records between are gone anyway");
    assert_eq!([Moved::between(150, 120, LOG), Moved::between(150, 200, LOG)].map(Moved::records), [-30, 50]);
    let sum = Moved { again: u64::MAX, skipped: 1 }.and(Moved { again: 1, skipped: 1 });
    assert_eq!(sum, Moved { again: u64::MAX, skipped: 2 });
}

fn target() -> impl Strategy<Value = ResetTo> {
    prop_oneof![
        Just(ResetTo::Earliest),
        Just(ResetTo::Latest),
        any::<i64>().prop_map(|at| ResetTo::Moment(UnixMillis(at))),
        any::<u64>().prop_map(ResetTo::Back),
        any::<i64>().prop_map(ResetTo::Shift),
        any::<u64>().prop_map(ResetTo::Offset),
    ]
}

proptest! {
    #[test]
    fn what_is_set_lies_within_the_log(
        to in target(),
        one in any::<i64>(),
        other in any::<i64>(),
        at in proptest::option::of(any::<i64>()),
        committed in proptest::option::of(any::<i64>()),
    ) {
        let at = at.map_or(AtMoment::PastTheEnd, AtMoment::Record);
        let log = Log { earliest: one.min(other), latest: one.max(other), at };
        match resolve(to, log, committed) {
            Ok(offset) => {
                prop_assert!((log.earliest..=log.latest).contains(&offset));
                let moved = Moved::between(committed.unwrap_or_default(), offset, log);
                prop_assert!(moved.again == 0 || moved.skipped == 0);
            }
            Err(why) => prop_assert_eq!((why, committed), (Unresolved::NothingCommitted, None)),
        }
    }

    #[test]
    fn whatever_is_told_of_a_log_is_survived(to in target(), earliest: i64, latest: i64, committed: i64, now: i64) {
        let log = Log { earliest, latest, at: AtMoment::Record(committed) };
        prop_assert!(resolve(to, log, Some(committed)).is_ok());
        prop_assert!(to.moment(UnixMillis(now)).is_none_or(|at| at.0 >= 0));
        let _ = Moved::between(committed, latest, log);
    }

    #[test]
    fn what_is_read_is_written_so_that_it_is_read_the_same(text in "[A-Za-z0-9:.+-]{0,24}|-?P[0-9DTHMS.]{0,12}|[+-]?[0-9]{1,20}") {
        if let Some(to) = read(&text) {
            prop_assert_eq!(read(&to.to_string()), Some(to), "{} became {}", text, to);
        }
    }
}
