//! Three brokers as somebody would start them by hand: the same Kafka, heap, listeners and security as the demo's, without
//! Kubernetes, containers and agents.

use anyhow::{Context, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PASSWORD: &str = "by-hand-only-for-this-bench";

/// The running brokers; they end when this is dropped.
pub(crate) struct ByHand {
    nodes: Vec<Child>,
    folder: tempfile::TempDir,
}

impl ByHand {
    /// Formats and starts them on addresses of their own, and waits until clients are served.
    pub(crate) fn start(kafka: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a scratch folder")?;
        let mut by_hand = Self { nodes: Vec::new(), folder };
        // Not from zero on: Kafka keeps the first hundred ids for itself.
        let directories = ["BAAAAAAAAAAAAAAAAAAAAA", "CAAAAAAAAAAAAAAAAAAAAA", "DAAAAAAAAAAAAAAAAAAAAA"];
        let voters: Vec<String> = (0..3).map(|id| format!("{id}@{}:9093:{}", address(id), directories[id])).collect();
        for id in 0..3 {
            let properties = by_hand.write_properties(id)?;
            let mut format = Command::new(kafka.join("bin/kafka-storage.sh"));
            format.args([
                "format",
                "--cluster-id",
                "bench-bench-bench-ben",
                "--initial-controllers",
                &voters.join(","),
            ]);
            format.args(["--add-scram", &format!("SCRAM-SHA-512=[name=admin,password={PASSWORD}]"), "--config"]);
            run(format.arg(properties), "format a node")?;
        }
        for id in 0..3 {
            let log = fs::File::create(by_hand.folder.path().join(format!("{id}.log")))?;
            let mut node = Command::new(kafka.join("bin/kafka-server-start.sh"));
            node.arg(by_hand.properties(id)).env("KAFKA_HEAP_OPTS", "-Xms256m -Xmx256m").env("LOG_DIR", "/tmp");
            by_hand.nodes.push(node.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null()).spawn()?);
        }
        let deadline = Instant::now() + Duration::from_mins(2);
        while !(0..3).all(|id| std::net::TcpStream::connect((address(id), 9094)).is_ok()) {
            if Instant::now() > deadline {
                bail!("the brokers started by hand do not serve");
            }
            std::thread::yield_now();
        }
        Ok(by_hand)
    }

    /// Where clients begin.
    pub(crate) fn bootstrap() -> String {
        (0..3).map(|id| format!("{}:9094", address(id))).collect::<Vec<_>>().join(",")
    }

    /// A properties file for the Java clients.
    pub(crate) fn client_properties(&self) -> anyhow::Result<PathBuf> {
        let file = self.folder.path().join("client.properties");
        fs::write(&file, crate::java_properties("admin", PASSWORD))?;
        Ok(file)
    }

    fn properties(&self, id: usize) -> PathBuf {
        self.folder.path().join(format!("{id}.properties"))
    }

    fn write_properties(&self, id: usize) -> anyhow::Result<PathBuf> {
        let at = address(id);
        let quorum = (0..3).map(|id| format!("{}:9093", address(id))).collect::<Vec<_>>().join(",");
        let data = self.folder.path().join(format!("data-{id}"));
        let plain = "org.apache.kafka.common.security.plain.PlainLoginModule required";
        let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required";
        let text = format!(
            "process.roles=broker,controller\nnode.id={id}\ncontroller.quorum.bootstrap.servers={quorum}\n\
             controller.listener.names=CONTROLLER\nlog.dirs={}\n\
             listeners=CONTROLLER://{at}:9093,INTERNAL://{at}:9091,OUTSIDE://{at}:9094\n\
             advertised.listeners=CONTROLLER://{at}:9093,INTERNAL://{at}:9091,OUTSIDE://{at}:9094\n\
             listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,OUTSIDE:SASL_PLAINTEXT\n\
             inter.broker.listener.name=INTERNAL\nsasl.enabled.mechanisms=SCRAM-SHA-512\n\
             sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\nsasl.mechanism.controller.protocol=PLAIN\n\
             listener.name.controller.sasl.enabled.mechanisms=PLAIN\n\
             listener.name.controller.plain.sasl.jaas.config={plain} username=\"c\" password=\"{PASSWORD}\" user_c=\"{PASSWORD}\";\n\
             listener.name.internal.scram-sha-512.sasl.jaas.config={scram} username=\"admin\" password=\"{PASSWORD}\";\n\
             listener.name.outside.scram-sha-512.sasl.jaas.config={scram};\n\
             authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
             super.users=User:admin;User:c\nauto.create.topics.enable=false\n\
             log.cleaner.dedupe.buffer.size=8388608\noffsets.topic.replication.factor=3\n\
             transaction.state.log.replication.factor=3\ndefault.replication.factor=3\nmin.insync.replicas=1\n",
            data.display()
        );
        let file = self.properties(id);
        fs::write(&file, text)?;
        Ok(file)
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            drop(node.kill());
            drop(node.wait());
        }
    }
}

fn address(id: usize) -> String {
    format!("127.250.1.{}", id + 1)
}

fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| what.to_owned())?;
    if !output.status.success() {
        bail!("{what}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
