//! What changes rarely: asked for at some looks, and carried over at the others.

use super::defaults::{self, Told};
use crate::ClientError;
use klamm_model::{GapCause, Inventory, Known, TopicDefaults};

/// Whether a look asks for what changes rarely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rarities {
    /// It does.
    Asked,
    /// What was seen before is kept.
    AsBefore,
}

/// What brokers have by default. While nobody answers, what they had is the best there is to say; a refusal is another
/// matter.
pub(super) fn defaults(previous: &Inventory, told: Option<Told>) -> Known<TopicDefaults> {
    let Some(told) = told else { return previous.defaults.clone() };
    let is_refused = |told: &Result<_, ClientError>| match told {
        Ok(_) => false,
        Err(error) => GapCause::from(error) == GapCause::Refusal && !defaults::is_about_nothing(error),
    };
    match defaults::put_together(&told) {
        Some(defaults) => Known::Known(defaults),
        None if told.values().any(is_refused) => Known::Unknown,
        None => previous.defaults.clone(),
    }
}

/// Anything else of the kind, likewise.
pub(super) fn kept<T: Clone>(before: &Known<T>, told: Option<Result<T, ClientError>>) -> Known<T> {
    match told {
        Some(Ok(told)) => Known::Known(told),
        Some(Err(error)) if GapCause::from(&error) == GapCause::Refusal => Known::Unknown,
        Some(Err(_)) | None => before.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorCode, KafkaError};
    use klamm_model::{Authorization, BrokerId};

    fn refused(code: ErrorCode) -> ClientError {
        ClientError::Broker { what: "DescribeAcls", source: KafkaError { code, message: None } }
    }

    fn silent() -> ClientError {
        ClientError::Disconnected { what: "DescribeAcls" }
    }

    #[test]
    fn silence_keeps_what_was_known_and_a_refusal_does_not() {
        let mut before = Inventory::unseen("kafka/demo".parse().unwrap());
        let open = Known::Known(Authorization::Open);
        assert_eq!(kept(&Known::Unknown, Some(Ok(Authorization::Open))), open);
        assert_eq!(kept(&open, None), open);
        assert_eq!(kept(&open, Some(Err(silent()))), open);
        let no = refused(ErrorCode::ClusterAuthorizationFailed);
        assert_eq!(kept(&open, Some(Err(no))), Known::Unknown);

        let known = Known::Known(TopicDefaults { told_by: vec![BrokerId(1)], ..TopicDefaults::default() });
        before.defaults = known.clone();
        let told = |error| Some(Told::from([(BrokerId(1), Err(error))]));
        assert_eq!(defaults(&before, None), known);
        assert_eq!(defaults(&before, told(silent())), known);
        assert_eq!(defaults(&before, told(refused(ErrorCode::UnknownTopicOrPartition))), known, "it was just deleted");
        assert_eq!(defaults(&before, told(refused(ErrorCode::TopicAuthorizationFailed))), Known::Unknown);
    }
}
