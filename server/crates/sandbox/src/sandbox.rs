//! Bringing a sandbox up and down: the order of things, and nothing else.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bootstrap;
use crate::certificates::Certificates;
use crate::claim::{self, Claim, ClaimRegistry};
use crate::control::{Answer, ControlSocket, Request, Response, Status};
use crate::control_plane::{ControlPlane, ControlPlaneBinaries, Program};
use crate::error::SandboxError;
use crate::kubeconfig::{ApiServer, Proof};
use crate::lifetime::{self, Lifetime};
use crate::node::{self, PodAddresses};
use crate::nodes::{NodeSpec, Nodes, Surroundings};
use crate::process::ProcessRecords;
use crate::state::{StateFolder, StateLock};
use crate::supervisor::{ServiceSpec, ServiceStatus, Supervisor};

/// How long pods get when everything ends. Brokers all go at the same time, so the last of them would wait for a controller
/// that is gone; log recovery makes SIGKILL safe. With what the control plane gets, it stays below 30 seconds.
const PODS_GRACE: Duration = Duration::from_secs(12);
/// The pause before the provisioner of volumes is started again.
const PROVISIONER_PAUSE: Duration = Duration::from_secs(1);
/// The parts of the control plane in the order in which they end.
const ENDING: [&[Program]; 3] =
    [&[Program::ControllerManager, Program::Scheduler], &[Program::ApiServer], &[Program::Etcd]];

/// What sandbox to bring up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that keeps everything of it.
    pub state_dir: PathBuf,
    /// Where the programs of the control plane are.
    pub control_plane: ControlPlaneBinaries,
    /// The image store: `<name>/<tag>/rootfs`.
    pub images: PathBuf,
    /// Its nodes, at most eight.
    pub nodes: Vec<NodeSpec>,
    /// How long it stays, if nobody ends it.
    pub lifetime: Lifetime,
    /// Ports that will be needed by what is run beside it, so that it is known before anything starts whether they are free.
    pub needed_ports: Vec<NeededPort>,
}

/// A port that something outside the sandbox's own network will need.
#[derive(Debug, Clone)]
pub struct NeededPort {
    /// Where it will listen.
    pub address: SocketAddr,
    /// What will, for people.
    pub what: String,
    /// How to make it listen elsewhere, for people: the end of a sentence that begins "end that program, or …".
    pub how_to_move: String,
}

/// A running sandbox. It has to be ended with [`Sandbox::down`]; dropping it leaves that to the end of the process.
#[derive(Debug)]
pub struct Sandbox {
    inner: Arc<Inner>,
    background: Vec<JoinHandle<()>>,
    stop_background: CancellationToken,
    // Last, so that the folder is free only when everything else is gone.
    _lock: StateLock,
}

struct Inner {
    state: StateFolder,
    claim: Claim,
    api_server: ApiServer,
    client: kube::Client,
    supervisor: Supervisor,
    nodes: OnceLock<Nodes>,
    shutdown: CancellationToken,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("state", &self.state)
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

/// Brings a sandbox up, or resumes the one whose state the folder keeps.
///
/// It cancels `shutdown` when it is told to end, by `klamm sandbox down` or by what `lifetime` says; whoever called this
/// waits for that, among other things, and then calls [`Sandbox::down`]. When it is cancelled during the bring-up, that
/// ends with an error, and nothing is left running.
pub async fn up(options: Options, shutdown: CancellationToken) -> Result<Sandbox, SandboxError> {
    let state = StateFolder::open(&options.state_dir)?;
    let lock = StateLock::take(&state)?;
    let records_folder = state.process_records();
    let records = ProcessRecords::open(&records_folder).map_err(SandboxError::file("open", &records_folder))?;
    end_left_overs(&state, &records).await?;
    for port in &options.needed_ports {
        claim::check_free(port.address, &port.what, &port.how_to_move)?;
    }
    let claim = ClaimRegistry::of_this_user()?.claim(&state, options.nodes.len())?;
    let certificates = Certificates::prepare(&state.pki(), claim.network.control_plane())?;
    let api_server = ApiServer {
        url: format!("https://{}", SocketAddr::from((claim.network.control_plane(), claim.ports.api_server))),
        ca_pem: certificates.cluster_ca_pem().to_owned(),
    };
    write_people_their_tools(&options, &state, &certificates, &api_server)?;

    let own_name = "klamm-sandbox";
    let own = certificates.administrator(own_name)?;
    let client = api_server.client(own_name, &Proof::Certificate(&own)).await?;
    let supervisor = Supervisor::new(records);
    let inner = Arc::new(Inner { state, claim, api_server, client, supervisor, nodes: OnceLock::new(), shutdown });
    let mut sandbox = Sandbox { inner, background: Vec::new(), stop_background: CancellationToken::new(), _lock: lock };
    lifetime::watch(options.lifetime, sandbox.inner.shutdown.clone());
    match sandbox.start(&options, &certificates).await {
        Ok(()) => Ok(sandbox),
        Err(error) => {
            sandbox.down().await;
            Err(error)
        }
    }
}

/// Ends what a killed run left. Blocking, because it is short and nothing else happens meanwhile.
async fn end_left_overs(state: &StateFolder, records: &ProcessRecords) -> Result<(), SandboxError> {
    let (folder, records) = (state.root().to_owned(), records.clone());
    let work = move || {
        node::end_stale(&folder);
        records.end_all()
    };
    let ended = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::from).and_then(|ended| ended);
    for record in ended.map_err(SandboxError::file("end the processes recorded in", &state.process_records()))? {
        tracing::info!(process = %record.name, pid = record.process.pid, "ended a process that a killed run had left");
    }
    Ok(())
}

