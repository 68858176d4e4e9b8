//! The audit around every change: the attempt is written first (no row, no act), the outcome after it.

use crate::authorise::By;
use crate::{Action, Asker, Denial, Object, Permit, Portal, authorise};
use klamm_model::{ActorKind, Problem, ProblemKind};
use klamm_store::{Attempt, AuditId, AuditObject, AuditedAs, Decision, Outcome, StoreError};
use std::net::IpAddr;

pub(crate) use klamm_model::error_chain as chain;

impl Portal {
    /// Asks for a permit to change something. A denial is audited.
    pub(crate) async fn permit(
        &self,
        asker: Asker<'_>,
        action: Action,
        object: Object,
        from: Option<IpAddr>,
    ) -> Result<Permit, Problem> {
        let denial = match authorise(asker, action, object.clone()) {
            Ok(permit) => return Ok(permit),
            Err(denial) => denial,
        };
        let by = match asker {
            Asker::Actor(actor) => By::Actor(actor.name.clone(), actor.kind),
            Asker::Console => By::Console,
        };
        let attempt = attempt(&by, action, &object, from, Decision::Denied, denial.rule());
        self.refused(&attempt).await?;
        Err(forbidden(denial))
    }

    /// Does what the permit allows, between its two rows in the audit.
    pub(crate) async fn audited<T>(
        &self,
        permit: &Permit,
        from: Option<IpAddr>,
        act: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Problem> {
        self.during(permit, from, async { act.await.map_err(store_problem) }).await
    }

    /// The same for an act that may find, on the way, that it cannot be done.
    pub(crate) async fn during<T>(
        &self,
        permit: &Permit,
        from: Option<IpAddr>,
        act: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let id = self.begun(permit, from).await?;
        let result = act.await;
        self.over(&id, result.as_ref().map(|_| None)).await;
        result
    }

    /// The same for a change that says, in words, what is other than before.
    pub(crate) async fn telling(
        &self,
        permit: &Permit,
        from: Option<IpAddr>,
        act: impl Future<Output = Result<Option<String>, Problem>>,
    ) -> Result<(), Problem> {
        let id = self.begun(permit, from).await?;
        let result = act.await;
        self.over(&id, result.as_ref().map(Option::as_deref)).await;
        result.map(drop)
    }

    /// The same for an act that is no change and gives something back: what is told says how much it was.
    pub(crate) async fn recounting<T>(
        &self,
        permit: &Permit,
        from: Option<IpAddr>,
        act: impl Future<Output = Result<(T, String), Problem>>,
    ) -> Result<T, Problem> {
        let id = self.begun(permit, from).await?;
        let result = act.await;
        self.over(&id, result.as_ref().map(|(_, words)| Some(words.as_str()))).await;
        result.map(|(given, _)| given)
    }

    async fn begun(&self, permit: &Permit, from: Option<IpAddr>) -> Result<AuditId, Problem> {
        let attempt = attempt(permit.by(), permit.action(), permit.object(), from, Decision::Allowed, permit.rule());
        self.store.audit_attempt(&attempt, self.clock.now()).await.map_err(store_problem)
    }

    async fn over(&self, id: &AuditId, result: Result<Option<&str>, &Problem>) {
        let (outcome, message) = match result {
            Ok(words) => (Outcome::Done, words),
            Err(problem) => (outcome_of(problem.kind), Some(problem.detail.as_str())),
        };
        self.outcome(id, outcome, message).await;
    }

    /// Writes down an attempt that the rules refused.
    pub(crate) async fn refused(&self, attempt: &Attempt) -> Result<(), Problem> {
        let id = self.store.audit_attempt(attempt, self.clock.now()).await.map_err(store_problem)?;
        self.outcome(&id, Outcome::Refused, None).await;
        Ok(())
    }

    /// The act is done by now: an outcome that cannot be written is a matter for the log, not for whoever asked.
    pub(crate) async fn outcome(&self, id: &AuditId, outcome: Outcome, message: Option<&str>) {
        if let Err(error) = self.store.audit_outcome(id, outcome, message, self.clock.now()).await {
            tracing::error!(audit.id = id.as_str(), error = chain(&error), "failed to write the outcome of an act");
        }
    }
}

fn outcome_of(kind: ProblemKind) -> Outcome {
    match kind {
        ProblemKind::Forbidden | ProblemKind::Conflict | ProblemKind::Invalid | ProblemKind::Gone => Outcome::Refused,
        ProblemKind::Unauthenticated
        | ProblemKind::WrongCredentials
        | ProblemKind::ForeignOrigin
        | ProblemKind::NotFound
        | ProblemKind::MethodNotAllowed
        | ProblemKind::TooLarge
        | ProblemKind::TooManyAttempts
        | ProblemKind::Unavailable
        | ProblemKind::Internal => Outcome::Failed,
    }
}

/// How the audit names what an attempt was about: for requests, the object that would be changed.
fn about(object: &Object) -> AuditObject {
    object.request.as_ref().map_or_else(
        || AuditObject {
            kind: object.kind.name().to_owned(),
            namespace: object.cluster.as_ref().map(|cluster| cluster.namespace.to_string()),
            name: object.name.clone(),
        },
        |facts| facts.about.clone(),
    )
}

fn attempt(
    by: &By,
    action: Action,
    object: &Object,
    from: Option<IpAddr>,
    decision: Decision,
    rule: &'static str,
) -> Attempt {
    let (actor, known_by) = match by {
        By::Actor(name, ActorKind::Session) => (name.to_string(), AuditedAs::Session),
        By::Actor(name, ActorKind::Token | ActorKind::TeamToken) => (name.to_string(), AuditedAs::Token),
        By::Console => ("console".to_owned(), AuditedAs::Console),
    };
    Attempt {
        actor,
        known_by,
        source: from.map(|address| address.to_string()),
        team: object.team.as_ref().map(ToString::to_string),
        concerned: object.request.as_ref().map(|facts| facts.owner.to_string()),
        action: action.name(),
        object: about(object),
        request: object.request.as_ref().and_then(|facts| facts.id.as_ref()).map(ToString::to_string),
        decision,
        rule,
    }
}

pub(crate) fn forbidden(denial: Denial) -> Problem {
    let detail = match denial {
        Denial::NoRule => "You may not do this. Somebody who operates Klamm can.",
        Denial::Scope => "This token was not made for that. Use one with a wider scope.",
        Denial::OwnRequest => "Nobody decides about a request of their own. Somebody else who is asked has to.",
        Denial::NotAsked => "You are not among those who are asked to decide this. The request says who is.",
        Denial::TeamToken => "A team's token looks and asks. People decide, and are shown passwords.",
        Denial::Oneself => "Nobody shuts themselves out. Another operator can.",
        Denial::Session => "No token may do this. Sign in with your password, as on the pages of Klamm.",
    };
    Problem::new(ProblemKind::Forbidden, detail)
}

/// What people get to read of a database that refused; the log has the rest.
#[expect(clippy::needless_pass_by_value, reason = "stands in map_err everywhere")]
pub(crate) fn store_problem(error: StoreError) -> Problem {
    match error {
        StoreError::Exists { what } => Problem::new(ProblemKind::Conflict, format!("There is a {what} of that name.")),
        StoreError::Missing { what } => {
            Problem::new(ProblemKind::NotFound, format!("There is no {what} of that name."))
        }
        StoreError::Changed { what } => {
            Problem::new(ProblemKind::Conflict, format!("The {what} has just changed. Look at it again."))
        }
        StoreError::LastOperator => {
            let detail = "Nobody else operates Klamm. Make somebody else an operator first.";
            Problem::new(ProblemKind::Conflict, detail)
        }
        StoreError::Full { what, at_most } => {
            let detail =
                format!("There are {at_most} {what} already, which is the most. End one that is no longer used.");
            Problem::new(ProblemKind::Forbidden, detail)
        }
        StoreError::UnknownDatabase
        | StoreError::InvalidUrl(_)
        | StoreError::Connect(_)
        | StoreError::Migrate(_)
        | StoreError::Query { .. } => {
            tracing::error!(error = chain(&error), "the database did not do what was asked");
            Problem::new(ProblemKind::Unavailable, "The database does not answer just now. Try again in a moment.")
        }
        StoreError::NoRoom { .. } => {
            tracing::error!(error = chain(&error), "the database takes nothing in");
            let detail = "The database takes nothing in just now: it is full, or was made read-only. What is there can be \
                          read; nothing is changed until whoever operates Klamm has made room.";
            Problem::new(ProblemKind::Unavailable, detail)
        }
        StoreError::Corrupt { .. } => {
            tracing::error!(error = chain(&error), "the database holds something this version does not understand");
            Problem::new(ProblemKind::Internal, "The database holds something this version does not understand.")
        }
    }
}
