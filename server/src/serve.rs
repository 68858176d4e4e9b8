//! `klamm serve`: portal, operator and monitor in one process, until a signal or until one of them fails. Nothing half-dead:
//! when one part ends by itself, the process ends, and whoever supervises it starts it again.

use crate::{cli, config::Config, http, load, policies, telemetry};
use anyhow::Context;
use klamm_monitor::{Monitor, MonitorOptions};
use klamm_operator::{OperatorMetrics, OperatorOptions};
use klamm_portal::{Applier, Clock, KafkaBrokers, Messenger, Portal, Told};
use klamm_store::{DatabaseUrl, Store};
use kube::config::{KubeConfigOptions, Kubeconfig};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// Requests that are under way may take this long to end; open event streams end at once.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// Runs until a signal.
pub(crate) async fn run(arguments: &cli::Serve) -> anyhow::Result<()> {
    let mut config = load(&arguments.file)?;
    if let Some(listen) = arguments.listen {
        config.http.listen = listen;
    }
    check_exposure(&config)?;
    telemetry::start(&config.log)?;
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;

    let told = told(&config).await?;
    let client = kubernetes(&config).await?;
    let store = open_store(&config).await?;
    let doors = (listen(&config.http.listen).await?, listen(&config.http.metrics_listen).await?);
    let history = config.database.keep_history.then(|| store.clone());
    let monitor = Monitor::start(client.clone(), MonitorOptions::default(), history, stop.child_token());
    let portal = Portal::new(store.clone(), Arc::clone(&monitor) as _, Clock::system());

    let mut parts = JoinSet::new();
    if let Some(file) = config.policies.file.clone() {
        parts.spawn(named("policies", policies::follow(file, Arc::clone(&portal), stop.child_token())));
    }
    parts.spawn(named("catalogue", Arc::clone(&portal).watch_topics(stop.child_token())));
    portal.connect(client.clone());
    let ways = Arc::clone(&monitor);
    portal.reach(KafkaBrokers::new(move |cluster| ways.kafka(cluster)));
    let applier = Applier::new(Arc::clone(&portal), client.clone());
    parts.spawn(named("applier", applier.run(stop.child_token())));
    portal.tell(told);
    let messenger = Messenger::new(Arc::clone(&portal))?;
    parts.spawn(named("messenger", messenger.run(stop.child_token())));
    let operator = config.operator.enabled.then(|| OperatorMetrics::new(config.operator.id.as_str()));
    if let Some(metrics) = &operator {
        let mut options = OperatorOptions::new(identity(&config.http.listen), &config.operator.lease_namespace);
        options.image_repository.clone_from(&config.operator.image_repository);
        options.operator_id.clone_from(&config.operator.id);
        parts.spawn(named("operator", klamm_operator::run(client, options, Arc::clone(metrics), stop.child_token())));
    }
    let site = http::site(&config, portal, store, operator, &stop)?;
    parts.spawn(named("portal", serve(doors.0, site.pages, stop.child_token())));
    parts.spawn(named("metrics", serve(doors.1, site.metrics, stop.child_token())));
    tracing::info!(listen = %config.http.listen, "klamm serves");

    let ended = tokio::select! {
        () = stop.cancelled() => Ok(()),
        Some(part) = parts.join_next() => match part {
            Ok(Ok(name)) => Err(anyhow::anyhow!("the {name} ended by itself")),
            Ok(Err(error)) => Err(error),
            Err(panic) => Err(anyhow::Error::new(panic).context("a part of klamm panicked")),
        },
    };
    stop.cancel();
    let drained = tokio::time::timeout(DRAIN_WITHIN, async { while parts.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::info!("requests were still under way; ending without them");
    }
    ended
}

/// Refuses a configuration that would let strangers in.
pub(crate) fn check_exposure(config: &Config) -> anyhow::Result<()> {
    Ok(http::check_exposure(&http::Exposure {
        listen: config.http.listen,
        trusted_proxies: config.http.trusted_proxies.clone(),
        public_url: config.http.public_url.clone(),
    })?)
}

/// Who is told of requests. A secret that is missing stops the start: nobody would believe what is not signed.
pub(crate) async fn told(config: &Config) -> anyhow::Result<Told> {
    let webhooks = config.webhooks()?;
    for webhook in &webhooks {
        webhook.check_secret().await.with_context(|| format!("read the secret of the webhook {}", webhook.name()))?;
    }
    Ok(Told { webhooks, site: http::site_address(config.http.public_url.as_deref())? })
}

/// Opens the database of the configuration, migrated to what this program needs.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let url: DatabaseUrl = config.database.url.parse().context("read database.url")?;
    Store::open(&url).await.context("open the database")
}

/// The Kubernetes of the configuration.
pub(crate) async fn kubernetes(config: &Config) -> anyhow::Result<kube::Client> {
    let connection = match &config.kubernetes.kubeconfig {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(path).context("read kubernetes.kubeconfig")?;
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?
        }
        None => kube::Config::infer().await.context("find a Kubernetes to work with")?,
    };
    kube::Client::try_from(connection).context("make a Kubernetes client")
}

/// Cancels `stop` at the first SIGINT, SIGTERM, or SIGHUP of a closing terminal.
pub(crate) fn stop_on_signals(stop: &CancellationToken) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut hang_up = signal(SignalKind::hangup()).context("listen for SIGHUP")?;
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}

async fn listen(address: &std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listen at {address}; if another program has the port, move this one with http.listen or KLAMM_PORT")
    })
}

async fn serve(listener: TcpListener, router: axum::Router, stop: CancellationToken) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// The name of a part with how it ended.
async fn named<E>(name: &'static str, part: impl Future<Output = Result<(), E>>) -> anyhow::Result<&'static str>
where
    E: std::error::Error + Send + Sync + 'static,
{
    part.await.with_context(|| format!("run the {name}"))?;
    Ok(name)
}

/// Who this process is among the replicas: the pod's name, or the machine's, and where it listens, because one machine may
/// have several. The same after a restart, which then goes on at once with the Lease it holds.
fn identity(listen: &std::net::SocketAddr) -> String {
    let host = std::env::var("HOSTNAME")
        .ok()
        .filter(|name| !name.is_empty())
        .or_else(|| std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()))
        .unwrap_or_else(|| "klamm".to_owned());
    format!("{host}_{listen}")
}