/// The kubeconfig and `kubectl`.
fn write_people_their_tools(
    options: &Options,
    state: &StateFolder,
    certificates: &Certificates,
    api_server: &ApiServer,
) -> Result<(), SandboxError> {
    let admin = certificates.administrator("admin")?;
    api_server.write_kubeconfig(&state.kubeconfig(), "admin", "default", &Proof::Certificate(&admin))?;
    let kubectl = options.control_plane.find(Program::Kubectl)?;
    state.link_program(Program::Kubectl.name(), &kubectl.path)
}

impl Sandbox {
    async fn start(&mut self, options: &Options, certificates: &Certificates) -> Result<(), SandboxError> {
        let inner = Arc::clone(&self.inner);
        let control_plane = ControlPlane {
            binaries: &options.control_plane,
            state: &inner.state,
            claim: inner.claim,
            certificates,
            api_server: &inner.api_server,
        };
        let root = inner.state.root().to_owned();
        let socket = ControlSocket::bind(&root).map_err(SandboxError::file("listen in", &root))?;
        self.background.push(tokio::spawn(socket.serve(Arc::clone(&inner), self.stop_background.clone())));

        inner.supervisor.start(control_plane.etcd()?);
        inner.supervisor.start(control_plane.api_server()?);
        bootstrap::wait_for_api_server(&inner.client, &inner.state.log(Program::ApiServer.name()), &inner.shutdown)
            .await?;
        inner.supervisor.start(control_plane.controller_manager()?);
        inner.supervisor.start(control_plane.scheduler()?);
        bootstrap::apply_objects(&inner.client).await?;

        let nodes_name = "klamm-sandbox:nodes";
        let nodes_identity = certificates.administrator(nodes_name)?;
        let nodes_client = inner.api_server.client(nodes_name, &Proof::Certificate(&nodes_identity)).await?;
        let provisioner = keep_provisioning(nodes_client.clone(), root.clone(), self.stop_background.clone());
        self.background.push(tokio::spawn(provisioner));
        let addresses = PodAddresses::open(&root, inner.claim.network.control_plane());
        let around = Surroundings {
            claim: inner.claim,
            certificates,
            addresses: Arc::new(addresses.map_err(SandboxError::file("read the pod addresses in", &root))?),
            state_dir: root,
            images: absolute(&options.images)?,
            client: nodes_client,
        };
        let nodes = Nodes::start_all(&options.nodes, &around)?;
        inner.nodes.get_or_init(|| nodes);
        let log = inner.state.log(Program::ControllerManager.name());
        bootstrap::wait_for_controllers(&inner.client, &log, &inner.shutdown).await
    }

    /// The kubeconfig with full rights, for people.
    pub fn kubeconfig(&self) -> PathBuf {
        self.inner.state.kubeconfig()
    }

