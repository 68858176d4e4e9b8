//! `klamm sandbox …`: brings the sandbox up with what Klamm needs in it, and talks to a running one.

mod demo;
mod manifests;
mod readiness;
mod services;

use crate::{
    cli::{NodeName, Sandbox as Command, SandboxNode, SandboxUp, StateDir},
    config::Log,
    say,
    serve::stop_on_signals,
    telemetry,
};
use anyhow::{Context, bail};
use klamm_sandbox::{
    ControlPlaneBinaries, Lifetime, NeededPort, NodeSpec, NodeState, Options, Sandbox, ServiceState,
    control::{self, Request, Response, Status},
};
use std::{net::SocketAddr, path::Path, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long `down` waits for a sandbox to end.
const DOWN_WITHIN: Duration = Duration::from_secs(40);

/// Warnings, without those of connections to an API server that is just coming up.
const QUIET: &str = "warn,kube_client::client::builder=off";

/// Does what was asked.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(arguments) => up(&arguments).await,
        Command::Down(StateDir { state }) => Ok(control::down(&state, DOWN_WITHIN).await?),
        Command::Status(StateDir { state }) => status(&state).await,
        Command::Node(SandboxNode::Stop(NodeName { name, state })) => {
            ask(&state.state, Request::NodeStop { name }).await
        }
        Command::Node(SandboxNode::Start(NodeName { name, state })) => {
            ask(&state.state, Request::NodeStart { name }).await
        }
    }
}

async fn up(arguments: &SandboxUp) -> anyhow::Result<()> {
    let filter = std::env::var("KLAMM_LOG").unwrap_or_else(|_| QUIET.to_owned());
    telemetry::start(&Log { filter, ..Log::default() })?;
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    let sandbox = klamm_sandbox::up(options(arguments), stop.clone()).await?;
    let came_up = tokio::select! {
        // Ctrl-C while it comes up is no failure.
        () = stop.cancelled() => Ok(()),
        came_up = furnish(arguments, &sandbox) => came_up,
    };
    if came_up.is_ok() {
        stop.cancelled().await;
        say("klamm: ending everything; the state stays")?;
    }
    sandbox.down().await;
    came_up
}

fn options(arguments: &SandboxUp) -> Options {
    let control_plane = arguments.parts.join("control-plane");
    let portal = NeededPort {
        address: SocketAddr::from(([127, 0, 0, 1], arguments.port)),
        what: "the portal".to_owned(),
        how_to_move: "choose another port with KLAMM_PORT".to_owned(),
    };
    Options {
        state_dir: arguments.state.state.clone(),
        control_plane: ControlPlaneBinaries::from_environment(control_plane),
        images: arguments.parts.join("images"),
        nodes: NodeSpec::usual(),
        lifetime: if arguments.until_stdin_closes { Lifetime::WhileStdinIsOpen } else { Lifetime::UntilEnded },
        needed_ports: if arguments.demo || arguments.serve { vec![portal] } else { Vec::new() },
    }
}

/// Puts into the sandbox what was asked for, and says so.
async fn furnish(arguments: &SandboxUp, sandbox: &Sandbox) -> anyhow::Result<()> {
    let client = sandbox.client();
    let program = std::env::current_exe().context("find this program")?;
    sandbox.link_program("klamm", &program)?;
    manifests::install_crds(&client, &klamm_resources::crds()).await?;
    if !arguments.demo && !arguments.serve {
        return say(&format!("klamm: sandbox is up; KUBECONFIG={}", sandbox.kubeconfig().display()));
    }
    let url = format!("http://127.0.0.1:{}", arguments.port);
    let demo = demo::Demo { state: sandbox.state_dir(), client: client.clone(), url: url.clone() };
    if arguments.demo {
        say("klamm: the sandbox is up; making the demo")?;
        demo.apply_namespaces().await?;
    }
    let config = services::prepare(sandbox, &client, arguments).await?;
    let store = crate::serve::open_store(&config).await?;
    let password = demo.make_people(&store).await?;
    store.close().await;
    services::supervise(sandbox, &program)?;
    if arguments.demo {
        demo.apply(|progress| drop(say(&format!("klamm: {progress}")))).await?;
        demo.wait_until_ready(|progress| drop(say(&format!("klamm: {progress}")))).await?;
    } else {
        demo.wait_until_served().await?;
    }
    say(&format!("klamm: ready at {url}"))?;
    if arguments.demo {
        say(&format!("klamm: {}", demo::Demo::sign_ins(&password)))?;
        say(&format!(
            "klamm: kubectl: {0}/bin/kubectl --kubeconfig {0}/kubeconfig get kc,ktopic,kuser -A",
            sandbox.state_dir().display()
        ))?;
    }
    Ok(())
}

async fn ask(state: &Path, request: Request) -> anyhow::Result<()> {
    control::request(state, request).await?;
    Ok(())
}

async fn status(state: &Path) -> anyhow::Result<()> {
    match control::request(state, Request::Status).await? {
        Response::Status(status) => say(&table(&status)),
        Response::Done | Response::Refused { .. } => bail!("the sandbox answered something else than its status"),
    }
}

fn table(status: &Status) -> String {
    let mut lines = vec![format!(
        "sandbox   pid {}, network {}, API server {}, KUBECONFIG={}",
        status.pid,
        status.network,
        status.api_server,
        status.kubeconfig.display()
    )];
    for service in &status.services {
        let state = match service.state {
            ServiceState::Running { pid } => format!("running, pid {pid}"),
            ServiceState::Restarting => "restarting".to_owned(),
            ServiceState::Ended => "ended".to_owned(),
        };
        lines.push(format!("service   {}: {state}, restarted {} times", service.name, service.restarts));
    }
    for node in &status.nodes {
        let state = match node.state {
            NodeState::Running => "running",
            NodeState::Stopped => "stopped",
        };
        lines.push(format!("node      {} in {}: {state}", node.name, node.zone.as_deref().unwrap_or("no zone")));
    }
    lines.join("\n")
}
