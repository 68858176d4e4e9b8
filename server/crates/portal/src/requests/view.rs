//! A request as people see it, and what it waits for.

use super::{
    changes,
    facts::{Concerned, KeptAsk},
    manifest::Intent,
};
use crate::{Action, Asker, Portal, audited::store_problem, authorise::allowed_of, portal::look};
use klamm_model::{
    Actor, Approval, AskedOf, CommentView, Effect, OffsetsEffect, Problem, ProblemKind, RequestId, RequestState,
    RequestView, error_chain,
};
use klamm_planner::requests::{RequestEvent, after};
use klamm_resources::ObjectManifest;
use klamm_store::{ApprovalRow, CommentRow, RequestRow};
use serde::de::DeserializeOwned;

/// What may be done to a request, with what it is in its life.
const ACTIONS: [(Action, RequestEvent); 5] = [
    (Action::Approve, RequestEvent::Agreed),
    (Action::Decline, RequestEvent::Decline),
    (Action::Change, RequestEvent::Edited),
    (Action::Cancel, RequestEvent::Cancel),
    (Action::Retry, RequestEvent::Retry),
];

impl Portal {
    /// A request, to whom it concerns.
    pub async fn request(&self, actor: &Actor, id: &RequestId) -> Result<RequestView, Problem> {
        let row = self.row(id).await?;
        let concerned = Concerned::read(self).await?;
        look(actor, concerned.object(&row)).map_err(|problem| {
            if problem.kind == ProblemKind::Forbidden { super::decide::no_such(id) } else { problem }
        })?;
        let request = &row.request;
        let approvals = self.store.approvals(&request.id, &request.body.hash).await.map_err(store_problem)?;
        let comments = self.store.comments(&request.id).await.map_err(store_problem)?;
        view(actor, &row, (approvals, comments), &concerned, self.now())
    }
}

pub(super) fn view(
    actor: &Actor,
    row: &RequestRow,
    (approvals, comments): (Vec<ApprovalRow>, Vec<CommentRow>),
    concerned: &Concerned,
    now: klamm_model::UnixMillis,
) -> Result<RequestView, Problem> {
    let request = &row.request;
    let body = &request.body;
    let manifest = ObjectManifest::from_json(body.manifest_json.as_str());
    let base = body.base_json.as_deref().map(ObjectManifest::from_json);
    let kept: Vec<KeptAsk> = parsed(&body.asks_json)?;
    let agreed = agreed(approvals);
    let asked: Vec<AskedOf> = kept.iter().map(|ask| asked_of(ask, row, concerned)).collect();
    let consents = agreed.iter().any(|approval| approval.by == actor.name);
    let in_life = ACTIONS.iter().filter(|(_, event)| after(request.state, *event).is_some());
    let still_open = in_life.map(|(action, _)| *action).filter(|action| *action != Action::Approve || !consents);
    let actions: Vec<Action> = [Action::View].into_iter().chain(still_open).chain([Action::Comment]).collect();
    let allowed_actions = allowed_of(Asker::Actor(actor), &concerned.object(row), &actions);
    Ok(RequestView {
        id: request.id.clone(),
        kind: request.kind,
        subject: request.subject.clone(),
        state: request.state,
        cluster: request.cluster.clone(),
        team: request.team.clone(),
        owner: request.owner.clone(),
        requester: request.requester.clone(),
        reason: body.reason.clone(),
        created_at: row.created_at,
        changed_at: row.changed_at,
        expires_at: body.expires_at.filter(|_| request.state == RequestState::NeedsApproval),
        changes: changes::of(Intent::of(request.kind), base.as_ref(), &manifest),
        manifest: yaml(&manifest)?,
        before: base.as_ref().map(yaml).transpose()?,
        hash: body.hash.clone(),
        findings: parsed(&body.findings_json)?,
        effect: bounded(parsed(&body.effect_json)?),
        waiting_for: waiting_for(row, &kept, &asked, &agreed, now),
        asked,
        approvals: agreed,
        message: row.message.clone(),
        comments: comments
            .into_iter()
            .map(|comment| CommentView { by: comment.person, at: comment.at, text: comment.text })
            .collect(),
        allowed_actions,
    })
}

