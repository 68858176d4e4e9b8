use super::{Icon, IconShape};
use leptos::prelude::*;

/// The button that opens the help; `?` presses it.
pub(crate) const HELP_BUTTON: &str = "help-open";
const HELP: &str = "help";

/// What the keys do. A popover, so that it opens, closes and gives the focus back without the module.
#[component]
pub(crate) fn Help() -> impl IntoView {
    let keys = [
        ("/", "go to the search field"),
        ("?", "show this help"),
        ("Tab", "move from one link or field to the next"),
        ("Esc", "close what is open"),
    ];
    view! {
        <button id=HELP_BUTTON type="button" class="button quiet" popovertarget=HELP>
            <Icon shape=IconShape::Help />
            <span class="hidden">"Help"</span>
        </button>
        <div id=HELP class="dialog" popover="auto" role="dialog" aria-labelledby="help-title">
            <h2 id="help-title">"Keys"</h2>
            <dl class="keys">
                {keys
                    .map(|(key, meaning)| {
                        view! {
                            <div>
                                <dt>
                                    <kbd>{key}</kbd>
                                </dt>
                                <dd>{meaning}</dd>
                            </div>
                        }
                    })}
            </dl>
            <p>
                "Pages follow the clusters by themselves: nothing needs reloading. Search, order and page stand in the \
                 address, so that a link to what you see can be sent around."
            </p>
            <button type="button" class="button" popovertarget=HELP popovertargetaction="hide" autofocus>
                "Close"
            </button>
        </div>
    }
}
