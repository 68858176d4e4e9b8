//! The task that reads one target, again and again.

use super::{
    fetch::{self, Failure, Fetcher, PATIENCE, Question, Sink},
    jolokia,
    reading::Reading,
    shared_names::SharedNames,
    targets::Target,
    telling::{Look, Telling, Told},
    text::Lines,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Uri};
use k8s_openapi::api::core::v1::Secret;
use klamm_model::{TargetAnswer, TargetSource, TargetState, TargetTrouble, UnixMillis};
use kube::Api;
use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// From one look at a target to the next, and longest time that a rate is told over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    pub(crate) every: Duration,
    /// A gap is what is longer than so many looks.
    pub(crate) gap: u32,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { every: Duration::from_secs(15), gap: 3 }
    }
}

/// What all targets are read with.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) fetcher: Fetcher,
    pub(super) names: Arc<SharedNames>,
    /// Secrets of the cluster's own namespace.
    pub(super) secrets: Option<Api<Secret>>,
    pub(super) rhythm: Rhythm,
}

/// Reads a target until the task is aborted, and hands on how it went and what was told, where something was.
pub(super) async fn run(target: Target, tools: Tools, hand_on: impl Fn(TargetState, Option<Told>)) {
    let random = RandomState::new();
    let part = |round: u32, of: Duration| of * u32::from(random.hash_one(round).to_be_bytes()[0]) / 256;
    // Not all at once: brokers of one cluster share machines. The first look is soon, for somebody may be waiting for it.
    let mut due = Instant::now() + part(0, tools.rhythm.every / 8);
    let mut state = unseen(&target);
    let mut telling = Telling::default();
    for round in 1u32.. {
        tokio::time::sleep_until(due).await;
        let began = Instant::now();
        let (answer, told) = look(&target, &tools, &mut telling, &mut state).await;
        state.answer = answer;
        state.millis = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        hand_on(state.clone(), told);
        let apart = tools.rhythm.every;
        due = (due + apart).max(began + apart / 2) + part(round, apart / 16);
        due -= apart / 32;
    }
}

/// A target that nobody has looked at.
pub(super) fn unseen(target: &Target) -> TargetState {
    TargetState::unseen(target.pod.clone(), target.broker, target.source, target.address.clone())
}

async fn look(
    target: &Target,
    tools: &Tools,
    telling: &mut Telling,
    state: &mut TargetState,
) -> (TargetAnswer, Option<Told>) {
    let at = now();
    let (reading, read_at) = match read(target, tools, at).await {
        Ok((reading, bytes, read_at)) => {
            (state.bytes, state.rejects, state.reject) = (bytes, reading.rejects, reading.reject.clone());
            (reading, read_at)
        }
        Err(trouble) => return (trouble.answer(&state.answer, at), None),
    };
    if let Some(trouble) = Trouble::of(&reading) {
        return (trouble.answer(&state.answer, at), None);
    }
    state.answered_at = Some(at);
    let longest = tools.rhythm.every * tools.rhythm.gap;
    let look = Look { broker: target.broker, moment: read_at, at, longest };
    (TargetAnswer::Numbers, Some(telling.tell(reading, look)))
}

/// What is wrong, in the vocabulary and in a sentence.
struct Trouble(TargetTrouble, String);

impl Trouble {
    /// What an answer lacks that came as it should.
    fn of(reading: &Reading) -> Option<Self> {
        if reading.begins_with_markup {
            return Some(Self(TargetTrouble::NotMetrics, "it sends markup, not metrics".to_owned()));
        }
        if reading.lies > reading.known {
            let count = reading.lies;
            return Some(Self(TargetTrouble::Lies, format!("{count} of its numbers cannot be")));
        }
        if reading.known == 0 {
            let reason = "none of its numbers has a name that Klamm knows".to_owned();
            return Some(Self(TargetTrouble::NothingKnown, reason));
        }
        None
    }

    fn answer(self, before: &TargetAnswer, now: UnixMillis) -> TargetAnswer {
        let Self(kind, reason) = self;
        let since = match before {
            TargetAnswer::Trouble { kind: same, since, .. } if *same == kind => *since,
            TargetAnswer::Trouble { .. } | TargetAnswer::NotYet | TargetAnswer::Numbers => now,
        };
        TargetAnswer::Trouble { kind, reason, since }
    }
}

