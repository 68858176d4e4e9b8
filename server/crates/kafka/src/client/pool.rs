//! Open connections, one for each address and purpose; failed addresses are left alone for a moment.

use crate::{
    Address,
    connection::{Connection, Settings},
    error::ConnectError,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What a connection is for. A look never waits behind a change that takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Looking,
    Changing,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum NoConnection {
    Failed(Arc<ConnectError>),
    Closed,
}

pub(super) struct Pool {
    settings: Settings,
    /// None once closed.
    places: Mutex<Option<Places>>,
}

type Places = HashMap<(Address, Purpose), Arc<Mutex<Place>>>;

#[derive(Default)]
struct Place {
    connection: Option<Arc<Connection>>,
    trouble: Option<Trouble>,
}

struct Trouble {
    error: Arc<ConnectError>,
    pause: Duration,
    until: Instant,
}

impl Pool {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, places: Mutex::new(Some(HashMap::new())) }
    }

    /// The open connection to `address`, or a new one. An address that has just failed fails again without being dialled.
    pub(super) async fn get(&self, address: &Address, purpose: Purpose) -> Result<Arc<Connection>, NoConnection> {
        let place = {
            let mut places = self.places.lock().await;
            let places = places.as_mut().ok_or(NoConnection::Closed)?;
            places.entry((address.clone(), purpose)).or_default().clone()
        };
        // Held while dialling, so that many questions at once share one new connection.
        let mut place = place.lock().await;
        if let Some(connection) = place.connection.as_ref().filter(|connection| connection.is_usable()) {
            return Ok(connection.clone());
        }
        place.connection = None;
        let pause = match &place.trouble {
            Some(trouble) if Instant::now() < trouble.until => return Err(NoConnection::Failed(trouble.error.clone())),
            Some(trouble) => (trouble.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        match Connection::open(address, &self.settings).await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *place = Place { connection: Some(connection.clone()), trouble: None };
                Ok(connection)
            }
            Err(error) => {
                let error = Arc::new(error);
                place.trouble = Some(Trouble { error: error.clone(), pause, until: Instant::now() + pause });
                Err(NoConnection::Failed(error))
            }
        }
    }

    /// Forgets every other place; questions still running there get their answers.
    pub(super) async fn keep_only(&self, wanted: &BTreeSet<Address>) {
        if let Some(places) = self.places.lock().await.as_mut() {
            places.retain(|(address, _), _| wanted.contains(address));
        }
    }

    pub(super) async fn close(&self) {
        drop(self.places.lock().await.take());
    }
}
