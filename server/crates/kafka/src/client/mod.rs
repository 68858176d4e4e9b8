//! One Kafka cluster as a conversation partner: which broker to ask, over which connection, and when to ask again.
//!
//! What can be asked stands in [`crate::admin`]; nothing in here knows a particular request.

mod ask;
mod config;
mod pool;
mod routes;

pub(crate) use ask::{Ask, Target};
pub use config::{ClientConfig, Timeouts};

use crate::Addresses;
use pool::Pool;
use routes::Routes;
use std::{sync::Arc, time::Duration};

/// A client of one cluster. Cheap to clone; all clones share connections. Connects when first asked.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    timeouts: Timeouts,
}

struct Inner {
    pool: Pool,
    routes: Routes,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(config: ClientConfig) -> Self {
        let ClientConfig { bootstrap, addresses, authentication, transport, client_id, timeouts } = config;
        let pool = Pool::new(crate::connection::Settings {
            client_id: client_id.into(),
            authentication,
            transport,
            connect_timeout: timeouts.connect,
            max_frame: MAX_FRAME,
        });
        Self { inner: Arc::new(Inner { pool, routes: Routes::new(bootstrap, addresses) }), timeouts }
    }

    /// The same client and connections, with another limit for each call.
    #[must_use]
    pub fn with_timeout(&self, request: Duration) -> Self {
        let reach = self.timeouts.reach.min(request);
        Self { inner: self.inner.clone(), timeouts: Timeouts { reach, request, ..self.timeouts } }
    }

    /// Brokers are elsewhere now: connections to places that are no longer named are closed.
    pub async fn set_addresses(&self, addresses: Addresses) {
        self.inner.routes.replace(addresses);
        self.inner.pool.keep_only(&self.inner.routes.all()).await;
    }

    /// Closes all connections; every later call fails with [`crate::ClientError::Closed`].
    pub async fn close(&self) {
        self.inner.pool.close().await;
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// How much longer a broker may take for a change before we give up on its answer.
    pub(crate) fn broker_timeout_ms(&self) -> i32 {
        // The broker must give up first, so that its answer says so.
        i32::try_from(self.timeouts.request.mul_f64(0.8).as_millis()).unwrap_or(i32::MAX)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("routes", &self.inner.routes).finish_non_exhaustive()
    }
}

/// The metadata of 200,000 partitions is about 12 MB.
const MAX_FRAME: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests;
