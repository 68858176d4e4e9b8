//! A whole sandbox on the real parts: what dies comes back, what is stored stays, two do not meet, and nothing is left.
//! Needs what `make parts` builds.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Node, ServiceAccount};
use klamm_sandbox::control::{self, Request, Response};
use klamm_sandbox::process::{ProcessId, ProcessSignal};
use klamm_sandbox::{
    ControlPlaneBinaries, InheritEnv, Lifetime, NeededPort, NodeSpec, NodeState, Options, Sandbox, SandboxError,
    ServiceSpec, ServiceState,
};
use kube::api::{Api, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Whatever is waited for takes seconds; two cores that also compile make it more.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(50);

fn options(state_dir: &Path) -> Options {
    let parts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/sandbox");
    Options {
        state_dir: state_dir.to_owned(),
        control_plane: ControlPlaneBinaries::from_environment(parts.join("control-plane")),
        images: parts.join("images"),
        nodes: NodeSpec::usual(),
        lifetime: Lifetime::UntilEnded,
        needed_ports: Vec::new(),
    }
}

async fn up(state_dir: &Path) -> Sandbox {
    klamm_sandbox::up(options(state_dir), CancellationToken::new()).await.unwrap()
}

/// Waits until `look` finds something.
async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn process_of(sandbox: &Sandbox, service: &str) -> Option<ProcessId> {
    let status = sandbox.services().into_iter().find(|status| status.name == service)?;
    match status.state {
        ServiceState::Running { pid } => ProcessId::current(pid),
        ServiceState::Restarting | ServiceState::Ended => None,
    }
}

fn note(name: &str) -> ConfigMap {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    ConfigMap { metadata, data: Some([("written".to_owned(), name.to_owned())].into()), ..ConfigMap::default() }
}

async fn client_of(kubeconfig: &Path) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    kube::Client::try_from(config).unwrap()
}

async fn is_ready(client: &kube::Client, node: &str) -> Option<bool> {
    let node = Api::<Node>::all(client.clone()).get_opt(node).await.ok()??;
    let ready = node.status?.conditions?.into_iter().find(|condition| condition.type_ == "Ready")?;
    Some(ready.status == "True")
}

/// The programs that run from this state folder: every one of ours has its path among the arguments.
fn running_from(state_dir: &Path) -> Vec<String> {
    let state_dir = state_dir.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let arguments = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let lines = arguments.map(|arguments| String::from_utf8_lossy(&arguments).replace('\0', " "));
    lines.filter(|line| line.contains(state_dir)).collect()
}

