//! What a target tells, look after look: its answers with rates instead of counters. Pure.

use super::{
    rates::{Stood, rate},
    reading::{BY_TOPIC, Handlers, Reading, Sum},
};
use klamm_model::{BrokerId, ClientVersions, Metric, OldRequests, QuotaRate, UnixMillis};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

/// What no rate of a broker reaches: ten terabytes a second.
const HUGE_RATE: f64 = 1e13;
/// Above this a part of a whole is none. Some brokers count a little beyond.
const WHOLE: f64 = 1.05;
/// What handlers that are counted once are not idle at two looks in a row, however late both answers were.
const CLEARLY_MORE: f64 = 1.2;
/// Two starts of a process are at least so many seconds apart.
const ANOTHER_START: f64 = 1.0;

/// What a target told last, in the words of the vocabulary.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) at: UnixMillis,
    pub(crate) broker: Option<BrokerId>,
    /// Of the broker.
    pub(crate) values: BTreeMap<Metric, f64>,
    /// Rates of topics, as [`Told::BY_TOPIC`] says; those that are not known are no number.
    pub(crate) topics: Vec<(Arc<str>, [f32; 3])>,
    pub(crate) clients: Vec<ClientVersions>,
    pub(crate) old_requests: Vec<OldRequests>,
    pub(crate) quotas: Vec<QuotaRate>,
}

impl Told {
    /// What is told by topic.
    pub(crate) const BY_TOPIC: [Metric; 3] = BY_TOPIC;
}

/// What has to be remembered of a target from look to look.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// When the look before was.
    before: Option<Duration>,
    counters: BTreeMap<Metric, Sum>,
    topics: HashMap<Arc<str>, [f64; 3]>,
    started: Option<f64>,
    handlers: Counted,
}

/// How often it is counted what request handlers are idle: brokers that are controllers, too, count it twice before Kafka 4.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Counted {
    /// As far as anybody can tell.
    #[default]
    Once,
    /// It was clearly more than the whole at the last look, which may be a slow answer.
    PerhapsTwice,
    /// It was so twice in a row.
    Twice,
}

impl Counted {
    /// After a look at which it was so much.
    fn after(self, idle: f64) -> Self {
        match (self, idle > CLEARLY_MORE) {
            (Self::Twice, _) | (Self::PerhapsTwice, true) => Self::Twice,
            (Self::Once, true) => Self::PerhapsTwice,
            (Self::Once | Self::PerhapsTwice, false) => Self::Once,
        }
    }
}

/// When a look was, by two clocks, and at what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) broker: Option<BrokerId>,
    /// By a clock that never goes back.
    pub(super) moment: Duration,
    pub(super) at: UnixMillis,
    /// Longest time from look to look of which a mean says something.
    pub(super) longest: Duration,
}

impl Telling {
    /// Takes an answer and says what it comes to.
    pub(super) fn tell(&mut self, reading: Reading, look: Look) -> Told {
        let began_anew =
            self.started.zip(reading.started).is_some_and(|(before, now)| (before - now).abs() >= ANOTHER_START);
        if began_anew {
            self.handlers = Counted::Once;
        }
        let before = self.before.filter(|_| !began_anew);
        let rate = |before_value: Option<f64>, value: f64| {
            let stood = before.zip(before_value).map(|(at, value)| Stood { at, value });
            rate(stood, Stood { at: look.moment, value }, look.longest).filter(|rate| *rate <= HUGE_RATE)
        };

        let mut values: BTreeMap<Metric, f64> = BTreeMap::new();
        for (metric, sum) in &reading.counters {
            let told_alike = self.counters.get(metric).filter(|before| before.rank() == sum.rank());
            if let Some(rate) = rate(told_alike.map(|before| before.value), sum.value) {
                values.insert(*metric, rate);
            }
        }
        for (metric, sum) in &reading.gauges {
            values.entry(*metric).or_insert(sum.value);
        }
        if let (Handlers::OfTheProcess, Some(idle)) = (reading.handlers, values.get_mut(&Metric::RequestHandlerIdle)) {
            self.handlers = self.handlers.after(*idle);
            if self.handlers == Counted::Twice {
                *idle /= 2.0;
            }
        }
        believe(&mut values);

        let absent = absent(&reading, &values);
        let topics = reading.topics.iter().map(|(name, counters)| {
            let stood = self.topics.get(name);
            let mut rates = absent;
            for (place, told) in rates.iter_mut().enumerate() {
                let before = stood.and_then(|stood| stood.get(place)).copied().filter(|value| !value.is_nan());
                if let Some(now) = counters.get(place).copied().filter(|value| !value.is_nan()) {
                    *told = rate(before, now).map_or(f32::NAN, narrow);
                }
            }
            (Arc::clone(name), rates)
        });
        let topics: Vec<_> = topics.collect();

        let broker = look.broker;
        let quotas = reading.quotas.into_iter().filter_map(|((resource, user, client_id), (rate, throttle))| {
            let throttle_millis = throttle.filter(|millis| *millis > 0.0);
            Some(QuotaRate { resource, user, client_id, rate: rate?, throttle_millis, broker })
        });
        let told = Told {
            at: look.at,
            broker,
            values,
            topics,
            clients: reading.clients.into_iter().map(|client| ClientVersions { broker, ..client }).collect(),
            old_requests: reading.old_requests.into_iter().map(|old| OldRequests { broker, ..old }).collect(),
            quotas: quotas.collect(),
        };
        self.before = Some(look.moment);
        self.counters = reading.counters;
        self.topics = reading.topics;
        self.started = reading.started.or(self.started);
        told
    }
}

