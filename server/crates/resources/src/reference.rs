use crate::schema::rules;
use klamm_model::{ClusterRef, InvalidName, Namespace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cluster an object means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterReference {
    /// Name of the `KafkaCluster`.
    #[schemars(
        length(max = 253),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
            "cluster.name must be the name of a KafkaCluster: lower-case letters, digits and hyphens",
        )]))
    )]
    pub name: String,
    /// Its namespace; absent means that of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 63),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "cluster.namespace must be a namespace: lower-case letters, digits and hyphens",
        )]))
    )]
    pub namespace: Option<String>,
}

impl ClusterReference {
    /// The cluster meant by an object of the namespace `own`.
    pub fn resolve(&self, own: &Namespace) -> Result<ClusterRef, InvalidName> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.parse()?,
            None => own.clone(),
        };
        Ok(ClusterRef { namespace, name: self.name.parse()? })
    }

    /// The reference that names `cluster` in full.
    pub fn to(cluster: &ClusterRef) -> Self {
        Self { name: cluster.name.to_string(), namespace: Some(cluster.namespace.to_string()) }
    }
}

/// How a name is matched (`org.apache.kafka.common.resource.PatternType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NamePattern {
    /// Exactly this name.
    #[default]
    Literal,
    /// Every name that begins with it.
    Prefixed,
}

/// What may be done with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// Read.
    Consume,
    /// Write.
    Produce,
    /// Read and write.
    Both,
}

impl Access {
    /// As it stands in objects.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consume => "consume",
            Self::Produce => "produce",
            Self::Both => "both",
        }
    }

    /// Whether it includes reading.
    pub fn consumes(self) -> bool {
        match self {
            Self::Consume | Self::Both => true,
            Self::Produce => false,
        }
    }

    /// Whether it includes writing.
    pub fn produces(self) -> bool {
        match self {
            Self::Produce | Self::Both => true,
            Self::Consume => false,
        }
    }
}

/// What becomes of a topic when nobody declares it any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Deletion {
    /// It stays, with its data.
    #[default]
    Retain,
    /// It is deleted, with its data.
    Delete,
}
