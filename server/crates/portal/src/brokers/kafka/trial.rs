//! What brokers say to a topic as it would be; they only examine it.

use crate::brokers::{BrokersError, TopicTrial};
use klamm_kafka::{Apply, Client, ClientError, ConfigChange, ConfigEdit, ConfigResource, ErrorCode, KafkaError};

/// Longest that their words are told: they repeat the value, however long it is.
const LONGEST: usize = 400;

pub(super) async fn examined(client: &Client, trial: TopicTrial) -> Result<(), BrokersError> {
    match trial {
        TopicTrial::Made(topic) => {
            let said = client.create_topics(vec![topic], Apply::ValidateOnly).await.map_err(BrokersError::Away)?;
            heard(said.into_values().map(|one| one.map(drop)).next())
        }
        TopicTrial::Changed { topic, partitions, config } => {
            if !config.is_empty() {
                let set = |(key, value)| ConfigChange { key, edit: ConfigEdit::Set(value) };
                let changes = [(ConfigResource::Topic(topic.clone()), config.into_iter().map(set).collect())].into();
                let said = client.alter_configs(changes, Apply::ValidateOnly).await.map_err(BrokersError::Away)?;
                heard(said.into_values().next())?;
            }
            if let Some(total) = partitions {
                let totals = [(topic, total)].into();
                let said = client.create_partitions(totals, Apply::ValidateOnly).await.map_err(BrokersError::Away)?;
                heard(said.into_values().next())?;
            }
            Ok(())
        }
    }
}

/// A no that is about what was asked is one; any other says nothing about it.
fn heard(said: Option<Result<(), KafkaError>>) -> Result<(), BrokersError> {
    const WHAT: &str = "the examination of a topic";
    match said {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) if is_about_it(error.code) => Err(BrokersError::Refused(words(&error))),
        Some(Err(source)) => Err(BrokersError::Away(ClientError::Broker { what: WHAT, source })),
        None => Err(BrokersError::Away(ClientError::Disconnected { what: WHAT })),
    }
}

fn is_about_it(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::InvalidTopic
            | ErrorCode::TopicAlreadyExists
            | ErrorCode::InvalidPartitions
            | ErrorCode::InvalidReplicationFactor
            | ErrorCode::InvalidReplicaAssignment
            | ErrorCode::InvalidConfig
            | ErrorCode::InvalidRequest
            | ErrorCode::PolicyViolation
    )
}

/// Kafka's own words, or ours where it has none.
fn words(error: &KafkaError) -> String {
    let words = error.message.as_deref().unwrap_or(error.code.sentence());
    let plain = words.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let plain = plain.collect::<Vec<_>>().join(" ");
    if plain.chars().count() > LONGEST {
        plain.chars().take(LONGEST).chain(['…']).collect()
    } else {
        plain.trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no(code: ErrorCode, message: Option<&str>) -> KafkaError {
        KafkaError { code, message: message.map(str::to_owned) }
    }

    #[test]
    fn only_a_no_that_is_about_the_topic_is_a_refusal() {
        let refused = |error| match heard(Some(Err(error))) {
            Err(BrokersError::Refused(words)) => words,
            other => panic!("{other:?}"),
        };
        let value = "Invalid value abc for configuration retention.ms: Not a number of type LONG";
        assert_eq!(refused(no(ErrorCode::InvalidConfig, Some(value))), value);
        assert_eq!(
            refused(no(ErrorCode::PolicyViolation, Some("No.\n Ask\u{7} us."))),
            "No. Ask us",
            "a line, whatever a policy says"
        );
        assert_eq!(refused(no(ErrorCode::TopicAlreadyExists, None)), "A topic of this name exists already");
        assert!(refused(no(ErrorCode::InvalidConfig, Some(&"x".repeat(1_000_000)))).len() < 410);
        for code in [
            ErrorCode::NotController,
            ErrorCode::RequestTimedOut,
            ErrorCode::ClusterAuthorizationFailed,
            ErrorCode::UnknownTopicOrPartition,
        ] {
            assert!(matches!(heard(Some(Err(no(code, None)))), Err(BrokersError::Away(_))), "{code:?}");
        }
        assert!(matches!(heard(None), Err(BrokersError::Away(_))));
        assert!(heard(Some(Ok(()))).is_ok());
    }
}
