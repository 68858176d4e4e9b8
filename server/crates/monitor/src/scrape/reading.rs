//! One answer of a target, line by line: what of it is in the vocabulary, and what of that cannot be. Pure.

use super::{
    names::{Meaning, Tells, Together, meanings},
    shared_names::SharedNames,
    text::{self, Labels, Line},
};
use klamm_model::{ClientVersions, Metric, OldRequests, QuotaResource, TopicName};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Longest part of a line that is kept as an example.
const EXAMPLE: usize = 160;
/// Said in place of an example of what nobody could show.
const UNREADABLE: &str = "a line too long or no text";
/// Topics that a target is believed to have.
const MOST_TOPICS: usize = 50_000;
/// Clients, users and versions that a target is believed to have.
const MOST_CLIENTS: usize = 2_000;
/// What no counter and no gauge of a broker reaches: a hundred petabytes.
const HUGE: f64 = 1e17;
/// How far an exporter's clock may be off.
const SKEW_MILLIS: i64 = 5 * 60 * 1000;

/// Labels of what is only a part of a broker's number.
const PARTS: [&str; 4] = ["partition", "listener", "networkProcessor", "clientId"];

/// Counters that are told by topic, in the order in which they are kept.
pub(super) const BY_TOPIC: [Metric; 3] = [Metric::MessagesIn, Metric::BytesIn, Metric::BytesOut];

/// Who a quota is for: of what, user, client.
pub(super) type QuotaKey = (QuotaResource, Option<String>, Option<String>);

/// What a target told at one moment.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Counters and gauges of the broker.
    pub(super) counters: BTreeMap<Metric, Sum>,
    pub(super) gauges: BTreeMap<Metric, Sum>,
    /// Counters of topics, as [`BY_TOPIC`] says; those that were not told are no number.
    pub(super) topics: HashMap<Arc<str>, [f64; 3]>,
    pub(super) clients: Vec<ClientVersions>,
    pub(super) old_requests: Vec<OldRequests>,
    /// Rate, and how long requests were held up.
    pub(super) quotas: BTreeMap<QuotaKey, (Option<f64>, Option<f64>)>,
    /// Whose request handlers are told of.
    pub(super) handlers: Handlers,
    /// Counters of which a number was refused: nobody can say of which topic it would have been.
    pub(super) doubted: BTreeSet<Metric>,
    /// When the process began, in seconds since 1970.
    pub(super) started: Option<f64>,
    /// Numbers that are in the vocabulary and can be.
    pub(super) known: u32,
    /// Numbers that are in the vocabulary and cannot be, or could not be read, and lines of which nobody can say what is in them.
    pub(super) rejects: u32,
    /// The first of those lines, and what is wrong with it.
    pub(super) reject: Option<String>,
    /// Of the rejects, those that could be read and lie.
    pub(super) lies: u32,
    /// The first characters that are neither white space nor known.
    pub(super) begins_with_markup: bool,
    lines: u32,
}

/// Whose request handlers the time is of in which they had nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Handlers {
    /// Of all that run in the process.
    #[default]
    OfTheProcess,
    /// Of those of the broker, from Kafka 4.2 on.
    OfTheBroker,
}

/// What several lines say together, and by which name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sum {
    pub(super) value: f64,
    rank: u16,
}

impl Sum {
    /// By which name it was told; sums of different names are not compared.
    pub(super) fn rank(self) -> u16 {
        self.rank
    }
}

/// Why a number that could be read is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Lie {
    #[error("no number")]
    NotANumber,
    #[error("below zero")]
    Negative,
    #[error("more than there can be")]
    Huge,
    #[error("of another time")]
    Skewed,
    #[error("told twice")]
    Twice,
    #[error("of no topic that can be")]
    NoTopic,
    #[error("one too many")]
    TooMany,
}

impl Reading {
    /// Takes a line.
    pub(super) fn line(&mut self, line: Line<'_>, now_millis: i64, names: &SharedNames) {
        let line = match line {
            Line::Read(line) => line,
            Line::Unreadable => {
                self.rejects = self.rejects.saturating_add(1);
                self.reject.get_or_insert_with(|| UNREADABLE.to_owned());
                return;
            }
        };
        self.lines = self.lines.saturating_add(1);
        if line.is_empty() {
            return;
        }
        let Some(name) = text::name(line) else {
            self.begins_with_markup |= self.lines == 1 && line.starts_with('<');
            return;
        };
        let meanings = meanings(name);
        if meanings.is_empty() {
            return;
        }
        match text::sample(line, name) {
            Err(unreadable) => {
                self.doubt(meanings);
                self.refuse(line, &unreadable.to_string());
            }
            Ok(sample) => {
                let skewed = sample.at.is_some_and(|at| at.abs_diff(now_millis) > SKEW_MILLIS.unsigned_abs());
                let told = Told { name, meanings, labels: &sample.labels, value: sample.value };
                let taken = if skewed { Err(Lie::Skewed) } else { self.take(&told, names) };
                if let Err(why) = taken {
                    self.lies += 1;
                    self.doubt(meanings);
                    self.refuse(line, &why.to_string());
                }
            }
        }
    }

