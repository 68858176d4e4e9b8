use crate::ui::{Ago, Erase, kept_fields};
use klamm_model::{TokenView, UnixMillis};
use leptos::prelude::*;

/// The button that ends a token, with the question before it: a popover, so that it asks without the module too.
#[component]
pub(super) fn EndToken(token: TokenView, csrf: String, now: UnixMillis) -> impl IntoView {
    let dialog = format!("end-{}", token.id);
    let title = format!("{dialog}-title");
    let used = match token.last_used_at {
        Some(at) => view! { "It was last used " <Ago at now /> "." }.erased(),
        None => "It was never used.".erased(),
    };
    view! {
        <button type="button" class="button small" popovertarget=dialog.clone()>
            "End"
            <span class="hidden">{token.label.clone()}</span>
        </button>
        <div id=dialog.clone() class="dialog" popover="auto" role="dialog" aria-labelledby=title.clone()>
            <h2 id=title.clone()>{format!("End “{}”?", token.label)}</h2>
            <p>"Whatever uses this token is refused from that moment on, and it cannot be brought back. " {used}</p>
            <form method="post" action="/tokens/end" class="dialog-foot">
                {kept_fields([("csrf", csrf), ("id", token.id.to_string())])}
                <button type="button" class="button" popovertarget=dialog.clone() popovertargetaction="hide" autofocus>
                    "Keep it"
                </button>
                <button type="submit" class="button danger">
                    "End token"
                </button>
            </form>
        </div>
    }
}
