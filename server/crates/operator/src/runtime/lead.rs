use super::{
    Context, OperatorMetrics, OperatorOptions, OperatorState,
    lease::{Election, Ended},
    watch_clusters,
};
use crate::{cluster, grant, injection, operation, topic, user};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long reconcilers may take to notice that they shall stop, before they are stopped where they stand. Every one of
/// them can be cut off at any point.
const GRACE: Duration = Duration::from_secs(2);

/// Why the operator ended.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// A reconciler ended although nobody asked it to: the process should be started again.
    #[error("the {room} reconciler ended unexpectedly")]
    RoomEnded {
        /// Which one.
        room: &'static str,
        /// Its panic, if it was one.
        #[source]
        source: Option<tokio::task::JoinError>,
    },
}

/// Runs all reconcilers whenever this process holds the Lease, until `stop` is cancelled.
pub async fn run(
    client: kube::Client,
    options: OperatorOptions,
    metrics: Arc<OperatorMetrics>,
    stop: CancellationToken,
) -> Result<(), OperatorError> {
    let election = Election::new(client.clone(), &options);
    loop {
        let Some(held) = election.acquire(&stop).await else {
            metrics.is(OperatorState::Stopped);
            return Ok(());
        };
        tracing::info!(identity = options.identity, "this process acts now");
        let term = stop.child_token();
        // A new context every term: nothing remembered from an earlier one may be acted on.
        let context = Arc::new(Context::new(client.clone(), options.clone(), Arc::clone(&metrics)));
        metrics.is(OperatorState::Running);
        let mut rooms = Rooms::start(&context, &term);
        tokio::select! {
            ended = election.keep(held, &stop) => match ended {
                Ended::Stopped(held) => {
                    metrics.is(OperatorState::Stopped);
                    rooms.stop(&term).await;
                    election.release(held).await;
                    return Ok(());
                }
                Ended::Lost(reason) => {
                    metrics.is(OperatorState::Created);
                    tracing::warn!(reason, "the Lease is lost; this process stops acting");
                    rooms.stop(&term).await;
                }
            },
            error = rooms.failed() => {
                metrics.is(OperatorState::Failed);
                rooms.stop(&term).await;
                return Err(error);
            }
        }
    }
}

/// The reconcilers of one term.
struct Rooms {
    tasks: JoinSet<&'static str>,
}

impl Rooms {
    fn start(context: &Arc<Context>, term: &CancellationToken) -> Self {
        let mut tasks = JoinSet::new();
        let (shared, stop) = (Arc::clone(context), term.clone());
        tasks.spawn(async move {
            watch_clusters(&shared, stop).await;
            "cluster watch"
        });
        let (shared, stop) = (Arc::clone(context), term.clone());
        tasks.spawn(async move {
            cluster::run(shared, stop).await;
            "cluster"
        });
        let (shared, stop) = (Arc::clone(context), term.clone());
        tasks.spawn(async move {
            operation::run(shared, stop).await;
            "operation"
        });
        let (shared, stop) = (Arc::clone(context), term.clone());
        tasks.spawn(async move {
            topic::run(shared, stop).await;
            "topic"
        });
        let consents = Arc::new(grant::Consents::default());
        let (shared, given, stop) = (Arc::clone(context), Arc::clone(&consents), term.clone());
        tasks.spawn(async move {
            grant::run(shared, given, stop).await;
            "grant"
        });
        let (shared, stop) = (Arc::clone(context), term.clone());
        tasks.spawn(async move {
            user::run(shared, consents, stop).await;
            "user"
        });
        let (shared, stop) = (Arc::clone(context), term.clone());
        tasks.spawn(async move {
            injection::run(shared, stop).await;
            "injection"
        });
        Self { tasks }
    }

    /// Resolves when a reconciler ended by itself.
    async fn failed(&mut self) -> OperatorError {
        match self.tasks.join_next().await {
            Some(Ok(room)) => OperatorError::RoomEnded { room, source: None },
            Some(Err(panic)) => OperatorError::RoomEnded { room: "panicking", source: Some(panic) },
            None => std::future::pending().await,
        }
    }

    async fn stop(&mut self, term: &CancellationToken) {
        term.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}