    /// Takes a number that came otherwise than as a line.
    pub(super) fn number(&mut self, name: &str, labels: &Labels<'_>, value: f64, names: &SharedNames) {
        let told = Told { name, meanings: meanings(name), labels, value };
        if let Err(lie) = self.take(&told, names) {
            self.lies += 1;
            self.doubt(told.meanings);
            self.refuse(&format!("{name}{labels:?} {value}"), &lie.to_string());
        }
    }

    /// Notes which counters a number may have been of that is refused.
    fn doubt(&mut self, meanings: &[Meaning]) {
        self.doubted.extend(meanings.iter().filter_map(|meaning| match meaning.tells {
            Tells::Counter(metric, _) => Some(metric),
            Tells::OwnHandlersIdle(_)
            | Tells::Gauge(..)
            | Tells::ClientConnections
            | Tells::OldRequests
            | Tells::QuotaRate
            | Tells::QuotaThrottle
            | Tells::Started => None,
        }));
    }

    fn refuse(&mut self, line: &str, why: &str) {
        self.rejects = self.rejects.saturating_add(1);
        if self.reject.is_none() {
            let cut: String = line.chars().filter(|c| !c.is_control()).take(EXAMPLE).collect();
            let more = if cut.len() < line.len() { "…" } else { "" };
            self.reject = Some(format!("{cut}{more} ({why})"));
        }
    }

    fn take(&mut self, told: &Told<'_>, names: &SharedNames) -> Result<(), Lie> {
        let fits = |meaning: &&Meaning| match &meaning.needs {
            Some((label, wanted)) => told.labels.get(label).is_some_and(|value| value.eq_ignore_ascii_case(wanted)),
            None => true,
        };
        let Some(meaning) = told.meanings.iter().find(fits) else { return Ok(()) };
        let taken = match meaning.tells {
            Tells::Counter(metric, each) => self.counter(told, meaning.rank, metric, each, names)?,
            Tells::OwnHandlersIdle(each) => {
                let taken = self.counter(told, meaning.rank, Metric::RequestHandlerIdle, each, names)?;
                self.handlers = Handlers::OfTheBroker;
                taken
            }
            Tells::Gauge(metric, together) => self.gauge(told, meaning.rank, metric, together)?,
            Tells::ClientConnections => self.client(told)?,
            Tells::OldRequests => self.old_request(told)?,
            Tells::QuotaRate => self.quota(told, QuotaPart::Rate)?,
            Tells::QuotaThrottle => self.quota(told, QuotaPart::Throttle)?,
            Tells::Started => {
                self.started = Some(counted(told.value)?);
                Taken::Not
            }
        };
        match taken {
            Taken::Known => self.known = self.known.saturating_add(1),
            Taken::Not => {}
        }
        Ok(())
    }

    fn counter(
        &mut self,
        told: &Told<'_>,
        rank: u16,
        metric: Metric,
        each: f64,
        names: &SharedNames,
    ) -> Result<Taken, Lie> {
        if let Some(topic) = told.labels.get("topic") {
            let Some(place) = BY_TOPIC.iter().position(|by| *by == metric) else { return Ok(Taken::Not) };
            let value = counted(told.value)?;
            return self.topic(topic, place, value, names);
        }
        // A fetch is counted as one, and once more by who fetches.
        let counted_elsewhere =
            |request: &str| ["FetchConsumer", "FetchFollower"].iter().any(|other| request.eq_ignore_ascii_case(other));
        if metric == Metric::Requests && told.labels.get("request").is_some_and(counted_elsewhere) {
            return Ok(Taken::Not);
        }
        let value = counted(told.value)? * each;
        let is_part = || PARTS.iter().any(|label| told.labels.get(label).is_some());
        let together = match metric {
            Metric::Requests | Metric::GcTime => Together::Sum,
            // The broker's sum is told, too.
            _ if is_part() => return Ok(Taken::Not),
            _ => Together::Only,
        };
        add(&mut self.counters, metric, together, Sum { value, rank })
    }

    fn gauge(&mut self, told: &Told<'_>, rank: u16, metric: Metric, together: Together) -> Result<Taken, Lie> {
        let value = told.value;
        if value.is_nan() && metric == Metric::NetworkIdle || value < 0.0 && is_undefined_when_negative(metric) {
            // So brokers say that nothing was measured yet, and Java that there is no limit or that it cannot tell.
            return Ok(Taken::Not);
        }
        add(&mut self.gauges, metric, together, Sum { value: counted(value)?, rank })
    }

    fn topic(&mut self, topic: &str, place: usize, value: f64, names: &SharedNames) -> Result<Taken, Lie> {
        if !self.topics.contains_key(topic) {
            if topic.parse::<TopicName>().is_err() {
                return Err(Lie::NoTopic);
            }
            if self.topics.len() >= MOST_TOPICS {
                return Err(Lie::TooMany);
            }
            self.topics.insert(names.shared(topic), [f64::NAN; 3]);
        }
        match self.topics.get_mut(topic).and_then(|counters| counters.get_mut(place)) {
            Some(counter) if counter.is_nan() => *counter = value,
            Some(_) | None => return Err(Lie::Twice),
        }
        Ok(Taken::Known)
    }

