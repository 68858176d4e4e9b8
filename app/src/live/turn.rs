//! Of all pages of a browser that are being looked at, one at a time has its turn to read the stream. Browsers open six
//! connections to a server (HTTP/1.1), and the seventh page with a stream of its own would get nothing else.
//!
//! The Web Locks API, spoken to by name: `web-sys` has it behind a compiler flag only.

use leptos::prelude::window;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    AbortController,
    js_sys::{Function, Object, Promise, Reflect, global},
};

const NAME: &str = "klamm-events";

/// A turn that is waited for, or taken. Dropping it lets the next page have it, as does closing the page.
pub(super) struct Turn {
    /// Ends the turn once there is one.
    end: Rc<RefCell<Option<Function>>>,
    waiting: AbortController,
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl Turn {
    /// Asks for the turn; `then` is called when it has come. None where the browser knows no turns: it tells only pages
    /// that came by TLS or from this machine about locks.
    pub(super) fn ask(then: impl Fn() + 'static) -> Option<Self> {
        let locks = member(&window().navigator(), "locks")?;
        let request = member(&locks, "request")?.dyn_into::<Function>().ok()?;
        let waiting = AbortController::new().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &waiting.signal()).ok()?;
        let end = Rc::new(RefCell::new(None));
        let granted = Closure::<dyn FnMut(JsValue) -> Promise>::new({
            let end = Rc::clone(&end);
            move |_lock| {
                let turn = Promise::new(&mut |resolve, _reject| drop(end.replace(Some(resolve.unchecked_into()))));
                then();
                turn
            }
        });
        let over = request.call3(&locks, &NAME.into(), &options, granted.as_ref()).ok()?;
        take_no_offence(&over);
        Some(Self { end, waiting, _granted: granted })
    }

    /// Whether it has come.
    pub(super) fn has_come(&self) -> bool {
        self.end.borrow().is_some()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        match self.end.take() {
            Some(end) => drop(end.call0(&JsValue::NULL)),
            None => self.waiting.abort(),
        }
    }
}

fn member(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|member| !member.is_undefined())
}

/// A turn that is no longer waited for is a promise that was broken, which browsers report unless somebody listens.
fn take_no_offence(promise: &JsValue) {
    let catch = member(promise, "catch").and_then(|catch| catch.dyn_into::<Function>().ok());
    // Any function that does nothing with what it is given.
    if let (Some(catch), Some(ignore)) = (catch, member(&global(), "Boolean")) {
        drop(catch.call1(promise, &ignore));
    }
}
