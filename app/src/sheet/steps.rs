//! What is done one after the other, and how far it is.

use super::{
    draw::pieces,
    parts::{Stage, Step},
};
use crate::ui::Erase;
use klamm_model::UnixMillis;
use leptos::prelude::*;

/// The list of them. A line across it says where there is no way back.
pub(super) fn draw(all: Vec<Step>, now: UnixMillis) -> AnyView {
    let steps: Vec<_> = all.into_iter().map(|step| one(step, now)).collect();
    view! { <ol class="steps">{steps}</ol> }.erased()
}

fn one(step: Step, now: UnixMillis) -> AnyView {
    let Step { stage, word, title, words, at, notes, door } = step;
    let class = match (stage, &door) {
        (Stage::Held, _) => "step step-held",
        (_, Some(_)) => "step step-door",
        (_, None) => "step",
    };
    let door = door.map(|crossed| view! { <p class="step-gate">{crossed}</p> }.erased());
    let notes = (!notes.is_empty()).then(|| {
        let lines: Vec<_> = notes.into_iter().map(|line| view! { <p>{pieces(line, now)}</p> }.erased()).collect();
        view! { <div class="step-note">{lines}</div> }.erased()
    });
    view! {
        <li class=class>
            {door}
            <div class="step-line">
                {mark(stage)} <span class="hidden">{format!("{word}: ")}</span>
                <p class="step-words">
                    <b>{title}</b>
                    " "
                    {pieces(words, now)}
                </p>
                <span class="step-at">{pieces(at, now)}</span>
            </div>
            {notes}
        </li>
    }
    .erased()
}

fn mark(stage: Stage) -> AnyView {
    let (class, shape) = match stage {
        Stage::Done => (
            "step-mark step-mark-done",
            view! {
                <circle cx="9" cy="9" r="9" />
                <path d="M5.4 9.3 L8 11.8 L12.8 6.6" />
            }
            .erased(),
        ),
        Stage::Now => (
            "step-mark step-mark-now",
            view! {
                <circle cx="9" cy="9" r="8" />
                <circle class="step-dot" cx="9" cy="9" r="3.5" />
            }
            .erased(),
        ),
        Stage::Held => (
            "step-mark step-mark-held",
            view! {
                <circle cx="9" cy="9" r="8" />
                <path d="M9 5 V10 M9 12.4 V13" />
            }
            .erased(),
        ),
        Stage::Later => ("step-mark", view! { <circle cx="9" cy="9" r="8" /> }.erased()),
        Stage::Skipped => (
            "step-mark",
            view! {
                <circle cx="9" cy="9" r="8" />
                <path d="M5.5 9 H12.5" />
            }
            .erased(),
        ),
        Stage::Failed => (
            "step-mark step-mark-failed",
            view! {
                <rect x="1" y="1" width="16" height="16" rx="3" />
                <path d="M6 6 L12 12 M12 6 L6 12" />
            }
            .erased(),
        ),
    };
    view! {
        <svg class=class viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">
            {shape}
        </svg>
    }
    .erased()
}
