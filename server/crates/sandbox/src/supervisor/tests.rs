use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

struct Scratch {
    folder: tempfile::TempDir,
    supervisor: Supervisor,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let supervisor = Supervisor::new(ProcessRecords::open(folder.path().join("processes")).unwrap());
        Self { folder, supervisor }
    }

    fn start(&self, name: &str, script: &str) {
        self.supervisor.start(ServiceSpec {
            name: name.to_owned(),
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: BTreeMap::new(),
            inherit_env: InheritEnv::Everything,
            log: self.log(name),
            grace: Duration::from_secs(1),
        });
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(format!("{name}.log"))
    }

    async fn until(&self, name: &str, wanted: impl Fn(&ServiceStatus) -> bool) -> ServiceStatus {
        let mut status = {
            let services = self.supervisor.services.lock().unwrap();
            services.iter().find(|service| service.spec.name == name).unwrap().status.clone()
        };
        let reached = tokio::time::timeout(PATIENCE, status.wait_for(wanted)).await.unwrap().unwrap();
        reached.clone()
    }

    async fn running(&self, name: &str, restarts: u32) -> ProcessId {
        let wanted = |status: &ServiceStatus| {
            status.restarts >= restarts && matches!(status.state, ServiceState::Running { .. })
        };
        match self.until(name, wanted).await.state {
            ServiceState::Running { pid } => ProcessId::current(pid).unwrap(),
            ServiceState::Restarting | ServiceState::Ended => unreachable!("waited for it to run"),
        }
    }

    async fn log_has(&self, name: &str, text: &str) {
        let look = async {
            while !fs::read_to_string(self.log(name)).is_ok_and(|log| log.contains(text)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_killed_is_there_again_within_five_seconds_however_often() {
    let scratch = Scratch::new();
    scratch.start("sleeper", "exec sleep 600");
    let mut process = scratch.running("sleeper", 0).await;
    for restarts in 1..=2 {
        let killed = Instant::now();
        process.signal(ProcessSignal::Kill).unwrap();
        let next = scratch.running("sleeper", restarts).await;
        assert!(killed.elapsed() < Duration::from_secs(5));
        assert_ne!(next, process);
        process = next;
    }
    scratch.supervisor.end_all_but(&[]).await;
    assert!(!process.is_alive());
    assert_eq!(scratch.supervisor.status(), []);
}

#[tokio::test]
async fn what_ignores_the_request_to_end_is_killed_with_what_it_started() {
    let scratch = Scratch::new();
    scratch.start("stubborn", "trap '' TERM; sleep 600 & echo child $!; echo ready; while :; do wait; done");
    let process = scratch.running("stubborn", 0).await;
    scratch.log_has("stubborn", "ready").await;
    let log = fs::read_to_string(scratch.log("stubborn")).unwrap();
    let child = log.lines().find_map(|line| line.strip_prefix("child ")).unwrap().parse().unwrap();
    let child = ProcessId::current(child).unwrap();

    scratch.supervisor.end(&["stubborn"]).await;

    assert!(!process.is_alive());
    let gone = async {
        while child.is_alive() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test]
async fn what_is_asked_to_end_gets_its_time() {
    let scratch = Scratch::new();
    scratch.start("tidy", "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
    scratch.log_has("tidy", "ready").await;
    scratch.supervisor.end(&["tidy"]).await;
    assert!(fs::read_to_string(scratch.log("tidy")).unwrap().contains("tidied"));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_tried_again_until_it_is() {
    let scratch = Scratch::new();
    let program = scratch.folder.path().join("late");
    scratch.supervisor.start(ServiceSpec {
        name: "late".to_owned(),
        program: program.clone(),
        args: vec!["600".into()],
        env: BTreeMap::new(),
        inherit_env: InheritEnv::Everything,
        log: scratch.log("late"),
        grace: Duration::from_secs(1),
    });
    scratch.until("late", |status| status.restarts >= 1).await;
    let sleep = find_on_path("sleep").unwrap();
    std::os::unix::fs::symlink(sleep, program).unwrap();
    let wanted = |status: &ServiceStatus| matches!(status.state, ServiceState::Running { .. });
    scratch.until("late", wanted).await;
    scratch.supervisor.end_all_but(&[]).await;
}

#[tokio::test]
async fn processes_are_written_down_while_they_run() {
    let scratch = Scratch::new();
    scratch.start("sleeper", "exec sleep 600");
    let process = scratch.running("sleeper", 0).await;
    let recorded = scratch.supervisor.records.alive().unwrap();
    assert_eq!(
        recorded.iter().map(|record| (record.process, record.name.as_str())).collect::<Vec<_>>(),
        [(process, "sleeper")]
    );
    scratch.supervisor.end(&["sleeper"]).await;
    assert_eq!(scratch.supervisor.records.alive().unwrap(), []);
}
