//! What is asked for, read at the edge. Pure.

use crate::portal::{given, named};
use crate::views::paging::invalid;
use klamm_model::{Aggregate, Breakdown, BrokerId, Measured, Metric, Problem, SeriesRequest, UnixMillis};
use klamm_monitor::{DETAIL_MILLIS, SeriesQuestion};
use std::fmt;
use std::str::FromStr;

/// Seconds from one point to the next where nobody says, the smallest that suits.
const STEPS: [i64; 14] = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
/// As many points as suit a chart.
const SUITABLE: i64 = 400;
/// A history answers with no more in a series, and would take longer steps than were asked for.
const MOST_POINTS: i64 = 4_000;
/// An hour.
const USUAL_RANGE: i64 = 3_600_000;
/// Longer than anything is kept, and far from where sums of moments overflow.
const LONGEST_RANGE: i64 = 400 * 86_400_000;
const USUAL_LIMIT: u32 = 20;
const MOST_SERIES: u32 = 100;

/// What somebody asks of a history.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// As the history takes it.
    pub(crate) question: SeriesQuestion,
    /// How many series are told at most.
    pub(crate) limit: usize,
    /// Only volumes of this broker: nothing that a history can be asked for.
    volumes_of: Option<BrokerId>,
}

impl Asked {
    /// Reads it; `now` is where a range ends that says nothing else.
    pub(crate) fn read(request: &SeriesRequest, now: UnixMillis) -> Result<Self, Problem> {
        let metric = named(Some(&request.metric), "metric", Metric::named)?
            .ok_or_else(|| invalid("metric: say which one; the description lists them"))?;
        let broker = name::<i32>(request.broker.as_deref(), "broker")?.map(BrokerId);
        let topic = name(request.topic.as_deref(), "topic")?;
        let group = name(request.group.as_deref(), "group")?;
        let by = match named(request.by.as_deref(), "by", Breakdown::named)? {
            Some(by) => by,
            None if topic.is_some() => Breakdown::Topic,
            None if group.is_some() => Breakdown::Group,
            None if broker.is_some() => Breakdown::Broker,
            None => metric.breakdowns().first().copied().unwrap_or(Breakdown::Cluster),
        };
        if !metric.breakdowns().contains(&by) {
            let known: Vec<_> = metric.breakdowns().iter().map(|by| by.name()).collect();
            return Err(invalid(&format!("by: {} is told by {}", metric.name(), known.join(", "))));
        }
        let says_nothing = [
            ("topic", topic.is_some() && by != Breakdown::Topic),
            ("group", group.is_some() && by != Breakdown::Group),
            ("broker", broker.is_some() && !matches!(by, Breakdown::Broker | Breakdown::Volume)),
        ];
        if let Some((field, _)) = says_nothing.into_iter().find(|(_, says_nothing)| *says_nothing) {
            return Err(invalid(&format!("{field}: says nothing where numbers are told by {}", by.name())));
        }
        let only = match by {
            Breakdown::Cluster | Breakdown::Volume => None,
            Breakdown::Broker => broker.map(Measured::Broker),
            Breakdown::Topic => topic.map(Measured::Topic),
            Breakdown::Group => group.map(Measured::Group),
        };
        let (from, to) = range(request, now)?;
        let step_millis = step(request.step, to.0 - from.0)?;
        let limit = request.limit.unwrap_or(USUAL_LIMIT);
        if limit == 0 || limit > MOST_SERIES {
            return Err(invalid(&format!("limit: from 1 to {MOST_SERIES}")));
        }
        let aggregate = named(request.aggregate.as_deref(), "aggregate", Aggregate::named)?.unwrap_or_default();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let volumes_of = broker.filter(|_| by == Breakdown::Volume);
        // Those of other brokers are left out afterwards; a broker has few volumes.
        let asked_for = if volumes_of.is_some() { usize::MAX } else { limit };
        Ok(Self {
            question: SeriesQuestion { metric, by, only, from, to, step_millis, limit: asked_for, aggregate },
            limit,
            volumes_of,
        })
    }

    /// Whom by name.
    pub(crate) fn of(&self) -> Option<Measured> {
        self.volumes_of.map(Measured::Broker).or_else(|| self.question.only.clone())
    }

    /// Whether a series is asked for, of those that the history has.
    pub(crate) fn concerns(&self, of: &Measured) -> bool {
        let Some(wanted) = self.volumes_of else { return true };
        matches!(of, Measured::Volume(broker, _) if *broker == wanted)
    }
}

fn name<T: FromStr<Err: fmt::Display>>(text: Option<&str>, field: &str) -> Result<Option<T>, Problem> {
    let read = |text: &str| text.parse().map_err(|error| invalid(&format!("{field}: {error}")));
    given(text).map(read).transpose()
}

fn range(request: &SeriesRequest, now: UnixMillis) -> Result<(UnixMillis, UnixMillis), Problem> {
    let to = request.to.unwrap_or(now.0);
    if to < 0 || to > now.0.saturating_add(LONGEST_RANGE) {
        return Err(invalid("to: a moment in milliseconds since 1970, not in another age"));
    }
    let from = request.from.unwrap_or_else(|| to.saturating_sub(USUAL_RANGE).max(0));
    if from < 0 || from >= to {
        return Err(invalid("from: a moment in milliseconds since 1970, before to"));
    }
    if to - from > LONGEST_RANGE {
        return Err(invalid("from: a range of 400 days at most"));
    }
    Ok((UnixMillis(from), UnixMillis(to)))
}

