use crate::portal::look;
use crate::{Kind, Object, ObservedCluster, Portal};
use klamm_model::{Actor, ClusterRef, Known, Problem, Revisions, UnixMillis};

/// Which state of a cluster an answer was made from. Answers to the same question by the same caller, made from the same
/// edition, say the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edition {
    /// Which cluster.
    pub cluster: ClusterRef,
    /// When its resource was made: one that was deleted and made anew counts revisions from the beginning.
    pub created_at: Option<UnixMillis>,
    /// Revisions of its sections.
    pub revisions: Revisions,
    /// Revision of what is wrong with it.
    pub findings: u64,
    /// Revision of its operations, for answers that tell of them.
    pub operations: u64,
    /// When its brokers last answered, which changes at every look; for answers that tell this or another time.
    pub observed_at: Known<UnixMillis>,
}

impl Edition {
    fn of(portal: &Portal, seen: &ObservedCluster) -> Self {
        let vitals = portal.observations.vitals(&seen.inventory.cluster);
        Self {
            cluster: seen.inventory.cluster.clone(),
            created_at: seen.declared.created_at,
            revisions: seen.inventory.revisions,
            operations: portal.observations.declarations().operations_edition(&seen.inventory.cluster),
            findings: vitals.map_or(0, |vitals| vitals.findings_revision()),
            observed_at: seen.inventory.observed_at,
        }
    }
}

impl Portal {
    /// The edition of a cluster, or of every cluster that the caller may see.
    pub fn editions(&self, actor: &Actor, cluster: Option<&ClusterRef>) -> Result<Vec<Edition>, Problem> {
        if let Some(cluster) = cluster {
            return self.seen(actor, cluster).map(|seen| vec![Edition::of(self, &seen)]);
        }
        look(actor, Object::all(Kind::Cluster))?;
        let clusters = self.observations.clusters();
        let seen = clusters.iter().filter(|seen| look(actor, Object::cluster(&seen.inventory.cluster)).is_ok());
        Ok(seen.map(|seen| Edition::of(self, seen)).collect())
    }
}
