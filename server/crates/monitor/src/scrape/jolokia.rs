//! What is asked of a Jolokia agent, all at once, and what it answers. Pure.
//!
//! Its answers become numbers with the names that an exporter without rules would give them, so that one table knows both.

use super::{
    entries::{Entries, Of},
    fetch::Sink,
    reading::Reading,
    shared_names::SharedNames,
    text::Labels,
};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// What is read: a pattern of MBeans and their attributes.
const READ: &[(&str, &[&str])] = &[
    ("kafka.server:type=BrokerTopicMetrics,*", &["Count"]),
    ("kafka.server:type=ReplicaManager,*", &["Count", "Value"]),
    ("kafka.server:type=KafkaRequestHandlerPool,*", &["Count"]),
    ("kafka.server:type=socket-server-metrics,*", &["connections", "connection-count"]),
    ("kafka.server:type=Produce,*", &["byte-rate", "throttle-time"]),
    ("kafka.server:type=Fetch,*", &["byte-rate", "throttle-time"]),
    ("kafka.server:type=Request,*", &["request-time", "throttle-time"]),
    ("kafka.controller:type=KafkaController,*", &["Value"]),
    ("kafka.network:type=RequestMetrics,name=RequestsPerSec,*", &["Count"]),
    ("kafka.network:type=RequestMetrics,name=DeprecatedRequestsPerSec,*", &["Count"]),
    ("kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent,*", &["Value"]),
    ("java.lang:type=Memory,*", &["HeapMemoryUsage"]),
    ("java.lang:type=GarbageCollector,*", &["CollectionTime"]),
    ("java.lang:type=OperatingSystem,*", &["ProcessCpuLoad"]),
    ("java.lang:type=Runtime,*", &["StartTime"]),
];

/// The question: everything in one request.
pub(super) fn question() -> String {
    let read =
        READ.iter().map(|(mbean, attributes)| json!({ "type": "read", "mbean": mbean, "attribute": attributes }));
    Value::Array(read.collect()).to_string()
}

/// What came is no answer of Jolokia.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what it sent is no answer of Jolokia to a bulk read")]
pub(super) struct NotJolokia;

/// An answer as it comes in: numbers are taken from one MBean after the other, and nothing else of it is kept.
pub(super) struct Answer<'a> {
    entries: Entries,
    reading: Reading,
    names: &'a SharedNames,
    is_jolokia: bool,
}

impl<'a> Answer<'a> {
    pub(super) fn new(names: &'a SharedNames) -> Self {
        Self { entries: Entries::default(), reading: Reading::default(), names, is_jolokia: false }
    }

    /// What it told, when all of it has come. Parts that Jolokia refused, or that the broker does not have, are left out.
    pub(super) fn end(self) -> Result<Reading, NotJolokia> {
        if self.is_jolokia && self.entries.are_whole() { Ok(self.reading) } else { Err(NotJolokia) }
    }
}

impl Sink for Answer<'_> {
    fn take(&mut self, bytes: &[u8]) {
        let Self { entries, reading, names, is_jolokia } = self;
        entries.take(bytes, |of, entry| match of {
            Of::Part => *is_jolokia |= entry.get("status").is_some_and(Value::is_number),
            Of::Value => {
                for (mbean, attributes) in &entry {
                    if let (Some(mbean), Value::Object(attributes)) = (MBean::parse(mbean), attributes) {
                        mbean.read(attributes, reading, names);
                    }
                }
            }
        });
    }
}

/// The name of an MBean.
#[derive(Debug, PartialEq)]
struct MBean<'a> {
    /// Domain and type, as exporters write them.
    stem: String,
    labels: Labels<'a>,
}

