use klamm_kafka::ClientError;

/// How far a call that failed has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    /// No broker let us in and answered: that concerns everything that is asked of this cluster.
    None,
    /// A broker answered, or may have acted: that concerns this call.
    Made,
}

/// How far a call came before it failed.
pub(crate) fn contact(error: &ClientError) -> Contact {
    match error {
        ClientError::Unreachable { .. }
        | ClientError::BrokerUnreachable { .. }
        | ClientError::TimedOut { .. }
        | ClientError::Disconnected { .. }
        | ClientError::Authentication(_)
        | ClientError::UnknownBroker(_)
        | ClientError::Closed => Contact::None,
        ClientError::OutcomeUnknown { .. }
        | ClientError::UnsupportedByBroker { .. }
        | ClientError::Broker { .. }
        | ClientError::Protocol { .. }
        | ClientError::NotSupported(_) => Contact::Made,
        ClientError::Shared(error) => contact(error),
    }
}
