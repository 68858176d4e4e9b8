use crate::ui::{Erase, Panel, kept_fields};
use klamm_model::{MAX_WORKING_TOKENS, TokenId};
use leptos::prelude::*;

/// The form that makes a token: a plain one, whose answer shows the token.
#[component]
pub(super) fn MakePanel(next: TokenId, csrf: String, working: usize) -> impl IntoView {
    let content = if working >= MAX_WORKING_TOKENS as usize {
        view! {
            <p class="panel-body">
                {format!("{MAX_WORKING_TOKENS} tokens of yours work, which is the most. End one to make another.")}
            </p>
        }
        .erased()
    } else {
        form(next, csrf).erased()
    };
    view! {
        <Panel title="Make a token" flush=true>
            {content}
        </Panel>
    }
}

fn form(next: TokenId, csrf: String) -> impl IntoView {
    view! {
        <form method="post" action="/tokens" class="line-form">
            {kept_fields([("csrf", csrf), ("id", next.to_string())])}
            <label class="grow">
                <span>"What it is for"</span>
                <input
                    type="text"
                    name="label"
                    placeholder="Laptop, nightly report …"
                    autocomplete="off"
                    maxlength="100"
                    required
                />
            </label>
            <label>
                <span>"What it may"</span>
                <select name="access">
                    <option value="read">"Read"</option>
                    <option value="readWrite">"Read and write"</option>
                </select>
            </label>
            <label>
                <span>"How long it works"</span>
                <select name="days">
                    <option value="1">"1 day"</option>
                    <option value="30" selected>
                        "30 days"
                    </option>
                    <option value="90">"90 days"</option>
                    <option value="365">"365 days"</option>
                </select>
            </label>
            <button type="submit" class="button primary">
                "Make token"
            </button>
        </form>
    }
}
