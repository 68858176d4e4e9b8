//! The two tasks of an open connection: one writes questions, one reads answers and hands each to whoever asked.

use crate::wire;
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::AsyncWriteExt,
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, oneshot},
    task::AbortHandle,
};

/// Questions written but not yet on the wire.
const QUEUE: usize = 32;

/// The connection is gone.
#[derive(Debug)]
pub(super) struct Gone;

/// Both directions of a connection.
pub(super) struct Lines {
    waiting: Arc<Waiting>,
    outgoing: mpsc::Sender<Bytes>,
    tasks: [AbortHandle; 2],
}

/// Who waits for which answer; none at all once the connection is closed.
struct Waiting(Mutex<Option<HashMap<i32, oneshot::Sender<Bytes>>>>);

impl Waiting {
    fn with<T>(&self, act: impl FnOnce(&mut Option<HashMap<i32, oneshot::Sender<Bytes>>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Dropping the senders tells everybody who waits.
    fn close(&self) {
        drop(self.with(Option::take));
    }
}

impl Lines {
    pub(super) fn start(stream: TcpStream, max_frame: usize) -> Self {
        let (read_half, write_half) = stream.into_split();
        let waiting = Arc::new(Waiting(Mutex::new(Some(HashMap::new()))));
        let (outgoing, questions) = mpsc::channel(QUEUE);
        let reader = tokio::spawn(read(read_half, waiting.clone(), max_frame));
        let writer = tokio::spawn(write(write_half, questions, waiting.clone()));
        Self { waiting, outgoing, tasks: [reader.abort_handle(), writer.abort_handle()] }
    }

    pub(super) fn is_open(&self) -> bool {
        self.waiting.with(|waiting| waiting.is_some())
    }

    pub(super) async fn send(&self, correlation: i32, frame: Bytes) -> Result<oneshot::Receiver<Bytes>, Gone> {
        let (answer, receiver) = oneshot::channel();
        self.waiting.with(|waiting| waiting.as_mut().map(|waiting| waiting.insert(correlation, answer))).ok_or(Gone)?;
        self.outgoing.send(frame).await.map_err(|_| Gone)?;
        Ok(receiver)
    }

    pub(super) fn close(&self) {
        self.waiting.close();
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn write(mut half: OwnedWriteHalf, mut questions: mpsc::Receiver<Bytes>, waiting: Arc<Waiting>) {
    while let Some(frame) = questions.recv().await {
        if let Err(error) = half.write_all(&frame).await {
            tracing::debug!(%error, "a connection to a broker broke while writing");
            break;
        }
    }
    waiting.close();
}

async fn read(half: OwnedReadHalf, waiting: Arc<Waiting>, max_frame: usize) {
    let mut half = tokio::io::BufReader::with_capacity(16 * 1024, half);
    loop {
        let frame = match wire::read_frame(&mut half, max_frame).await {
            Ok(frame) => frame,
            Err(error) => {
                tracing::debug!(?error, "a connection to a broker ended");
                break;
            }
        };
        let correlation = wire::split_correlation(&frame);
        let asker = waiting.with(|waiting| waiting.as_mut()?.remove(&correlation?));
        let Some(asker) = asker else {
            tracing::debug!("a broker answered a question nobody asked; closing the connection");
            break;
        };
        // Whoever asked may have stopped waiting; the answer is then of no use to anybody.
        let _ = asker.send(frame);
    }
    waiting.close();
}