#[tokio::test]
async fn every_part_that_is_killed_is_back_within_five_seconds_and_the_cluster_works_on() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = up(folder.path()).await;
    let notes: Api<ConfigMap> = Api::default_namespaced(sandbox.client());
    for part in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        let before = eventually(part, async || process_of(&sandbox, part)).await;
        before.signal(ProcessSignal::Kill).unwrap();
        let killed = Instant::now();
        eventually(part, async || process_of(&sandbox, part).filter(|now| *now != before)).await;
        assert!(killed.elapsed() < Duration::from_secs(5), "{part} took {:?}", killed.elapsed());
        eventually("the API server to store something", async || {
            notes.create(&PostParams::default(), &note(part)).await.ok()
        })
        .await;
    }
    sandbox.down().await;
    assert_eq!(running_from(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_stored_and_handed_out_outlives_an_orderly_end() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = up(folder.path()).await;
    let handed_out = folder.path().join("reader.kubeconfig");
    sandbox.write_service_account_kubeconfig("default", "default", &handed_out).await.unwrap();
    let notes: Api<ConfigMap> = Api::default_namespaced(sandbox.client());
    notes.create(&PostParams::default(), &note("kept")).await.unwrap();
    let admin_before = std::fs::read_to_string(sandbox.kubeconfig()).unwrap();
    let old_admin = folder.path().join("copied.kubeconfig");
    std::fs::write(&old_admin, admin_before).unwrap();
    let address = sandbox.control_address();
    sandbox.down().await;

    let sandbox = up(folder.path()).await;
    assert_eq!(sandbox.control_address(), address);
    let notes: Api<ConfigMap> = Api::default_namespaced(client_of(&old_admin).await);
    assert_eq!(notes.get("kept").await.unwrap().data.unwrap()["written"], "kept");

    // The account exists, and may nothing: neither is it turned away as unknown, nor is it an administrator.
    let accounts: Api<ServiceAccount> = Api::default_namespaced(client_of(&handed_out).await);
    match accounts.get("default").await {
        Err(kube::Error::Api(status)) => assert_eq!(status.code, 403, "{status:?}"),
        other => panic!("expected to be forbidden, got {other:?}"),
    }
    sandbox.down().await;
}

#[tokio::test]
async fn two_live_side_by_side_and_a_third_on_the_same_folder_is_refused() {
    let (first_folder, second_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = tokio::join!(up(first_folder.path()), up(second_folder.path()));
    assert_ne!(first.control_address(), second.control_address());

    let refused = klamm_sandbox::up(options(first_folder.path()), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(refused, SandboxError::InUse { .. }), "{refused}");

    let notes: Api<ConfigMap> = Api::default_namespaced(first.client());
    notes.create(&PostParams::default(), &note("only-here")).await.unwrap();
    first.down().await;
    assert_eq!(running_from(first_folder.path()), Vec::<String>::new());
    let others: Api<ConfigMap> = Api::default_namespaced(second.client());
    assert!(others.get_opt("only-here").await.unwrap().is_none());
    second.down().await;
}

#[tokio::test]
async fn a_stopped_node_becomes_not_ready_and_a_started_one_ready_again() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = up(folder.path()).await;
    let client = sandbox.client();
    eventually("all nodes to be ready", async || {
        let mut ready = true;
        for node in ["node-a", "node-b", "node-c"] {
            ready &= is_ready(&client, node).await == Some(true);
        }
        ready.then_some(())
    })
    .await;

    let stop = Request::NodeStop { name: "zone-b".to_owned() };
    assert_eq!(control::request(folder.path(), stop).await.unwrap(), Response::Done);
    let stopped = Instant::now();
    eventually("the node to be missed", async || (is_ready(&client, "node-b").await == Some(false)).then_some(()))
        .await;
    assert!(stopped.elapsed() < Duration::from_secs(15), "took {:?}", stopped.elapsed());
    let Response::Status(status) = control::request(folder.path(), Request::Status).await.unwrap() else {
        panic!("asked for the status");
    };
    let nodes: Vec<_> = status.nodes.iter().map(|node| (node.name.as_str(), node.state)).collect();
    let (running, stopped) = (NodeState::Running, NodeState::Stopped);
    assert_eq!(nodes, [("node-a", running), ("node-b", stopped), ("node-c", running)]);

    let start = Request::NodeStart { name: "node-b".to_owned() };
    assert_eq!(control::request(folder.path(), start).await.unwrap(), Response::Done);
    eventually("the node to be back", async || (is_ready(&client, "node-b").await == Some(true)).then_some(())).await;
    let unknown = control::request(folder.path(), Request::NodeStop { name: "node-x".to_owned() }).await.unwrap_err();
    assert!(unknown.to_string().contains("node-a, node-b, node-c"), "{unknown}");
    sandbox.down().await;
}

#[tokio::test]
async fn told_to_end_while_it_comes_up_it_leaves_nothing_running() {
    let folder = tempfile::tempdir().unwrap();
    let shutdown = CancellationToken::new();
    let coming_up = tokio::spawn(klamm_sandbox::up(options(folder.path()), shutdown.clone()));
    let state_dir = folder.path().to_owned();
    eventually("etcd to be started", async || running_from(&state_dir).into_iter().next()).await;
    assert_eq!(control::request(folder.path(), Request::Down).await.unwrap(), Response::Done);
    let ended = coming_up.await.unwrap();
    assert!(matches!(ended, Err(SandboxError::Cancelled)), "{ended:?}");
    assert!(shutdown.is_cancelled());
    assert_eq!(running_from(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_supervised_beside_it_ends_with_it_and_down_waits_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let shutdown = CancellationToken::new();
    let sandbox = klamm_sandbox::up(options(folder.path()), shutdown.clone()).await.unwrap();
    let farewell: PathBuf = folder.path().join("farewell");
    let (greeting, bye) = (folder.path().join("greeting"), farewell.display());
    let script = format!("trap 'echo bye > {bye}; exit' TERM; : > {}; while :; do sleep 0.1; done", greeting.display());
    sandbox.supervise(ServiceSpec {
        name: "guest".to_owned(),
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        inherit_env: InheritEnv::Nothing,
        log: sandbox.log_path("guest"),
        grace: Duration::from_secs(5),
    });
    let guest = eventually("the guest", async || process_of(&sandbox, "guest")).await;
    eventually("the guest to listen", async || greeting.exists().then_some(())).await;
    let state_dir = folder.path().to_owned();
    let asking = tokio::spawn(async move { control::down(&state_dir, PATIENCE).await });
    shutdown.cancelled().await;
    sandbox.down().await;
    asking.await.unwrap().unwrap();
    assert!(!guest.is_alive());
    assert_eq!(std::fs::read_to_string(farewell).unwrap(), "bye\n");
    let nobody = control::request(folder.path(), Request::Status).await.unwrap_err();
    assert!(matches!(nobody, control::ControlError::NotRunning { .. }), "{nobody}");
}

#[tokio::test]
async fn a_port_that_will_be_needed_and_is_taken_is_named_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port =
        NeededPort { address, what: "the portal".to_owned(), how_to_move: "choose another with KLAMM_PORT".to_owned() };
    let options = Options { needed_ports: vec![port], ..options(folder.path()) };
    let refused = klamm_sandbox::up(options, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(refused.contains(&address.to_string()) && refused.contains("KLAMM_PORT"), "{refused}");
    assert_eq!(running_from(folder.path()), Vec::<String>::new());
}
