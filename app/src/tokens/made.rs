use super::api::Made;
use crate::ui::{self, CopyButton, Notice, Tone};
use leptos::prelude::*;

/// The one look at a new token, with a way to try it.
#[component]
pub(super) fn MadePanel(made: Made) -> impl IntoView {
    // This page answers a form: a reload is to show the list, not to send the form again.
    Effect::new(|_| ui::forget_form());
    let Made { label, token, origin } = made;
    let example = format!("curl -H \"Authorization: Bearer $KLAMM_TOKEN\" {origin}/api/v1/me");
    view! {
        <section class="panel made" aria-labelledby="made-title">
            <header class="panel-head">
                <h2 id="made-title">{format!("The token of “{label}”")}</h2>
            </header>
            <div class="panel-body">
                <div class="secret">
                    <code>{token.clone()}</code>
                    <CopyButton text=token />
                </div>
                <Notice tone=Tone::Warn word="Shown once">
                    "Klamm keeps a fingerprint of it and cannot show it again. Keep it like a password."
                </Notice>
                <p>"Try it in a shell: paste the token where nothing remembers it, then ask who you are."</p>
                <div class="secret">
                    <code>"read -rs KLAMM_TOKEN"</code>
                    <CopyButton text="read -rs KLAMM_TOKEN" />
                </div>
                <div class="secret">
                    <code>{example.clone()}</code>
                    <CopyButton text=example />
                </div>
            </div>
        </section>
    }
}
