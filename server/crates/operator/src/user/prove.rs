//! Whether a user can sign in: tried, on every broker, because what the controller accepted reaches brokers one by one.

use klamm_kafka::{
    Address, Addresses, Authentication, Client, ClientConfig, ClientError, Credentials, Password, Timeouts,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// How long brokers may take to learn of a new credential: usually milliseconds. Other users wait meanwhile, so one that
/// takes longer is tried again later.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
const ONE_TRY: Duration = Duration::from_secs(3);

/// Waits until this user can sign in wherever clients can. A broker that cannot be reached lets nobody in, old or new,
/// and learns of the user before it lets anybody in again; one at least has to answer. Where nobody asks for a password,
/// nothing can be tried.
pub(super) async fn signs_in(doors: &[Address], user: &str, password: &Password) -> Result<(), String> {
    if doors.is_empty() {
        return Ok(());
    }
    let deadline = Instant::now() + PATIENCE;
    let each = futures::future::join_all(doors.iter().map(|address| on_one(address, user, password, deadline)));
    let answers = each.await;
    if answers.contains(&Answer::Refused) {
        return Err(format!("a broker does not let {user} in yet"));
    }
    if answers.contains(&Answer::LetIn) { Ok(()) } else { Err("no broker could be reached".to_owned()) }
}

/// Whether a broker lets this user in now.
pub(super) async fn is_let_in(doors: &[Address], user: &str, password: &Password) -> bool {
    let now = Instant::now();
    let each = doors.iter().map(|address| on_one(address, user, password, now));
    futures::future::join_all(each).await.contains(&Answer::LetIn)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    LetIn,
    Refused,
    None,
}

async fn on_one(address: &Address, user: &str, password: &Password, deadline: Instant) -> Answer {
    loop {
        // A new client each time: one that was refused remembers it for a while.
        let client = Client::new(ClientConfig {
            bootstrap: vec![address.clone()],
            addresses: Addresses::Explicit(BTreeMap::new()),
            authentication: Authentication::ScramSha512(Credentials::new(user.to_owned(), password.clone())),
            client_id: "klamm-operator".to_owned(),
            timeouts: Timeouts { connect: ONE_TRY, reach: ONE_TRY, request: ONE_TRY },
            ..ClientConfig::new()
        });
        let asked = client.describe_cluster().await;
        client.close().await;
        let answer = match &asked {
            Ok(_) => return Answer::LetIn,
            Err(error) => answer(error),
        };
        if Instant::now() >= deadline || answer == Answer::None {
            return answer;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn answer(error: &ClientError) -> Answer {
    match error {
        ClientError::Authentication(_) => Answer::Refused,
        ClientError::Shared(error) => answer(error),
        ClientError::Unreachable { .. }
        | ClientError::BrokerUnreachable { .. }
        | ClientError::TimedOut { .. }
        | ClientError::Disconnected { .. }
        | ClientError::UnknownBroker(_)
        | ClientError::Closed => Answer::None,
        // Whoever is refused an answer was let in.
        ClientError::OutcomeUnknown { .. }
        | ClientError::UnsupportedByBroker { .. }
        | ClientError::Broker { .. }
        | ClientError::Protocol { .. }
        | ClientError::NotSupported(_) => Answer::LetIn,
    }
}
