//! Browser sessions: seen and ended by whose they are, and by operators.

use crate::{Action, Asker, Object, Portal, audited::store_problem, authorise::allowed_of, portal::look};
use klamm_model::{Actor, PersonName, Problem, ProblemKind, SessionId, SessionView};
use klamm_store::SessionRow;
use std::net::IpAddr;

impl Portal {
    /// Somebody's sessions that have not ended, the newest first; `current` is the one that asks.
    pub async fn session_list(
        &self,
        actor: &Actor,
        person: &PersonName,
        current: Option<&SessionId>,
    ) -> Result<Vec<SessionView>, Problem> {
        // Whoever may see no session at all is told so; of those of others there are none for them.
        look(actor, Object::session(&actor.name))?;
        look(actor, Object::session(person))
            .map_err(|_| Problem::new(ProblemKind::NotFound, format!("There is no person {person}.")))?;
        let rows = self.store.sessions_of(person, self.now()).await.map_err(store_problem)?;
        Ok(rows.into_iter().map(|row| view(actor, row, current)).collect())
    }

    /// Ends a session. To everybody but its owner and operators it does not exist; trying is written down.
    pub async fn end_session(&self, actor: &Actor, id: &SessionId, from: Option<IpAddr>) -> Result<(), Problem> {
        let no_such = || Problem::new(ProblemKind::NotFound, format!("There is no session {id}."));
        let asker = Asker::Actor(actor);
        // Whoever may end no session at all learns nothing about which there are.
        self.permit(asker, Action::Remove, Object::session(&actor.name), from).await?;
        let row = self.store.session(id, self.now()).await.map_err(store_problem)?.ok_or_else(no_such)?;
        let permit = self
            .permit(asker, Action::Remove, Object::session(&row.person), from)
            .await
            .map_err(|problem| if problem.kind == ProblemKind::Forbidden { no_such() } else { problem })?;
        self.audited(&permit, from, self.store.end_session(id)).await
    }

    /// Ends somebody's sessions, but for one where that is wanted, and says which have ended.
    pub async fn end_sessions(
        &self,
        actor: &Actor,
        person: &PersonName,
        but: Option<&SessionId>,
        from: Option<IpAddr>,
    ) -> Result<Vec<SessionId>, Problem> {
        let permit = self.permit(Asker::Actor(actor), Action::Remove, Object::session(person), from).await?;
        self.audited(&permit, from, self.store.end_sessions_of(person, but)).await
    }
}

fn view(actor: &Actor, row: SessionRow, current: Option<&SessionId>) -> SessionView {
    let actions = [Action::View, Action::Remove];
    SessionView {
        current: current == Some(&row.id),
        allowed_actions: allowed_of(Asker::Actor(actor), &Object::session(&row.person), &actions),
        id: row.id,
        agent: row.agent,
        created_at: row.created_at,
        seen_at: row.seen_at,
        expires_at: row.expires_at,
    }
}

#[cfg(test)]
mod tests;
