//! One question to the cluster, repeated where that can help and cannot harm.

use super::{
    Client,
    pool::{NoConnection, Purpose},
};
use crate::{
    Address, ClientError, KafkaError, Retry,
    connection::{CallError, Connection},
    error::ConnectError,
    wire,
};
use kafka_protocol::protocol::Request;
use klamm_model::BrokerId;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_millis(800);

/// Whom to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Whoever answers; brokers pass on what only the controller can do.
    Any,
    /// Whoever answers, beginning with another broker for every number, to share the work.
    Spread(usize),
    /// This one and nobody else.
    Broker(BrokerId),
}

/// What a question does, and so whether it may be sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Only reads.
    Look,
    /// Changes something: never sent again once it may have arrived.
    Change,
}

/// What the answer says of the request as a whole.
pub(crate) type Verdict = Result<(), KafkaError>;

/// A question with all that is needed to put it.
pub(crate) struct Ask<'a, R: Request + Clone> {
    pub(crate) target: Target,
    pub(crate) intent: Intent,
    pub(crate) request: &'a R,
    /// Not in a higher version than this.
    pub(crate) ceiling: i16,
    /// Takes out what an older version cannot say.
    pub(crate) fit: Option<fn(R, i16) -> R>,
    /// Reads the error that concerns the whole answer.
    pub(crate) judge: fn(&R::Response) -> Verdict,
}

impl<'a, R: Request + Clone> Ask<'a, R> {
    /// To any broker, only reading, answers without a top-level error.
    pub(crate) fn look(request: &'a R) -> Self {
        Self { target: Target::Any, intent: Intent::Look, request, ceiling: i16::MAX, fit: None, judge: |_| Ok(()) }
    }

    /// To any broker, changing something.
    pub(crate) fn change(request: &'a R) -> Self {
        Self { intent: Intent::Change, ..Self::look(request) }
    }

    pub(crate) fn to(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    pub(crate) fn up_to(mut self, ceiling: i16) -> Self {
        self.ceiling = ceiling;
        self
    }

    pub(crate) fn fitted(mut self, fit: fn(R, i16) -> R) -> Self {
        self.fit = Some(fit);
        self
    }

    pub(crate) fn judged(mut self, judge: fn(&R::Response) -> Verdict) -> Self {
        self.judge = judge;
        self
    }
}

enum Next {
    Again { after: ClientError },
    Stop(ClientError),
}

impl Client {
    /// Asks until there is an answer, a final refusal, or no time left.
    pub(crate) async fn ask<R: Request + Clone>(&self, ask: Ask<'_, R>) -> Result<R::Response, ClientError> {
        let started = Instant::now();
        let deadline = started + self.timeouts().request;
        let reach = started + self.timeouts().reach;
        let mut delay = FIRST_DELAY;
        let mut attempt = 0;
        loop {
            let connected = tokio::time::timeout_at(deadline, self.connect(&ask, attempt, reach.min(deadline)));
            let connected = connected.await.unwrap_or_else(|_| {
                // Whoever did not even let us in is not the one to begin with next time.
                self.inner.routes.turn_away();
                Err(self.no_time_left::<R>())
            });
            let (error, limit) = match connected {
                Err(Next::Stop(error)) => return Err(error),
                Err(Next::Again { after }) => (after, reach.min(deadline)),
                Ok(connection) => match self.put(&ask, &connection, deadline).await {
                    Ok(response) => return Ok(response),
                    Err(Next::Stop(error)) => return Err(error),
                    Err(Next::Again { after }) => (after, deadline),
                },
            };
            if Instant::now() + delay >= limit {
                return Err(error);
            }
            tracing::debug!(what = wire::request_name::<R>(), %error, "asking again");
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(LONGEST_DELAY);
            attempt += 1;
        }
    }

    fn no_time_left<R: Request>(&self) -> Next {
        let after = self.timeouts().request;
        Next::Stop(ClientError::TimedOut { what: wire::request_name::<R>(), after })
    }

    async fn connect<R: Request + Clone>(
        &self,
        ask: &Ask<'_, R>,
        attempt: usize,
        limit: Instant,
    ) -> Result<Arc<Connection>, Next> {
        let purpose = match ask.intent {
            Intent::Look => Purpose::Looking,
            Intent::Change => Purpose::Changing,
        };
        let candidates = match ask.target {
            Target::Any => self.inner.routes.any(),
            // Somebody else every time: the one before may connect and then fail to answer.
            Target::Spread(turn) => self.inner.routes.rotated(turn.wrapping_add(attempt)),
            Target::Broker(broker) => return self.connect_to(broker, purpose).await,
        };
        let tried = candidates.len();
        let mut last = None;
        for address in candidates {
            match self.inner.pool.get(&address, purpose).await {
                Ok(connection) => return Ok(connection),
                Err(NoConnection::Closed) => return Err(Next::Stop(ClientError::Closed)),
                Err(NoConnection::Failed(error)) => {
                    stop_if_final(&error)?;
                    last = Some(error);
                }
            }
            if matches!(ask.target, Target::Any) {
                self.inner.routes.turn_away();
            }
            if Instant::now() >= limit {
                break;
            }
        }
        Err(Next::Again { after: ClientError::Unreachable { tried, source: last } })
    }