    /// The state folder, as an absolute path.
    pub fn state_dir(&self) -> &Path {
        self.inner.state.root()
    }

    /// A client with full rights.
    pub fn client(&self) -> kube::Client {
        self.inner.client.clone()
    }

    /// The address of the control plane.
    pub fn control_address(&self) -> IpAddr {
        IpAddr::V4(self.inner.claim.network.control_plane())
    }

    /// Where what runs beside the control plane may serve its metrics. Claimed with the other ports, and free at the start.
    pub fn metrics_address(&self) -> SocketAddr {
        SocketAddr::new(self.control_address(), self.inner.claim.ports.metrics)
    }

    /// Keeps a process running until the sandbox ends, when it is the first to end.
    pub fn supervise(&self, service: ServiceSpec) {
        self.inner.supervisor.start(service);
    }

    /// How the processes are doing.
    pub fn services(&self) -> Vec<ServiceStatus> {
        self.inner.supervisor.status()
    }

    /// The file for the log of a service.
    pub fn log_path(&self, service: &str) -> PathBuf {
        self.inner.state.log(service)
    }

    /// Makes `bin/<name>` in the state folder point to a program.
    pub fn link_program(&self, name: &str, program: &Path) -> Result<(), SandboxError> {
        self.inner.state.link_program(name, program)
    }

    /// Writes a kubeconfig for a ServiceAccount, with a token that is good for as long as the account is there.
    pub async fn write_service_account_kubeconfig(
        &self,
        namespace: &str,
        name: &str,
        path: &Path,
    ) -> Result<(), SandboxError> {
        bootstrap::write_service_account_kubeconfig(&self.inner.client, &self.inner.api_server, namespace, name, path)
            .await
    }

    /// Ends everything, within 30 seconds: first what was supervised beside the control plane, then all pods at the same
    /// time, then the control plane. The state stays.
    pub async fn down(self) {
        let control_plane: Vec<&str> =
            ENDING.iter().flat_map(|parts| parts.iter()).map(|program| program.name()).collect();
        self.inner.shutdown.cancel();
        self.inner.supervisor.end_all_but(&control_plane).await;
        if let Some(nodes) = self.inner.nodes.get() {
            nodes.end_all(PODS_GRACE).await;
        }
        self.stop_background.cancel();
        for parts in ENDING {
            let names: Vec<&str> = parts.iter().map(|program| program.name()).collect();
            self.inner.supervisor.end(&names).await;
        }
        for task in self.background {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the sandbox failed");
            }
        }
    }
}

impl Answer for Inner {
    async fn answer(&self, request: Request) -> Response {
        let done = match request {
            Request::Status => return Response::Status(self.status()),
            Request::Down => {
                self.shutdown.cancel();
                return Response::Done;
            }
            Request::NodeStop { name } => match self.nodes.get() {
                Some(nodes) => nodes.stop(&name).await,
                None => return still_coming_up(),
            },
            Request::NodeStart { name } => match self.nodes.get() {
                Some(nodes) => nodes.start(&name),
                None => return still_coming_up(),
            },
        };
        match done {
            Ok(()) => Response::Done,
            Err(error) => Response::Refused { message: error.to_string() },
        }
    }
}

fn still_coming_up() -> Response {
    Response::Refused { message: "the sandbox is still coming up; its nodes are not there yet".to_owned() }
}

impl Inner {
    fn status(&self) -> Status {
        Status {
            pid: std::process::id(),
            network: self.claim.network,
            api_server: self.api_server.url.clone(),
            control_address: self.claim.network.control_plane(),
            kubeconfig: self.state.kubeconfig(),
            services: self.supervisor.status(),
            nodes: self.nodes.get().map(Nodes::status).unwrap_or_default(),
        }
    }
}

/// The provisioner of volumes, started again should it fail.
async fn keep_provisioning(client: kube::Client, state_dir: PathBuf, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let working = tokio::spawn(node::provision(client.clone(), state_dir.clone(), stop.clone()));
        if let Err(error) = working.await {
            tracing::error!(%error, "the provisioner of volumes failed and is started again");
            tokio::time::sleep(PROVISIONER_PAUSE).await;
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, SandboxError> {
    std::path::absolute(path).map_err(SandboxError::file("find", path))
}
