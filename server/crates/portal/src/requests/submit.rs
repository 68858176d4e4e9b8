//! A wish is written down, judged, and goes on its way.

use super::{
    effect,
    facts::{Concerned, KeptAsk},
    manifest::{ClusterNow, GroupNow, Known, Wish, hash_of},
    spec::{Filing, MAX_WORDS, NewRequest, OPERATORS, Spec},
    trial::Occasion,
};
use crate::{Action, Asker, ObservedCluster, Portal, audited::store_problem};
use crate::{policies::usage, views::paging::invalid};
use klamm_model::{
    Actor, PersonName, Problem, ProblemKind, RequestId, RequestKind, RequestState, RequestView, Severity, UnixMillis,
};
use klamm_planner::policy::{Ask, Facts, Judgement, Outcome, Wish as PolicyWish, judge};
use klamm_store::{NewRequestRow, RequestBody, RequestObject, RequestRow, Store, StoreError};
use serde_json::json;
use std::{net::IpAddr, sync::Arc};

/// A wish with what follows from it.
pub(crate) struct Judged {
    pub(crate) body: RequestBody,
    /// Where it goes from here; a refused one has a sentence that says why.
    pub(crate) verdict: Verdict,
    /// It is not applied before.
    pub(crate) frozen_until: Option<UnixMillis>,
}

/// What the rules say, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It cannot be had, and why.
    Refused(String),
    /// It cannot be done as things stand, whoever agrees, and why.
    NotNow(String),
    /// Nobody has to be asked.
    Automatic,
    /// These have to agree.
    Asks(Vec<Ask>),
}

impl Portal {
    /// Writes a request down and, unless it is a draft, asks for it. What the rules refuse is refused here.
    pub async fn create_request(
        &self,
        actor: &Actor,
        new: &NewRequest,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        // Whoever may not ask for this team learns nothing of what would have become of it.
        let permit = self.permit(Asker::Actor(actor), Action::Create, new.object(actor), from).await?;
        let id = Store::new_request_id(self.now()).map_err(store_problem)?;
        self.during(&permit.of_request(&id), from, async {
            let seen = self.seen(actor, &new.cluster)?;
            let new = &new.at(self.now());
            check_words("reason", new.reason.as_deref())?;
            let concerned = Concerned::read(self).await?;
            let is_theirs = new.kind.operation().is_some() && new.team.as_str() == OPERATORS;
            if !is_theirs && !concerned.teams.contains(&new.team) {
                return Err(invalid(&format!("team: there is no team {}", new.team)));
            }
            let wish = self.wish(&seen, new).await?;
            self.file(&seen, new, (&wish, &actor.name), (&id, &concerned)).await
        })
        .await?;
        self.requests_changed(&new.cluster);
        self.request(actor, &id).await
    }

    /// Writes a wish down as what the rules make of it.
    pub(crate) async fn file(
        &self,
        seen: &ObservedCluster,
        new: &NewRequest,
        (wish, who): (&Wish, &PersonName),
        (id, concerned): (&RequestId, &Concerned),
    ) -> Result<(), Problem> {
        let judged = self.judged(seen, new, (wish, who), concerned);
        let judged = self.tried(seen, new, judged, Occasion::Asking).await;
        let state = match (new.filing, &judged.verdict) {
            (Filing::Draft, _) => RequestState::Draft,
            (Filing::Submit, Verdict::Refused(why) | Verdict::NotNow(why)) => return Err(invalid(why)),
            (Filing::Submit, Verdict::Automatic) => RequestState::Approved,
            (Filing::Submit, Verdict::Asks(_)) => RequestState::NeedsApproval,
        };
        let row = NewRequestRow {
            id: id.clone(),
            kind: new.kind,
            state,
            cluster: new.cluster.clone(),
            team: new.team.clone(),
            owner: wish.owner.clone(),
            requester: who.clone(),
            subject: wish.subject.clone(),
            object: wish.object.clone(),
            body: judged.body,
        };
        match self.store.add_request(&row, self.now()).await {
            Err(StoreError::Exists { .. }) => Err(self.in_the_way(&row).await),
            added => added.map_err(store_problem),
        }
    }

    /// The request that is open about the same object, in a sentence.
    async fn in_the_way(&self, row: &NewRequestRow) -> Problem {
        let other = self.store.open_request_about(&row.cluster, &row.object).await.ok().flatten();
        let which = other.map_or_else(String::new, |other| format!(": {}", other.request.id));
        let detail = format!("Another request about {} is open{which}. Decide or cancel that one first.", row.subject);
        Problem::new(ProblemKind::Conflict, detail)
    }

    pub(crate) async fn wish(&self, seen: &ObservedCluster, new: &NewRequest) -> Result<Wish, Problem> {
        let declarations = self.observations.declarations();
        let mut known = Known { seen, declarations, group: None, cluster_now: None };
        let spec = new.parsed()?;
        match &spec {
            Spec::Reset(reset) => {
                // Brokers are asked about a team's own groups only.
                known.whose_group(reset, &new.team)?;
                let at = self.now();
                let look = self.look_at_group(&new.cluster, &reset.question(at)).await?;
                known.group = Some(GroupNow { look, at });
            }
            Spec::Operation(wanted) => {
                let ground = self.ground(&new.cluster)?;
                let resource = Arc::clone(&ground.resource);
                let plan = self.planned(ground, wanted.clone()).await?;
                known.cluster_now = Some(ClusterNow { resource, plan });
            }
            Spec::Topic(_)
            | Spec::TopicEnd(_)
            | Spec::Credential(_)
            | Spec::NamedCredential(_)
            | Spec::Grant(_)
            | Spec::Revoke(_) => {}
        }
        known.wish(new.kind, &spec, &new.team)
    }

