//! The programs of the control plane and how they are called.
//!
//! Only what differs from their defaults is said, and why. Starting and ending them is the supervisor's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::certificates::{Certificates, Identity};
use crate::claim::Claim;
use crate::error::SandboxError;
use crate::kubeconfig::{ApiServer, Proof};
use crate::state::StateFolder;
use crate::supervisor::ServiceSpec;

/// Where the programs of the control plane are.
#[derive(Debug, Clone)]
pub struct ControlPlaneBinaries {
    multi_call: PathBuf,
    assets: Option<PathBuf>,
}

/// One of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Etcd,
    ApiServer,
    ControllerManager,
    Scheduler,
    Kubectl,
}

impl Program {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kubectl => "kubectl",
        }
    }
}

impl ControlPlaneBinaries {
    /// The binary that is all of them in one, except what `assets` (a folder like that of `KUBEBUILDER_ASSETS`) has.
    pub fn new(multi_call: impl Into<PathBuf>, assets: Option<PathBuf>) -> Self {
        Self { multi_call: multi_call.into(), assets }
    }

    /// The same, with the folder that the environment variable `KUBEBUILDER_ASSETS` names.
    pub fn from_environment(multi_call: impl Into<PathBuf>) -> Self {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").filter(|assets| !assets.is_empty());
        Self::new(multi_call, assets.map(PathBuf::from))
    }

    /// The file of a program. The binary that is all in one goes by the name it is called under, or by its first argument.
    pub(crate) fn find(&self, program: Program) -> Result<Found, SandboxError> {
        let asset = self.assets.as_ref().map(|assets| assets.join(program.name()));
        if let Some(path) = asset.filter(|path| path.is_file()) {
            return Ok(Found { path, first_argument: None });
        }
        if !self.multi_call.is_file() {
            return Err(SandboxError::MissingProgram { program: program.name(), path: self.multi_call.clone() });
        }
        // Absolute, because the programs are started from the state folder.
        let path = self.multi_call.canonicalize().map_err(SandboxError::file("find", &self.multi_call))?;
        Ok(Found { path, first_argument: Some(program.name()) })
    }
}

/// A program and what has to be said first for it to be that program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    first_argument: Option<&'static str>,
}

/// How long a part of the control plane gets to end by itself.
const GRACE: Duration = Duration::from_secs(2);
/// A stopped node's heartbeats are missed for this long before it is `NotReady`.
const NODE_GRACE: &str = "--node-monitor-grace-period=9s";

/// Controllers that would only fail or idle here.
const UNUSED_CONTROLLERS: [&str; 10] = [
    // The API server refuses endpoints with loopback addresses, so these could only repeat an error for ever.
    "-endpoints-controller",
    "-endpointslice-controller",
    "-endpointslice-mirroring-controller",
    // There is no cloud, no routing between nodes, and no metrics server.
    "-service-lb-controller",
    "-node-route-controller",
    "-node-ipam-controller",
    "-horizontal-pod-autoscaler-controller",
    // Volumes are folders: nothing is attached to machines, and nothing grows.
    "-persistentvolume-attach-detach-controller",
    "-persistentvolume-expander-controller",
    // Nobody signs certificates on request.
    "-certificatesigningrequest-signing-controller",
];

/// The control plane of one sandbox, ready to be started.
pub(crate) struct ControlPlane<'a> {
    pub(crate) binaries: &'a ControlPlaneBinaries,
    pub(crate) state: &'a StateFolder,
    pub(crate) claim: Claim,
    pub(crate) certificates: &'a Certificates,
    pub(crate) api_server: &'a ApiServer,
}

