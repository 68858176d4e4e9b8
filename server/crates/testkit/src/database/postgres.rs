//! PostgreSQL for tests. It is started once for all of them, listens on a Unix socket only, and ends with the test process,
//! however that ends: a shell waits for its standard input to close, and then takes it down.

use anyhow::{Context, ensure};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Makes a cluster in `$1` with the programs in `$2`, prints `ready` once it answers, waits until nobody holds its
/// standard input, and removes everything. As root it acts as the user `postgres`, because PostgreSQL refuses root.
const SCRIPT: &str = r#"
set -eu
data=$1; bin=$2; as=""
if [ "$(id -u)" = 0 ]; then chown postgres "$data"; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; fi
cd "$data"
$as "$bin/initdb" -D "$data/cluster" -U klamm -A trust --no-sync --no-instructions -E UTF8 --locale=C >"$data/log" 2>&1 || { cat "$data/log" >&2; exit 1; }
$as "$bin/postgres" -D "$data/cluster" -k "$data" -c listen_addresses= -c fsync=off -c max_connections=200 </dev/null >>"$data/log" 2>&1 &
server=$!
trap 'kill -INT $server 2>/dev/null; wait $server || true; rm -rf "$data"' EXIT
tries=0
until "$bin/pg_isready" -q -h "$data" -U klamm; do
  tries=$((tries + 1)); [ $tries -lt 300 ] && kill -0 $server || { cat "$data/log" >&2; exit 1; }
  sleep 0.1
done
echo ready
cat >/dev/null
"#;

/// A database of the server that this process has started.
pub(super) struct PostgresDatabase {
    server: &'static Server,
    name: String,
}

impl PostgresDatabase {
    /// Makes a database, and says how.
    pub(super) fn create(how: &str) -> anyhow::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let server = server()?;
        let name = format!("klamm_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.sql(&format!("CREATE DATABASE {name} {how}"))?;
        Ok(Self { server, name })
    }

    /// Another one with the same content.
    pub(super) fn copy(&self) -> anyhow::Result<Self> {
        self.end_connections()?;
        Self::create(&format!("TEMPLATE {}", self.name))
    }

    pub(super) fn url(&self) -> String {
        format!("postgres:///{}?host={}&user=klamm", self.name, self.server.socket.display())
    }

    /// Whether it takes no writes: `on` or `off`. Those who are connected have to come again.
    pub(super) fn take_writes(&self, read_only: &str) -> anyhow::Result<()> {
        let Self { server, name } = self;
        server.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}"))?;
        self.end_connections()
    }

    fn end_connections(&self) -> anyhow::Result<()> {
        let Self { server, name } = self;
        server.sql(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
    }

    pub(super) fn dump(&self) -> anyhow::Result<String> {
        self.server.program("pg_dump", &["-d", &self.name])
    }
}

impl Drop for PostgresDatabase {
    /// A database takes eight megabytes. That one stays until the server goes is no reason to fail.
    fn drop(&mut self) {
        drop(self.server.sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name)));
    }
}

struct Server {
    socket: PathBuf,
    bin: PathBuf,
    _process: Child,
}

impl Server {
    fn sql(&self, statement: &str) -> anyhow::Result<()> {
        self.program("psql", &["-q", "-d", "postgres", "-c", statement]).map(drop)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let mut program = Command::new(self.bin.join(name));
        program.arg("-h").arg(&self.socket).args(["-U", "klamm"]).args(arguments);
        let output = program.output().with_context(|| format!("start {name}"))?;
        ensure!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn server() -> anyhow::Result<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let started = SERVER.get_or_init(|| start().map_err(|error| format!("{error:#}")));
    started.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn start() -> anyhow::Result<Server> {
    let bin = programs().context("PostgreSQL is needed for these tests: apt-get install postgresql")?;
    let socket = tempfile::Builder::new().prefix("klamm-pg-").tempdir()?.keep();
    let mut process = Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .args([&socket, &bin])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start a shell")?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
    ensure!(line == "ready\n", "PostgreSQL did not start; its log is above");
    Ok(Server { socket, bin, _process: process })
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).collect();
    found.sort();
    found.pop().or_else(|| Path::new("/usr/bin/initdb").exists().then(|| PathBuf::from("/usr/bin")))
}
