//! Workloads and credentials that wait for somebody's consent: a request to the team that owns the topics is filed for each,
//! once. What was decided is not asked again; people can.

use super::{Applier, Done, WHO};
use crate::{Filing, NewRequest, ObservedCluster, audited::store_problem, requests::Concerned};
use klamm_model::{ClusterRef, PersonName, Problem, ProblemKind, RequestKind, error_chain};
use klamm_monitor::{Readiness, UserObject};
use klamm_resources::{Reason, UserReason};
use serde_json::{Value, json};

impl Applier {
    pub(super) async fn ask_for_workloads(&self) {
        for seen in self.portal.observations.clusters() {
            let cluster = &seen.inventory.cluster;
            for ((namespace, name), user) in self.portal.observations.declarations().users(cluster) {
                if !waits(&user) {
                    continue;
                }
                let Some(team) = self.portal.observations.declarations().team(&namespace) else { continue };
                for spec in wishes(&user, &format!("{namespace}/{name}")) {
                    let why = match &user.told.injected_for {
                        Some(workload) => {
                            format!("{workload} in namespace {namespace} asks for it by its annotations.")
                        }
                        None => format!("KafkaUser {namespace}/{name} asks for it."),
                    };
                    let new = NewRequest {
                        kind: RequestKind::AccessGrant,
                        cluster: cluster.clone(),
                        team: team.clone(),
                        spec,
                        reason: Some(why),
                        filing: Filing::Submit,
                    };
                    if let Err(problem) = self.ask_once(&seen, &new).await {
                        tracing::debug!(%cluster, user = %name, why = problem.detail, "no request was filed for a user that waits");
                    }
                }
            }
        }
    }

    async fn ask_once(&self, seen: &ObservedCluster, new: &NewRequest) -> Result<(), Problem> {
        let portal = &self.portal;
        let who = PersonName::new(WHO).map_err(|error| Problem::new(ProblemKind::Internal, format!("{error}")))?;
        let wish = portal.wish(seen, new).await?;
        let cluster: &ClusterRef = &new.cluster;
        if portal.store.was_asked(cluster, &wish.object).await.map_err(store_problem)? {
            return Ok(());
        }
        let concerned = Concerned::read(portal).await?;
        let id = klamm_store::Store::new_request_id(portal.now()).map_err(store_problem)?;
        let what = Done { action: "create", rule: "waitingWorkload", request: &id, object: &wish.object };
        let file = portal.file(seen, new, (&wish, &who), (&id, &concerned));
        let filed = self.audited(&what, (&new.team, &wish.owner), file).await?;
        if filed.is_ok() {
            portal.requests_changed(cluster);
        }
        filed.inspect_err(|problem| {
            tracing::warn!(error = error_chain(problem), "a request for a user that waits could not be filed");
        })
    }
}

fn waits(user: &UserObject) -> bool {
    matches!(&user.told.readiness, Readiness::NotReady { reason, .. } if reason == UserReason::ApprovalRequired.as_str())
}

/// One wish for every topic that the user waits for: consent may be given to one and not to the other.
fn wishes(user: &UserObject, user_name: &str) -> Vec<Value> {
    let waiting = user.told.waiting_for.iter().filter_map(|line| Some(line.split_once(": ")?.0));
    let mut all = Vec::new();
    for topic in waiting {
        let topic = topic.trim_end_matches('*');
        for grant in user.told.grants.iter().filter(|grant| grant.topic == topic) {
            let spec = json!({
                "topic": grant.topic, "pattern": grant.pattern, "access": grant.access, "users": [user_name],
            });
            if !all.contains(&spec) {
                all.push(spec);
            }
        }
    }
    all
}
