//! Built files. Public: they are the same for everybody and hold nothing of anybody.

use super::edge::Edge;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::services::{ServeDir, ServeFile};

/// Folders and files of the site that are served; nothing else of it is.
const FOLDERS: [&str; 2] = ["/pkg", "/fonts"];
const FILES: [&str; 3] = ["/favicon.svg", "/favicon.ico", "/robots.txt"];

pub(crate) fn routes(edge: &Edge) -> Router<Edge> {
    let site = &edge.options.site;
    let mut router = Router::new();
    for folder in FOLDERS {
        let files = ServeDir::new(site.join(folder.trim_start_matches('/')))
            .append_index_html_on_directories(false)
            .precompressed_br();
        router = router.nest_service(folder, files);
    }
    for file in FILES {
        router = router.route_service(file, ServeFile::new(site.join(file.trim_start_matches('/'))).precompressed_br());
    }
    router.layer(middleware::from_fn(cache))
}

/// A name with a content hash never changes what it means; any other may with the next release.
async fn cache(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().rsplit('/').next().is_some_and(has_hash);
    let mut response = next.run(request).await;
    let policy = match (response.status().is_success(), is_hashed) {
        (true, true) => "public, max-age=31536000, immutable",
        (true, false) => "public, no-cache",
        (false, _) => "no-store",
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    response
}

/// `klamm.<hash>.js`, as the build names files: the hash is 22 characters of base64url.
fn has_hash(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    matches!(parts.as_slice(), [_, .., hash, _] if hash.len() >= 16
        && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn hashed_names_are_known() {
        assert!(has_hash("klamm.R4x0bqZ1pSx9wT_3hQ-abc.wasm"));
        assert!(has_hash("klamm.0123456789abcdef.css"));
        for plain in ["klamm.wasm", "klamm.min.js", "hash.txt", "0123456789abcdef.js", "inter-latin.woff2"] {
            assert!(!has_hash(plain), "{plain}");
        }
    }
}
