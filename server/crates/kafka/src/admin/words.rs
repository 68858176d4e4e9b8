//! Our words in the protocol's types and back.

use kafka_protocol::{messages, protocol::StrBytes};
use klamm_model::{BrokerId, TopicName};

pub(super) fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

pub(super) fn topic(name: &TopicName) -> messages::TopicName {
    messages::TopicName(text(name.as_str()))
}

/// A topic name out of an answer. Brokers only have valid ones; anything else is left out rather than shown.
pub(super) fn topic_name(name: &str) -> Option<TopicName> {
    match TopicName::new(name) {
        Ok(name) => Some(name),
        Err(error) => {
            tracing::warn!(%error, "a broker named a topic that cannot exist; ignoring it");
            None
        }
    }
}

/// A broker id, where -1 stands for nobody.
pub(super) fn broker(id: messages::BrokerId) -> Option<BrokerId> {
    (id.0 >= 0).then_some(BrokerId(id.0))
}

pub(super) fn brokers(ids: &[messages::BrokerId]) -> Box<[BrokerId]> {
    ids.iter().map(|id| BrokerId(id.0)).collect()
}

/// A size or count, where negative numbers stand for "not known".
pub(super) fn known_size(value: i64) -> klamm_model::Known<u64> {
    u64::try_from(value).ok().into()
}

/// The protocol's type for ids. Sixteen bytes always are one; should that ever change, the nil id names nothing.
pub(super) fn uuid<U: TryFrom<Vec<u8>> + Default>(bytes: &[u8; 16]) -> U {
    U::try_from(bytes.to_vec()).unwrap_or_default()
}