/// What it means that a target tells nothing of a topic by each of [`BY_TOPIC`]. Brokers make a meter when they first need it: where they
/// tell of other topics, or count nothing at all, there is nothing of this one. Else nobody can say.
fn absent(reading: &Reading, values: &BTreeMap<Metric, f64>) -> [f32; 3] {
    let mut absent = [f32::NAN; 3];
    for (place, (absent, metric)) in absent.iter_mut().zip(BY_TOPIC).enumerate() {
        let mut counters = reading.topics.values().filter_map(|counters| counters.get(place));
        let is_told_of_others = counters.any(|counter| !counter.is_nan());
        let counts_nothing = values.get(&metric).is_some_and(|rate| *rate <= 0.0);
        if (is_told_of_others || counts_nothing) && !reading.doubted.contains(&metric) {
            *absent = 0.0;
        }
    }
    absent
}

/// Parts of a whole are at most the whole.
fn believe(values: &mut BTreeMap<Metric, f64>) {
    values.retain(|metric, value| {
        let is_part =
            matches!(metric, Metric::RequestHandlerIdle | Metric::NetworkIdle | Metric::GcTime | Metric::CpuLoad);
        if is_part && *value <= WHOLE {
            *value = value.min(1.0);
        }
        !is_part || *value <= 1.0
    });
}

