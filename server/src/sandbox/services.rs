//! `klamm serve` as the sandbox runs it: under its shipped ServiceAccount and roles, with a configuration of its own.

use crate::{cli::SandboxUp, config::Config, sandbox::manifests};
use anyhow::Context;
use klamm_sandbox::{InheritEnv, Sandbox, ServiceSpec};
use kube::Client;
use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

/// The roles that are shipped, and a binding of them for every namespace of the demo.
const ROLES: &[&str] = &[include_str!("../../deploy/rbac/klamm.yaml")];

/// What may be asked for where nobody has written other rules.
const POLICIES: &str = include_str!("../../deploy/demo/policies.toml");

const NAMESPACE: &str = "klamm-system";
const SERVICE_ACCOUNT: &str = "klamm";

/// Writes what `klamm serve` needs into the state folder, and says what it will run with.
pub(crate) async fn prepare(sandbox: &Sandbox, client: &Client, arguments: &SandboxUp) -> anyhow::Result<Config> {
    for object in ROLES.iter().map(|text| manifests::parse(text)).collect::<anyhow::Result<Vec<_>>>()?.concat() {
        manifests::apply(client, &object).await?;
    }
    let state = sandbox.state_dir();
    let kubeconfig = state.join("klamm.kubeconfig");
    sandbox.write_service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT, &kubeconfig).await?;
    let mut config = Config::default();
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], arguments.port));
    config.http.metrics_listen = sandbox.metrics_address();
    config.http.site = std::path::absolute(&arguments.site).context("find the site's folder")?;
    config.database.url = format!("sqlite://{}", state.join("klamm.db").display());
    config.kubernetes.kubeconfig = Some(kubeconfig);
    config.policies.file = Some(policies(state)?);
    let printed = toml::to_string_pretty(&config).context("print the configuration")?;
    super::demo::write_secret(&configuration(state), &printed)?;
    Ok(config)
}

/// Keeps `klamm serve` running.
pub(crate) fn supervise(sandbox: &Sandbox, program: &Path) -> anyhow::Result<()> {
    let file = configuration(sandbox.state_dir());
    let file = file.to_str().context("the state folder's path is not UTF-8")?;
    sandbox.supervise(ServiceSpec {
        name: "klamm-serve".to_owned(),
        program: program.to_owned(),
        args: ["serve", "--config", file].map(Into::into).to_vec(),
        // An arena for each thread keeps what one look at a large cluster took: with one it is used for the next.
        env: BTreeMap::from([("MALLOC_ARENA_MAX".into(), "1".into())]),
        // Only PATH and the like would be of use, and KLAMM_* variables of `make run` must not be taken for settings.
        inherit_env: InheritEnv::Nothing,
        log: sandbox.log_path("klamm-serve"),
        grace: Duration::from_secs(8),
    });
    Ok(())
}

/// The rules, in the state folder, where people change them and see what follows; what they wrote stays.
fn policies(state: &Path) -> anyhow::Result<std::path::PathBuf> {
    let file = state.join("policies.toml");
    if !file.exists() {
        std::fs::write(&file, POLICIES).context("write the rules")?;
    }
    Ok(file)
}

fn configuration(state: &Path) -> std::path::PathBuf {
    state.join("klamm.toml")
}
