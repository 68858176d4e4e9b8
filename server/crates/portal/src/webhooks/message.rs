//! What a webhook is told, word by word. Pure. Neither manifest nor specification: those may hold what is nobody else's
//! business, and whoever may see them follows the address of the page.

use crate::findings::{News, Told};
use klamm_model::{
    ClusterRef, FindingRule, FindingSeverity, PersonName, RequestId, RequestKind, RequestState, TeamName, UnixMillis,
    WebhookEvent, WebhookName,
};
use klamm_store::{OutboxRow, RequestRow};
use serde::Serialize;

/// Sentences are cut here: a message is small whatever somebody wrote.
const LONGEST: usize = 1000;

/// A message, as the Standard Webhooks specification wants it.
#[derive(Serialize)]
struct Message<T> {
    #[serde(rename = "type")]
    event: WebhookEvent,
    /// When it happened, in RFC 3339.
    timestamp: String,
    data: T,
}

/// Of a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfRequest<'a> {
    request: &'a RequestId,
    kind: RequestKind,
    state: RequestState,
    subject: String,
    cluster: &'a ClusterRef,
    team: &'a TeamName,
    owner: &'a TeamName,
    requester: &'a PersonName,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Of a finding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfFinding<'a> {
    finding: &'a str,
    rule: FindingRule,
    severity: FindingSeverity,
    cluster: &'a ClusterRef,
    message: String,
    since: String,
    #[serde(flatten)]
    more: Option<More<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// What is told of it while it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct More<'a> {
    meaning: &'a str,
    advice: &'a str,
    partitions: &'a [String],
    partition_total: u32,
}

/// Of nothing.
#[derive(Serialize)]
struct OfTest<'a> {
    webhook: &'a WebhookName,
}

/// What is told of a move: the state is the one it came to, whatever became of the request since.
pub(super) fn of_move(
    event: WebhookEvent,
    (moved, row): (&OutboxRow, &RequestRow),
    waiting_for: Option<&str>,
    site: Option<&str>,
) -> String {
    let request = &row.request;
    written(&Message {
        event,
        timestamp: moment(moved.at),
        data: OfRequest {
            request: &request.id,
            kind: request.kind,
            state: moved.state,
            subject: cut(&request.subject),
            cluster: &request.cluster,
            team: &request.team,
            owner: &request.owner,
            requester: &request.requester,
            message: moved.message.as_deref().map(cut),
            waiting_for: waiting_for.map(cut),
            url: site.map(|site| format!("{site}/requests/{}", request.id)),
        },
    })
}

/// What is told of a finding that came or went.
pub(super) fn of_finding(news: &News, site: Option<&str>, now: UnixMillis) -> String {
    let (row, more) = match news {
        News::Opened(row, told) => {
            let Told { meaning, advice, partitions, partition_total } = &**told;
            (row, Some(More { meaning, advice, partitions, partition_total: *partition_total }))
        }
        News::Closed(row) => (row, None),
    };
    written(&Message {
        event: news.event(),
        timestamp: moment(now),
        data: OfFinding {
            finding: &row.finding,
            rule: row.rule,
            severity: row.severity,
            cluster: &row.cluster,
            message: cut(&row.message),
            since: moment(row.since),
            more,
            url: site.map(|site| format!("{site}/clusters/{}/findings", row.cluster)),
        },
    })
}

/// What is told when nothing happened.
pub(super) fn of_test(webhook: &WebhookName, now: UnixMillis) -> String {
    written(&Message { event: WebhookEvent::Test, timestamp: moment(now), data: OfTest { webhook } })
}

/// Names, numbers and texts: all of them can be written.
fn written<T: Serialize>(message: &Message<T>) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

fn moment(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_between_characters() {
        assert_eq!(cut(&"ä".repeat(LONGEST)).chars().count(), LONGEST);
        assert_eq!(cut(&"ä".repeat(LONGEST + 1)), "ä".repeat(LONGEST) + "…");
    }

    #[test]
    fn a_test_tells_of_nothing() {
        let body = of_test(&"tickets".parse().unwrap(), UnixMillis(1_700_000_000_000));
        assert_eq!(body, r#"{"type":"test","timestamp":"2023-11-14T22:13:20Z","data":{"webhook":"tickets"}}"#);
    }
}
