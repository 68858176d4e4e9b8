//! The document around the application: what stands in `<head>` and which files it loads.

use crate::{App, ui::ThemeChoice};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;
use std::{path::Path, sync::OnceLock};

/// Names of the built files, with content hashes where the build made them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Assets {
    css: String,
    js: String,
    wasm: String,
}

impl Assets {
    /// Reads `pkg/hash.txt` (`css: <hash>` and so on, one a line); a kind without a hash keeps its plain name.
    fn parse(hashes: &str) -> Self {
        let name = |kind: &str, plain: &str| {
            let hash = hashes.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == kind);
            hash.map_or_else(|| plain.to_owned(), |(_, hash)| format!("klamm.{}.{kind}", hash.trim()))
        };
        Self { css: name("css", "klamm.css"), js: name("js", "klamm.js"), wasm: name("wasm", "klamm_bg.wasm") }
    }

    /// The files of the site, read once; while developing, at every page, so that a rebuilt file needs no restart.
    fn of_site(options: &LeptosOptions) -> Self {
        static ASSETS: OnceLock<Assets> = OnceLock::new();
        let read = || {
            let hashes = Path::new(&*options.site_root).join(&*options.site_pkg_dir).join("hash.txt");
            Self::parse(&std::fs::read_to_string(hashes).unwrap_or_default())
        };
        if cfg!(debug_assertions) { read() } else { ASSETS.get_or_init(read).clone() }
    }
}

/// The policy for pages: nothing inline without the nonce of this response, nothing from elsewhere, in no frame.
pub fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; \
         img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// Where a page answers a form, the browser stands at the form's address, and the module would look for another page than the
/// one it finds. In a URI's path stand neither quotes nor brackets.
fn address_of_answer() -> String {
    let parts = use_context::<http::request::Parts>().filter(|parts| parts.method == http::Method::POST);
    let path = parts.map(|parts| parts.uri.path().to_owned());
    path.map_or_else(String::new, |path| format!("history.replaceState(null, \"\", {path:?}); "))
}

/// The whole document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    around(&options, || view! { <App /> }.into_any())
}

/// The document around `body`.
pub(crate) fn around<F: FnOnce() -> AnyView>(options: &LeptosOptions, body: F) -> impl IntoView + use<F> {
    let assets = Assets::of_site(options);
    let folder = options.site_pkg_dir.clone();
    let file = |name: &str| format!("/{folder}/{name}");
    let theme = ThemeChoice::of_request();
    let start = format!(
        "import start, {{ hydrate }} from {:?}; {}start({{ module_or_path: {:?} }}).then(() => hydrate());",
        file(&assets.js),
        address_of_answer(),
        file(&assets.wasm)
    );
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="referrer" content="same-origin" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="preload" href="/fonts/inter-latin.woff2" r#as="font" r#type="font/woff2" crossorigin="" />
                <link rel="stylesheet" href=file(&assets.css) />
                <link rel="modulepreload" href=file(&assets.js) />
                <link rel="preload" href=file(&assets.wasm) r#as="fetch" r#type="application/wasm" crossorigin="" />
                <MetaTags />
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
            </head>
            <body>
                {body()}
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_files_are_named_by_hash_and_unbuilt_ones_plainly() {
        let assets = Assets::parse("js: 1a2b\nwasm: 3c4d\n");
        assert_eq!(assets.js, "klamm.1a2b.js");
        assert_eq!(assets.wasm, "klamm.3c4d.wasm");
        assert_eq!(assets.css, "klamm.css");
    }

    #[test]
    fn the_policy_allows_no_inline_code_without_the_nonce() {
        let policy = content_security_policy("abc");
        assert!(policy.contains("'nonce-abc'"));
        assert!(!policy.contains("unsafe-inline"));
        assert!(!policy.contains("'unsafe-eval'"));
    }
}
