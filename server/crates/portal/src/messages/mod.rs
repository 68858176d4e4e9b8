//! A look at the records of a topic, for whom the rules of its environment name: a few, found by where they are or by what is in
//! them, read past every group, and written down.
//!
//! Inside: what is asked for and whether it can be ([`question`]), what is searched for ([`filter`], [`path`]), which parts of
//! the logs are read next and what of them is kept ([`scan`], which is pure), how bytes are shown ([`part`]), and the reading
//! itself. What is in a record, and what somebody looked for in it, is told to whoever asked and to nobody else: neither the audit
//! nor the log has it.

mod filter;
mod part;
mod path;
mod question;
mod read;
mod scan;
#[cfg(test)]
mod tests;
mod track;

use crate::{
    Action, Asker, Denial, Object, ObservedCluster, Portal, authorise, topics::topic_of, views::paging::invalid,
};
use klamm_model::{Actor, ClusterRef, MessagesRequest, MessagesView, Problem, ProblemKind, Topic, TopicName};
use klamm_planner::policy::Reader;
use question::Question;
pub use question::moment_in;
use std::{collections::BTreeSet, net::IpAddr};

/// How many may look at once: each may keep some ten megabytes for a moment.
pub(crate) const AT_ONCE: usize = 2;

/// Whether somebody may look at the messages of a topic, and who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesDoor {
    /// Whether whoever asks may.
    pub standing: MessagesStanding,
    /// Who may, in words; nobody where it is empty.
    pub readers: Vec<String>,
    /// The environment whose rules say so.
    pub environment: Option<String>,
    /// How many partitions the topic has.
    pub partitions: usize,
}

/// How whoever asks stands before the messages of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagesStanding {
    /// They may look.
    May,
    /// The rules do not name them.
    NotNamed,
}

impl Portal {
    /// Who may look at the messages of a topic. Everybody who sees the topic may know that.
    pub fn messages_door(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
    ) -> Result<MessagesDoor, Problem> {
        let seen = self.seen(actor, cluster)?;
        let topic = topic_of(actor, &seen, name)?;
        let object = self.messages_of(&seen, topic);
        let readers = object.readers.iter().map(ToString::to_string).collect();
        let may = authorise(Asker::Actor(actor), Action::Reveal, object).is_ok();
        let standing = if may { MessagesStanding::May } else { MessagesStanding::NotNamed };
        let environment = seen.declared.environment.clone();
        Ok(MessagesDoor { standing, readers, environment, partitions: topic.partitions.len() })
    }

    /// Looks at messages, for whoever may. To everybody else there are none to look at.
    pub async fn messages(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        name: &TopicName,
        request: &MessagesRequest,
        from: Option<IpAddr>,
    ) -> Result<MessagesView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let object = self.messages_of(&seen, topic_of(actor, &seen, name)?);
        let hidden = authorise(Asker::Actor(actor), Action::Reveal, object.clone()).err() == Some(Denial::NoRule);
        let permit = self.permit(Asker::Actor(actor), Action::Reveal, object, from).await.map_err(|problem| {
            if hidden && problem.kind == ProblemKind::Forbidden { nothing_to_see(name) } else { problem }
        })?;
        let question = Question::read(request).map_err(|why| invalid(&why))?;
        let Ok(_turn) = self.peeks.try_acquire() else {
            let detail = "Others are looking at messages just now. Try again in a moment.";
            return Err(Problem::new(ProblemKind::Unavailable, detail));
        };
        let asked = question.words();
        self.recounting(&permit, from, async {
            let view = self.read_messages(cluster, name, question).await?;
            let told = format!("{asked}: {} shown of {} looked at", view.items.len(), view.looked);
            Ok((view, told))
        })
        .await
    }

    fn messages_of(&self, seen: &ObservedCluster, topic: &Topic) -> Object {
        let standing = self.policies.now();
        let environment = seen.declared.environment.as_deref().unwrap_or_default();
        let readers: BTreeSet<Reader> =
            standing.policy.of(environment).map(|(_, rules)| rules.messages.read.clone()).unwrap_or_default();
        Object::messages(&seen.inventory.cluster, topic.name.as_str(), topic.team.as_ref(), readers)
    }
}

fn nothing_to_see(name: &TopicName) -> Problem {
    let detail = format!(
        "There are no messages of {name} that you may see. The page of the topic says who may, and who says so."
    );
    Problem::new(ProblemKind::NotFound, detail)
}
