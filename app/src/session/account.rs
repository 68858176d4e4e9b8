use super::api::me;
use crate::ui::{Erase, Icon, IconShape, Query, ThemeSwitch};
use klamm_model::{Me, Role};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Who is signed in, with the theme and the way out. Opens and closes without the module.
#[component]
pub(crate) fn Account() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match me.await {
                    Ok(me) => view! { <Menu me /> }.erased(),
                    Err(_) => sign_in_again().erased(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Menu(me: Me) -> impl IntoView {
    let membership = membership(&me);
    view! {
        <button type="button" class="button account" popovertarget="account-menu">
            <Icon shape=IconShape::Person />
            <span>{me.actor.name.to_string()}</span>
        </button>
        <div id="account-menu" class="menu" popover="auto">
            <p class="menu-who">
                <strong>{me.actor.name.to_string()}</strong>
                <span>{membership}</span>
            </p>
            <ThemeSwitch />
            // A full load: it closes the menu, with the module and without.
            <a class="button wide" href="/tokens" rel="external">
                "API tokens"
            </a>
            <a class="button wide" href="/sessions" rel="external">
                "Sessions"
            </a>
            <form method="post" action="/logout">
                <input type="hidden" name="csrf" value=me.csrf_token.unwrap_or_default() />
                <button type="submit" class="button wide">
                    "Sign out"
                </button>
            </form>
        </div>
    }
}

/// `Operator · payments, orders`.
fn membership(me: &Me) -> String {
    let mut words = Vec::new();
    for role in &me.actor.roles {
        words.push(match role {
            Role::Operator => "Operator".to_owned(),
            Role::Auditor => "Auditor".to_owned(),
        });
    }
    let teams: Vec<_> = me.actor.teams.iter().map(ToString::to_string).collect();
    if !teams.is_empty() {
        words.push(teams.join(", "));
    }
    if words.is_empty() { "In no team yet".to_owned() } else { words.join(" · ") }
}

/// A link to the sign-in page that leads back here. A full load: the form needs a fresh token.
pub(crate) fn sign_in_again() -> impl IntoView {
    let location = use_location();
    let here = move || format!("{}{}", location.pathname.get(), Query::of_raw(&location.search.get()));
    let href = move || Query::default().with("next", &here()).on("/login");
    view! {
        <a href=href rel="external">
            "Sign in again"
        </a>
    }
}