    fn client(&mut self, told: &Told<'_>) -> Result<Taken, Lie> {
        let label = |name: &str| told.labels.get(name).map(str::to_owned);
        let Some(name) = label("clientSoftwareName") else { return Ok(Taken::Not) };
        let connections = whole(told.value)?;
        if connections == 0 {
            return Ok(Taken::Known);
        }
        let version = label("clientSoftwareVersion").unwrap_or_else(|| "unknown".to_owned());
        let listener = label("listener");
        let same = |other: &&mut ClientVersions| {
            (&other.name, &other.version, &other.listener) == (&name, &version, &listener)
        };
        let connections = u32::try_from(connections).map_err(|_| Lie::Huge)?;
        if let Some(other) = self.clients.iter_mut().find(same) {
            // Every network thread counts its own.
            other.connections = other.connections.saturating_add(connections);
        } else if self.clients.len() < MOST_CLIENTS {
            self.clients.push(ClientVersions { name, version, listener, connections, broker: None });
        } else {
            return Err(Lie::TooMany);
        }
        Ok(Taken::Known)
    }

    fn old_request(&mut self, told: &Told<'_>) -> Result<Taken, Lie> {
        let label = |name: &str| told.labels.get(name).map(str::to_owned);
        let count = whole(told.value)?;
        let (Some(request), Some(version)) = (label("request"), label("version")) else { return Ok(Taken::Not) };
        if count == 0 {
            return Ok(Taken::Known);
        }
        if self.old_requests.len() >= MOST_CLIENTS {
            return Err(Lie::TooMany);
        }
        let (client, client_version) = (label("clientSoftwareName"), label("clientSoftwareVersion"));
        self.old_requests.push(OldRequests { request, version, client, client_version, count, broker: None });
        Ok(Taken::Known)
    }

    fn quota(&mut self, told: &Told<'_>, part: QuotaPart) -> Result<Taken, Lie> {
        let label = |names: [&str; 3]| names.iter().find_map(|name| told.labels.get(name)).map(str::to_owned);
        let (user, client) = (label(["user"; 3]), label(["clientId", "client_id", "client-id"]));
        let resource = told.labels.get("resource").unwrap_or(told.name).to_ascii_lowercase();
        let resource = match resource.as_str() {
            text if text.contains("produce") => QuotaResource::Produce,
            text if text.contains("fetch") => QuotaResource::Fetch,
            text if text.contains("request") => QuotaResource::Request,
            _ => return Ok(Taken::Not),
        };
        // No number: nobody did anything lately.
        if user.is_none() && client.is_none() || told.value.is_nan() {
            return Ok(Taken::Not);
        }
        let value = counted(told.value)?;
        let full = self.quotas.len() >= MOST_CLIENTS;
        let key = (resource, user, client);
        if full && !self.quotas.contains_key(&key) {
            return Err(Lie::TooMany);
        }
        let quota = self.quotas.entry(key).or_default();
        match part {
            QuotaPart::Rate => quota.0 = Some(value),
            QuotaPart::Throttle => quota.1 = Some(value),
        }
        Ok(Taken::Known)
    }
}

/// A number with what is known of its name.
struct Told<'a> {
    name: &'a str,
    meanings: &'static [Meaning],
    labels: &'a Labels<'a>,
    value: f64,
}

/// Whether a number was of use.
#[derive(Clone, Copy)]
enum Taken {
    Known,
    Not,
}

#[derive(Clone, Copy)]
enum QuotaPart {
    Rate,
    Throttle,
}

fn add(sums: &mut BTreeMap<Metric, Sum>, metric: Metric, together: Together, told: Sum) -> Result<Taken, Lie> {
    let Some(sum) = sums.get_mut(&metric) else {
        sums.insert(metric, told);
        return Ok(Taken::Known);
    };
    match (told.rank.cmp(&sum.rank), together) {
        (std::cmp::Ordering::Less, _) => *sum = told,
        (std::cmp::Ordering::Greater, _) => return Ok(Taken::Not),
        (std::cmp::Ordering::Equal, Together::Sum) => sum.value += told.value,
        (std::cmp::Ordering::Equal, Together::Only) => return Err(Lie::Twice),
    }
    Ok(Taken::Known)
}

/// Java says so that there is no limit, or that it cannot tell.
fn is_undefined_when_negative(metric: Metric) -> bool {
    matches!(metric, Metric::HeapMaxBytes | Metric::CpuLoad)
}

/// What counts, and what is measured here, is a number and neither below zero nor beyond belief.
fn counted(value: f64) -> Result<f64, Lie> {
    if value.is_nan() {
        Err(Lie::NotANumber)
    } else if value < 0.0 {
        Err(Lie::Negative)
    } else if value > HUGE {
        Err(Lie::Huge)
    } else {
        Ok(value)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "neither below zero nor beyond 1e17")]
fn whole(value: f64) -> Result<u64, Lie> {
    counted(value).map(|value| value.round() as u64)
}

#[cfg(test)]
mod tests;