impl<'a> MBean<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let (domain, mut rest) = name.split_once(':')?;
        let (mut kind, mut labels) = (None, Vec::new());
        while !rest.is_empty() {
            let (key, after) = rest.split_once('=')?;
            let (value, after) = value(after)?;
            if key == "type" {
                kind = Some(value);
            } else {
                labels.push((Cow::Borrowed(key), value));
            }
            rest = after;
        }
        Some(Self { stem: format!("{}_{}", plain(domain), plain(&kind?)), labels: Labels(labels) })
    }

    fn read(&self, attributes: &Map<String, Value>, reading: &mut Reading, names: &SharedNames) {
        for (attribute, value) in attributes {
            let name = format!("{}_{}", self.stem, plain(attribute));
            match value {
                Value::Number(number) => {
                    let Some(value) = number.as_f64() else { continue };
                    if name.eq_ignore_ascii_case("java_lang_Runtime_StartTime") {
                        reading.number("process_start_time_seconds", &self.labels, value / 1000.0, names);
                    } else {
                        reading.number(&name, &self.labels, value, names);
                    }
                }
                Value::Object(parts) => {
                    for (part, value) in parts {
                        if let Some(value) = value.as_f64() {
                            reading.number(&format!("{name}_{}", plain(part)), &self.labels, value, names);
                        }
                    }
                }
                // Not a number, which JSON cannot say otherwise, and texts.
                Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => {}
            }
        }
    }
}

/// The value that a text begins with, and what comes behind the next comma.
fn value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(',').unwrap_or((text, ""));
        return Some((Cow::Borrowed(value), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    loop {
        match characters.next()? {
            (place, '"') => {
                let rest = quoted.get(place + 1..)?;
                return Some((Cow::Owned(value), rest.strip_prefix(',').unwrap_or(rest)));
            }
            (_, '\\') => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            (_, other) => value.push(other),
        }
    }
}

/// As exporters write what is no letter and no digit.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::Metric;

    fn read(answer: &[u8]) -> Result<Reading, NotJolokia> {
        let names = SharedNames::default();
        let mut all = Answer::new(&names);
        all.take(answer);
        all.end()
    }

    #[test]
    fn names_of_mbeans_are_read_with_quotes_and_without() {
        let mbean = MBean::parse(r#"kafka.server:type=Produce,user="a,b=\"c\"",client-id=x"#).unwrap();
        assert_eq!(mbean.stem, "kafka_server_Produce");
        assert_eq!((mbean.labels.get("user"), mbean.labels.get("client-id")), (Some("a,b=\"c\""), Some("x")));
        for not in ["", "a", "a:b=c", "a:type", "a:type=\"x"] {
            assert_eq!(MBean::parse(not), None, "{not}");
        }
    }

    #[test]
    fn what_is_refused_is_left_out_and_other_things_are_no_answer() {
        let answer = json!([
            { "status": 200, "value": { "kafka.server:name=BytesInPerSec,type=BrokerTopicMetrics": { "Count": 7 } } },
            { "status": 200, "value": { "kafka.server:name=BytesInPerSec,topic=a.b,type=BrokerTopicMetrics": { "Count": 5 } } },
            { "status": 404, "error": "no such thing" },
            { "status": 200, "value": { "java.lang:type=Memory": { "HeapMemoryUsage": { "used": 9, "max": -1 } } } },
            { "status": 200, "value": { "kafka.server:type=Fetch,user=alice": { "byte-rate": "NaN" } } },
        ]);
        let answer = answer.to_string();
        let reading = read(answer.as_bytes()).unwrap();
        assert_eq!(reading.counters[&Metric::BytesIn].value.to_bits(), 7.0f64.to_bits());
        assert_eq!(reading.gauges[&Metric::HeapUsedBytes].value.to_bits(), 9.0f64.to_bits());
        assert_eq!((reading.topics.len(), reading.known, reading.rejects), (1, 3, 0), "{:?}", reading.reject);
        let half = &answer[..answer.len() / 2];
        for not in ["", "{}", "[]", "[{}]", "<html>", r#"{"status":403,"error":"x"}"#, half] {
            assert_eq!(read(not.as_bytes()).err(), Some(NotJolokia), "{not}");
        }
    }
}