/// What a request waits for and on whom, as everybody whom it concerns may read it.
pub(crate) fn waits_for(
    row: &RequestRow,
    approvals: Vec<ApprovalRow>,
    concerned: &Concerned,
    now: klamm_model::UnixMillis,
) -> Result<Option<String>, Problem> {
    let kept: Vec<KeptAsk> = parsed(&row.request.body.asks_json)?;
    let asked: Vec<AskedOf> = kept.iter().map(|ask| asked_of(ask, row, concerned)).collect();
    Ok(waiting_for(row, &kept, &asked, &agreed(approvals), now))
}

fn agreed(approvals: Vec<ApprovalRow>) -> Vec<Approval> {
    approvals.into_iter().map(|approval| Approval { by: approval.person, at: approval.at }).collect()
}

fn asked_of(ask: &KeptAsk, row: &RequestRow, concerned: &Concerned) -> AskedOf {
    let mut people = concerned.asked(std::slice::from_ref(&ask.who));
    people.retain(|person| !concerned.may_have_asked(&row.request.requester, person));
    let who = match ask.who.strip_prefix("team:") {
        Some(team) => format!("approvers of team {team}"),
        None => ask.who.clone(),
    };
    AskedOf { who, approvals: ask.approvals, people: people.into_iter().collect() }
}

/// What a request waits for and on whom; none when it waits for nothing.
fn waiting_for(
    row: &RequestRow,
    kept: &[KeptAsk],
    asked: &[AskedOf],
    agreed: &[Approval],
    now: klamm_model::UnixMillis,
) -> Option<String> {
    match row.request.state {
        RequestState::Draft => Some("its writer, who has not asked for it yet".to_owned()),
        RequestState::Submitted => {
            Some(row.message.clone().unwrap_or_else(|| "Klamm, which looks what the rules say".to_owned()))
        }
        RequestState::NeedsApproval => {
            let parts: Vec<String> = kept.iter().zip(asked).map(|(ask, of)| still_asked(ask, of, agreed)).collect();
            Some(parts.join("; ")).filter(|text| !text.is_empty())
        }
        RequestState::Approved if row.next_attempt_at > now => {
            let until = row.next_attempt_at.ahead(now);
            Some(row.message.clone().unwrap_or_else(|| format!("the end of a freeze, {until}")))
        }
        RequestState::Approved => Some("Klamm, which is about to apply it".to_owned()),
        RequestState::Applying => {
            Some(row.message.clone().unwrap_or_else(|| "the cluster, which has to show it".to_owned()))
        }
        RequestState::Failed => Some("somebody who mends what failed and has it tried again".to_owned()),
        RequestState::Applied
        | RequestState::Declined
        | RequestState::Cancelled
        | RequestState::Expired
        | RequestState::Superseded => None,
    }
}

fn still_asked(ask: &KeptAsk, of: &AskedOf, agreed: &[Approval]) -> String {
    let has = agreed.iter().filter(|approval| of.people.contains(&approval.by)).count();
    let has = u32::try_from(has).unwrap_or(u32::MAX).min(ask.approvals);
    let open: Vec<&str> = of
        .people
        .iter()
        .filter(|person| !agreed.iter().any(|approval| approval.by == **person))
        .map(klamm_model::PersonName::as_str)
        .collect();
    let who = if open.is_empty() { "nobody is left who could".to_owned() } else { open.join(", ") };
    format!("{} of {} approvals by {}: {who}", ask.approvals - has, ask.approvals, of.who)
}

/// What is kept of a reset is all of it; what is told is as much as anybody reads.
pub(super) fn bounded(effect: Effect) -> Effect {
    Effect { offsets: effect.offsets.map(OffsetsEffect::bounded), ..effect }
}

fn yaml(manifest: &ObjectManifest) -> Result<String, Problem> {
    manifest.yaml().map_err(|error| {
        tracing::error!(error = error_chain(&error), "a manifest that was kept does not print");
        Problem::new(ProblemKind::Internal, "The manifest could not be written.")
    })
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| {
        tracing::error!(error = error_chain(&error), "a request that was kept cannot be read");
        Problem::new(ProblemKind::Internal, "The database holds a request that this version does not understand.")
    })
}
