//! Brings up a bare sandbox with three nodes until Ctrl-C: `cargo run -p klamm-sandbox --example up STATE_DIR PARTS_DIR`.
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use anyhow::Context as _;
use klamm_sandbox::{ControlPlaneBinaries, Lifetime, NodeSpec, Options};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let usage = "usage: up STATE_DIR PARTS_DIR";
    let (state_dir, parts) = (arguments.next().context(usage)?, arguments.next().context(usage)?);
    let parts = std::path::PathBuf::from(parts);
    let options = Options {
        state_dir: state_dir.into(),
        control_plane: ControlPlaneBinaries::from_environment(parts.join("control-plane")),
        images: parts.join("images"),
        nodes: NodeSpec::usual(),
        lifetime: Lifetime::UntilEnded,
        needed_ports: Vec::new(),
    };
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        told.cancel();
    });
    let sandbox = klamm_sandbox::up(options, shutdown.clone()).await?;
    println!("up; kubeconfig {}", sandbox.kubeconfig().display());
    shutdown.cancelled().await;
    sandbox.down().await;
    Ok(())
}
