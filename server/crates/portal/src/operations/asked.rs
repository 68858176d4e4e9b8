//! Who asked for an operation, and who agreed.

use crate::{Portal, audited::store_problem};
use klamm_model::{Actor, ObjectName, OperationAsked, Problem, RequestKind, RequestState, SortOrder};
use klamm_monitor::OperationObject;
use klamm_store::{RequestFilter, RequestRow, SeenBy};

/// Requests of a kind and cluster that are looked at, the newest first: the last 20 operations stay.
const LOOKED_AT: u32 = 50;

impl Portal {
    /// By a request; none where somebody changed an object itself, or where the database knows of none. Whoever may see an
    /// operation may know who is behind it; the request itself is shown to whom it concerns.
    pub(super) async fn asked_for(
        &self,
        actor: &Actor,
        (name, object): (&ObjectName, &OperationObject),
    ) -> Result<Option<OperationAsked>, Problem> {
        let filter = RequestFilter {
            seen_by: SeenBy::All(actor.name.clone()),
            state: None,
            kind: Some(RequestKind::Operation(object.spec.kind)),
            team: None,
            cluster: Some(object.cluster.clone()),
            requester: None,
            search: None,
            waits_for: None,
            order: SortOrder::Desc,
            after: None,
            limit: LOOKED_AT,
        };
        let rows = self.store.requests(&filter).await.map_err(store_problem)?.items;
        let Some(row) = rows.into_iter().find(|row| self.led_to(row, name)) else { return Ok(None) };
        let request = &row.request;
        let agreed = self.store.approvals(&request.id, &request.body.hash).await.map_err(store_problem)?;
        Ok(Some(OperationAsked {
            request: self.request(actor, &request.id).await.is_ok().then(|| request.id.clone()),
            by: request.requester.clone(),
            approved_by: agreed.into_iter().map(|approval| approval.person).collect(),
        }))
    }

    fn led_to(&self, row: &RequestRow, name: &ObjectName) -> bool {
        let was_written = match row.request.state {
            RequestState::Applying | RequestState::Applied | RequestState::Failed => true,
            RequestState::Draft
            | RequestState::Submitted
            | RequestState::NeedsApproval
            | RequestState::Approved
            | RequestState::Declined
            | RequestState::Cancelled
            | RequestState::Expired
            | RequestState::Superseded => false,
        };
        was_written && self.operation_of(row).is_some_and(|(led_to, _)| led_to == *name)
    }
}
