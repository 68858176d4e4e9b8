//! From a started control plane to a usable cluster: waiting until it answers, and the objects every sandbox has.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::Client;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::SandboxError;
use crate::kubeconfig::{ApiServer, Proof};
use crate::node::REACH_EVERYWHERE;

/// Who the sandbox is towards the API server's field management.
const FIELD_MANAGER: &str = "klamm-sandbox";
/// The storage class of the sandbox.
const STORAGE_CLASS: &str = "klamm-local";
/// Its storage class for volumes that go wherever their pod goes, as those of a network storage do.
const SHARED_CLASS: &str = "klamm-shared";
/// Who makes volumes of these classes.
const PROVISIONER: &str = "klamm.dev/local-folder";
/// How long the API server may take. It takes one second; a cold disk and two busy cores make it more.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How long an answer of an API server that is just coming up may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How often it is asked.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// Ten years, which is longer than anybody keeps a sandbox.
const TOKEN_LIFE_SECONDS: i64 = 10 * 365 * 24 * 3600;

/// Waits until the API server says that it is ready.
pub(crate) async fn wait_for_api_server(
    client: &Client,
    log: &Path,
    cancel: &CancellationToken,
) -> Result<(), SandboxError> {
    until(cancel, "the API server", log, || async {
        match http::Request::get("/readyz").body(Vec::new()) {
            Ok(request) => client.request_text(request).await.is_ok(),
            Err(_) => false,
        }
    })
    .await
}

/// Waits until the controllers work: no pod can be made in a namespace before one of them has put a ServiceAccount there.
pub(crate) async fn wait_for_controllers(
    client: &Client,
    log: &Path,
    cancel: &CancellationToken,
) -> Result<(), SandboxError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    until(cancel, "the controller manager", log, || async {
        accounts.get_opt("default").await.is_ok_and(|account| account.is_some())
    })
    .await
}

async fn until<F>(
    cancel: &CancellationToken,
    what: &'static str,
    log: &Path,
    look: impl Fn() -> F,
) -> Result<(), SandboxError>
where
    F: Future<Output = bool>,
{
    let started = Instant::now();
    loop {
        let answer = tokio::time::timeout(ANSWER_WITHIN, look());
        let is_there = tokio::select! {
            answer = answer => answer.unwrap_or(false),
            () = cancel.cancelled() => return Err(SandboxError::Cancelled),
        };
        if is_there {
            tracing::debug!(
                after_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
                "{what} is ready"
            );
            return Ok(());
        }
        if started.elapsed() > READY_WITHIN {
            return Err(SandboxError::NotReady { what, waited: READY_WITHIN, log: log.to_owned() });
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Applies what every sandbox has: the storage class that is used where a claim names none, and one for volumes that move.
pub(crate) async fn apply_objects(client: &Client) -> Result<(), SandboxError> {
    let classes: Api<StorageClass> = Api::all(client.clone());
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    for (name, class) in [(STORAGE_CLASS, local_class()), (SHARED_CLASS, shared_class())] {
        let applied = classes.patch(name, &parameters, &Patch::Apply(class)).await;
        applied.map(drop).map_err(SandboxError::kubernetes(format!("apply the storage class {name}")))?;
    }
    Ok(())
}

fn local_class() -> StorageClass {
    let is_default = ("storageclass.kubernetes.io/is-default-class".to_owned(), "true".to_owned());
    StorageClass {
        metadata: ObjectMeta { annotations: Some([is_default].into()), ..named(STORAGE_CLASS) },
        ..storage_class()
    }
}

fn shared_class() -> StorageClass {
    let (key, value) = REACH_EVERYWHERE;
    StorageClass {
        metadata: named(SHARED_CLASS),
        parameters: Some([(key.to_owned(), value.to_owned())].into()),
        ..storage_class()
    }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

fn storage_class() -> StorageClass {
    StorageClass {
        provisioner: PROVISIONER.to_owned(),
        // A folder is on one node, so it is made when it is known where the pod goes.
        volume_binding_mode: Some("WaitForFirstConsumer".to_owned()),
        reclaim_policy: Some("Delete".to_owned()),
        ..StorageClass::default()
    }
}

/// Writes a kubeconfig for a ServiceAccount, good for as long as the account is there.
pub(crate) async fn write_service_account_kubeconfig(
    client: &Client,
    api_server: &ApiServer,
    namespace: &str,
    name: &str,
    path: &Path,
) -> Result<(), SandboxError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let spec = TokenRequestSpec { expiration_seconds: Some(TOKEN_LIFE_SECONDS), ..TokenRequestSpec::default() };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let doing = format!("get a token for the ServiceAccount {namespace}/{name}");
    let answer = accounts.create_token_request(name, &PostParams::default(), &request).await;
    let status = answer.map_err(SandboxError::kubernetes(doing))?.status;
    let token = status.ok_or_else(|| SandboxError::NoToken { account: format!("{namespace}/{name}") })?.token;
    let user = format!("system:serviceaccount:{namespace}:{name}");
    api_server.write_kubeconfig(path, &user, namespace, &Proof::Token(&token))
}
