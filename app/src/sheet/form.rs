//! Plain forms, which work before the module has loaded.

use super::{
    draw::table,
    parts::{Button, Choice, Emphasis, Field, Form, Method, Typing},
};
use crate::ui::Erase;
use klamm_model::UnixMillis;
use leptos::prelude::*;

/// A form.
pub(super) fn draw(form: Form, now: UnixMillis) -> AnyView {
    let Form { method, action, id, hidden, table: rows, fields, buttons, typing } = form;
    // A form whose buttons stand elsewhere is nothing to look at.
    let is_elsewhere = rows.is_none() && fields.is_empty() && buttons.is_empty();
    let id = Some(id).filter(|id| !id.is_empty());
    let method = match method {
        Method::Get => "get",
        Method::Post => "post",
    };
    let hidden: Vec<_> = hidden
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.erased())
        .collect();
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    let buttons: Vec<_> = buttons.into_iter().map(button).collect();
    let answers = (typing == Typing::Answers).then_some("typing");
    view! {
        <form method=method action=action id=id class="line-form" data-answers=answers hidden=is_elsewhere>
            {hidden}
            {rows.map(|rows| table(rows, now))}
            {fields}
            <div class="buttons">{buttons}</div>
        </form>
    }
    .erased()
}

/// Leptos writes what stands in a text area into the document as it is.
fn in_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn field(Field { name, label, value, example, choice }: Field) -> AnyView {
    let class = match &choice {
        Choice::Line | Choice::Lines => Some("grow"),
        Choice::Word | Choice::Number | Choice::One(_) | Choice::Secret | Choice::Exactly(_) | Choice::Stays => None,
    };
    let input = match choice {
        Choice::One(choices) => {
            let options = choices.into_iter().map(|(choice, words)| {
                let is_chosen = choice == value;
                view! {
                    <option value=choice selected=is_chosen>
                        {words}
                    </option>
                }
                .erased()
            });
            view! { <select name=name>{options.collect::<Vec<_>>()}</select> }.erased()
        }
        Choice::Lines => {
            let value = in_textarea(&value);
            view! { <textarea name=name placeholder=example rows="3" maxlength="2000">{value}</textarea> }.erased()
        }
        Choice::Stays => view! { <input type="text" name=name value=value readonly /> }.erased(),
        Choice::Secret => view! {
            <input type="password" name=name placeholder=example autocomplete="new-password" maxlength="1024" />
        }
        .erased(),
        Choice::Word | Choice::Line | Choice::Number | Choice::Exactly(_) => {
            let (mode, pattern) = match choice {
                Choice::Number => (Some("numeric"), Some("[0-9]*".to_owned())),
                // Names have no signs but dots, which stand for any character: near enough, and the server looks again.
                Choice::Exactly(word) => (None, Some(word)),
                Choice::Word | Choice::Line | Choice::Lines | Choice::One(_) | Choice::Secret | Choice::Stays => {
                    (None, None)
                }
            };
            let required = pattern.is_some() && mode.is_none();
            view! {
                <input
                    type="text"
                    name=name
                    value=value
                    placeholder=example
                    autocomplete="off"
                    maxlength="2000"
                    inputmode=mode
                    pattern=pattern
                    required=required
                />
            }
            .erased()
        }
    };
    view! {
        <label class=class>
            <span>{label}</span>
            {input}
        </label>
    }
    .erased()
}

pub(super) fn class_of(emphasis: Emphasis) -> &'static str {
    match emphasis {
        Emphasis::Plain => "button",
        Emphasis::Primary => "button primary",
        Emphasis::Danger => "button danger",
    }
}

fn button(Button { label, emphasis, not_now, value }: Button) -> AnyView {
    let class = class_of(emphasis);
    let (name, value) = value.unzip();
    let disabled = not_now.is_some();
    let why = not_now.map(|why| view! { <span class="aside">{why}</span> }.erased());
    view! {
        <button type="submit" class=class name=name value=value disabled=disabled>
            {label}
        </button>
        {why}
    }
    .erased()
}
