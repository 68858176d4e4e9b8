//! temporary
#![allow(clippy::all, missing_docs, unreachable_pub, reason = "temporary")]
#[path = "../../../tests/sandbox/nodes.rs"]
mod nodes;
use klamm_testkit::{BringUp, TestSandbox};
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;
static SANDBOX: OnceCell<TestSandbox> = OnceCell::const_new();
fn klamm() -> &'static Path { Path::new("/tmp/klamm/h2/klamm") }
fn parts() -> PathBuf { Path::new("/work/main/target/sandbox").to_owned() }
async fn sandbox() -> &'static TestSandbox {
    SANDBOX.get_or_init(|| async { TestSandbox::start(klamm(), &parts(), BringUp::KubernetesOnly).await.expect("the sandbox comes up") }).await
}
