//! The list of requests, as far as they concern whoever looks.

use super::{
    facts::{Concerned, asked_words},
    view,
};
use crate::{
    Kind, Object, Portal,
    audited::store_problem,
    portal::{given, look, named},
    views::paging::invalid,
};
use klamm_model::{
    Actor, Page, Problem, RequestKind, RequestState, RequestView, RequestsRequest, Role, SortOrder, checked_limit,
};
use klamm_store::{RequestFilter, RequestRow, SeenBy};

impl Portal {
    /// One page of requests, the newest first unless somebody wants it otherwise.
    pub async fn request_page(&self, actor: &Actor, request: &RequestsRequest) -> Result<Page<RequestView>, Problem> {
        look(actor, Object::all(Kind::Request))?;
        let concerned = Concerned::read(self).await?;
        let filter = filter(actor, request, &concerned)?;
        let page = self.store.requests(&filter).await.map_err(store_problem)?;
        let more = page.items.len() > filter.limit.saturating_sub(1) as usize;
        let mut rows = page.items;
        if more {
            rows.pop();
        }
        let next_cursor = rows.last().filter(|_| more).map(|row| row.request.id.to_string());
        let ids: Vec<_> = rows.iter().map(|row| row.request.id.clone()).collect();
        let mut approvals = self.store.approvals_of(&ids).await.map_err(store_problem)?;
        // What was said about a request stands on its own page.
        let view = |row: &RequestRow| {
            let agreed = approvals.remove(&row.request.id).unwrap_or_default();
            view::view(actor, row, (agreed, Vec::new()), &concerned, self.now())
        };
        Ok(Page { items: rows.iter().map(view).collect::<Result<_, _>>()?, total: page.total, next_cursor })
    }

    /// How many requests wait for the caller.
    pub async fn inbox_count(&self, actor: &Actor) -> Result<u64, Problem> {
        look(actor, Object::all(Kind::Request))?;
        let concerned = Concerned::read(self).await?;
        let request = RequestsRequest { inbox: true, ..RequestsRequest::default() };
        self.store.count_requests(&filter(actor, &request, &concerned)?).await.map_err(store_problem)
    }
}

fn filter(actor: &Actor, request: &RequestsRequest, concerned: &Concerned) -> Result<RequestFilter, Problem> {
    let decides = asked_words(actor, &concerned.people);
    let sees_all = actor.is_operator() || actor.roles.contains(&Role::Auditor);
    let seen_by = if sees_all {
        SeenBy::All(actor.name.clone())
    } else {
        SeenBy::Some { person: actor.name.clone(), teams: actor.teams.clone(), decides: decides.clone() }
    };
    let limit = checked_limit(request.limit).map_err(|error| invalid(&error.to_string()))?;
    Ok(RequestFilter {
        seen_by,
        state: named(request.state.as_deref(), "state", RequestState::named)?,
        kind: named(request.kind.as_deref(), "kind", RequestKind::named)?,
        team: named(request.team.as_deref(), "team", |text| text.parse().ok())?,
        cluster: named(request.cluster.as_deref(), "cluster", |text| text.parse().ok())?,
        requester: named(request.requester.as_deref(), "requester", |text| text.parse().ok())?,
        search: given(request.search.as_deref()).map(str::to_owned),
        waits_for: request.inbox.then(|| (actor.name.clone(), decides)),
        order: request.order.unwrap_or(SortOrder::Desc),
        after: named(request.cursor.as_deref(), "cursor", |text| text.parse().ok())?,
        // One more tells whether there is another page.
        limit: u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1),
    })
}
