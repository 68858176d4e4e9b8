//! The annotations on a workload: read entry by entry, so that one that nobody can read never holds back the others.

use crate::{Access, NamePattern, TopicGrant, TopicPattern, user::MAX_GRANTS};
use klamm_model::{ObjectName, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Topics the workload reads, with commas between them.
pub const ANNOTATION_CONSUMES: &str = "topic.kafka.nb/consumes";
/// Topics it writes.
pub const ANNOTATION_PRODUCES: &str = "topic.kafka.nb/produces";
/// Name of its Secret.
pub const ANNOTATION_SECRET: &str = "topic.kafka.nb/topic-secret";

/// What the code of 2017 read, and what its README said.
const CONSUMES: [&str; 2] = [ANNOTATION_CONSUMES, "topic.kafka.nb/consumes-topics"];
const PRODUCES: [&str; 2] = [ANNOTATION_PRODUCES, "topic.kafka.nb/produces-topics"];

/// Most problems that are told one by one; an annotation has room for a hundred thousand.
const NAMED_PROBLEMS: usize = 20;

/// What a workload asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Injection {
    /// Topics it reads.
    pub consumes: BTreeSet<TopicName>,
    /// Topics it writes.
    pub produces: BTreeSet<TopicName>,
    /// The Secret it wants to find its credential in; none leaves the name to Klamm.
    pub secret: Option<ObjectName>,
}

/// What a workload's annotations say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InjectionReading {
    /// As far as it can be read.
    pub injection: Injection,
    /// What cannot be read, the first twenty of it.
    pub problems: Vec<InjectionProblem>,
    /// How many more there are.
    pub more_problems: usize,
}

/// A part of an annotation that counts for nothing, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectionProblem {
    /// An entry is no topic.
    #[error("annotation {annotation}: {reason}")]
    Topic {
        /// Where it stands.
        annotation: &'static str,
        /// Why, and what to write.
        reason: String,
    },
    /// The Secret cannot have that name.
    #[error("annotation {ANNOTATION_SECRET}: {reason}; correct it, or remove it to get the usual name")]
    Secret {
        /// Why.
        reason: String,
    },
    /// More than a credential takes.
    #[error(
        "the annotations name {named} topics and a credential takes {MAX_GRANTS}: {} of them are left out; declare a KafkaUser with pattern: prefixed instead", named - MAX_GRANTS
    )]
    TooMany {
        /// So many, one that is read and written counted twice.
        named: usize,
    },
}

impl InjectionReading {
    /// Reads annotations. An entry that is empty, or stands there twice, is no problem.
    pub fn of(annotations: &BTreeMap<String, String>) -> Self {
        let mut reading = Self::default();
        let consumes = reading.topics(annotations, CONSUMES);
        let produces = reading.topics(annotations, PRODUCES);
        reading.injection.consumes = consumes;
        reading.injection.produces = produces;
        let secret = annotations.get(ANNOTATION_SECRET).map(|text| text.trim()).filter(|text| !text.is_empty());
        match secret.map(ObjectName::new).transpose() {
            Ok(secret) => reading.injection.secret = secret,
            Err(invalid) => reading.problem(InjectionProblem::Secret { reason: invalid.to_string() }),
        }
        reading.shorten();
        reading
    }

    /// Whether nobody can tell what the Secret is to be called.
    pub fn has_unreadable_secret(&self) -> bool {
        self.problems.iter().any(|problem| matches!(problem, InjectionProblem::Secret { .. }))
    }

    fn topics(&mut self, annotations: &BTreeMap<String, String>, keys: [&'static str; 2]) -> BTreeSet<TopicName> {
        let mut topics = BTreeSet::new();
        for annotation in keys {
            let entries = annotations.get(annotation).into_iter().flat_map(|text| text.split(','));
            for entry in entries.map(str::trim).filter(|entry| !entry.is_empty()) {
                match read_topic(entry) {
                    Ok(topic) => drop(topics.insert(topic)),
                    Err(reason) => self.problem(InjectionProblem::Topic { annotation, reason }),
                }
            }
        }
        topics
    }

    fn problem(&mut self, problem: InjectionProblem) {
        let matters_more = matches!(problem, InjectionProblem::Secret { .. } | InjectionProblem::TooMany { .. });
        if self.problems.len() < NAMED_PROBLEMS || matters_more {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    /// Leaves out what a credential cannot take: what is read goes before what is written.
    fn shorten(&mut self) {
        let Injection { consumes, produces, .. } = &mut self.injection;
        let named = consumes.len() + produces.len();
        if named <= MAX_GRANTS {
            return;
        }
        *consumes = std::mem::take(consumes).into_iter().take(MAX_GRANTS).collect();
        let room = MAX_GRANTS - consumes.len();
        *produces = std::mem::take(produces).into_iter().take(room).collect();
        self.problem(InjectionProblem::TooMany { named });
    }
}

impl Injection {
    /// Whether it asks for no topic at all.
    pub fn is_empty(&self) -> bool {
        self.consumes.is_empty() && self.produces.is_empty()
    }

    /// What the credential is to be granted. Reading and writing apart, so that a consent to one of them counts while the
    /// other is missing.
    pub fn grants(&self) -> Vec<TopicGrant> {
        let grant = |access: Access| {
            move |topic: &TopicName| TopicGrant {
                topic: topic.to_string(),
                pattern: NamePattern::Literal,
                access,
                groups: Vec::new(),
                transactional_ids: Vec::new(),
            }
        };
        let consumes = self.consumes.iter().map(grant(Access::Consume));
        consumes.chain(self.produces.iter().map(grant(Access::Produce))).collect()
    }

    /// The annotations that say this.
    pub fn to_annotations(&self) -> BTreeMap<String, String> {
        let list = |topics: &BTreeSet<TopicName>| topics.iter().map(TopicName::as_str).collect::<Vec<_>>().join(",");
        let lists = [(ANNOTATION_CONSUMES, &self.consumes), (ANNOTATION_PRODUCES, &self.produces)];
        let lists = lists.into_iter().filter(|(_, topics)| !topics.is_empty());
        let mut annotations: BTreeMap<_, _> = lists.map(|(key, topics)| (key.to_owned(), list(topics))).collect();
        annotations.extend(self.secret.iter().map(|secret| (ANNOTATION_SECRET.to_owned(), secret.to_string())));
        annotations
    }
}

fn read_topic(entry: &str) -> Result<TopicName, String> {
    if entry.contains(char::is_whitespace) {
        let shown: String = entry.chars().take(80).collect();
        return Err(format!("{shown:?} is no topic: write the names with commas between them"));
    }
    if entry.contains('*') {
        let shown: String = entry.chars().take(80).collect();
        return Err(format!(
            "{shown:?} is no topic: write every topic by its name, or declare a KafkaUser with pattern: prefixed"
        ));
    }
    match TopicPattern::new(entry, NamePattern::Literal) {
        Ok(TopicPattern::Literal(topic)) => Ok(topic),
        Ok(TopicPattern::Prefixed(prefix)) => Err(format!("{prefix:?} is no topic: write its whole name")),
        Err(invalid) => Err(invalid.to_string()),
    }
}