/// Rates are shown with three digits; seven are kept.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
fn narrow(rate: f64) -> f32 {
    rate as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrape::{reading::Reading, shared_names::SharedNames, text::Lines};

    fn reading(text: &str, names: &SharedNames) -> Reading {
        let mut reading = Reading::default();
        let mut lines = Lines::default();
        lines.take(text.as_bytes(), |line| reading.line(line, 0, names));
        reading
    }

    fn at(seconds: u64) -> Look {
        Look {
            broker: Some(BrokerId(3)),
            moment: Duration::from_secs(seconds),
            at: UnixMillis(0),
            longest: Duration::from_secs(45),
        }
    }

    fn messages(count: u32, started: u32) -> String {
        format!(
            "process_start_time_seconds {started}\nkafka_server_brokertopicmetrics_messagesin_total {count}\n\
             kafka_server_brokertopicmetrics_messagesin_total{{topic=\"a.b\"}} {count}\n"
        )
    }

    #[test]
    fn counters_become_rates_of_broker_and_topics() {
        let (names, mut telling) = (SharedNames::default(), Telling::default());
        let first = telling.tell(reading(&messages(100, 9), &names), at(0));
        assert_eq!(first.values.get(&Metric::MessagesIn), None);
        assert!(first.topics[0].1[0].is_nan());
        let second = telling.tell(reading(&messages(1600, 9), &names), at(15));
        assert_eq!(second.values.get(&Metric::MessagesIn), Some(&100.0));
        assert_eq!((&*second.topics[0].0, second.topics[0].1[0]), ("a.b", 100.0));
        assert!(second.topics[0].1[1].is_nan(), "bytes were not told");
    }

    #[test]
    fn a_restart_is_noticed_even_where_counters_did_not_fall() {
        let (names, mut telling) = (SharedNames::default(), Telling::default());
        telling.tell(reading(&messages(100, 9), &names), at(0));
        let told = telling.tell(reading(&messages(5000, 14), &names), at(15));
        assert_eq!(told.values.get(&Metric::MessagesIn), None);
        let told = telling.tell(reading(&messages(5015, 14), &names), at(30));
        assert_eq!(told.values.get(&Metric::MessagesIn), Some(&1.0));
    }

    /// What request handlers are told to be idle by a meter that stands at so many nanoseconds.
    fn idle(telling: &mut Telling, seconds: u64, meter: &str, nanos: f64) -> Option<f64> {
        let name = format!("kafka_server_kafkarequesthandlerpool_{meter}avgidlepercent_count_total");
        let told = telling.tell(reading(&format!("{name} {nanos}\n"), &SharedNames::default()), at(seconds));
        told.values.get(&Metric::RequestHandlerIdle).copied()
    }

    #[test]
    fn handlers_of_brokers_that_are_controllers_too_are_not_idle_twice() {
        let mut telling = Telling::default();
        let mut idle = |seconds, nanos| idle(&mut telling, seconds, "requesthandler", nanos);
        assert_eq!(idle(0, 0.0), None);
        assert_eq!(idle(10, 19e9), None, "it may have been slow");
        assert_eq!(idle(20, 38e9), Some(0.95));
        assert_eq!(idle(30, 46e9), Some(0.4), "busy, and still counted twice");
        assert_eq!(idle(40, 146e9), None, "not in this world");
    }

    #[test]
    fn one_slow_answer_halves_nothing() {
        let mut telling = Telling::default();
        let mut idle = |seconds, nanos| idle(&mut telling, seconds, "requesthandler", nanos);
        assert_eq!(idle(0, 0.0), None);
        assert_eq!(idle(10, 13e9), None, "read later than it seems");
        assert_eq!(idle(20, 19e9), Some(0.6));
        assert_eq!([idle(30, 32e9), idle(40, 41e9), idle(50, 50e9)], [None, Some(0.9), Some(0.9)]);
    }

    #[test]
    fn what_counts_the_handlers_of_the_broker_alone_counts_them_once() {
        let mut telling = Telling::default();
        let mut idle = |seconds, nanos| idle(&mut telling, seconds, "brokerrequesthandler", nanos);
        assert_eq!([idle(0, 0.0), idle(10, 13e9), idle(20, 26e9), idle(30, 34e9)], [None, None, None, Some(0.8)]);
    }

    #[test]
    fn a_process_that_began_anew_counts_its_handlers_as_it_does_now() {
        let (names, mut telling) = (SharedNames::default(), Telling::default());
        let mut idle = |seconds, started, nanos: f64| {
            let text = format!(
                "process_start_time_seconds {started}\n\
                 kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_count_total {nanos}\n"
            );
            let told = telling.tell(reading(&text, &names), at(seconds));
            told.values.get(&Metric::RequestHandlerIdle).copied()
        };
        assert_eq!([idle(0, 5, 0.0), idle(10, 5, 19e9), idle(20, 5, 38e9)], [None, None, Some(0.95)]);
        assert_eq!([idle(30, 25, 5e9), idle(40, 25, 14e9)], [None, Some(0.9)], "it is no controller any more");
    }

    #[test]
    fn a_meter_that_a_broker_has_not_needed_for_a_topic_counts_nothing() {
        let (names, mut telling) = (SharedNames::default(), Telling::default());
        let of = |name: &str, topic: &str, count: &str| {
            format!("kafka_server_brokertopicmetrics_{name}_total{{topic=\"{topic}\"}} {count}\n")
        };
        let mut rates = |seconds: u64, export: &[String]| {
            let mut told = telling.tell(reading(&export.concat(), &names), at(seconds)).topics;
            told.sort_by(|a, b| a.0.cmp(&b.0));
            told.into_iter()
                .map(|(_, rates)| rates.map(|rate| Some(rate).filter(|rate| !rate.is_nan())))
                .collect::<Vec<_>>()
        };
        let both = |count| [of("bytesin", "a", count), of("bytesin", "b", count), of("bytesout", "b", count)];
        assert_eq!(rates(0, &both("10")), [[None, None, Some(0.0)], [None; 3]], "there is no rate yet");
        let (told, unknown) = (Some(10.0), None);
        assert_eq!(rates(10, &both("110")), [[unknown, told, Some(0.0)], [unknown, told, told]]);
        let mut doubtful = both("210").to_vec();
        doubtful.push(of("bytesout", "a", "NaN"));
        assert_eq!(
            rates(20, &doubtful),
            [[unknown, told, unknown], [unknown, told, told]],
            "it is there, and no number"
        );
        let mut idle = vec![of("bytesin", "a", "310"), "kafka_server_brokertopicmetrics_bytesout_total 7\n".to_owned()];
        assert_eq!(rates(30, &idle), [[unknown, told, unknown]], "it may not be told by topic at all");
        idle[0] = of("bytesin", "a", "410");
        assert_eq!(rates(40, &idle), [[unknown, told, Some(0.0)]], "nobody reads anything");
    }
}
