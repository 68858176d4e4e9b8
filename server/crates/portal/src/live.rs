use crate::portal::{Moved, look};
use crate::{Kind, Object, Portal, RevisionMap};
use futures::Stream;
use futures::stream;
use klamm_model::{Actor, Problem, Section, SectionRevision};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;

/// What a listener has been told, and where news comes from.
struct Listener {
    actor: Actor,
    source: watch::Receiver<Arc<RevisionMap>>,
    requests: watch::Receiver<Arc<Moved>>,
    told: RevisionMap,
    waiting: Vec<SectionRevision>,
    is_first: bool,
}

impl Portal {
    /// All current revisions, then every change. A slow reader is told the newest, not all in between, so that nothing piles
    /// up for it. Ends when the inventory does.
    pub fn live(&self, actor: &Actor) -> Result<impl Stream<Item = SectionRevision> + Send + use<>, Problem> {
        look(actor, Object::all(Kind::Events))?;
        let listener = Listener {
            actor: actor.clone(),
            source: self.observations.revisions(),
            requests: self.moved.subscribe(),
            told: RevisionMap::new(),
            waiting: Vec::new(),
            is_first: true,
        };
        Ok(stream::unfold(listener, |mut listener| async move {
            while listener.waiting.is_empty() {
                if !std::mem::take(&mut listener.is_first) {
                    listener.wait().await?;
                }
                listener.catch_up();
            }
            listener.waiting.pop().map(|event| (event, listener))
        }))
    }
}

impl Listener {
    /// Waits for news; none when there will be no more.
    async fn wait(&mut self) -> Option<()> {
        tokio::select! {
            changed = self.source.changed() => changed.ok(),
            changed = self.requests.changed() => changed.ok(),
        }
    }

    fn catch_up(&mut self) {
        let mut current = RevisionMap::clone(&self.source.borrow_and_update());
        let moved = Arc::clone(&self.requests.borrow_and_update());
        // Of every cluster, so that the first request that ever moves is another number than what was told before.
        let clusters: BTreeSet<_> = current.keys().map(|(cluster, _)| cluster.clone()).collect();
        for cluster in clusters.into_iter().chain(moved.keys().cloned()) {
            let at = moved.get(&cluster).copied().unwrap_or_default();
            current.insert((cluster, Section::Requests), at);
        }
        self.waiting = current
            .iter()
            .filter(|(section, revision)| self.told.get(section) != Some(revision))
            .filter(|((cluster, _), _)| look(&self.actor, Object::cluster(cluster)).is_ok())
            .map(|((cluster, section), revision)| SectionRevision {
                cluster: cluster.clone(),
                section: *section,
                revision: *revision,
            })
            .rev()
            .collect();
        self.told = current;
    }
}

#[cfg(test)]
mod tests {
    use crate::views::samples::{Estate, actor, cluster_ref, portal};
    use futures::StreamExt;
    use klamm_model::Section;

    #[tokio::test]
    async fn a_listener_gets_everything_first_and_then_only_what_changed() {
        let estate = Estate::new();
        let (demo, prod) = (cluster_ref("kafka/demo"), cluster_ref("kafka/prod"));
        estate.set_revision(&demo, Section::Structure, 7);
        estate.set_revision(&prod, Section::Numbers, 3);
        let (portal, _database) = portal(&estate).await;
        let mut events = Box::pin(portal.live(&actor("ada")).unwrap());
        let first = events.next().await.unwrap();
        assert_eq!((&first.cluster, first.section, first.revision), (&demo, Section::Structure, 7));
        let second = events.next().await.unwrap();
        assert_eq!((&second.cluster, second.section, second.revision), (&demo, Section::Requests, 0));
        assert_eq!(events.next().await.unwrap().cluster, prod);
        assert_eq!(events.next().await.unwrap().section, Section::Requests);

        // Two changes while nobody reads are told as one.
        estate.set_revision(&demo, Section::Structure, 8);
        estate.set_revision(&demo, Section::Structure, 9);
        let news = events.next().await.unwrap();
        assert_eq!((&news.cluster, news.section, news.revision), (&demo, Section::Structure, 9));
        portal.requests_changed(&demo);
        let news = events.next().await.unwrap();
        assert_eq!((&news.cluster, news.section), (&demo, Section::Requests));
        assert!(news.revision > 0);

        drop(portal);
        drop(estate);
        assert!(events.next().await.is_none());
    }
}
