//! The browser's end of `/api/v1/events`. Closed while nobody looks at the page, so that sixty tabs are not sixty streams.

use super::{Live, LiveState};
use crate::{session, ui};
use klamm_model::{ProblemKind, SectionRevision};
use leptos::{prelude::*, task::spawn_local};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

const EVENTS: &str = "/api/v1/events";
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Follows for as long as the owner of the calling effect lives.
pub(super) fn follow(live: Live) {
    let follower = Rc::new(Follower { live, connection: RefCell::new(None), failures: Cell::new(0) });
    follower.connect();
    let weak = Rc::downgrade(&follower);
    ui::on_visibility_change(move || {
        if let Some(follower) = weak.upgrade() {
            follower.mind_visibility();
        }
    });
    // Dropped with the owner, which closes the stream.
    StoredValue::new_local(follower);
}

struct Follower {
    live: Live,
    connection: RefCell<Option<Connection>>,
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
    fn connect(self: &Rc<Self>) {
        if self.connection.borrow().is_some()
            || !ui::page_is_visible()
            || self.live.state.get_untracked() == LiveState::SignedOut
        {
            return;
        }
        let Ok(source) = EventSource::new(EVENTS) else {
            return;
        };
        let weak = Rc::downgrade(self);
        let on_open = Closure::<dyn Fn()>::new(with(&weak, |follower| {
            follower.failures.set(0);
            follower.live.state.set(LiveState::Following);
        }));
        let live = self.live;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            if let Ok(event) = serde_json::from_str::<SectionRevision>(&text) {
                live.hear(event);
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
            self.connect();
        } else {
            self.connection.borrow_mut().take();
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
                self.live.state.set(LiveState::SignedOut);
                return;
            }
            Ok(_) | Err(_) => self.live.state.set(LiveState::Reconnecting),
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
