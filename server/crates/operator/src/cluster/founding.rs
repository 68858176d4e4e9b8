//! What makes a cluster this one and no other: passwords and identity, created once and never a second time.

use super::{
    apply::{self, ApplyError},
    decide::{assign_nodes, found},
    gather,
    identity::{BROKER_USER, ClusterCredentials, new_password},
    observed::Kept,
    reconcile::{Work, gather_problem},
    trouble::Trouble,
};
use crate::runtime;
use klamm_resources::{ClusterReason, ManagedCluster};

impl Work<'_> {
    /// Sees to it that passwords and identity are there, in this order, each created once.
    pub(super) async fn found(&mut self, managed: &ManagedCluster) -> Result<(), Trouble> {
        if let (Some(_), Kept::Nothing | Kept::Partly(_)) = (&self.observed.identity, &self.observed.credentials) {
            return Err(self.lost_credentials());
        }
        if self.observed.identity.is_some() {
            return Ok(());
        }
        let identity = found(managed, &self.assignment, &self.observed, Some(self.previous), &mut rand::rng())
            .map_err(|error| Trouble { reason: ClusterReason::ResourceConflict, message: error.to_string() })?;
        match &self.observed.credentials {
            Kept::Everything(_) => {}
            // The data is there, and only the old passwords open it.
            Kept::Nothing | Kept::Partly(_) if identity.formed => return Err(self.lost_credentials()),
            Kept::Nothing | Kept::Partly(_) => {
                let fresh = {
                    let mut random = rand::rng();
                    ClusterCredentials {
                        admin: new_password(&mut random),
                        broker: new_password(&mut random),
                        controller: new_password(&mut random),
                    }
                };
                self.create_credentials(&fresh).await?;
            }
        }
        if let Err(error) = apply::identity(self.context, self.cluster, &identity).await
            && !is_there_already(&error)
        {
            return Err(self.problem(&error).await);
        }
        // Whoever created them, what is there now counts.
        match gather::gather(self.context, self.cluster, managed.rack_topology_key.as_deref()).await {
            Ok(observed) => {
                self.observed = observed;
                self.assignment = assign_nodes(managed, &self.observed, Some(self.previous));
                tracing::info!(cluster = %self.cluster, "the cluster has an identity");
                Ok(())
            }
            Err(error) => Err(gather_problem(self.context, self.cluster, &error).await),
        }
    }

    async fn create_credentials(&self, fresh: &ClusterCredentials) -> Result<(), Trouble> {
        match apply::credentials(self.context, self.cluster, fresh).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.problem(&error).await),
        }
    }

    fn lost_credentials(&self) -> Trouble {
        let names = match &self.observed.credentials {
            Kept::Partly(names) => names.clone(),
            Kept::Nothing | Kept::Everything(_) => vec![
                klamm_resources::managed::admin_secret(self.cluster.name.as_str()),
                ClusterCredentials::nodes_secret(self.cluster),
            ],
        };
        Trouble {
            reason: ClusterReason::SecretMissing,
            message: format!(
                "the Secret {} is gone or lacks keys, and the brokers know its password ({BROKER_USER} and others): \
                 restore it from a backup; a new password would lock everybody out",
                names.join(" and ")
            ),
        }
    }
}

fn is_there_already(error: &ApplyError) -> bool {
    match error {
        ApplyError::Kubernetes { source, .. } => runtime::is_conflict(source),
        ApplyError::Foreign { .. } => false,
    }
}
