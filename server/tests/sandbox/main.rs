//! Tests on the real parts: a real API server, real brokers, the real `klamm`. One sandbox for the whole binary, a
//! namespace of its own for every test.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod admin;
mod cluster;
mod demo_script;
mod disks;
mod exporters;
mod findings;
mod http;
mod injection;
mod messages;
mod metrics;
mod nodes;
mod operations;
mod portal;
mod requests;
mod shop;
mod side_by_side;
mod three;
mod topics;
mod users;

use klamm_testkit::{BringUp, TestSandbox};
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

static SANDBOX: OnceCell<TestSandbox> = OnceCell::const_new();

/// The `klamm` that was built beside these tests.
fn klamm() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_klamm"))
}

/// What `make parts` built.
fn parts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sandbox")
}

/// The sandbox that all tests of this binary share, with `klamm serve` running in it.
async fn sandbox() -> &'static TestSandbox {
    SANDBOX
        .get_or_init(|| async {
            TestSandbox::start(klamm(), &parts(), BringUp::WithKlamm).await.expect("the sandbox comes up")
        })
        .await
}
