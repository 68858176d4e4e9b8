//! The browser's end of `/api/v1/events`: one stream for all its pages. The page whose turn it is reads it and tells the others;
//! pages that nobody looks at have no turn and hear nothing until they are looked at again.

use super::{
    Live, LiveState,
    channel::{Channel, Word},
    turn::Turn,
};
use crate::{session, ui};
use klamm_model::{ClusterRef, ProblemKind, Section, SectionRevision};
use leptos::{prelude::*, task::spawn_local};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

const EVENTS: &str = "/api/v1/events";
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Follows for as long as the owner of the calling effect lives.
pub(super) fn follow(live: Live) {
    let follower = Rc::new(Follower {
        live,
        channel: RefCell::new(None),
        turn: RefCell::new(None),
        connection: RefCell::new(None),
        newest: RefCell::new(BTreeMap::new()),
        failures: Cell::new(0),
    });
    follower.join();
    let weak = Rc::downgrade(&follower);
    ui::on_visibility_change(with(&weak, |follower| follower.mind_visibility()));
    // Dropped with the owner, which closes the stream.
    StoredValue::new_local(follower);
}

struct Follower {
    live: Live,
    channel: RefCell<Option<Channel>>,
    turn: RefCell<Option<Turn>>,
    connection: RefCell<Option<Connection>>,
    /// What the stream of this page has said, for pages that join.
    newest: RefCell<BTreeMap<(ClusterRef, Section), SectionRevision>>,
    failures: Cell<u32>,
}

/// An open stream with the callbacks it needs.
struct Connection {
    source: EventSource,
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

impl Follower {
    /// Listens to the page that reads the stream, and waits for the turn to be that page.
    fn join(self: &Rc<Self>) {
        if !self.may_follow() || self.turn.borrow().is_some() {
            return;
        }
        let weak = Rc::downgrade(self);
        let channel = Channel::open({
            let weak = weak.clone();
            move |word| with(&weak, move |follower| follower.hear(word.clone()))()
        });
        *self.channel.borrow_mut() = channel;
        self.say(&Word::WhatIsNew);
        let turn = Turn::ask(with(&weak, |follower| follower.connect()));
        if turn.is_none() {
            self.connect();
        }
        *self.turn.borrow_mut() = turn;
    }

    fn leave(&self) {
        self.connection.borrow_mut().take();
        self.channel.borrow_mut().take();
        self.turn.borrow_mut().take();
        self.newest.borrow_mut().clear();
    }

    fn may_follow(&self) -> bool {
        ui::page_is_visible() && self.live.state.get_untracked() != LiveState::SignedOut
    }

    fn say(&self, word: &Word) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.say(word);
        }
    }

    fn hear(self: &Rc<Self>, word: Word) {
        match word {
            Word::WhatIsNew => self.tell_all(),
            Word::News(event) => {
                self.live.state.set(LiveState::Following);
                self.live.hear(event);
            }
            Word::Following => self.live.state.set(LiveState::Following),
            Word::Reconnecting => self.live.state.set(LiveState::Reconnecting),
            Word::SignedOut => self.end(),
        }
    }

    /// To a page that joins.
    fn tell_all(&self) {
        if self.connection.borrow().is_some() && self.live.state.get_untracked() == LiveState::Following {
            self.say(&Word::Following);
            for event in self.newest.borrow().values() {
                self.say(&Word::News(event.clone()));
            }
        }
    }

    /// The session is over. Not at once: a callback must not drop itself while it runs.
    fn end(self: &Rc<Self>) {
        self.live.state.set(LiveState::SignedOut);
        let follower = Rc::clone(self);
        spawn_local(async move { follower.leave() });
    }

    fn connect(self: &Rc<Self>) {
        let is_our_turn = self.turn.borrow().as_ref().is_none_or(Turn::has_come);
        if self.connection.borrow().is_some() || !self.may_follow() || !is_our_turn {
            return;
        }
        let Ok(source) = EventSource::new(EVENTS) else {
            return;
        };
        let weak = Rc::downgrade(self);
        let on_open = Closure::<dyn Fn()>::new(with(&weak, |follower| {
            follower.failures.set(0);
            follower.live.state.set(LiveState::Following);
            follower.say(&Word::Following);
        }));
        let on_message = Closure::<dyn Fn(MessageEvent)>::new({
            let weak = weak.clone();
            move |message: MessageEvent| {
                let text = message.data().as_string().unwrap_or_default();
                if let (Some(follower), Ok(event)) = (weak.upgrade(), serde_json::from_str::<SectionRevision>(&text)) {
                    follower.newest.borrow_mut().insert((event.cluster.clone(), event.section), event.clone());
                    follower.say(&Word::News(event.clone()));
                    follower.live.hear(event);
                }
            }
        });
        let on_error = Closure::<dyn Fn()>::new(with(&weak, |follower| {
            // Not here: a callback must not drop itself while it runs.
            spawn_local(async move { follower.recover().await });
        }));
        source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        *self.connection.borrow_mut() =
            Some(Connection { source, _on_open: on_open, _on_message: on_message, _on_error: on_error });
    }

    fn mind_visibility(self: &Rc<Self>) {
        if ui::page_is_visible() {
            self.join();
        } else {
            self.leave();
            if self.live.state.get_untracked() == LiveState::Following {
                self.live.state.set(LiveState::Waiting);
            }
        }
    }

    /// Finds out whether the session or the server is gone; a stream does not tell.
    async fn recover(self: Rc<Self>) {
        self.connection.borrow_mut().take();
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        match session::me().await {
            Err(error) if error.0.kind == ProblemKind::Unauthenticated => {
                self.say(&Word::SignedOut);
                self.end();
                return;
            }
            Ok(_) | Err(_) => {
                self.live.state.set(LiveState::Reconnecting);
                self.say(&Word::Reconnecting);
            }
        }
        let pause = Duration::from_millis(500).saturating_mul(1 << failures.min(5)).min(LONGEST_PAUSE);
        let weak = Rc::downgrade(&self);
        set_timeout(with(&weak, |follower| follower.connect()), pause);
    }
}

/// A callback that does nothing once the follower is gone.
fn with(follower: &Weak<Follower>, act: impl Fn(Rc<Follower>) + 'static) -> impl Fn() + 'static {
    let follower = follower.clone();
    move || {
        if let Some(follower) = follower.upgrade() {
            act(follower);
        }
    }
}
