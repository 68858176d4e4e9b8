//! Kubeconfigs: how a person, a part of Kubernetes or Klamm itself finds the API server and says who it is.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::certificates::Identity;
use crate::error::SandboxError;
use crate::state;

/// The name cluster and context go by.
const CLUSTER: &str = "klamm-sandbox";

/// How somebody proves who they are.
pub(crate) enum Proof<'a> {
    Certificate(&'a Identity),
    Token(&'a str),
}

/// Where the API server is and how it proves that it is the one.
#[derive(Debug, Clone)]
pub(crate) struct ApiServer {
    pub(crate) url: String,
    pub(crate) ca_pem: String,
}

impl ApiServer {
    /// The text of a kubeconfig with one cluster, one user and one context.
    pub(crate) fn kubeconfig(&self, user: &str, namespace: &str, proof: &Proof<'_>) -> Result<String, SandboxError> {
        let proof = match proof {
            Proof::Certificate(identity) => json!({
                "client-certificate-data": BASE64.encode(&identity.certificate_pem),
                "client-key-data": BASE64.encode(&identity.key_pem),
            }),
            Proof::Token(token) => json!({ "token": token }),
        };
        let config: Value = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{
                "name": CLUSTER,
                "cluster": { "server": self.url, "certificate-authority-data": BASE64.encode(&self.ca_pem) },
            }],
            "users": [{ "name": user, "user": proof }],
            "contexts": [{
                "name": CLUSTER,
                "context": { "cluster": CLUSTER, "user": user, "namespace": namespace },
            }],
            "current-context": CLUSTER,
        });
        serde_saphyr::to_string(&config).map_err(|source| unusable(user, source))
    }

    /// Writes a kubeconfig that only its owner may read.
    pub(crate) fn write_kubeconfig(
        &self,
        path: &Path,
        user: &str,
        namespace: &str,
        proof: &Proof<'_>,
    ) -> Result<(), SandboxError> {
        state::write_private(path, &self.kubeconfig(user, namespace, proof)?)
    }

    /// A client for somebody.
    pub(crate) async fn client(&self, user: &str, proof: &Proof<'_>) -> Result<kube::Client, SandboxError> {
        let text = self.kubeconfig(user, "default", proof)?;
        let parsed = Kubeconfig::from_yaml(&text).map_err(|source| unusable(user, source))?;
        let config = kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default()).await;
        let mut config = config.map_err(|source| unusable(user, source))?;
        // What the environment says about proxies is not meant for loopback addresses.
        config.proxy_url = None;
        kube::Client::try_from(config).map_err(|source| unusable(user, source))
    }
}

fn unusable(user: &str, source: impl std::error::Error + Send + Sync + 'static) -> SandboxError {
    SandboxError::Kubeconfig { user: user.to_owned(), source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api_server() -> ApiServer {
        ApiServer { url: "https://127.9.9.1:6443".to_owned(), ca_pem: "authority".to_owned() }
    }

    #[test]
    fn it_reads_back_as_what_was_meant() {
        let identity = Identity { certificate_pem: "certificate".to_owned(), key_pem: "key".to_owned() };
        let text = api_server().kubeconfig("admin", "kafka", &Proof::Certificate(&identity)).unwrap();
        let parsed = Kubeconfig::from_yaml(&text).unwrap();
        let cluster = parsed.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://127.9.9.1:6443"));
        assert_eq!(cluster.certificate_authority_data.as_deref(), Some(BASE64.encode("authority").as_str()));
        let user = parsed.auth_infos[0].auth_info.as_ref().unwrap();
        assert_eq!(user.client_certificate_data.as_deref(), Some(BASE64.encode("certificate").as_str()));
        assert!(user.client_key_data.is_some() && user.token.is_none());
        let context = parsed.contexts[0].context.as_ref().unwrap();
        assert_eq!((context.user.as_deref(), context.namespace.as_deref()), (Some("admin"), Some("kafka")));
        assert_eq!(parsed.current_context.as_deref(), Some(parsed.contexts[0].name.as_str()));
    }

    #[test]
    fn a_token_stands_in_the_place_of_a_certificate() {
        let text = api_server().kubeconfig("system:serviceaccount:a:b", "a", &Proof::Token("secret")).unwrap();
        let parsed = Kubeconfig::from_yaml(&text).unwrap();
        let user = parsed.auth_infos[0].auth_info.as_ref().unwrap();
        assert!(user.token.is_some() && user.client_key_data.is_none());
    }
}
