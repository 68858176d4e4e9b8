//! What Kubernetes says: consents and passwords that end, topics that are not as they are declared.

use super::{Evidence, Suspicion, words};
use klamm_model::{FindingRule, FindingSeverity, FindingSubject, Namespace, ObjectName, Reminder, TopicName};

/// So long before a consent ends somebody has to see to it.
const SOON_MILLIS: i64 = 3 * 86_400_000;

/// Something of a credential that ends soon, or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialEnding {
    pub(crate) namespace: Namespace,
    pub(crate) name: ObjectName,
    /// Kubernetes' id of the KafkaUser.
    pub(crate) uid: String,
    /// What ends, and when.
    pub(crate) reminder: Reminder,
    pub(crate) kind: EndingKind,
}

/// What ends; what matters more comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EndingKind {
    /// A consent that it lives by.
    Consent,
    /// The password of before: nobody should need it any more.
    Password,
}

/// A topic that is not as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicDrift {
    pub(crate) topic: TopicName,
    /// What differs, in a sentence.
    pub(crate) message: String,
}

/// One finding for each credential, by what ends first.
pub(super) fn credentials(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let mut told: Vec<Suspicion> = Vec::new();
    for CredentialEnding { namespace, name, uid, reminder, kind } in evidence.endings {
        let subject = FindingSubject::Credential(format!("{namespace}.{name}"));
        if told.last().is_some_and(|last| last.subject == subject) {
            continue;
        }
        let severity = match kind {
            EndingKind::Consent if reminder.at.0.saturating_sub(evidence.now.0) <= SOON_MILLIS => {
                FindingSeverity::Warning
            }
            EndingKind::Consent | EndingKind::Password => FindingSeverity::Info,
        };
        let message = format!("{namespace}.{name}: {}", reminder.message);
        let suspicion = Suspicion::new(FindingRule::CredentialExpiring, severity, subject, message);
        told.push(suspicion.at(format!("/credentials/{uid}")));
    }
    told
}

/// One finding for all topics.
pub(super) fn drift(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let message = match evidence.drifts {
        [] => return None,
        [only] => format!("{} is not as it is declared: {}", only.topic, only.message.trim_end_matches('.')),
        several => {
            let names = several.iter().map(|drift| &drift.topic);
            format!("{} topics are not as they are declared: {}", several.len(), words::listed(names, several.len()))
        }
    };
    let topics: Vec<&TopicName> = evidence.drifts.iter().map(|drift| &drift.topic).collect();
    let suspicion = Suspicion::new(FindingRule::Drift, FindingSeverity::Warning, FindingSubject::Cluster, message);
    Some(suspicion.at(words::page_of_topics(evidence.cluster(), &topics, "topics")))
}
