//! A fresh database for each test. PostgreSQL is started once for all of them, listens on a Unix socket only, and ends
//! with the test process, however that ends: a shell waits for its standard input to close, and then takes it down.

use klamm_store::{DatabaseUrl, Store};
use sqlx::Connection;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Database {
    pub(crate) store: Store,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    /// Runs a statement past the store, as somebody with the database's password could.
    pub(crate) async fn run(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = sqlx::AnyConnection::connect(&self.url).await?;
        sqlx::query(statement).execute(&mut connection).await.map(drop)
    }
}

pub(crate) async fn sqlite() -> Database {
    let folder = tempfile::tempdir().unwrap();
    // A name that would break a URL put together carelessly.
    let file = folder.path().join("klamm #1 100%?.db");
    let store = Store::open(&DatabaseUrl::sqlite_file(&file)).await.unwrap();
    assert!(file.exists());
    let url = format!("sqlite://{}/klamm%20%231%20100%25%3F.db", folder.path().display());
    Database { store, url, _folder: Some(folder) }
}

/// As when `klamm serve` and `klamm user` start at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn several_programs_may_open_a_fresh_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..8 {
        let url = DatabaseUrl::sqlite_file(&folder.path().join(format!("{file}.db")));
        let opened = (0..8).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        });
        for store in opened.collect::<Vec<_>>() {
            store.await.unwrap().unwrap().ping().await.unwrap();
        }
    }
}

pub(crate) async fn postgres() -> Database {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let server = server();
    let name = format!("klamm_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    server.sql(&format!("CREATE DATABASE {name}"));
    let url = server.url(&name);
    Database { store: Store::open(&url.parse().unwrap()).await.unwrap(), url, _folder: None }
}

struct Server {
    socket: PathBuf,
    bin: PathBuf,
    _process: Child,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=klamm", self.socket.display())
    }

    fn sql(&self, statement: &str) {
        let output = Command::new(self.bin.join("psql"))
            .args(["-h", &self.socket.display().to_string(), "-U", "klamm", "-d", "postgres", "-c", statement])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

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

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let bin = programs();
        let socket = tempfile::Builder::new().prefix("klamm-pg-").tempdir().unwrap().keep();
        let mut process = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .args([&socket, &bin])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not start; its log is above");
        Server { socket, bin, _process: process }
    })
}

fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .or_else(|| Path::new("/usr/bin/initdb").exists().then(|| PathBuf::from("/usr/bin")))
        .expect("PostgreSQL is needed for these tests: apt-get install postgresql")
}