    async fn connect_to(&self, broker: BrokerId, purpose: Purpose) -> Result<Arc<Connection>, Next> {
        let mut address = self.inner.routes.broker(broker);
        if address.is_none() && self.inner.routes.can_learn() {
            // Boxed because learning is itself a question to any broker.
            Box::pin(self.describe_cluster()).await.map_err(Next::Stop)?;
            address = self.inner.routes.broker(broker);
        }
        let address = address.ok_or(Next::Stop(ClientError::UnknownBroker(broker)))?;
        match self.inner.pool.get(&address, purpose).await {
            Ok(connection) => Ok(connection),
            Err(NoConnection::Closed) => Err(Next::Stop(ClientError::Closed)),
            Err(NoConnection::Failed(source)) => {
                stop_if_final(&source)?;
                // One particular broker that is down stays down for a while; the caller has others to ask.
                Err(Next::Stop(ClientError::BrokerUnreachable { broker, source }))
            }
        }
    }

    async fn put<R: Request + Clone>(
        &self,
        ask: &Ask<'_, R>,
        connection: &Connection,
        deadline: Instant,
    ) -> Result<R::Response, Next> {
        let what = wire::request_name::<R>();
        let error = match connection.call(ask.request, ask.ceiling, ask.fit, deadline).await {
            Ok(response) => match (ask.judge)(&response) {
                Ok(()) => return Ok(response),
                Err(source) => return Err(self.after_refusal(ask, what, source)),
            },
            Err(error) => error,
        };
        Err(match (error, ask.intent) {
            (CallError::NotSent, _) | (CallError::Lost, Intent::Look) => {
                self.inner.routes.turn_away();
                Next::Again { after: ClientError::Disconnected { what } }
            }
            (CallError::Lost | CallError::TimedOut, Intent::Change) => Next::Stop(ClientError::OutcomeUnknown { what }),
            (CallError::TimedOut, Intent::Look) => {
                self.inner.routes.turn_away();
                self.no_time_left::<R>()
            }
            (CallError::Protocol(source), _) => Next::Stop(ClientError::Protocol { what, source }),
            (CallError::Unsupported(error), _) => Next::Stop(error),
        })
    }

    fn after_refusal<R: Request + Clone>(&self, ask: &Ask<'_, R>, what: &'static str, source: KafkaError) -> Next {
        let retry = source.retry();
        let after = ClientError::Broker { what, source };
        match (retry, ask.intent) {
            (Retry::Elsewhere, _) => {
                self.inner.routes.turn_away();
                Next::Again { after }
            }
            (Retry::Later, Intent::Look) => Next::Again { after },
            // "Later" includes time-outs inside the cluster, after which the change may still happen.
            (Retry::Later, Intent::Change) | (Retry::Never, _) => Next::Stop(after),
        }
    }

    /// What brokers advertised, for finding them by id.
    pub(crate) fn learn_routes(&self, advertised: BTreeMap<BrokerId, Address>, fenced: BTreeSet<BrokerId>) {
        self.inner.routes.learn(advertised, fenced);
    }

    /// Other brokers are preferred to these for questions that anybody can answer, until this is said anew.
    pub(crate) fn ask_last(&self, silent: BTreeSet<BrokerId>) {
        self.inner.routes.ask_last(silent);
    }
}

/// Wrong credentials are wrong everywhere; trying further brokers only locks accounts and fills logs.
fn stop_if_final(error: &Arc<ConnectError>) -> Result<(), Next> {
    match **error {
        ConnectError::Authentication { .. } | ConnectError::ServerNotGenuine { .. } => {
            Err(Next::Stop(ClientError::Authentication(error.clone())))
        }
        ConnectError::NotSupported(what) => Err(Next::Stop(ClientError::NotSupported(what))),
        ConnectError::Resolve { .. }
        | ConnectError::Connect { .. }
        | ConnectError::Silent { .. }
        | ConnectError::HungUp { .. }
        | ConnectError::Protocol { .. } => Ok(()),
    }
}
