//! The command line: what can be asked of the one binary.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Self-service portal and control plane for Apache Kafka on Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "klamm", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the portal, the operator and the monitor.
    Serve(Serve),
    /// A real Kubernetes and real Kafka on this machine, for trying and testing.
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Print the custom resource definitions, ready for `kubectl apply -f -`.
    Crds,
    /// People who may sign in.
    #[command(subcommand)]
    User(User),
    /// API tokens.
    #[command(subcommand)]
    Token(Token),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Where the configuration comes from; `KLAMM_<SECTION>_<KEY>` variables lie over the file.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigFile {
    /// The configuration file.
    #[arg(long, short, env = "KLAMM_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) file: ConfigFile,
    /// Listen here instead of at `http.listen`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<std::net::SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sandbox {
    /// Bring it up and stay in front of it until Ctrl-C.
    Up(SandboxUp),
    /// End a running sandbox; its state stays.
    Down(StateDir),
    /// What runs, and where.
    Status(StateDir),
    /// Stop or start one of its nodes, as pulling the plug would.
    #[command(subcommand)]
    Node(SandboxNode),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct StateDir {
    /// The folder that keeps everything of one sandbox.
    #[arg(long, env = "KLAMM_STATE", default_value = ".klamm", value_name = "DIR")]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxUp {
    #[command(flatten)]
    pub(crate) state: StateDir,
    /// Also bring up the demo: a three-broker cluster, its clients, and the portal.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Also run `klamm serve`, without the demo's objects.
    #[arg(long, conflicts_with = "demo")]
    pub(crate) serve: bool,
    /// The portal's port on 127.0.0.1.
    #[arg(long, env = "KLAMM_PORT", default_value_t = 3000)]
    pub(crate) port: u16,
    /// What `make parts` built: the control plane and the images.
    #[arg(long, env = "KLAMM_PARTS", default_value = "target/sandbox", value_name = "DIR")]
    pub(crate) parts: PathBuf,
    /// What `make site` built: styles, fonts and wasm.
    #[arg(long, default_value = "target/site", value_name = "DIR")]
    pub(crate) site: PathBuf,
    /// End when standard input closes, so that a test cannot leave one behind.
    #[arg(long)]
    pub(crate) until_stdin_closes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxNode {
    /// End the node's pods at once and stop its heartbeats.
    Stop(NodeName),
    /// Start it again.
    Start(NodeName),
}

#[derive(Debug, Args)]
pub(crate) struct NodeName {
    /// Its name, as `kubectl get nodes` shows it, or its zone.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) state: StateDir,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Let somebody sign in. The password is read from standard input.
    Add(UserAdd),
    /// Who may sign in.
    List(ConfigFile),
    /// Nobody signs in under this name any more; sessions and tokens end.
    Disable(UserDisable),
}

#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// User name.
    pub(crate) name: String,
    /// A team they belong to; can be given several times.
    #[arg(long = "team", value_name = "TEAM")]
    pub(crate) teams: Vec<String>,
    /// A role that holds everywhere; can be given several times.
    #[arg(long = "role", value_name = "ROLE")]
    pub(crate) roles: Vec<RoleName>,
    #[command(flatten)]
    pub(crate) file: ConfigFile,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleName {
    Operator,
    Auditor,
}

impl From<RoleName> for klamm_model::Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Operator => Self::Operator,
            RoleName::Auditor => Self::Auditor,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct UserDisable {
    /// User name.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) file: ConfigFile,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token for somebody and print it, once.
    Create(TokenCreate),
    /// Make a token of a team and print it, once. It looks and asks like a plain member, and decides nothing.
    CreateForTeam(TeamTokenCreate),
}

#[derive(Debug, Args)]
pub(crate) struct TeamTokenCreate {
    /// Whose token.
    pub(crate) team: String,
    /// What it is for.
    #[arg(long, default_value = "command line")]
    pub(crate) description: String,
    /// Days until it ends.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) file: ConfigFile,
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreate {
    /// Whose token.
    pub(crate) user: String,
    /// What it is for.
    #[arg(long, default_value = "command line")]
    pub(crate) description: String,
    /// Days until it ends.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) file: ConfigFile,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the configuration and print what is in force, without secrets.
    Check(ConfigFile),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
