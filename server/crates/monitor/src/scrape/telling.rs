//! What a target tells, look after look: its answers with rates instead of counters. Pure.

use super::{
    rates::{Stood, rate},
    reading::{BY_TOPIC, Reading, Sum},
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
    /// Brokers that are controllers, too, count the work of their request handlers twice before Kafka 4.2.
    handlers_count_twice: bool,
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
        self.believe(&mut values);

        let topics = reading.topics.iter().map(|(name, counters)| {
            let stood = self.topics.get(name);
            let mut rates = [f32::NAN; 3];
            for (place, told) in rates.iter_mut().enumerate() {
                let before = stood.and_then(|stood| stood.get(place)).copied().filter(|value| !value.is_nan());
                let now = counters.get(place).copied().filter(|value| !value.is_nan());
                *told = now.and_then(|now| rate(before, now)).map_or(f32::NAN, narrow);
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

    /// Parts of a whole are at most the whole.
    fn believe(&mut self, values: &mut BTreeMap<Metric, f64>) {
        if let Some(idle) = values.get_mut(&Metric::RequestHandlerIdle) {
            self.handlers_count_twice |= *idle > WHOLE;
            if self.handlers_count_twice {
                *idle /= 2.0;
            }
        }
        values.retain(|metric, value| {
            let is_part =
                matches!(metric, Metric::RequestHandlerIdle | Metric::NetworkIdle | Metric::GcTime | Metric::CpuLoad);
            if is_part && *value <= WHOLE {
                *value = value.min(1.0);
            }
            !is_part || *value <= 1.0
        });
    }
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

    #[test]
    fn handlers_of_brokers_that_are_controllers_too_are_not_idle_twice() {
        let (names, mut telling) = (SharedNames::default(), Telling::default());
        let idle = |nanos: f64| {
            let name = "kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_count_total";
            reading(&format!("{name} {nanos}\n"), &names)
        };
        let told = |told: Told| told.values.get(&Metric::RequestHandlerIdle).copied();
        assert_eq!(told(telling.tell(idle(0.0), at(0))), None);
        assert_eq!(told(telling.tell(idle(19e9), at(10))), Some(0.95));
        assert_eq!(told(telling.tell(idle(27e9), at(20))), Some(0.4), "busy, and still counted twice");
        assert_eq!(told(telling.tell(idle(127e9), at(30))), None, "not in this world");
    }
}
