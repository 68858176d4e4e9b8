//! Pages, files, and the headers around them.

use super::{Bench, ORIGIN, get, post};

#[tokio::test]
async fn a_page_runs_only_the_script_with_its_nonce() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get("/clusters").of(&dev)).await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").to_owned();
    for part in
        ["default-src 'none'", "'wasm-unsafe-eval'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
    {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    for part in ["unsafe-inline", "'unsafe-eval'", "http:", "https:", "*"] {
        assert!(!policy.contains(part), "{part}: {policy}");
    }
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    assert!(nonce.len() >= 16);
    for script in page.body.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")) || tag.contains("src="), "{tag}");
    }
    assert!(page.body.contains(nonce) && !page.body.contains(" style=\"") && !page.body.contains(" onclick="));
    let again = bench.send(get("/clusters").of(&dev)).await;
    assert_ne!(again.header("content-security-policy"), policy, "a nonce is used once");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.header(name), value);
    }
    assert!(page.header("x-request-id").starts_with("req_"));
    let api = bench.send(get("/api/v1/me").of(&dev)).await;
    assert_eq!(api.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
}

#[tokio::test]
async fn what_comes_from_kafka_is_text_in_pages() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get("/clusters/kafka/demo/topics/sample-topic").of(&dev)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("sample-topic"));
    assert!(!page.body.contains("<script>alert(1)"), "a group's name became markup");
    assert!(page.body.contains("/groups/%3Cscript%3Ealert%281%29%3C%2Fscript%3E\""), "but it is linked");
    assert!(!page.body.contains("</script><b>"), "a config value became markup");
}

/// What is not set is not even written into the address that the browser asks.
#[tokio::test]
async fn a_page_that_asks_for_nothing_in_particular_is_answered() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let answer = bench.send(get("/api/fn/placement?cluster=kafka%2Fdemo").of(&dev)).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

#[tokio::test]
async fn a_page_shows_who_is_signed_in_and_carries_their_token_only() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get("/").of(&dev)).await;
    assert!(page.body.contains("dev") && page.body.contains(&dev.csrf));
    let secret = dev.cookie.split_once('=').unwrap().1;
    assert!(!page.body.contains(secret), "the session's id is for the cookie alone");
    let login = bench.send(get("/login?problem=wrong-credentials&next=/topics")).await;
    assert_eq!(login.status, 200);
    assert!(login.body.contains("action=\"/login\"") && login.body.contains("type=\"password\""));
}

#[tokio::test]
async fn what_is_not_there_has_a_page_and_a_status() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    for path in ["/no/such/page", "/clusters/kafka/none", "/clusters/kafka/demo/topics/none", "/secret.txt"] {
        let page = bench.send(get(path).of(&dev)).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.body.contains("<main"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn files_are_cached_by_what_their_names_promise() {
    let bench = Bench::new().await;
    let hashed = "/pkg/klamm.0123456789abcdefghijkl.js";
    let file = bench.send(get(hashed)).await;
    assert_eq!((file.status.as_u16(), file.body.as_str()), (200, "script"));
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let small = bench.send(get(hashed).header("accept-encoding", "gzip, br")).await;
    assert_eq!((small.body.as_str(), small.header("content-encoding")), ("brotli", "br"));
    for (path, text) in [("/pkg/klamm.css", "style"), ("/fonts/inter-latin.woff2", "font"), ("/favicon.svg", "<svg/>")]
    {
        let file = bench.send(get(path)).await;
        assert_eq!((file.body.as_str(), file.header("cache-control")), (text, "public, no-cache"), "{path}");
        assert!(file.cookie().is_none());
    }
    for path in ["/pkg/../secret.txt", "/pkg/%2e%2e/secret.txt", "/pkg/..%2fsecret.txt", "/pkg/", "/pkg", "/fonts/none"]
    {
        let file = bench.send(get(path)).await;
        assert!(!file.status.is_success() && !file.body.contains("not for serving"), "{path}: {}", file.status);
        assert_eq!(file.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn refusals_in_a_browser_are_pages() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let stale = post("/logout").of(&dev).origin(ORIGIN).form("csrf=old").header("accept", "text/html,*/*");
    let page = bench.send(stale).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (403, "text/html; charset=utf-8"));
    assert!(page.body.contains("Reload the page"), "{}", page.body);
    bench.store.close().await;
    let page = bench.send(get("/clusters").of(&dev).header("accept", "text/html")).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("<h1>Not available just now</h1>"), "{}", page.body);
    let api = bench.send(get("/api/v1/me").of(&dev).header("accept", "text/html")).await;
    assert_eq!(api.problem(), "unavailable");
}

#[test]
fn a_panic_is_a_problem_without_its_words() {
    let response = crate::http::problem::after_panic(Box::new("the password is hush".to_owned()));
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}