impl ControlPlane<'_> {
    pub(crate) fn etcd(&self) -> Result<ServiceSpec, SandboxError> {
        let client = self.url(self.claim.ports.etcd);
        let peer = self.url(self.claim.ports.etcd_peer);
        let authority = self.certificates.certificate_path("etcd-ca");
        let (certificate, key) = (self.certificates.certificate_path("etcd"), self.certificates.key_path("etcd"));
        let mut arguments = Arguments::default();
        arguments.path("--data-dir", &self.state.etcd());
        arguments.text([
            "--name=klamm",
            &format!("--listen-client-urls={client}"),
            &format!("--advertise-client-urls={client}"),
            &format!("--listen-peer-urls={peer}"),
            &format!("--initial-advertise-peer-urls={peer}"),
            &format!("--initial-cluster=klamm={peer}"),
            "--client-cert-auth",
            "--peer-client-cert-auth",
            // Not waiting for the disk makes everything several times faster. What is written survives the end of any
            // process; only the power going off could lose the last seconds, and this is for trying things.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]);
        for (option, path) in [
            ("--cert-file", &certificate),
            ("--key-file", &key),
            ("--trusted-ca-file", &authority),
            ("--peer-cert-file", &certificate),
            ("--peer-key-file", &key),
            ("--peer-trusted-ca-file", &authority),
        ] {
            arguments.path(option, path);
        }
        self.service(Program::Etcd, arguments)
    }

    pub(crate) fn api_server(&self) -> Result<ServiceSpec, SandboxError> {
        let pki = self.certificates;
        let mut arguments = Arguments::default();
        arguments.text([
            &format!("--etcd-servers={}", self.url(self.claim.ports.etcd)),
            &format!("--bind-address={}", self.claim.network.control_plane()),
            &format!("--advertise-address={}", self.claim.network.control_plane()),
            &format!("--secure-port={}", self.claim.ports.api_server),
            // It would publish its own loopback address as an endpoint, and refuse that.
            "--endpoint-reconciler-type=none",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--kubelet-preferred-address-types=InternalIP",
            "--profiling=false",
        ]);
        for (option, path) in [
            ("--etcd-cafile", pki.certificate_path("etcd-ca")),
            ("--etcd-certfile", pki.certificate_path("etcd-client")),
            ("--etcd-keyfile", pki.key_path("etcd-client")),
            ("--client-ca-file", pki.certificate_path("cluster-ca")),
            ("--requestheader-client-ca-file", pki.certificate_path("front-proxy-ca")),
            ("--tls-cert-file", pki.certificate_path("apiserver")),
            ("--tls-private-key-file", pki.key_path("apiserver")),
            ("--kubelet-certificate-authority", pki.certificate_path("cluster-ca")),
            ("--kubelet-client-certificate", pki.certificate_path("kubelet-client")),
            ("--kubelet-client-key", pki.key_path("kubelet-client")),
            ("--service-account-key-file", pki.service_account_public_key()),
            ("--service-account-signing-key-file", pki.key_path("service-accounts")),
        ] {
            arguments.path(option, &path);
        }
        self.service(Program::ApiServer, arguments)
    }

    pub(crate) fn controller_manager(&self) -> Result<ServiceSpec, SandboxError> {
        let identity = self.certificates.component("system:kube-controller-manager")?;
        let mut arguments =
            self.component(Program::ControllerManager, &identity, self.claim.ports.controller_manager)?;
        arguments.text([
            &format!("--controllers=*,{}", UNUSED_CONTROLLERS.join(",")),
            "--use-service-account-credentials=true",
            "--node-monitor-period=1s",
            NODE_GRACE,
        ]);
        arguments.path("--service-account-private-key-file", &self.certificates.key_path("service-accounts"));
        arguments.path("--root-ca-file", &self.certificates.certificate_path("cluster-ca"));
        self.service(Program::ControllerManager, arguments)
    }

    pub(crate) fn scheduler(&self) -> Result<ServiceSpec, SandboxError> {
        let identity = self.certificates.component("system:kube-scheduler")?;
        let arguments = self.component(Program::Scheduler, &identity, self.claim.ports.scheduler)?;
        self.service(Program::Scheduler, arguments)
    }

    /// What the two parts that are clients of the API server have in common.
    fn component(&self, program: Program, identity: &Identity, port: u16) -> Result<Arguments, SandboxError> {
        let kubeconfig = self.state.pki().join(format!("{}.kubeconfig", program.name()));
        self.api_server.write_kubeconfig(&kubeconfig, program.name(), "default", &Proof::Certificate(identity))?;
        let mut arguments = Arguments::default();
        for option in ["--kubeconfig", "--authentication-kubeconfig", "--authorization-kubeconfig"] {
            arguments.path(option, &kubeconfig);
        }
        arguments.path("--tls-cert-file", &self.certificates.certificate_path("components"));
        arguments.path("--tls-private-key-file", &self.certificates.key_path("components"));
        arguments.text([
            &format!("--bind-address={}", self.claim.network.control_plane()),
            &format!("--secure-port={port}"),
            // There is one of each, and the supervisor sees to that.
            "--leader-elect=false",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--profiling=false",
        ]);
        Ok(arguments)
    }

    fn service(&self, program: Program, arguments: Arguments) -> Result<ServiceSpec, SandboxError> {
        let found = self.binaries.find(program)?;
        let first = found.first_argument.map(OsString::from);
        // Nothing of the caller's environment is meant for these; etcd even takes options from it.
        let path = std::env::var("PATH").unwrap_or_default();
        let home = self.state.root().to_string_lossy().into_owned();
        Ok(ServiceSpec {
            name: program.name().to_owned(),
            program: found.path,
            args: first.into_iter().chain(arguments.0).collect(),
            env: BTreeMap::from([("PATH".to_owned(), path), ("HOME".to_owned(), home)]),
            inherit_env: crate::supervisor::InheritEnv::Nothing,
            log: self.state.log(program.name()),
            grace: GRACE,
        })
    }

    fn url(&self, port: u16) -> String {
        format!("https://{}", SocketAddr::from((self.claim.network.control_plane(), port)))
    }
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn text<const N: usize>(&mut self, arguments: [&str; N]) {
        self.0.extend(arguments.map(OsString::from));
    }

    /// `option=path`, whatever bytes the path is made of.
    fn path(&mut self, option: &str, path: &Path) {
        let mut argument = OsString::from(option);
        argument.push("=");
        argument.push(path);
        self.0.push(argument);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_assets_folder_has_is_taken_from_there_and_the_rest_from_the_one_binary() {
        let folder = tempfile::tempdir().unwrap();
        let (assets, all_in_one) = (folder.path().join("assets"), folder.path().join("control-plane"));
        fs::create_dir(&assets).unwrap();
        fs::write(assets.join("etcd"), "").unwrap();
        fs::write(&all_in_one, "").unwrap();
        let binaries = ControlPlaneBinaries::new(&all_in_one, Some(assets.clone()));
        assert_eq!(binaries.find(Program::Etcd).unwrap(), Found { path: assets.join("etcd"), first_argument: None });
        let scheduler = binaries.find(Program::Scheduler).unwrap();
        assert_eq!(
            scheduler,
            Found { path: all_in_one.canonicalize().unwrap(), first_argument: Some("kube-scheduler") }
        );
        fs::remove_file(&all_in_one).unwrap();
        let missing = binaries.find(Program::Scheduler).unwrap_err().to_string();
        assert!(missing.contains("kube-scheduler") && missing.contains("make parts"), "{missing}");
    }
}
