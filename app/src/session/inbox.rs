use super::api::inbox;
use crate::{live::Live, ui::Erase};
use leptos::prelude::*;

/// How many requests wait for whoever is signed in, beside the word that leads to them; nothing where none does.
#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let changes = Live::get().changes_of_requests();
    let count = Resource::new(move || changes.get(), |_| inbox());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match count.await {
                    Ok(count) if count > 0 => {
                        view! {
                            <span class="badge">
                                {count} <span class="hidden">" waiting"</span>
                            </span>
                        }
                            .erased()
                    }
                    Ok(_) | Err(_) => ().erased(),
                }
            })}
        </Transition>
    }
}
