//! What changed elsewhere: one stream of revisions per browser, and signals that pages key their data by.
//!
//! The server says which section of which cluster is at which revision; a page that shows another revision reads again.
//! Nothing here knows what the sections hold.

#[cfg(feature = "hydrate")]
mod channel;
#[cfg(feature = "hydrate")]
mod stream;
#[cfg(feature = "hydrate")]
mod turn;

use crate::{
    session::sign_in_again,
    ui::{Erase, Notice, Status, StatusWord, Tone},
};
use klamm_model::{ClusterRef, Revisions, Section, SectionRevision};
use leptos::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Sections of one cluster change together; pages read once for both.
const GATHER: Duration = Duration::from_millis(120);

/// How the stream is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser has a stream"))]
enum LiveState {
    /// The page has just been opened, or is not being looked at.
    Waiting,
    /// Revisions arrive.
    Following,
    /// The server does not answer; tried again by itself.
    Reconnecting,
    /// The session has ended.
    SignedOut,
}

/// Revisions as this page knows them.
#[derive(Debug, Default)]
struct Known {
    revisions: BTreeMap<(ClusterRef, Section), u64>,
    changed: BTreeSet<ClusterRef>,
    /// How often a request has moved.
    requests: u32,
}

impl Known {
    /// Takes in an event; true when it tells something that is not shown yet. Another number is news even when it is
    /// smaller: revisions start anew with the server.
    fn hear(&mut self, event: SectionRevision) -> bool {
        let known = self.revisions.insert((event.cluster.clone(), event.section), event.revision);
        let is_news = known != Some(event.revision);
        if is_news {
            // What is heard at first may be newer than the page, unless no request has ever moved.
            if event.section == Section::Requests && event.revision > 0 {
                self.requests = self.requests.wrapping_add(1);
            }
            self.changed.insert(event.cluster);
        }
        is_news
    }

    fn show(&mut self, cluster: &ClusterRef, shown: Revisions) {
        self.revisions.insert((cluster.clone(), Section::Structure), shown.structure);
        self.revisions.insert((cluster.clone(), Section::Numbers), shown.numbers);
    }
}

/// The handle that pages use.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    changes: RwSignal<BTreeMap<ClusterRef, u32>>,
    requests: RwSignal<u32>,
    state: RwSignal<LiveState>,
    known: StoredValue<Known>,
}

impl Live {
    /// Starts following, in the browser.
    pub(crate) fn provide() {
        let live = Self {
            changes: RwSignal::new(BTreeMap::new()),
            requests: RwSignal::new(0),
            state: RwSignal::new(LiveState::Waiting),
            known: StoredValue::new(Known::default()),
        };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| stream::follow(live));
    }

    /// The handle, below whoever called [`Live::provide`].
    pub(crate) fn get() -> Self {
        expect_context()
    }

    /// Grows whenever `cluster` (as `namespace/name`) has changed since it was shown.
    pub(crate) fn changes_of(self, cluster: Memo<String>) -> Memo<u32> {
        Memo::new(move |_| {
            let cluster = cluster.get().parse::<ClusterRef>().ok();
            self.changes.with(|changes| cluster.and_then(|cluster| changes.get(&cluster).copied()).unwrap_or_default())
        })
    }

    /// Grows whenever any cluster has changed.
    pub(crate) fn changes_anywhere(self) -> Memo<u32> {
        Memo::new(move |_| self.changes.with(|changes| changes.values().fold(0_u32, |sum, n| sum.wrapping_add(*n))))
    }

    /// Grows whenever a request of any cluster has moved.
    pub(crate) fn changes_of_requests(self) -> Memo<u32> {
        Memo::new(move |_| self.requests.get())
    }

    /// Says which revisions the page shows now, so that events about them are no news.
    pub(crate) fn shows(self, cluster: &ClusterRef, revisions: Revisions) {
        self.known.update_value(|known| known.show(cluster, revisions));
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser has a stream"))]
    fn hear(self, event: SectionRevision) {
        let first_of_many = self.known.try_update_value(|known| {
            let was_quiet = known.changed.is_empty();
            known.hear(event) && was_quiet
        });
        if first_of_many == Some(true) {
            set_timeout(move || self.publish(), GATHER);
        }
    }

    fn publish(self) {
        let (changed, requests) = self
            .known
            .try_update_value(|known| (std::mem::take(&mut known.changed), known.requests))
            .unwrap_or_default();
        // None where the frame around the page is another by now.
        if self.requests.try_get_untracked().is_some_and(|told| told != requests) {
            self.requests.set(requests);
        }
        self.changes.update(|changes| {
            for cluster in changed {
                let count = changes.entry(cluster).or_default();
                *count = count.wrapping_add(1);
            }
        });
    }
}

/// One word about the stream, for the top bar.
#[component]
pub(crate) fn LiveMark() -> impl IntoView {
    let live = Live::get();
    view! {
        <span class="live" role="status">
            {move || match live.state.get() {
                LiveState::Waiting => ().erased(),
                LiveState::Following => view! { <StatusWord status=Status::Ok word="Live" /> }.erased(),
                LiveState::Reconnecting => {
                    view! { <StatusWord status=Status::Warn word="Reconnecting" /> }.erased()
                }
                LiveState::SignedOut => view! { <StatusWord status=Status::Bad word="Signed out" /> }.erased(),
            }}
        </span>
    }
}

/// Says that the session has ended, above whatever the page still shows.
#[component]
pub(crate) fn SignedOutNotice() -> impl IntoView {
    let live = Live::get();
    move || {
        (live.state.get() == LiveState::SignedOut).then(|| {
            view! {
                <Notice tone=Tone::Bad word="Signed out">
                    "Your session has ended, and what you see no longer changes. " {sign_in_again()}
                </Notice>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(section: Section, revision: u64) -> SectionRevision {
        SectionRevision { cluster: "kafka/demo".parse().unwrap(), section, revision }
    }

    #[test]
    fn what_is_shown_already_is_no_news() {
        let mut known = Known::default();
        known.show(&"kafka/demo".parse().unwrap(), Revisions { structure: 4, numbers: 9 });
        assert!(!known.hear(event(Section::Structure, 4)));
        assert!(!known.hear(event(Section::Numbers, 9)));
        assert!(known.changed.is_empty());
        assert!(known.hear(event(Section::Numbers, 10)));
        assert!(!known.hear(event(Section::Numbers, 10)));
        assert_eq!(known.changed.len(), 1);
    }

    #[test]
    fn a_restarted_server_counts_from_the_beginning_and_is_news() {
        let mut known = Known::default();
        known.show(&"kafka/demo".parse().unwrap(), Revisions { structure: 40, numbers: 90 });
        assert!(known.hear(event(Section::Structure, 1)));
    }
}
