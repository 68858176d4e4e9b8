//! What somebody has done to the fields of a page, kept while the page is drawn again around them.

#[cfg(feature = "hydrate")]
mod real {
    use super::super::{browser::focus, chart};
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlInputElement};

    const FIELDS: &str = ".sheet :is(form, fieldset) :is(input, textarea, select):not([type=hidden])";
    const OPENED: &str = ".sheet details[id][open]";

    /// The fields that are not as the server drew them, the one that has the focus, or what else has it, and what is unfolded.
    #[derive(Debug, Default)]
    pub(crate) struct Touched {
        fields: Vec<(Key, Content)>,
        focus: Option<(Key, Option<u32>)>,
        place: Option<String>,
        opened: Vec<String>,
    }

    /// Which form, which field, and of several boxes of one name which.
    #[derive(Debug, PartialEq, Eq)]
    struct Key(String, String, String);

    #[derive(Debug, PartialEq, Eq)]
    enum Content {
        Text(String),
        Ticked(bool),
    }

    fn fields() -> Vec<(Key, HtmlInputElement)> {
        let Ok(found) = document().query_selector_all(FIELDS) else { return Vec::new() };
        let of = |at| {
            let element: Element = found.get(at)?.dyn_into().ok()?;
            let form = element.closest("form, fieldset").ok()??;
            let attribute = |of: &Element, name| of.get_attribute(name).unwrap_or_default();
            let which = if is_box(&element) { attribute(&element, "value") } else { String::new() };
            let key = Key(attribute(&form, "action") + &attribute(&form, "id"), attribute(&element, "name"), which);
            // What is read and written below, text areas and selections have as well.
            Some((key, element.unchecked_into()))
        };
        (0..found.length()).filter_map(of).collect()
    }

    fn is_box(element: &Element) -> bool {
        element.get_attribute("type").is_some_and(|kind| kind == "checkbox")
    }

    fn drawn_text(field: &HtmlInputElement) -> String {
        if field.tag_name() == "SELECT" {
            let chosen = field.query_selector("option[selected]").ok().flatten();
            return chosen.and_then(|option| option.get_attribute("value")).unwrap_or_default();
        }
        field.default_value()
    }

    fn content(field: &HtmlInputElement) -> Option<Content> {
        if is_box(field) {
            return (field.checked() != field.default_checked()).then(|| Content::Ticked(field.checked()));
        }
        let text = field.value();
        (text != drawn_text(field)).then_some(Content::Text(text))
    }

    /// Ids of what is unfolded.
    fn opened() -> Vec<String> {
        let Ok(found) = document().query_selector_all(OPENED) else { return Vec::new() };
        let id = |at| Some(found.get(at)?.unchecked_into::<Element>().id());
        (0..found.length()).filter_map(id).collect()
    }

    impl Touched {
        /// As the page is now.
        pub(crate) fn now() -> Self {
            let active = document().active_element();
            let place = active.as_ref().map(Element::id).filter(|id| !id.is_empty());
            let mut touched = Self { place, opened: opened(), ..Self::default() };
            for (key, field) in fields() {
                if active.as_ref().is_some_and(|active| active.is_same_node(Some(&field))) {
                    // Boxes and selections have no place between letters.
                    let at =
                        if is_box(&field) || field.tag_name() == "SELECT" { None } else { field.selection_end().ok() };
                    touched.focus = Some((Key(key.0.clone(), key.1.clone(), key.2.clone()), at.flatten()));
                }
                if let Some(content) = content(&field) {
                    touched.fields.push((key, content));
                }
            }
            touched
        }

        /// Puts it back into the fields that are still there.
        pub(crate) fn put_back(&self) {
            chart::show_again();
            for id in &self.opened {
                if let Some(folded) = document().get_element_by_id(id) {
                    drop(folded.set_attribute("open", ""));
                }
            }
            let is_lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            if let Some(place) = self.place.as_ref().filter(|_| is_lost) {
                focus(place);
            }
            for (key, field) in fields() {
                match self.fields.iter().find(|(of, _)| *of == key) {
                    Some((_, Content::Ticked(ticked))) => field.set_checked(*ticked),
                    Some((_, Content::Text(text))) if field.value() != *text => field.set_value(text),
                    Some((_, Content::Text(_))) | None => {}
                }
                let Some((of, at)) = &self.focus else { continue };
                let has_focus = document().active_element().is_some_and(|active| active.is_same_node(Some(&field)));
                if *of == key && !has_focus {
                    // A field that is gone or hidden cannot take the focus; that is no harm.
                    drop(field.focus());
                    if let Some(at) = at {
                        drop(field.set_selection_range(*at, *at));
                    }
                }
            }
        }
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    #[derive(Debug, Default)]
    pub(crate) struct Touched;

    impl Touched {
        pub(crate) fn now() -> Self {
            Self
        }
        pub(crate) fn put_back(&self) {
            let Self = self;
        }
    }
}

pub(crate) use real::Touched;
