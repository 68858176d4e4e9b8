//! The reading itself: question by question, until there is enough, or nothing more, or no time.

use super::{
    question::{Question, Start},
    scan::{Budget, InTime, Scan},
};
use crate::{
    Portal,
    brokers::{BrokersError, LogsQuestion},
    views::paging::invalid,
};
use klamm_model::{ClusterRef, MessagesView, Problem, ProblemKind, TopicName, error_chain};
use std::time::Duration;
use tokio::time::Instant;

/// How long one question may take.
const TIME: Duration = Duration::from_secs(6);

impl Portal {
    pub(super) async fn read_messages(
        &self,
        cluster: &ClusterRef,
        topic: &TopicName,
        question: Question,
    ) -> Result<MessagesView, Problem> {
        let deadline = Instant::now() + TIME;
        let away = |error: &BrokersError| {
            tracing::debug!(%cluster, %topic, error = error_chain(error), "messages could not be read");
            let detail = format!("Nobody can read messages of {topic}: {}.", error.explain().trim_end_matches('.'));
            Problem::new(ProblemKind::Unavailable, detail)
        };
        let moment = match question.start {
            Start::Time(at) => Some(at),
            Start::Newest | Start::Oldest | Start::Offset(_) => None,
        };
        let (partition, isolation) = (question.partition, question.isolation);
        let asked = LogsQuestion { topic: topic.clone(), partition, moment, isolation };
        let logs = self.look_at_logs(cluster, &asked).await.map_err(|error| away(&error))?.ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, format!("There is no topic {topic} in {cluster} any more."))
        })?;
        if let (Some(partition), true) = (partition, logs.is_empty()) {
            return Err(invalid(&format!("partition: {topic} has no partition {partition}")));
        }
        let mut scan = Scan::new(topic.clone(), question, &logs, Budget::USUAL);
        while let Some(fetch) = scan.next() {
            let Ok(answers) = tokio::time::timeout_at(deadline, self.fetch_logs(cluster, &fetch)).await else {
                return Ok(scan.view(InTime::No));
            };
            let answers = answers.map_err(|error| away(&error))?;
            // Unpacking takes its time, and nobody else should wait for it.
            let going_on = tokio::task::spawn_blocking(move || {
                scan.take(&fetch, answers);
                scan
            });
            scan = going_on.await.map_err(|error| {
                tracing::error!(%cluster, %topic, %error, "the reading of messages ended by itself");
                Problem::new(ProblemKind::Internal, format!("Messages of {topic} could not be read."))
            })?;
            if Instant::now() >= deadline {
                return Ok(scan.view(InTime::No));
            }
        }
        Ok(scan.view(InTime::Yes))
    }
}
