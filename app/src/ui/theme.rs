use super::browser;
use leptos::prelude::*;

/// Light, dark, or whatever the system prefers. Kept in a cookie, so that the server can render it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ThemeChoice {
    /// As the system says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

const COOKIE: &str = "klamm_theme";

impl ThemeChoice {
    /// The value of `data-theme` on the root element; none leaves it to the system.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// Finds the choice among the cookies of a request or of the browser.
    fn of_cookies(cookies: &str) -> Self {
        let value =
            cookies.split(';').filter_map(|cookie| cookie.trim().split_once('=')).find(|(key, _)| *key == COOKIE);
        match value.map(|(_, value)| value) {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            Some(_) | None => Self::Auto,
        }
    }

    /// The choice of whoever made the request being answered.
    #[cfg(feature = "ssr")]
    pub(crate) fn of_request() -> Self {
        let Some(parts) = use_context::<http::request::Parts>() else {
            return Self::Auto;
        };
        parts
            .headers
            .get(http::header::COOKIE)
            .and_then(|cookies| cookies.to_str().ok())
            .map_or(Self::Auto, Self::of_cookies)
    }

    #[cfg(not(feature = "ssr"))]
    fn of_request() -> Self {
        #[cfg(feature = "hydrate")]
        return Self::of_cookies(&browser::cookies());
        #[cfg(not(feature = "hydrate"))]
        Self::of_cookies("")
    }

    fn choose(self) {
        let max_age = if self == Self::Auto { 0 } else { 31_536_000 };
        let value = self.attribute().unwrap_or_default();
        browser::set_cookie(&format!("{COOKIE}={value}; Path=/; Max-Age={max_age}; SameSite=Lax"));
        browser::set_root_data("theme", self.attribute());
    }
}

/// Provides the choice for [`ThemeSwitch`].
pub(crate) fn provide_theme() {
    provide_context(RwSignal::new(ThemeChoice::of_request()));
}

/// Three buttons, one of them pressed. Without the module the system's preference holds, and they are not shown.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let chosen = use_context::<RwSignal<ThemeChoice>>().unwrap_or_default();
    view! {
        <div class="theme needs-module" role="group" aria-label="Theme">
            {[ThemeChoice::Auto, ThemeChoice::Light, ThemeChoice::Dark]
                .map(|choice| {
                    view! {
                        <button
                            type="button"
                            aria-pressed=move || if chosen.get() == choice { "true" } else { "false" }
                            on:click=move |_| {
                                chosen.set(choice);
                                choice.choose();
                            }
                        >
                            {choice.label()}
                        </button>
                    }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_found_among_other_cookies() {
        assert_eq!(ThemeChoice::of_cookies("id=1; klamm_theme=dark; x=y"), ThemeChoice::Dark);
        assert_eq!(ThemeChoice::of_cookies("klamm_theme=light"), ThemeChoice::Light);
        assert_eq!(ThemeChoice::of_cookies("not_klamm_theme=light"), ThemeChoice::Auto);
        assert_eq!(ThemeChoice::of_cookies("klamm_theme=\"><script>"), ThemeChoice::Auto);
        assert_eq!(ThemeChoice::of_cookies(""), ThemeChoice::Auto);
    }
}
