//! Browser sessions: what is kept in one, how one begins and ends. The rows are the store's.

use super::client::Client;
use super::edge::Edge;
use super::problem::Refusal;
use klamm_model::{Actor, CsrfToken, PersonName, ProblemKind, SessionId, UnixMillis};
use klamm_portal::Portal;
use klamm_store::{SESSION_AGENT, SESSION_PERSON, Sessions, Store, session_id};
use rand::RngCore;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::session::Id;
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

const CSRF: &str = "csrf";
const SINCE: &str = "since";
const SEEN: &str = "seen";

/// A session ends when nothing was asked for this long,
const IDLE: Duration = Duration::hours(12);
/// and after this long in any case.
const LONGEST_MILLIS: i64 = 7 * 24 * 3600 * 1000;
/// How often use of a session is noted, which moves its end.
const TOUCH_MILLIS: i64 = 60_000;

/// The cookie: out of reach for scripts, not sent along by other sites' forms, and sent over TLS only where there is TLS.
pub(crate) fn layer(edge: &Edge) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(edge.sessions.clone())
        .with_name(edge.options.cookie.clone())
        .with_path("/")
        .with_http_only(true)
        // Not Strict: a link in a mail would show the sign-in page to somebody who is signed in.
        .with_same_site(SameSite::Lax)
        .with_secure(edge.options.is_secure())
        .with_expiry(Expiry::OnInactivity(IDLE))
}

/// Whose session it is, with what forms must send back.
pub(crate) struct Signed {
    pub(crate) id: Id,
    pub(crate) person: PersonName,
    pub(crate) csrf: CsrfToken,
}

/// Reads the session, notes its use, and ends it when its time is over.
pub(crate) async fn read(session: &Session, now: UnixMillis) -> Result<Option<Signed>, Refusal> {
    let person = session.get::<PersonName>(SESSION_PERSON).await.map_err(refused)?;
    let csrf = session.get::<String>(CSRF).await.map_err(refused)?;
    let since = session.get::<i64>(SINCE).await.map_err(refused)?;
    let (Some(id), Some(person), Some(csrf), Some(since)) = (session.id(), person, csrf, since) else {
        return Ok(None);
    };
    if now.0 - since >= LONGEST_MILLIS {
        session.flush().await.map_err(refused)?;
        return Ok(None);
    }
    let seen = session.get::<i64>(SEEN).await.map_err(refused)?.unwrap_or(since);
    if now.0 - seen >= TOUCH_MILLIS {
        session.insert(SEEN, now.0).await.map_err(refused)?;
    }
    Ok(Some(Signed { id, person, csrf: CsrfToken(csrf) }))
}

/// Begins a session for somebody who has just shown who they are. The id is new, whatever the browser had before.
pub(crate) async fn begin(
    edge: &Edge,
    session: &Session,
    actor: &Actor,
    client: &Client,
) -> Result<CsrfToken, Refusal> {
    let (csrf, now) = (new_csrf(), edge.portal.now());
    let former = session.id();
    session.cycle_id().await.map_err(refused)?;
    if let Some(former) = former {
        edge.ended.tell(session_id(&former));
    }
    session.clear().await;
    if let Some(agent) = &client.agent {
        session.insert(SESSION_AGENT, agent).await.map_err(refused)?;
    }
    session.insert(SESSION_PERSON, &actor.name).await.map_err(refused)?;
    session.insert(CSRF, &csrf).await.map_err(refused)?;
    session.insert(SINCE, now.0).await.map_err(refused)?;
    session.insert(SEEN, now.0).await.map_err(refused)?;
    Ok(CsrfToken(csrf))
}

/// Ends the session: its row, its cookie and its event streams.
pub(crate) async fn end(edge: &Edge, session: &Session) -> Result<(), Refusal> {
    let id = session.id();
    session.flush().await.map_err(refused)?;
    if let Some(id) = id {
        edge.ended.tell(session_id(&id));
    }
    Ok(())
}

/// Whether a session that an event stream belongs to is still there.
pub(crate) async fn is_alive(edge: &Edge, id: Id) -> bool {
    let Ok(Some(record)) = edge.sessions.load(&id).await else { return false };
    let since = record.data.get(SINCE).and_then(serde_json::Value::as_i64);
    let person = record.data.get(SESSION_PERSON).and_then(|name| PersonName::new(name.as_str()?).ok());
    let (Some(since), Some(person)) = (since, person) else { return false };
    edge.portal.now().0 - since < LONGEST_MILLIS && matches!(edge.portal.actor_of_session(&person).await, Ok(Some(_)))
}

/// Removes sessions that ended by themselves, until `stop`: at once, then now and then.
pub(crate) async fn sweep(store: Store, portal: Arc<Portal>, stop: CancellationToken) {
    let mut often_enough = tokio::time::interval(std::time::Duration::from_hours(1));
    while stop.run_until_cancelled(often_enough.tick()).await.is_some() {
        match store.delete_expired_sessions(portal.now()).await {
            Ok(0) => {}
            Ok(ended) => tracing::debug!(sessions = ended, "removed sessions that had ended"),
            // The next round is the retry.
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "ended sessions stay for now");
            }
        }
    }
}

/// Tells event streams which sessions have ended, within this process. Other replicas find out by their heartbeat.
#[derive(Clone)]
pub(crate) struct Ended(broadcast::Sender<SessionId>);

impl Default for Ended {
    fn default() -> Self {
        Self(broadcast::Sender::new(64))
    }
}

impl Ended {
    pub(crate) fn tell(&self, id: SessionId) {
        // Nobody listens: there is no stream to end.
        let _ = self.0.send(id);
    }

    /// Waits until that session has ended, or so many have that this one may be among them.
    pub(crate) fn of(&self, id: SessionId) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.0.subscribe();
        async move { while ended.recv().await.is_ok_and(|other| other != id) {} }
    }
}

fn new_csrf() -> String {
    use base64::Engine;
    let mut random = [0_u8; 32];
    rand::rng().fill_bytes(&mut random);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random)
}

/// The store has logged why.
#[expect(clippy::needless_pass_by_value, reason = "stands in map_err everywhere")]
fn refused(error: tower_sessions::session::Error) -> Refusal {
    tracing::error!(%error, "failed to use a session");
    Refusal::new(ProblemKind::Unavailable, "Sessions are not available just now. Try again in a moment.")
}
