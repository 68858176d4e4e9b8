//! What the kit asks of the browser. On the server the same functions exist and do nothing.

#[cfg(feature = "hydrate")]
mod real {
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::{HtmlDocument, HtmlElement, VisibilityState};

    /// Milliseconds since the page was opened; never goes back.
    pub(crate) fn monotonic_millis() -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "fractions of a millisecond do not matter")]
        window().performance().map_or(0, |performance| performance.now() as i64)
    }

    fn element(id: &str) -> Option<HtmlElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    pub(crate) fn focus(id: &str) {
        // An element that cannot take the focus is no harm.
        drop(element(id).map(|element| element.focus()));
    }

    pub(crate) fn click(id: &str) {
        if let Some(element) = element(id) {
            element.click();
        }
    }

    /// Whether keys belong to a field just now.
    pub(crate) fn is_typing() -> bool {
        document().active_element().is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || element.has_attribute("contenteditable")
        })
    }

    pub(crate) fn cookies() -> String {
        html_document().and_then(|document| document.cookie().ok()).unwrap_or_default()
    }

    pub(crate) fn set_cookie(cookie: &str) {
        if let Some(document) = html_document() {
            drop(document.set_cookie(cookie));
        }
    }

    pub(crate) fn copy(text: &str) {
        // Refused by the browser: the text can still be selected.
        drop(window().navigator().clipboard().write_text(text));
    }

    /// Where something happened.
    pub(crate) fn target(event: &web_sys::Event) -> Option<web_sys::Element> {
        event.target()?.dyn_into().ok()
    }

    /// What is filled into a form that answers while somebody types, as it would stand in an address: without what says that
    /// the form is ours, which stands in none.
    pub(crate) fn typed_form(event: &web_sys::Event) -> Option<String> {
        let form = target(event)?.closest("form[data-answers]").ok()??.dyn_into().ok()?;
        let data = web_sys::FormData::new_with_form(&form).ok()?;
        let params = web_sys::UrlSearchParams::new_with_str_sequence_sequence(data.unchecked_ref()).ok()?;
        params.delete("csrf");
        Some(format!("?{}", String::from(params.to_string())))
    }

    /// What stands in it.
    pub(crate) fn text_of(element: &web_sys::Element) -> String {
        element.text_content().unwrap_or_default()
    }

    /// Puts the text of a button that copies on the clipboard, or the one beside it, and says so on the button.
    pub(crate) fn copy_beside(event: &web_sys::Event) {
        let button = target(event).and_then(|target| target.closest("[data-copy]").ok().flatten());
        let Some(button) = button else { return };
        let beside = || button.parent_element()?.query_selector("pre").ok()??.text_content();
        if let Some(text) = button.get_attribute("data-text").or_else(beside) {
            copy(&text);
            button.set_text_content(Some("Copied"));
        }
    }

    fn html_document() -> Option<HtmlDocument> {
        document().dyn_into().ok()
    }

    /// Sets or removes `data-<name>` on the root element.
    pub(crate) fn set_root_data(name: &str, value: Option<&str>) {
        let Some(root) = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        match value {
            Some(value) => drop(root.dataset().set(name, value)),
            None => root.dataset().delete(name),
        }
    }

    /// Lets the stylesheet show what needs the module.
    pub(crate) fn mark_hydrated() {
        set_root_data("hydrated", Some("true"));
    }

    /// Makes the browser forget that the page answers a form: reloading it asks for the page alone.
    pub(crate) fn forget_form() {
        if let Ok(history) = window().history() {
            // Refused by the browser: it asks before it sends the form again.
            drop(history.replace_state_with_url(&JsValue::NULL, "", None));
        }
    }

    pub(crate) fn page_is_visible() -> bool {
        document().visibility_state() != VisibilityState::Hidden
    }

    /// Calls back whenever the page is hidden or shown again, for as long as the page lives.
    pub(crate) fn on_visibility_change(act: impl Fn() + 'static) {
        let callback = Closure::<dyn Fn()>::new(act);
        drop(document().add_event_listener_with_callback("visibilitychange", callback.as_ref().unchecked_ref()));
        callback.forget();
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    pub(crate) fn monotonic_millis() -> i64 {
        0
    }
    pub(crate) fn focus(_id: &str) {}
    pub(crate) fn click(_id: &str) {}
    pub(crate) fn is_typing() -> bool {
        false
    }
    pub(crate) fn page_is_visible() -> bool {
        true
    }
    pub(crate) fn copy(_text: &str) {}
    pub(crate) fn forget_form() {}
    pub(crate) fn typed_form<T>(_event: &T) -> Option<String> {
        None
    }
    pub(crate) fn copy_beside<T>(_event: &T) {}
    pub(crate) fn set_cookie(_cookie: &str) {}
    pub(crate) fn set_root_data(_name: &str, _value: Option<&str>) {}
}

pub(crate) use real::*;