/// Milliseconds from one point to the next.
fn step(asked: Option<u32>, range: i64) -> Result<i64, Problem> {
    let Some(seconds) = asked else {
        let suits = STEPS.into_iter().find(|seconds| range / (seconds * 1000) <= SUITABLE);
        return Ok(suits.unwrap_or(86_400) * 1000);
    };
    if seconds == 0 {
        return Err(invalid("step: at least a second"));
    }
    let millis = (i64::from(seconds) * 1000).max(DETAIL_MILLIS);
    if range > millis * MOST_POINTS {
        return Err(invalid(&format!("step: that makes more than {MOST_POINTS} points of this range")));
    }
    Ok(millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn asking(metric: &str) -> SeriesRequest {
        SeriesRequest { metric: metric.to_owned(), ..SeriesRequest::default() }
    }

    fn refusal(request: &SeriesRequest) -> String {
        Asked::read(request, NOW).unwrap_err().detail
    }

    #[test]
    fn what_is_not_said_is_the_last_hour_of_the_whole() {
        let asked = Asked::read(&asking("messages_in"), NOW).unwrap();
        assert_eq!((asked.question.by, asked.of()), (Breakdown::Cluster, None));
        assert_eq!(asked.question.from, UnixMillis(NOW.0 - 3_600_000));
        assert_eq!((asked.question.step_millis, asked.limit), (15_000, 20));
        assert_eq!(asked.question.aggregate, Aggregate::Mean);
        let most = SeriesRequest { aggregate: Some("most".to_owned()), ..asking("messages_in") };
        assert_eq!(Asked::read(&most, NOW).unwrap().question.aggregate, Aggregate::Most);
    }

    #[test]
    fn whom_one_asks_for_says_by_what_it_is_told() {
        let topic = SeriesRequest { topic: Some("a".to_owned()), ..asking("bytes_in") };
        assert_eq!(Asked::read(&topic, NOW).unwrap().of(), Some(Measured::Topic("a".parse().unwrap())));
        let broker = SeriesRequest { broker: Some("2".to_owned()), ..asking("bytes_in") };
        assert_eq!(Asked::read(&broker, NOW).unwrap().question.by, Breakdown::Broker);
        let volumes =
            SeriesRequest { by: Some("volume".to_owned()), broker: Some("2".to_owned()), ..asking("disk_used_bytes") };
        let asked = Asked::read(&volumes, NOW).unwrap();
        assert_eq!((asked.question.by, &asked.question.only), (Breakdown::Volume, &None));
        assert!(asked.concerns(&Measured::Volume(BrokerId(2), "/a".into())));
        assert!(!asked.concerns(&Measured::Volume(BrokerId(1), "/a".into())));
        let said_nothing = SeriesRequest { topic: Some(String::new()), by: Some(String::new()), ..asking("bytes_in") };
        assert_eq!(Asked::read(&said_nothing, NOW).unwrap().question.by, Breakdown::Cluster);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let base = || asking("bytes_in");
        for (request, word) in [
            (asking("bytes"), "metric: there is no such metric"),
            (asking(""), "metric: say which one"),
            (SeriesRequest { by: Some("rack".to_owned()), ..base() }, "by: there is no such by"),
            (
                SeriesRequest { by: Some("group".to_owned()), ..base() },
                "by: bytes_in is told by cluster, broker, topic",
            ),
            (SeriesRequest { topic: Some("a b".to_owned()), ..base() }, "topic: "),
            (SeriesRequest { broker: Some("one".to_owned()), ..base() }, "broker: "),
            (
                SeriesRequest { by: Some("topic".to_owned()), broker: Some("1".to_owned()), ..base() },
                "broker: says nothing",
            ),
            (
                SeriesRequest { topic: Some("a".to_owned()), by: Some("cluster".to_owned()), ..base() },
                "topic: says nothing",
            ),
            (SeriesRequest { group: Some("g".to_owned()), ..base() }, "by: bytes_in"),
            (SeriesRequest { from: Some(5), to: Some(5), ..base() }, "from: "),
            (SeriesRequest { from: Some(-1), ..base() }, "from: "),
            (SeriesRequest { to: Some(i64::MAX), ..base() }, "to: "),
            (SeriesRequest { to: Some(i64::MIN), ..base() }, "to: "),
            (SeriesRequest { from: Some(0), ..base() }, "from: a range"),
            (SeriesRequest { step: Some(0), ..base() }, "step: "),
            (SeriesRequest { from: Some(NOW.0 - LONGEST_RANGE), step: Some(15), ..base() }, "step: "),
            (SeriesRequest { limit: Some(0), ..base() }, "limit: "),
            (SeriesRequest { limit: Some(101), ..base() }, "limit: "),
            (SeriesRequest { aggregate: Some("max".to_owned()), ..base() }, "aggregate: there is no such aggregate"),
        ] {
            let told = refusal(&request);
            assert!(told.starts_with(word), "{told} is not about {word}");
        }
    }

    proptest! {
        #[test]
        fn every_range_gets_a_step_that_suits_it(range in 1_i64..LONGEST_RANGE) {
            let millis = step(None, range).unwrap();
            prop_assert!(millis >= DETAIL_MILLIS && range / millis <= 401, "{range} {millis}");
        }

        #[test]
        fn whatever_is_asked_is_bounded(
            from in any::<Option<i64>>(),
            to in any::<Option<i64>>(),
            step in any::<Option<u32>>(),
            limit in any::<Option<u32>>(),
        ) {
            if let Ok(asked) = Asked::read(&SeriesRequest { from, to, step, limit, ..asking("requests") }, NOW) {
                let question = asked.question;
                prop_assert!(question.from < question.to);
                prop_assert!((question.to.0 - question.from.0) / question.step_millis <= MOST_POINTS);
            }
        }
    }
}
