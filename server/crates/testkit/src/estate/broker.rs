//! One broker of an estate: a socket that answers while the broker lives.

use super::{Fault, Shared, answers, faults::Condition, wire::Heard};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Between attempts to listen again where a broker listened before it died.
const BIND_AGAIN: Duration = Duration::from_millis(100);

/// Listens while the broker lives and not while it is dead, as long as the estate is there.
pub(super) async fn run(id: i32, address: SocketAddr, listener: TcpListener, shared: Arc<Shared>) {
    let mut condition = shared.condition.subscribe();
    let mut listener = Some(listener);
    loop {
        if condition.wait_for(|now| !now.is_dead(id)).await.is_err() {
            return;
        }
        let standing = match listener.take() {
            Some(standing) => Ok(standing),
            None => TcpListener::bind(address).await,
        };
        let Ok(listening) = standing else {
            tokio::time::sleep(BIND_AGAIN).await;
            continue;
        };
        live(id, &listening, &shared, &mut condition).await;
    }
}

/// Answers until the broker dies; all its connections end with it.
async fn live(id: i32, listener: &TcpListener, shared: &Arc<Shared>, condition: &mut watch::Receiver<Arc<Condition>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            died = condition.wait_for(|now| now.is_dead(id)) => { drop(died); return }
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(converse(id, stream, shared.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(id: i32, mut stream: TcpStream, shared: Arc<Shared>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(heard) = Heard::next(&mut stream).await? {
        let condition = shared.condition.borrow().clone();
        tokio::time::sleep(condition.delay(id)).await;
        let write = || answers::answer(&shared, &condition, id, &heard);
        let frame = shared.remembered.frame(id, &heard, &condition, write)?;
        stream.write_u32(u32::try_from(frame.len())?).await?;
        if condition.has(Fault::HalfAnswers(id)) && !answers::is_greeting(&heard) {
            stream.write_all(&frame[..frame.len() / 2]).await?;
            return Ok(());
        }
        stream.write_all(&frame).await?;
    }
    Ok(())
}