/// Takes an export line by line, so that it is never in memory as a whole.
struct Export<'a> {
    lines: Lines,
    reading: Reading,
    names: &'a SharedNames,
    now: i64,
}

impl Sink for Export<'_> {
    fn take(&mut self, bytes: &[u8]) {
        let Self { lines, reading, names, now } = self;
        lines.take(bytes, |line| reading.line(line, *now, names));
    }
}

/// Asks, and reads what comes; with how long it was and when it was read.
async fn read(target: &Target, tools: &Tools, at: UnixMillis) -> Result<(Reading, u64, Duration), Trouble> {
    let asked = moment();
    let read_at = || (asked + moment()) / 2;
    match target.source {
        TargetSource::Prometheus => {
            let question = Question {
                uri: uri(target)?,
                accept: "text/plain;version=0.0.4;q=0.9,*/*;q=0.1",
                body: None,
                authorization: None,
                expected: &["text/plain", "application/openmetrics-text"],
            };
            let names = &*tools.names;
            let mut export = Export { lines: Lines::default(), reading: Reading::default(), names, now: at.0 };
            let bytes = fetched(target, tools.fetcher.fetch(question, &mut export).await)?;
            let Export { mut lines, mut reading, .. } = export;
            lines.end(|line| reading.line(line, at.0, names));
            Ok((reading, bytes, read_at()))
        }
        TargetSource::Jolokia => {
            let question = Question {
                uri: uri(target)?,
                accept: "application/json",
                body: Some(Bytes::from(jolokia::question())),
                authorization: authorization(target, tools).await?,
                expected: &["application/json", "text/plain"],
            };
            let mut answer = jolokia::Answer::new(&tools.names);
            let bytes = fetched(target, tools.fetcher.fetch(question, &mut answer).await)?;
            let reading = answer.end().map_err(|no| Trouble(TargetTrouble::NotMetrics, no.to_string()))?;
            Ok((reading, bytes, read_at()))
        }
    }
}

fn fetched(target: &Target, outcome: Result<u64, Failure>) -> Result<u64, Trouble> {
    outcome.map_err(|failure| {
        fetch::log(target.pod.as_str(), &failure);
        Trouble(failure.trouble(), failure.to_string())
    })
}

fn uri(target: &Target) -> Result<Uri, Trouble> {
    let built = Uri::builder().scheme("http").authority(target.address.as_str()).path_and_query(&*target.path).build();
    built.map_err(|error| {
        let failure = Failure::NoAddress(error);
        Trouble(failure.trouble(), failure.to_string())
    })
}

/// User name and password for Jolokia, where the pod names a Secret.
async fn authorization(target: &Target, tools: &Tools) -> Result<Option<HeaderValue>, Trouble> {
    let (Some(name), Some(secrets)) = (&target.secret, &tools.secrets) else { return Ok(None) };
    let no = |why: &str| Trouble(TargetTrouble::WantsPassword, format!("its Secret {name} {why}"));
    let Ok(Ok(found)) = tokio::time::timeout(PATIENCE, secrets.get_opt(name)).await else {
        return Err(no("cannot be read"));
    };
    let data = found.ok_or_else(|| no("is not there"))?.data.unwrap_or_default();
    let part = |key: &str| data.get(key).and_then(|bytes| std::str::from_utf8(&bytes.0).ok());
    let (Some(user), Some(password)) = (part("username"), part("password")) else {
        return Err(no("has no username or no password"));
    };
    let text = Zeroizing::new(format!("{user}:{password}"));
    let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(text.as_bytes())));
    let mut header = HeaderValue::from_str(&header).map_err(|_| no("cannot be sent"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

fn now() -> UnixMillis {
    UnixMillis(jiff::Timestamp::now().as_millisecond())
}

/// Time since the program began to read targets, by a clock that never goes back.
fn moment() -> Duration {
    static BEGINNING: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    BEGINNING.elapsed()
}
