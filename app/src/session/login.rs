use super::api::sign_in_form;
use crate::ui::{Logo, Notice, Tone};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page to sign in: a plain form that works without the module.
#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    let token = Resource::new(|| (), |()| sign_in_form());
    let query = use_query_map();
    let param = move |key: &str| query.with(|query| query.get(key)).unwrap_or_default();
    let reason =
        move || reason(&param("problem")).map(|(tone, word, text)| view! { <Notice tone word>{text}</Notice> });
    view! {
        <Title text="Sign in" />
        <main class="login">
            <div class="login-card">
                <p class="brand">
                    <Logo />
                    <span>"Klamm"</span>
                </p>
                <h1>"Sign in"</h1>
                {reason}
                <Suspense>
                    {move || Suspend::new(async move {
                        let token = token.await.unwrap_or_default();
                        view! {
                            <form method="post" action="/login" class="fields">
                                <input type="hidden" name="csrf" value=token />
                                <input type="hidden" name="next" value=param("next") />
                                <label>
                                    <span>"User name"</span>
                                    <input
                                        type="text"
                                        name="username"
                                        value=param("username")
                                        autocomplete="username"
                                        autocapitalize="none"
                                        spellcheck="false"
                                        maxlength="64"
                                        required
                                        autofocus
                                    />
                                </label>
                                <label>
                                    <span>"Password"</span>
                                    <input
                                        type="password"
                                        name="password"
                                        autocomplete="current-password"
                                        maxlength="1024"
                                        required
                                    />
                                </label>
                                <button type="submit" class="button primary wide">
                                    "Sign in"
                                </button>
                            </form>
                        }
                    })}
                </Suspense>
                <p class="login-help">
                    "No account? Whoever runs Klamm makes one with " <code>"klamm user"</code> "."
                </p>
            </div>
        </main>
    }
}

/// Why one is here, from the address. Only words of ours: the address may come from anywhere.
fn reason(problem: &str) -> Option<(Tone, &'static str, &'static str)> {
    match problem {
        "" => None,
        "wrong-credentials" => Some((Tone::Bad, "Not signed in", "User name or password is wrong.")),
        "too-many-attempts" => Some((Tone::Bad, "Not signed in", "Too many attempts. Wait a minute, then try again.")),
        "incomplete" => Some((Tone::Bad, "Not signed in", "Fill in user name and password.")),
        "foreign-origin" => {
            Some((Tone::Warn, "Not signed in", "The form was too old, or came from another site. Try again."))
        }
        "signed-out" => Some((Tone::Info, "Signed out", "You have signed out of Klamm in this browser.")),
        "unavailable" => {
            Some((Tone::Bad, "Not signed in", "Klamm cannot check passwords just now. Try again in a moment."))
        }
        _ => Some((Tone::Warn, "Not signed in", "That did not work. Try again.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_chooses_among_our_words_and_adds_none() {
        assert!(reason("").is_none());
        for problem in ["wrong-credentials", "too-many-attempts", "<script>alert(1)</script>"] {
            let (_, word, text) = reason(problem).unwrap_or((Tone::Info, "", ""));
            assert!(!word.is_empty() && !text.contains('<'), "{problem}");
        }
    }
}