    /// The same wish made out anew, from what is there now. Whose it is may have changed meanwhile; that is told, too.
    pub(crate) async fn wish_again(
        &self,
        seen: &ObservedCluster,
        new: &NewRequest,
        row: &RequestRow,
    ) -> Result<Wish, Problem> {
        let wish = self.wish(seen, new).await.map_err(|problem| match problem.kind {
            ProblemKind::Invalid => Problem::new(ProblemKind::Conflict, problem.detail),
            _ => problem,
        })?;
        if wish.owner == row.request.owner {
            Ok(wish)
        } else {
            let (subject, owner) = (&wish.subject, &wish.owner);
            let detail =
                format!("{subject} belongs to team {owner} by now, so that others have to be asked. Ask again.");
            Err(Problem::new(ProblemKind::Conflict, detail))
        }
    }

    /// What the rules say about a wish now.
    pub(crate) fn judged(
        &self,
        seen: &ObservedCluster,
        new: &NewRequest,
        (wish, who): (&Wish, &PersonName),
        concerned: &Concerned,
    ) -> Judged {
        let usage = usage::afterwards(&seen.inventory, &wish.owner, wish.topic.as_ref());
        let (judgement, effect) = self.judgement(seen, new.kind, (wish, who), concerned, usage);
        let Judgement { findings, outcome, frozen_until } = judgement;
        let refusals = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let why: Vec<&str> = refusals.map(|finding| finding.message.as_str()).collect();
        let (verdict, asks, expires_at) = match outcome {
            Outcome::Refused => (Verdict::Refused(why.join("; ")), Vec::new(), None),
            Outcome::Automatic => (Verdict::Automatic, Vec::new(), None),
            Outcome::Asks { of, expires } => {
                let at = self.now().0.saturating_add(i64::try_from(expires.0).unwrap_or(i64::MAX));
                let kept = of.iter().map(|ask| KeptAsk::of(ask, &wish.owner)).collect();
                (Verdict::Asks(of), kept, Some(UnixMillis(at)))
            }
        };
        let verdict = match (verdict, wish.not_now()) {
            (Verdict::Automatic | Verdict::Asks(_), Some(why)) => Verdict::NotNow(why),
            (verdict, _) => verdict,
        };
        let RequestObject { kind, namespace, name } = &wish.object;
        let uid = self.observations.declarations().uid(kind, namespace, name);
        let accepts = wish.operation.as_ref().map(|operation| operation.accepts.clone()).unwrap_or_default();
        let body = RequestBody {
            reason: new.reason.clone().filter(|reason| !reason.trim().is_empty()),
            spec_json: new.spec.to_string(),
            manifest_json: wish.manifest.json().to_owned(),
            base_json: wish.base.as_ref().map(|base| base.json().to_owned()),
            hash: hash_of(new.kind, &wish.manifest, wish.base.as_ref(), (uid.as_deref(), &accepts)),
            findings_json: json!(findings).to_string(),
            effect_json: json!(effect).to_string(),
            deciders: asks.iter().map(|ask: &KeptAsk| ask.who.clone()).collect(),
            asks_json: json!(asks).to_string(),
            expires_at,
        };
        Judged { body, verdict, frozen_until }
    }

    fn judgement(
        &self,
        seen: &ObservedCluster,
        kind: RequestKind,
        (wish, who): (&Wish, &PersonName),
        concerned: &Concerned,
        usage: klamm_planner::policy::Usage,
    ) -> (Judgement, klamm_model::Effect) {
        let standing = self.policies.now();
        let environment = seen.declared.environment.clone().unwrap_or_default();
        let quota = standing.policy.of(&environment).map(|(_, rules)| &rules.quota);
        let effect = effect::of(&seen.inventory, wish, &usage, quota);
        let facts = Facts { now: self.now(), usage, approvers: concerned.approvers(&wish.owner, who) };
        let asked = PolicyWish { kind, environment: environment.clone(), topic: wish.topic.clone() };
        (judge(&standing.policy, &asked, &facts), effect)
    }
}

/// A request that is kept, as it was asked for.
pub(crate) fn as_new(row: &RequestRow) -> Result<NewRequest, Problem> {
    let request = &row.request;
    let spec = serde_json::from_str(&request.body.spec_json).map_err(|_| {
        Problem::new(ProblemKind::Internal, "The database holds a request that this version does not understand.")
    })?;
    Ok(NewRequest {
        kind: request.kind,
        cluster: request.cluster.clone(),
        team: request.team.clone(),
        spec,
        reason: request.body.reason.clone(),
        filing: Filing::Submit,
    })
}

pub(super) fn check_words(field: &str, text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) if text.chars().count() > MAX_WORDS => {
            Err(invalid(&format!("{field}: {MAX_WORDS} characters are the most")))
        }
        Some(text) if text.chars().any(|c| c.is_control() && c != '\n') => {
            Err(invalid(&format!("{field}: no control characters")))
        }
        Some(_) | None => Ok(()),
    }
}
