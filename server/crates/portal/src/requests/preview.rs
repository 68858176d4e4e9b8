//! What would become of a request, were it asked for now: the same as asking, and nothing kept.

use super::{
    NewRequest, Verdict, changes,
    decide::next,
    edit::{About, keeps, keeps_object},
    facts::Concerned,
    manifest::{Intent, Wish},
    spec::Filing,
    submit::check_words,
    trial::Occasion,
    view::bounded,
};
use crate::{Action, Asker, ObservedCluster, Portal, audited::forbidden, authorise, views::paging::invalid};
use klamm_model::{Actor, Change, Effect, Finding, Problem, RequestId, Severity};
use klamm_planner::requests::RequestEvent;

/// What would become of a request.
#[derive(Clone, Debug)]
pub struct Preview {
    /// In a sentence; an error where it would be refused.
    pub verdict: Result<String, String>,
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// What it would do.
    pub effect: Effect,
    /// What would be different.
    pub changes: Vec<Change>,
    /// The object as YAML.
    pub manifest: String,
    /// Why nobody could agree to it, whatever else it says.
    pub nobody_agrees: Option<String>,
}

impl Portal {
    /// What would become of a request, or of one in place of another. Looking is not asking: nothing is written down, not even
    /// in the audit.
    pub async fn preview_request(
        &self,
        actor: &Actor,
        new: &NewRequest,
        replaced: Option<&RequestId>,
    ) -> Result<Preview, Problem> {
        authorise(Asker::Actor(actor), Action::Create, new.object(actor)).map_err(forbidden)?;
        let seen = self.seen(actor, &new.cluster)?;
        let concerned = Concerned::read(self).await?;
        let new = NewRequest { filing: Filing::Submit, ..new.at(self.now()) };
        check_words("reason", new.reason.as_deref())?;
        let wish = match replaced {
            Some(id) => self.wish_instead(actor, &seen, &new, id).await?,
            None => self.wish(&seen, &new).await?,
        };
        let judged = self.judged(&seen, &new, (&wish, &actor.name), &concerned);
        let judged = self.tried(&seen, &new, judged, Occasion::Typing).await;
        let open = self.store.open_request_about(&new.cluster, &wish.object).await.ok().flatten();
        let open = open.filter(|open| Some(&open.request.id) != replaced);
        let verdict = match (open, judged.verdict) {
            (Some(open), _) => Err(format!("Another request about {} is open: {}.", wish.subject, open.request.id)),
            (None, Verdict::Refused(why) | Verdict::NotNow(why)) => Err(why),
            (None, Verdict::Automatic) => Ok("It would be applied without asking anybody.".to_owned()),
            (None, Verdict::Asks(asks)) => {
                let who: Vec<String> = asks.iter().map(|ask| format!("{} of {}", ask.approvals, ask.who)).collect();
                Ok(format!("It would have to be agreed to by {}.", who.join(" and ")))
            }
        };
        let parsed = |text: &str| serde_json::from_str(text).ok();
        let findings: Vec<Finding> = serde_json::from_str(&judged.body.findings_json).unwrap_or_default();
        Ok(Preview {
            verdict,
            nobody_agrees: nobody_agrees(&findings),
            findings,
            effect: bounded(parsed(&judged.body.effect_json).unwrap_or_default()),
            changes: changes::of(Intent::of(new.kind), wish.base.as_ref(), &wish.manifest),
            manifest: wish.manifest.yaml().map_err(|error| invalid(&error.to_string()))?,
        })
    }

    /// The wish in place of another, if it may take its place.
    async fn wish_instead(
        &self,
        actor: &Actor,
        seen: &ObservedCluster,
        new: &NewRequest,
        replaced: &RequestId,
    ) -> Result<Wish, Problem> {
        let row = self.row_to_edit(actor, replaced).await?;
        next(&row, RequestEvent::Edited)?;
        keeps(&row, &About::of(new))?;
        let wish = self.wish_again(seen, new, &row).await?;
        keeps_object(&row, &wish)?;
        Ok(wish)
    }
}

/// Rules about who decides know nothing of what is asked for.
fn nobody_agrees(findings: &[Finding]) -> Option<String> {
    let refuses = |finding: &&Finding| finding.severity == Severity::Error && finding.rule.contains(".kinds");
    findings.iter().find(refuses).map(|finding| finding.message.clone())
}
