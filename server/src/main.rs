//! `klamm`: the one binary. Command line, configuration and wiring; decisions live in the crates it wires together.
// A page is one type, as deep as its markup; an optimised build computes how it is laid out.
#![recursion_limit = "512"]

mod accounts;
mod cli;
mod config;
mod http;
mod people;
mod policies;
mod sandbox;
mod serve;
mod telemetry;

use anyhow::Context;
use clap::Parser;
use cli::{Cli, Command, ConfigCommand, ConfigFile};
use config::Config;
use std::{io::Write, num::NonZero, process::ExitCode};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Pages of large clusters are drawn in one go: where there are two cores, two of them would keep everything else waiting.
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).max(4);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command)),
        Err(error) => Err(anyhow::Error::new(error).context("start the runtime")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    // rustls has several providers compiled in by different crates and wants to be told which one to use.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("another TLS provider was installed before ours");
    }
    match command {
        Command::Serve(arguments) => serve::run(&arguments).await,
        Command::Sandbox(command) => sandbox::run(command).await,
        Command::Crds => say(&klamm_resources::crds_yaml()?),
        Command::User(command) => accounts::user(command).await,
        Command::Token(command) => accounts::token(command).await,
        Command::Config(ConfigCommand::Check(file)) => {
            let config = load(&file)?;
            serve::check_exposure(&config)?;
            serve::told(&config).await?;
            say(&config.printed().context("print the configuration")?)
        }
    }
}

/// The configuration in force.
pub(crate) fn load(file: &ConfigFile) -> anyhow::Result<Config> {
    Ok(Config::load(file.config.as_deref(), std::env::vars())?)
}

/// A line on standard output: what the command was asked for.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()).context("write to standard output")
}

/// Why it failed, with the whole chain, on standard error.
fn complain(error: &anyhow::Error) {
    let mut out = std::io::stderr().lock();
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(out, "klamm: {error:#}");
}
