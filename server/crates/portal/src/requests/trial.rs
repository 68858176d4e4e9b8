//! What brokers themselves say to a topic that is asked for: a no of theirs counts like one of the rules, before anybody is asked.
//!
//! Only what the rules take is tried, so that nobody has brokers plan a million partitions. What they do not say stands in
//! nobody's way: it is found out when the request is applied.

use super::{
    NewRequest,
    spec::{Spec, TopicSpec},
    submit::{Judged, Verdict},
};
use crate::{
    ObservedCluster, Portal,
    brokers::{PATIENCE, TopicTrial, Trial},
};
use klamm_kafka::NewTopic;
use klamm_model::{Finding, RequestKind, Severity};
use serde_json::json;
use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

/// For whoever is told of it, what found it.
const RULE: &str = "brokers";

/// How long brokers are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Somebody types, and sees at every pause what would become of it.
    Typing,
    /// It is asked for.
    Asking,
}

impl Occasion {
    fn patience(self) -> Duration {
        match self {
            Self::Typing => Duration::from_secs(2),
            Self::Asking => PATIENCE,
        }
    }
}

impl Portal {
    /// What is to be said of a wish once brokers have been asked, too. Whoever asks has been authorised.
    pub(super) async fn tried(
        &self,
        seen: &ObservedCluster,
        new: &NewRequest,
        judged: Judged,
        occasion: Occasion,
    ) -> Judged {
        match judged.verdict {
            Verdict::Refused(_) | Verdict::NotNow(_) => return judged,
            Verdict::Automatic | Verdict::Asks(_) => {}
        }
        let Some(trial) = trial_of(seen, new) else { return judged };
        match self.try_topic(&new.cluster, trial, occasion.patience()).await {
            Trial::Takes => judged,
            Trial::Refuses(words) => judged.refused_by_brokers(&words),
            Trial::Silent => judged.also(
                Severity::Info,
                "the brokers could not be asked whether they take these values; that is seen when it is applied"
                    .to_owned(),
            ),
        }
    }
}

impl Judged {
    fn refused_by_brokers(mut self, words: &str) -> Self {
        let why = format!("the brokers would not take it: {words}");
        self.verdict = Verdict::Refused(why.clone());
        self.body.deciders.clear();
        json!([]).to_string().clone_into(&mut self.body.asks_json);
        self.body.expires_at = None;
        self.also(Severity::Error, why)
    }

    fn also(mut self, severity: Severity, message: String) -> Self {
        let mut findings: Vec<Finding> = serde_json::from_str(&self.body.findings_json).unwrap_or_default();
        findings.push(Finding { rule: RULE.to_owned(), severity, message });
        findings.sort_by_key(|finding| Reverse(finding.severity));
        self.body.findings_json = json!(findings).to_string();
        self
    }
}

/// What brokers can try of it; none where they have no say.
fn trial_of(seen: &ObservedCluster, new: &NewRequest) -> Option<TopicTrial> {
    let Ok(Spec::Topic(spec)) = new.parsed() else { return None };
    match new.kind {
        RequestKind::TopicCreate => Some(TopicTrial::Made(NewTopic {
            partitions: count(spec.partitions),
            replication_factor: count(spec.replication_factor),
            config: config(&spec),
            name: spec.topic_name,
        })),
        RequestKind::TopicChange | RequestKind::TopicAdopt => {
            // Only what is asked for now: whatever else is wrong with the topic is no fault of this request.
            let standing = seen.inventory.topic(&spec.topic_name)?.partitions.len();
            let is_other = |total: &u32| usize::try_from(*total).ok() != Some(standing);
            let (partitions, config) = (count(spec.partitions).filter(is_other), config(&spec));
            let is_something = partitions.is_some() || !config.is_empty();
            is_something.then_some(TopicTrial::Changed { topic: spec.topic_name, partitions, config })
        }
        RequestKind::TopicDelete
        | RequestKind::CredentialCreate
        | RequestKind::CredentialChange
        | RequestKind::CredentialRotate
        | RequestKind::CredentialDelete
        | RequestKind::AccessGrant
        | RequestKind::AccessRevoke
        | RequestKind::OffsetsReset
        | RequestKind::Operation(_) => None,
    }
}

fn count<T: TryFrom<i32>>(count: Option<i32>) -> Option<T> {
    count.and_then(|count| T::try_from(count).ok())
}

fn config(spec: &TopicSpec) -> BTreeMap<String, String> {
    spec.config.iter().filter_map(|(key, value)| Some((key.clone(), value.as_ref()?.text()))).collect()
}
