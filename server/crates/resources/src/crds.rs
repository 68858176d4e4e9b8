use crate::{KafkaCluster, KafkaGrant, KafkaOperation, KafkaTopic, KafkaUser};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// The definitions of all custom resources.
pub fn crds() -> Vec<CustomResourceDefinition> {
    vec![KafkaCluster::crd(), KafkaTopic::crd(), KafkaUser::crd(), KafkaGrant::crd(), KafkaOperation::crd()]
}

/// The same as YAML documents, ready for `kubectl apply -f -`.
pub fn crds_yaml() -> Result<String, CrdYamlError> {
    let mut out = String::new();
    for crd in crds() {
        out.push_str("---\n");
        out.push_str(&crd_yaml(&crd)?);
    }
    Ok(out)
}

/// One definition as a YAML document.
pub fn crd_yaml(crd: &CustomResourceDefinition) -> Result<String, CrdYamlError> {
    serde_saphyr::to_string(crd)
        .map_err(|source| CrdYamlError { name: crd.metadata.name.clone().unwrap_or_default(), source })
}

/// A definition could not be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the definition {name} as YAML")]
pub struct CrdYamlError {
    /// Which definition.
    pub name: String,
    /// Why.
    #[source]
    pub source: serde_saphyr::ser::Error,
}
